"""An alert is told to more and more people until somebody does something: scripts in time."""

import pytest

from govdash.access import User, load_user
from govdash.core.vocab import Attempted, Disposition, Level, NoticeState, Signal
from govdash.store import Store, escalations, notifications
from govdash.store.models import Alert
from govdash.workflow import alerts, grouping, rules, signals
from govdash.workflow.notify import auditor
from tests.notify.script import Script
from tests.notify.test_delivery import courier, stand
from tests.workflow.conftest import ON_BOTH, OTHER, STREET

RED = {"observed": 60, "p_value": 1e-12}
ORANGE = {"observed": 30, "p_value": 1e-8}
BLUE = {"observed": 11, "p_value": 5e-4}


@pytest.fixture
def script(peopled: Store, clock) -> Script:
    return Script(peopled, clock)


@pytest.fixture
def rule(peopled: Store) -> rules.Rule:
    with peopled.read() as session:
        return next(r for r in rules.current(session) if r.code == "street-category")


@pytest.fixture
def raise_(script: Script, rule: rules.Rule, finding):
    def do(**more) -> int:
        with script.store.write() as session:
            return signals.raise_alert(session, finding(**more), rule, at=script.clock.now).id

    return do


def user(store: Store, login: str) -> User:
    with store.read() as session:
        return load_user(session, login)


def acknowledge(script: Script, alert_id: int, login: str = "duty") -> None:
    who = user(script.store, login)
    with script.store.write() as session:
        alerts.acknowledge(session, alert_id, actor=who, at=script.clock.now)


def dismiss(script: Script, alert_id: int) -> None:
    who = user(script.store, "duty")
    with script.store.write() as session:
        alerts.dismiss(
            session, alert_id, Disposition.FALSE_ALARM,
            note="核实", actor=who, at=script.clock.now,
        )  # fmt: skip


@ON_BOTH
def test_a_red_alert_that_nobody_takes_goes_up_the_chain(script: Script, raise_):
    """Duty at once, the leader after a quarter of an hour, managers after an hour, then hourly."""
    raise_(**RED)
    script.expect("duty duty2", "新的监测提示", 0)
    script.expect("lead", "升级到第 2 步", 15)
    script.expect("head", "升级到第 3 步", 60)
    script.expect("head", "再次提醒", 120)
    script.expect("head", "再次提醒", 180, 183)
    script.run(until=200)
    script.check()


@ON_BOTH
def test_two_workers_on_the_same_chain_say_no_more_than_one(script: Script, raise_):
    script.workers = 2
    raise_(**RED)
    script.expect("duty duty2", "新的监测提示", 0)
    script.expect("lead", "升级到第 2 步", 15)
    script.run(until=40)
    script.check()


def test_signing_off_stops_the_chain_and_its_expiry_begins_it_anew(script: Script, raise_, rule):
    alert_id = raise_(**RED)
    script.expect("duty duty2", "新的监测提示", 0)
    script.run(until=10)
    acknowledge(script, alert_id)
    script.run(until=70)  # an hour's sign-off of a red one
    with script.store.write() as session:
        alert = session.get(Alert, alert_id)
        assert alert is not None
        assert signals.lapse(session, alert, rule, at=script.clock.now)
    script.expect("duty duty2", "签收到期", 70)
    script.expect("lead", "签收到期", 85)
    script.run(until=100)
    script.check()


def test_a_blue_alert_waits_in_working_time(script: Script, raise_):
    """It begins on a Wednesday at 10:30; two working days are used on Friday at 10:30."""
    raise_(**BLUE)
    script.expect("duty duty2", "新的监测提示", 0)
    script.expect("lead", "升级到第 2 步", 2 * 24 * 60, 2 * 24 * 60 + 30)
    script.run(until=3 * 24 * 60, every=15)
    script.check()


def test_who_sees_another_district_alone_hears_nothing(script: Script, raise_):
    raise_(area_path=f"{OTHER}990102001/", **BLUE)
    script.expect("duty far", "新的监测提示", 0)
    script.run(until=5)
    script.check()


def test_getting_worse_while_it_waits_begins_the_chain_anew(script: Script, raise_):
    raise_(**BLUE)
    script.expect("duty duty2", "新的监测提示", 0)
    script.run(until=30)
    raise_(**RED)
    script.expect("duty duty2", "级别升高", 30)
    script.expect("lead", "级别升高", 45)
    script.run(until=50)
    script.check()


def test_the_same_seen_again_says_nothing_new(script: Script, raise_):
    raise_(**ORANGE)
    script.expect("duty duty2", "新的监测提示", 0)
    script.run(until=20)
    raise_(observed=31, p_value=1e-8)
    script.run(until=40)
    script.check()


def test_when_it_clears_those_who_were_told_hear_of_it(script: Script, raise_):
    alert_id = raise_(**BLUE)
    script.expect("duty duty2", "新的监测提示", 0)
    script.run(until=10)
    clear(script, alert_id, days=2)
    script.expect("duty duty2", "已消退", 2 * 24 * 60 + 10)
    script.run(until=4 * 24 * 60, every=60)
    script.check()


def clear(script: Script, alert_id: int, *, days: int) -> None:
    script.clock.go(days=days)
    with script.store.write() as session:
        alert = session.get(Alert, alert_id)
        assert alert is not None
        signals.advance_signal(session, alert, at=script.clock.now, clear_after_days=2)
        assert alert.signal is Signal.CLEARED


def test_what_was_dismissed_meanwhile_is_not_sent_and_the_ledger_says_so(script: Script, raise_):
    alert_id = raise_(**RED)
    dismiss(script, alert_id)
    script.run(until=120)
    script.check()  # nothing at all
    assert set(stand(script.store).values()) == {NoticeState.EXPIRED}
    with script.store.read() as session:
        scope = user(script.store, "duty").scope
        told = notifications.listed(session, scope, alert_id=alert_id)
        (attempt,) = notifications.attempts(session, told["id"][0], scope).to_dict("records")
    assert attempt["result"] is Attempted.EXPIRED
    assert "已排除" in attempt["detail"]


def test_a_worker_that_was_away_tells_what_is_due_when_it_is_back(script: Script, raise_):
    raise_(**RED)
    script.clock.go(minutes=90)
    script.expect("duty duty2", "新的监测提示", 90)
    script.expect("lead", "升级到第 2 步", 90)
    script.expect("head", "升级到第 3 步", 90)
    script.run(until=100)
    script.check()


def test_a_step_that_reaches_nobody_hands_on_at_once_and_the_auditor_reports_it(
    script: Script, raise_
):
    everybody_out(script.store, "duty", "duty2")
    raise_(**RED)
    script.expect("lead", "升级到第 2 步", 0)
    script.run(until=10)
    script.check()
    everybody_out(script.store, "lead", "head")
    raise_(area_path=STREET, category="A-06001", **RED)
    with script.store.read() as session:
        gaps = auditor.audit(session, user(script.store, "send").scope, at=script.clock.now)
    assert [gap.why for gap in gaps] == ["升级链上没有人可以通知"] * 2


def everybody_out(store: Store, *logins: str) -> None:
    from govdash.store import accounts

    with store.write() as session:
        for login in logins:
            account = accounts.account(session, login)
            assert account is not None
            account.active = False


def test_a_rule_may_route_its_alerts_to_others_first(script: Script, rule, finding):
    routed = rule.model_copy(
        update={"parameters": rule.parameters.model_copy(update={"route": ("role:dispatcher",)})}
    )
    with script.store.write() as session:
        rules.change(session, routed, actor=user(script.store, "operator"), at=script.clock.now)
        kept = next(r for r in rules.current(session) if r.code == rule.code)
        signals.raise_alert(session, finding(**RED), kept, at=script.clock.now)
    script.expect("send", "新的监测提示", 0)
    script.run(until=5)
    script.check()


def test_a_pending_alert_is_told_when_it_is_confirmed(script: Script, rule, finding):
    slow = rule.model_copy(
        update={"parameters": rule.parameters.model_copy(update={"confirm_hours": 1})}
    )
    for minutes in (0, 61):
        script.clock.now = script.start
        script.clock.go(minutes=minutes)
        with script.store.write() as session:
            signals.raise_alert(session, finding(**RED), slow, at=script.clock.now)
        if not minutes:
            script.run(until=30)
    script.expect("duty duty2", "新的监测提示", 61)
    script.run(until=65)
    script.check()


def test_alerts_from_before_are_taken_in_without_telling_everybody_again(script: Script, raise_):
    alert_id = raise_(**RED)
    with script.store.write() as session:
        kept = escalations.of_alert(session, alert_id)
        session.delete(kept)
    courier(script.store, script.clock).run()
    script.expect("duty duty2", "新的监测提示", 0)
    script.expect("lead", "此前已在等待签收", 15)
    script.run(until=20)
    script.check()


@ON_BOTH
def test_every_alert_that_waits_has_its_next_step(script: Script, raise_):
    for level, more in ((Level.RED, RED), (Level.BLUE, BLUE)):
        raise_(category="A-06001" if level is Level.RED else "A-06010", **more)
    script.run(until=24 * 60, every=60)
    with script.store.read() as session:
        scope = user(script.store, "duty").scope
        assert auditor.audit(session, scope, at=script.clock.now) == []
        living = escalations.living_alerts(session, scope)
        assert [at > script.clock.now for at in living["next_at"]] == [True, True]


def test_who_hears_of_the_leader_of_a_group_does_not_hear_of_its_members(script: Script, raise_):
    """Garbage in the street and in its district: one matter; the far duty sees neither."""
    raise_(**RED)
    member = raise_(category="A-06", **ORANGE)
    with script.store.write() as session:
        grouping.regroup(session, at=script.clock.now)
        alert = session.get(Alert, member)
        assert alert is not None
        assert alert.leader_id is not None
    script.expect("duty duty2", "新的监测提示", 0)
    script.expect("lead", "升级到第 2 步", 15)
    script.run(until=30)
    script.check()
