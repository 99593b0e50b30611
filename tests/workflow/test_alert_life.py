"""The life of an alert by the clock, and its row made anew from its log."""

from datetime import timedelta

import numpy as np
import pytest

from govdash.access import SYSTEM, User
from govdash.core.vocab import Disposition, Handling, Level, Signal
from govdash.store import Session, Store
from govdash.store import alerts as rows
from govdash.store.models import Alert
from govdash.workflow import alertlog, alerts, board, signals
from govdash.workflow.alertlog import PROJECTED
from govdash.workflow.alerts import raise_alert
from govdash.workflow.rules import Rule
from tests.workflow.conftest import ON_BOTH

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
WORSE = {"observed": 60, "p_value": 1e-12}


@pytest.fixture
def raised(city, rule, finding, now) -> int:
    with city.write() as session:
        return raise_alert(session, finding(), rule, at=now).id


@pytest.fixture
def red(city, rule, finding, now) -> int:
    with city.write() as session:
        return raise_alert(session, finding(**WORSE), rule, at=now).id


def log(city: Store, alert_id: int):
    with city.read() as session:
        return rows.steps(session, alert_id, SYSTEM.scope)


def lapse(city: Store, alert_id: int, rule: Rule, at) -> tuple[Handling, bool]:
    with city.write() as session:
        alert = session.get(Alert, alert_id)
        changed = signals.lapse(session, alert, rule, at=at)
        return alert.handling, changed


def fade(city: Store, alert_id: int, at) -> Signal:
    with city.write() as session:
        alert = session.get(Alert, alert_id)
        signals.advance_signal(session, alert, at=at, clear_after_days=2)
        return alert.signal


def test_a_sign_off_runs_out_by_level_and_the_alert_waits_again(city, rule, operator, raised, now):
    with city.write() as session:
        alert = alerts.acknowledge(session, raised, actor=operator, at=now, note="已派人去看")
        assert alert.acknowledged_until == now + timedelta(hours=24)  # yellow
    assert lapse(city, raised, rule, now + 23 * HOUR) == (Handling.ACKNOWLEDGED, False)
    assert lapse(city, raised, rule, now + 24 * HOUR) == (Handling.NEW, True)
    assert lapse(city, raised, rule, now + 25 * HOUR) == (Handling.NEW, False)
    last = log(city, raised).iloc[-1]
    assert (last["did"], last["actor"]) == ("expire", SYSTEM.login)
    assert operator.name in last["note"]
    with city.read() as session:
        alert = session.get(Alert, raised)
        assert (alert.note, alert.acknowledged_until) == ("已派人去看", None)


def test_an_alert_with_a_case_or_a_verdict_never_runs_out(city, rule, operator, raised, now):
    with city.write() as session:
        alerts.acknowledge(session, raised, actor=operator, at=now)
        alerts.link(session, raised, actor=operator, at=now + HOUR)
    assert lapse(city, raised, rule, now + 90 * DAY) == (Handling.LINKED, False)


def test_what_cleared_and_nobody_needs_is_closed_without_a_verdict(city, rule, raised, now):
    assert fade(city, raised, now + 2 * DAY) is Signal.CLEARED
    assert lapse(city, raised, rule, now + 4 * DAY) == (Handling.NEW, False)
    assert lapse(city, raised, rule, now + 5 * DAY) == (Handling.CLOSED, True)
    with city.read() as session:
        assert session.get(Alert, raised).disposition is Disposition.UNKNOWN
    assert log(city, raised).iloc[-1]["did"] == "auto_close"


def test_a_severe_alert_that_cleared_before_anyone_looked_stays_until_someone_does(
    city, rule, operator, red, now
):
    assert fade(city, red, now + 2 * DAY) is Signal.CLEARED
    assert "还没有人看过" in log(city, red).iloc[-1]["note"]
    assert lapse(city, red, rule, now + 400 * DAY) == (Handling.NEW, False)
    with city.read() as session:
        assert board.alerts(session, operator.scope)["unseen"].tolist() == [True]
    with city.write() as session:
        alerts.acknowledge(session, red, actor=operator, at=now + 400 * DAY)
    with city.read() as session:
        assert board.alerts(session, operator.scope)["unseen"].tolist() == [False]
    assert lapse(city, red, rule, now + 401 * DAY) == (Handling.NEW, True)
    assert lapse(city, red, rule, now + 401 * DAY) == (Handling.CLOSED, True)


@ON_BOTH
def test_what_was_closed_as_real_comes_back_when_it_is_there_again(
    city, rule, finding, operator, raised, now
):
    with city.write() as session:
        alerts.dismiss(
            session, raised, Disposition.REAL_NO_ACTION, note="已自行清理", actor=operator, at=now
        )
    with city.write() as session:
        again = raise_alert(session, finding(), rule, at=now + DAY)
        assert (again.id, again.handling, again.disposition) == (raised, Handling.NEW, None)
        assert again.note == "已自行清理"
    last = log(city, raised).iloc[-1]
    assert last["did"] == "regress"
    assert "属实无需处置" in last["note"]


def test_a_rule_may_wait_until_a_finding_is_confirmed(city, rule, finding, now):
    patient = rule.model_copy(
        update={"parameters": rule.parameters.model_copy(update={"confirm_hours": 3})}
    )

    def seen(hours: int) -> Signal:
        with city.write() as session:
            return raise_alert(session, finding(), patient, at=now + hours * HOUR).signal

    assert [seen(0), seen(2), seen(3), seen(4)] == [Signal.PENDING, Signal.PENDING] + [
        Signal.FIRING
    ] * 2


def test_what_was_not_confirmed_is_over_at_once(city, rule, finding, now):
    patient = rule.model_copy(
        update={"parameters": rule.parameters.model_copy(update={"confirm_hours": 3})}
    )
    with city.write() as session:
        alert_id = raise_alert(session, finding(**WORSE), patient, at=now).id
    assert fade(city, alert_id, now + HOUR) is Signal.CLEARED


def test_without_data_an_alert_is_neither_going_on_nor_over(city, rule, finding, raised, now):
    with city.write() as session:
        alert = session.get(Alert, raised)
        assert signals.stall(session, alert, at=now + DAY)
        assert not signals.stall(session, alert, at=now + 2 * DAY)
        assert alert.signal is Signal.STALE
    assert fade(city, raised, now + 9 * DAY) is Signal.CLEARING  # the data are back
    assert fade(city, raised, now + 9 * DAY + HOUR) is Signal.CLEARED
    with city.write() as session:
        assert raise_alert(session, finding(), rule, at=now + 10 * DAY).signal is Signal.FIRING


@ON_BOTH
@pytest.mark.parametrize("seed", range(6))
def test_the_row_is_what_the_log_adds_up_to(city, rule, finding, operator, now, seed: int):
    """A walk of findings, fading, stalls, lapses and people's actions, in any order."""
    rng = np.random.default_rng(seed)
    at = now
    for _ in range(60):
        at += timedelta(hours=float(rng.choice([1, 5, 30, 80])))
        with city.write() as session:
            walk(session, rng, rule, finding, operator, at)
    with city.read() as session:
        ids = [int(n) for n in rows.listed(session, SYSTEM.scope, limit=999)["id"]]
        for alert_id in ids:
            alert = session.get(Alert, alert_id)
            steps = rows.steps(session, alert_id, SYSTEM.scope).to_dict("records")
            told = alertlog.rebuild(steps)
            assert told == {name: getattr(alert, name) for name in PROJECTED}
            assert alert.last_seen_at >= max(
                step["at"] for step in steps if step["did"] in {"raise", "update", "evidence"}
            )


def walk(session: Session, rng, rule: Rule, finding, operator: User, at) -> None:
    """Do one thing that may happen to the alert of one street."""
    opened = rows.opened(session)
    kind = rng.integers(8)
    if kind <= 2 or not opened:
        observed = int(rng.choice([20, 22, 60]))
        p_value = 1e-12 if observed == 60 else 1e-6
        raise_alert(session, finding(observed=observed, p_value=p_value), rule, at=at)
        return
    alert = opened[0]
    if kind == 3:
        signals.advance_signal(session, alert, at=at, clear_after_days=2)
    elif kind == 4:
        signals.stall(session, alert, at=at)
    elif kind == 5:
        signals.lapse(session, alert, rule, at=at)
    elif kind == 6 and alert.handling is Handling.NEW:
        alerts.acknowledge(session, alert.id, actor=operator, at=at, note="看过")
    elif alert.handling is not Handling.LINKED:
        said = Disposition(rng.choice([d.value for d in Disposition]))
        alerts.dismiss(session, alert.id, said, note="", actor=operator, at=at)


def test_each_level_may_wait_as_long_as_its_rule_says(city, rule, operator, red, now):
    with city.write() as session:
        alert = alerts.acknowledge(session, red, actor=operator, at=now)
        assert alert.level is Level.RED
        assert alert.acknowledged_until == now + HOUR
