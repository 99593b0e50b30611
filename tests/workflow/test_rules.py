from dataclasses import replace
from datetime import timedelta

import pytest

from govdash.access import SYSTEM
from govdash.core.errors import InputError, Refused
from govdash.core.permissions import Permission
from govdash.core.settings import ROOT
from govdash.core.vocab import Disposition, Level
from govdash.store import journal
from govdash.store.outcomes import outcomes
from govdash.workflow import alerts, rules
from govdash.workflow.alerts import raise_alert
from govdash.workflow.outcomes import summary
from tests.workflow.conftest import CATEGORY, CITY, DISTRICT, GRID, ON_BOTH, STREET


def test_the_shipped_rules_load_once_and_loading_again_changes_nothing(city, now):
    with city.write() as session:
        again = rules.load_defaults(session, ROOT / "data", at=now)
        assert {rule.version for rule in again} == {1}
        assert {
            "street-category",
            "district-major",
            "city-category",
            "slow-rise",
            "channel-drop",
        } <= {rule.code for rule in again}
        assert [line.did for line in journal.lines(session)] == ["rule.load"]


@ON_BOTH
def test_a_changed_rule_is_a_new_version_and_the_old_one_stays(city, operator, rule, now):
    with city.write() as session:
        calmer = rule.model_copy(update={"enabled": False})
        assert rules.change(session, calmer, actor=operator, at=now).version == 2
    with city.read() as session:
        assert rules.get(session, rule.code, 1) == rule
        assert rules.get(session, rule.code, 2).enabled is False
        now_on = {r.code: r.version for r in rules.current(session)}
        assert now_on[rule.code] == 2
        assert journal.lines(session)[0].did == "rule.change"


def test_an_alert_names_the_version_that_made_it(city, operator, rule, finding, now):
    with city.write() as session:
        first = raise_alert(session, finding(), rule, at=now)
        second = rules.change(
            session, rule.model_copy(update={"name": "街道类别"}), actor=operator, at=now
        )
        again = raise_alert(session, finding(observed=23), second, at=now)
        other = raise_alert(session, finding(category="A-06001"), second, at=now)
        assert (first.id, again.rule_version, other.rule_version) == (again.id, 1, 2)


def test_changing_a_rule_needs_the_permission(city, operator, rule, now):
    reader = replace(operator, permissions=frozenset({Permission.ALERT_READ}))
    with pytest.raises(Refused), city.write() as session:
        rules.change(session, rule, actor=reader, at=now)


@pytest.mark.parametrize(
    ("observed", "expected", "p_value", "level"),
    [
        (60, 6.0, 1e-12, Level.RED),
        (60, 25.0, 1e-12, Level.YELLOW),  # excess 35: not red; ratio 2.4: not orange
        (22, 6.0, 1e-9, Level.ORANGE),
        (22, 6.0, 1e-6, Level.YELLOW),
        (14, 6.0, 1e-4, Level.BLUE),
        (9, 6.0, 1e-4, None),  # excess 3 is nobody's while
        (60, 6.0, 2e-3, None),  # improbable enough it must be
    ],
)
def test_the_level_is_the_highest_whose_three_conditions_hold(
    rule, finding, observed, expected, p_value, level
):
    found = finding(observed=observed, expected=expected, p_value=p_value)
    assert rule.level_of(found) is level
    assert rule.takes(found) is (level is not None)


def test_a_rule_speaks_only_about_its_own_areas_categories_direction_and_windows(rule, finding):
    assert rule.watches(STREET, CATEGORY)
    for path, category in ((DISTRICT, CATEGORY), (GRID, CATEGORY), (STREET, "*"), (STREET, "@app")):
        assert not rule.watches(path, category)
    assert not rule.takes(finding(window=7))
    assert not rule.takes(finding(direction="low", observed=0, expected=20))
    assert rule.takes(finding(window=3))


def test_the_channel_rule_speaks_about_channels_and_turns_the_ratio_round(city, finding):
    with city.read() as session:
        rule = next(r for r in rules.current(session) if r.code == "channel-drop")
    silent = finding(
        area_path=CITY, category="@sensor", observed=1, expected=50.0, p_value=1e-9, direction="low"
    )
    assert rule.takes(silent)
    assert rule.level_of(silent) is Level.ORANGE
    assert not rule.watches(CITY, CATEGORY)


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ("detector: crystal-ball", "crystal-ball"),
        ("code: UPPER", "code"),
        ("surprise: 1", "surprise"),
    ],
)
def test_a_rule_file_that_cannot_be_used_is_refused_by_name(
    sqlite_store, tmp_path, now, change, word
):
    folder = tmp_path / "rules"
    folder.mkdir()
    text = (ROOT / "data/rules/street-category.yaml").read_text()
    field = change.split(":")[0]
    kept = [line for line in text.splitlines() if not line.startswith(f"{field}:")]
    (folder / "odd.yaml").write_text("\n".join([change, *kept]))
    with (
        pytest.raises(InputError, match=rf"(?s)odd\.yaml.*{word}"),
        sqlite_store.write() as session,
    ):
        rules.load_defaults(session, tmp_path, at=now)


def worth(session):
    return summary(outcomes(session, SYSTEM.scope), by="rule", days=120)


@ON_BOTH
def test_precision_counts_what_speaks_and_gives_the_wilson_interval(
    city, rule, finding, operator, now
):
    """8 of 10: Wilson 95 % interval 0.4902–0.9433 (Newcombe 1998, Stat. Med. 17:857, method 3)."""
    spoken = [Disposition.REAL_NO_ACTION] * 8 + [Disposition.FALSE_ALARM] * 2
    silent = [Disposition.DUPLICATE, Disposition.UNKNOWN]
    with city.write() as session:
        for n, disposition in enumerate(spoken + silent):
            at = now + timedelta(days=10 * n)
            alert = raise_alert(session, finding(), rule, at=at)
            alerts.dismiss(session, alert.id, disposition, note="", actor=operator, at=at)
        row = worth(session).loc[rule.code]
    assert (row["raised"], row["judged"], row["true"]) == (12, 10, 8)
    assert row["precision"] == pytest.approx(0.8)
    assert (row["low"], row["high"]) == (
        pytest.approx(0.4902, abs=1e-4),
        pytest.approx(0.9433, abs=1e-4),
    )


def test_a_rule_without_labels_has_no_precision(city, rule, finding, operator, now):
    with city.write() as session:
        alert = raise_alert(session, finding(), rule, at=now)
        alerts.dismiss(session, alert.id, Disposition.UNKNOWN, note="", actor=operator, at=now)
        row = worth(session).loc[rule.code]
        assert (row["raised"], row["judged"]) == (1, 0)
        assert row[["precision", "low", "high"]].isna().all()
