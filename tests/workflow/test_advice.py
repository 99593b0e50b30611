"""What rules were worth, and advice on thresholds: figures by hand, never a silent change."""

from collections.abc import Callable
from datetime import date, datetime, timedelta

import pandas as pd
import pytest

from govdash.access import User
from govdash.core.errors import Conflict, InputError, Refused
from govdash.core.filters import Scope
from govdash.core.permissions import Permission
from govdash.core.vocab import Disposition
from govdash.store import Store, journal
from govdash.store import advice as decisions
from govdash.store.outcomes import outcomes
from govdash.workflow import advice, alerts, rules, signals
from govdash.workflow.outcomes import summary
from govdash.workflow.rules import Rule
from tests.workflow.conftest import DISTRICT, ON_BOTH, OTHER

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
REAL, FALSE = Disposition.REAL_NO_ACTION, Disposition.FALSE_ALARM


@pytest.fixture
def judged(city: Store, rule: Rule, finding, operator: User, now: datetime) -> Callable[..., None]:
    """Raise alerts on different matters, and say after two hours what each was."""

    def make(verdicts: list[tuple[int, Disposition | None]]) -> None:
        for n, (observed, verdict) in enumerate(verdicts):
            at = now - timedelta(days=120) + n * DAY
            with city.write() as session:
                found = finding(
                    category=f"A-06{n:03}", observed=observed, day=date(2026, 2, 9) + n * DAY
                )
                alert = signals.raise_alert(session, found, rule, at=at)
                if verdict is not None:
                    alerts.dismiss(
                        session, alert.id, verdict, note="看过", actor=operator, at=at + 2 * HOUR
                    )

    return make


#: Expected is 6 in each: excess 9 for the false ones, 24 for the real ones.
MIXED = [(30, REAL)] * 12 + [(15, FALSE)] * 10 + [(15, None)] * 4


def test_a_rule_is_summed_up_by_what_people_said_and_how_soon(city, rule, judged, now):
    judged([(30, REAL), (30, REAL), (30, REAL), (15, FALSE), (15, None)])
    with city.read() as session:
        told = outcomes(session, Scope((), whole_city=True))
    line = summary(told, by="rule", days=35).loc[rule.code]
    assert (line["raised"], line["per_week"], line["judged"], line["true"]) == (5, 1.0, 4, 3)
    assert line["precision"] == 0.75
    assert line["low"] == pytest.approx(0.3006, abs=1e-4)  # Wilson, 3 of 4
    assert (line["hours_to_look"], line["hours_to_end"], line["unseen"]) == (2.0, 2.0, 0.0)
    assert list(summary(told, by="detector", days=35).index) == [rule.detector]


def test_what_was_over_and_nobody_touched_is_unseen(city, rule, judged, now):
    judged([(15, FALSE), (15, None), (15, None)])
    with city.write() as session:
        for alert in signals.rows.opened(session):
            signals.advance_signal(session, alert, at=now, clear_after_days=2)
    with city.read() as session:
        told = outcomes(session, Scope((), whole_city=True))
    assert summary(told, by="rule", days=7).loc[rule.code, "unseen"] == pytest.approx(2 / 3)


def test_without_alerts_there_is_no_line(city):
    with city.read() as session:
        told = outcomes(session, Scope((), whole_city=True))
    assert summary(told, by="rule", days=7).empty


def test_nobody_sees_outcomes_beyond_the_own_area(city, judged):
    judged([(30, REAL)])
    with city.read() as session:
        assert outcomes(session, Scope((OTHER,))).empty
        assert outcomes(session, Scope(())).empty
        assert len(outcomes(session, Scope((DISTRICT,)))) == 1


@ON_BOTH
def test_the_change_that_spares_every_real_one_and_most_false_ones_is_advised(
    city, rule, judged, operator, now
):
    judged(MIXED)
    with city.read() as session:
        told = advice.advise(session, rule, operator.scope, at=now)
    assert told is not None
    assert (told.judged, told.false, told.removed) == (22, 10, 10)
    assert (told.field, told.new) == ("excess", 10.0)  # 15 − 6 = 9 is no longer enough
    assert (told.alerts, told.alerts_after) == (26, 12)
    assert "误报 10 条可少 10 条，属实的一条不少" in told.sentence
    assert told.changed.parameters.levels[-1].excess == 10.0


@pytest.mark.parametrize(
    "verdicts",
    [
        [(30, REAL)] * 9 + [(15, FALSE)] * 10,
        [(30, REAL)] * 18 + [(15, FALSE)] * 4,
        [(15, REAL)] * 12 + [(15, FALSE)] * 10,
    ],
    ids=["too few verdicts", "too few false ones", "false ones like the real ones"],
)
def test_nothing_is_advised_without_reason(city, rule, judged, operator, now, verdicts):
    judged(verdicts)
    with city.read() as session:
        assert advice.advise(session, rule, operator.scope, at=now) is None


def test_accepted_advice_is_a_new_version_and_the_journal_says_that_it_was_advice(
    city, rule, judged, operator, now
):
    judged(MIXED)
    with city.write() as session:
        told = advice.advise(session, rule, operator.scope, at=now)
        assert told is not None
        new = advice.accept(session, told, actor=operator, at=now, seen_version=rule.version)
    assert (new.version, new.parameters.levels[-1].excess) == (rule.version + 1, 10.0)
    with city.read() as session:
        line = journal.lines(session, limit=1)[0]
        assert (line.did, line.detail["because"]) == ("rule.change", "advice")
        assert [one.accepted for one in decisions.decisions(session, rule.code)] == [True]


def test_refused_advice_needs_a_reason_and_is_not_offered_again(city, rule, judged, operator, now):
    judged(MIXED)
    with city.write() as session:
        told = advice.advise(session, rule, operator.scope, at=now)
        assert told is not None
        with pytest.raises(InputError, match="理由"):
            advice.refuse(session, told, note=" ", actor=operator, at=now)
        advice.refuse(session, told, note="夏季集市未过", actor=operator, at=now)
    with city.read() as session:
        again = advice.advise(session, rule, operator.scope, at=now)
        assert again is None or (again.field, again.new) != (told.field, told.new)
        assert rules.current(session)[0].version == 1
        line = journal.lines(session, limit=1)[0]
        assert (line.did, line.note) == ("rule.refuse_advice", "夏季集市未过")
    with city.write() as session, pytest.raises(Conflict, match="刚被他人处理"):
        advice.refuse(session, told, note="再说", actor=operator, at=now)


def test_who_may_not_change_rules_neither_accepts_nor_refuses(city, rule, judged, operator, now):
    judged(MIXED)
    reader = User("du", "杜", frozenset({Permission.ALERT_READ}), operator.scope)
    with city.read() as session:
        told = advice.advise(session, rule, reader.scope, at=now)
    assert told is not None
    with city.write() as session:
        with pytest.raises(Refused):
            advice.accept(session, told, actor=reader, at=now, seen_version=rule.version)
        with pytest.raises(Refused):
            advice.refuse(session, told, note="不", actor=reader, at=now)


def test_a_rule_that_was_changed_meanwhile_is_not_overwritten(city, rule, operator, now):
    wider = rule.model_copy(
        update={"parameters": rule.parameters.model_copy(update={"min_total": 99})}
    )
    with city.write() as session:
        rules.change(session, wider, actor=operator, at=now, seen_version=rule.version)
    with city.write() as session, pytest.raises(Conflict, match="已是第 2 版"):
        rules.change(session, rule, actor=operator, at=now, seen_version=rule.version)
    with city.read() as session:
        told = [(one.version, who) for one, who, _ in rules.versions(session, rule.code)]
        assert told == [(2, operator.login), (1, "system")]
        assert pd.notna(rules.versions(session, rule.code)[0][2])
