"""Findings of a tick: what is abnormal is named once, at the right level, with its parts."""

import dataclasses

import numpy as np
import pandas as pd
import pytest

from govdash.core.errors import InputError
from govdash.detect import FindPolicy, Native, RollingZ, find, make_key, split_key
from govdash.detect.keys import SeriesKey, ancestors, contains, parent_area, related

CITY, EAST, WEST = "/1/", "/1/01/", "/1/02/"
STREETS = ["/1/01/001/", "/1/01/002/", "/1/02/003/", "/1/02/004/"]
CATEGORIES = ["A-06001", "A-06002", "P-01001"]
NAMES = {"/1/01/001/": "东一街道", "/1/01/002/": "东二街道", EAST: "东区", WEST: "西区"}


def city(events):
    """Add up streets to districts and city, categories to majors and all."""
    columns = {}
    for area in [CITY, EAST, WEST, *STREETS]:
        for category in [*CATEGORIES, "A-06", "P-01", "*"]:
            parts = [
                key for key in events.columns if contains(SeriesKey(area, category), split_key(key))
            ]
            columns[make_key(area, category)] = events[parts].sum(axis=1)
    return pd.DataFrame(columns)


@pytest.fixture
def quiet(null_counts):
    """Four streets, three categories, 3 a day each, 14 months."""
    keys = [make_key(street, category) for street in STREETS for category in CATEGORIES]
    return null_counts(np.full(len(keys), 3.0), 430, seed=5).set_axis(keys, axis=1)


def found(events, **policy):
    return find(
        city(events),
        at_day=events.index[-1].date(),
        detector=Native(),
        policy=FindPolicy(**policy),
        names=NAMES,
    )


def test_an_ordinary_day_has_no_findings(quiet):
    assert found(quiet) == []


def test_a_burst_in_one_street_is_found_there_and_only_there(quiet):
    quiet.loc[quiet.index[-1], "/1/01/001/|A-06001"] += 25
    (one,) = found(quiet)
    assert (one.area_path, one.category, one.direction) == ("/1/01/001/", "A-06001", "high")
    assert one.window_start == one.window_end == one.at_day == quiet.index[-1].date()
    assert one.evidence.observed == quiet.iloc[-1]["/1/01/001/|A-06001"]
    assert one.evidence.q_value <= 0.05
    assert one.severity > 50


def test_what_rises_everywhere_is_found_in_the_city(quiet):
    wide = [key for key in quiet.columns if key.endswith("A-06002")]
    quiet.loc[quiet.index[-1], wide] += 8
    best = found(quiet)[0]
    assert (best.area_path, best.category) == (CITY, "A-06002")
    assert {share.name for share in best.evidence.shares} == {"东区", "西区"}
    assert sum(share.observed for share in best.evidence.shares) == best.evidence.observed
    assert "个区（" in best.evidence.sentence


def test_a_slow_rise_is_found_in_a_week_of_days(quiet):
    quiet.loc[quiet.index[-7:], "/1/02/004/|P-01001"] += 6
    (one,) = found(quiet)
    assert (one.area_path, one.category) == ("/1/02/004/", "P-01001")
    assert one.evidence.window_days == 7


def test_an_outage_is_found_on_the_low_side_unless_not_asked_for(quiet):
    quiet.iloc[-1] = 0
    assert [(f.series, f.direction) for f in found(quiet)] == [("/1/|*", "low")]
    assert found(quiet, low_side=False) == []


def test_an_excess_of_few_events_is_not_worth_an_alert(quiet):
    quiet["/1/01/001/|P-01001"] = 0
    quiet.loc[quiet.index[-1], "/1/01/001/|P-01001"] = 4
    assert [f.series for f in found(quiet, min_excess=3)] == ["/1/01/001/|P-01001"]
    assert found(quiet, min_excess=5) == []


def test_days_after_are_not_looked_at(quiet):
    quiet.loc[quiet.index[-3], "/1/01/001/|A-06001"] += 25
    day = quiet.index[-3].date()
    later = quiet.copy()
    later.iloc[-2:] = 500
    one, other, cut = (
        find(city(c), at_day=day, detector=Native()) for c in (quiet, later, quiet.iloc[:-2])
    )
    assert one == other == cut
    assert len(one) == 1


def test_a_detector_of_single_days_finds_bursts_too(quiet):
    quiet.loc[quiet.index[-1], "/1/01/001/|A-06001"] += 40
    results = find(city(quiet), at_day=quiet.index[-1].date(), detector=RollingZ())
    assert "/1/01/001/|A-06001" in {f.series for f in results}


def test_findings_are_plain_values(quiet):
    quiet.loc[quiet.index[-1], "/1/01/001/|A-06001"] += 25
    (one,) = found(quiet)
    assert dataclasses.replace(one) == one
    assert hash(one) == hash(dataclasses.replace(one))


@pytest.mark.parametrize("wrong", [{"fdr": 0}, {"fdr": 1}, {"explains": 0}, {"explains": 1.2}])
def test_a_policy_out_of_range_is_refused(wrong):
    with pytest.raises(InputError, match="例如"):
        FindPolicy(**wrong)


def test_keys_are_split_as_they_were_made():
    assert split_key(make_key("/1/01/", "A-06")) == ("/1/01/", "A-06")
    assert make_key("/1/01/") == "/1/01/|*"
    assert str(SeriesKey("/1/", "*")) == "/1/|*"


@pytest.mark.parametrize("text", ["/1/01/", "/1/|", "/1/|A|B", ""])
def test_a_text_that_is_no_key_is_refused(text):
    with pytest.raises(InputError, match="应写成“区域路径"):
        split_key(text)


def test_ancestors_are_all_that_contain_a_series():
    key = SeriesKey("/1/01/", "A-06001")
    assert list(ancestors(key)) == [
        ("/1/01/", "A-06"),
        ("/1/01/", "*"),
        ("/1/", "A-06001"),
        ("/1/", "A-06"),
        ("/1/", "*"),
    ]
    assert all(contains(SeriesKey(*up), key) for up in ancestors(key))
    assert parent_area("/1/") == ""


def test_neighbours_are_not_related():
    street = SeriesKey("/1/01/", "A-06001")
    assert related(SeriesKey("/1/", "A-06"), street)
    assert related(street, SeriesKey("/1/", "*"))
    assert not related(street, SeriesKey("/1/02/", "A-06001"))
    assert not related(street, SeriesKey("/1/01/", "A-06002"))
    assert not related(street, SeriesKey("/1/012/", "A-06001"))
