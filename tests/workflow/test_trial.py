"""A rule is tried on the past before it is switched on, beside the version that is current."""

import json

import pytest

from govdash.core.errors import InputError
from govdash.workflow import backtest, rules, trial
from tests.workflow.test_tick import (  # the record and its city
    BURST,
    CATEGORY,
    DAY,
    FIRST,
    GRID,
    OTHER,
    SHANGHAI,
    TEN,
    city,
    filled,
    lake,
    listed,
)

__all__ = ["city", "filled", "lake"]


@pytest.fixture
def labels(tmp_path):
    file = tmp_path / "labels.csv"
    file.write_text(
        "incident_id,name,category,area_path,direction,start,end\n"
        f"I1,垃圾堆积,{CATEGORY},{GRID},high,2026-06-09T08:00:00+08:00,2026-06-09T20:00:00+08:00\n"
        f"I2,没有发生,A-09001,{OTHER},high,2026-05-01T00:00:00+08:00,2026-05-02T00:00:00+08:00\n"
        "I3,感知中断,@sensor,/990100/,low,2026-06-10T00:00:00+08:00,2026-06-10T23:00:00+08:00\n"
    )
    return backtest.read_labels(file, SHANGHAI)


@pytest.fixture
def street(city):
    with city.read() as session:
        return next(r for r in rules.current(session) if r.code == "street-category")


def tried(city, lake, settings, rule, labels, shares=None):
    told = (shares if shares is not None else []).append
    return trial.run(city, lake, settings, rule, labels, first=FIRST + 140 * DAY, progress=told)


def test_a_rule_says_what_it_would_have_raised_found_and_missed(
    city, lake, settings, street, labels
):
    shares = []
    done = tried(city, lake, settings, street, labels, shares)
    assert done.after.found == ("垃圾堆积",)
    assert done.after.missed == ("没有发生",)  # an outage is not for a rule over categories
    best = done.after.alerts.iloc[0]
    assert best["title"] == "临江区·东关街道 暴露垃圾异常偏高"
    assert (best["first_day"], best["level"]) == (BURST, "橙")
    weeks = ((done.last - done.first).days + 1) / 7
    assert done.after.per_week == len(done.after.alerts) / weeks
    assert shares == sorted(shares)
    assert shares[-1] == 1


def test_the_version_that_is_current_is_replayed_beside_a_changed_one(
    city, lake, settings, street, labels
):
    deaf = street.model_copy(
        update={"parameters": street.parameters.model_copy(update={"min_excess": 1000.0})}
    )
    done = tried(city, lake, settings, deaf, labels)
    assert (done.after.found, len(done.after.alerts)) == ((), 0)
    assert done.before.version == street.version
    assert done.before.found == ("垃圾堆积",)


def test_a_rule_that_is_new_or_switched_off_is_tried_as_if_it_were_on(
    city, lake, settings, street, labels
):
    off = street.model_copy(update={"code": "another-street", "enabled": False, "version": 0})
    done = tried(city, lake, settings, off, labels)
    assert done.before is None
    assert done.rule.enabled
    assert done.to_dict()["after"]["version"] == 0


def test_a_trial_writes_nothing(city, lake, settings, street, labels):
    tried(city, lake, settings, street, labels)
    assert listed(city).empty
    with city.read() as session:
        assert next(r for r in rules.current(session) if r.code == street.code) == street


def test_examples_are_the_most_severe_and_can_be_written_as_json(
    city, lake, settings, street, labels
):
    told = tried(city, lake, settings, street, labels).to_dict()
    rows = told["after"]["examples"]
    assert len(rows) <= trial.EXAMPLES
    assert [r["max_severity"] for r in rows] == sorted(
        (r["max_severity"] for r in rows), reverse=True
    )
    assert json.loads(json.dumps(told)) == told


def test_days_that_are_not_over_cannot_be_replayed(city, lake, settings, street, labels):
    with pytest.raises(InputError, match="数据完整的最后一天"):
        trial.run(
            city,
            lake,
            settings,
            street,
            labels,
            last=(TEN + 300 * DAY).date(),
            progress=lambda _share: None,
        )
