"""What is muted, what never is, and what is told when it is over."""

from datetime import timedelta

import numpy as np
import pytest

from govdash.access import User
from govdash.core.errors import Conflict, InputError, NotFound, Refused
from govdash.core.filters import Scope
from govdash.core.permissions import Permission
from govdash.core.vocab import Handling, Level, Mute, NoticeState, Signal
from govdash.store import Store, notifications
from govdash.store.models import Alert, Suppression
from govdash.workflow import signals
from govdash.workflow.notify import muting, suppression
from govdash.workflow.notify.muting import NewMute
from tests.notify.script import Script
from tests.notify.test_alert_chain import (
    BLUE,
    ORANGE,
    RED,
    clear,
    raise_,
    rule,
    script,
    user,
)
from tests.notify.test_delivery import stand
from tests.workflow.conftest import CATEGORY, CITY, COMMUNITY, DISTRICT, ON_BOTH, OTHER, STREET

__all__ = ["raise_", "rule", "script"]  # pytest finds the fixtures here
HOUR = timedelta(hours=1)


def mute(script: Script, *, login: str = "duty", **more) -> int:
    at = script.clock.now
    told = {
        "kind": Mute.SILENCE, "area_path": STREET, "reason": "道路施工",
        "starts_at": at, "ends_at": at + 2 * HOUR,
    } | more  # fmt: skip
    who = user(script.store, login)
    with script.store.write() as session:
        return muting.add(session, NewMute(**told), actor=who, at=at).id


@ON_BOTH
def test_a_silence_holds_back_and_what_still_waits_is_told_when_it_is_over(script: Script, raise_):
    mute(script)
    raise_(**ORANGE)
    script.run(until=119, every=7)
    assert set(stand(script.store).values()) == {NoticeState.SUPPRESSED}
    script.expect("duty duty2 lead", "静默已结束", 120)
    script.run(until=200, every=2)
    script.check()


def test_a_clearing_that_happens_while_it_is_muted_is_told(script: Script, raise_):
    alert_id = raise_(**BLUE)
    script.expect("duty duty2", "新的监测提示", 0)
    script.run(until=5)
    mute(script, ends_at=script.clock.now + timedelta(days=6))
    clear(script, alert_id, days=2)
    script.expect("duty duty2", "已消退", 2 * 24 * 60 + 5)
    script.run(until=2 * 24 * 60 + 30)
    script.check()


def test_what_began_and_ended_under_a_silence_is_told_to_have_ended(script: Script, raise_):
    mute(script, ends_at=script.clock.now + timedelta(days=6))
    alert_id = raise_(**BLUE)
    script.run(until=5)
    clear(script, alert_id, days=2)
    script.expect("duty duty2", "已消退", 2 * 24 * 60 + 5)
    script.run(until=8 * 24 * 60, every=180)
    script.check()


@pytest.mark.parametrize("kind", list(Mute))
def test_red_breaks_through(script: Script, raise_, kind: Mute):
    mute(script, kind=kind, name="马拉松")
    raise_(**RED)
    script.expect("duty duty2", "新的监测提示", 0)
    script.run(until=10)
    script.check()


def test_getting_red_while_muted_is_told_at_once(script: Script, raise_):
    mute(script)
    raise_(**ORANGE)
    script.run(until=10)
    raise_(**RED)
    script.expect("duty duty2", "级别升高", 10)
    script.run(until=20)
    script.check()


def test_ending_it_early_tells_what_still_waits(script: Script, raise_):
    number = mute(script)
    raise_(**BLUE)
    script.run(until=30)
    with script.store.write() as session:
        muting.end(session, number, actor=user(script.store, "duty"), at=script.clock.now)
    script.expect("duty duty2", "静默已结束", 30)
    script.run(until=60)
    script.check()


def test_extending_it_holds_back_for_longer(script: Script, raise_):
    number = mute(script)
    raise_(**BLUE)
    script.run(until=60, every=5)
    until = script.start + 3 * HOUR
    with script.store.write() as session:
        muting.extend(
            session, number, until,
            reason="工期延长", actor=user(script.store, "duty"), at=script.clock.now,
        )  # fmt: skip
    script.expect("duty duty2", "静默已结束", 180)
    script.run(until=200)
    script.check()


def test_the_ledger_says_who_muted_it_why_and_until_when(script: Script, raise_):
    mute(script)
    raise_(**BLUE)
    script.run(until=1)
    with script.store.read() as session:
        scope = user(script.store, "duty").scope
        first = notifications.listed(session, scope)["id"][0]
        (attempt,) = notifications.attempts(session, first, scope).to_dict("records")
    assert attempt["detail"] == "已静默：duty某，静默：道路施工，到 06-10 12:30"


def details(script: Script) -> str:
    """What the ledger says of every attempt, to who sees the street alone."""
    street = Scope(areas=(STREET,))
    with script.store.read() as session:
        ids = notifications.listed(session, street)["id"]
        tables = [notifications.attempts(session, int(one), street) for one in ids]
    return "\n".join(str(text) for table in tables for text in table["detail"])


def test_the_ledger_masks_what_was_typed_as_a_reason(script: Script, raise_):
    mute(script, reason="联系人王小明 13800138000 要求")
    raise_(**BLUE)
    script.run(until=1)
    assert "已静默" in details(script)
    assert "13800138000" not in details(script)


def test_the_ledger_of_a_street_names_no_alert_of_a_wider_area(script: Script, raise_):
    wider = raise_(area_path=DISTRICT, **ORANGE)
    raise_(**BLUE)
    with script.store.read() as session:
        number = session.get_one(Alert, wider).number
    script.run(until=1)
    told = details(script)
    assert "由更大范围的提示代表" in told
    assert number not in told


def test_the_ledger_of_a_street_does_not_name_the_alert_that_leads_it(script: Script, raise_):
    raise_(**BLUE)
    leader = raise_(area_path=f"{DISTRICT}990101001/", **ORANGE)
    with script.store.write() as session:
        [mine] = [one for one in session.query(Alert) if one.id != leader]
        mine.leader_id = leader
        number = session.get_one(Alert, leader).number
    script.run(until=1)
    told = details(script)
    assert "已并入同一事项" in told
    assert number not in told


def test_a_wider_alert_speaks_for_those_inside_to_whoever_sees_the_wider_one(
    script: Script, raise_
):
    """Somebody who sees the street alone would hear of nothing, and so hears of it."""
    from govdash.store import accounts

    with script.store.write() as session:
        accounts.add_account(
            session, login="near", name="near某", roles=("duty",), areas=(STREET,),
            at=script.clock.now,
        )  # fmt: skip
    raise_(area_path=DISTRICT, **ORANGE)
    script.expect("duty duty2", "临江区", 0)
    script.run(until=10)
    raise_(area_path=STREET, **BLUE)
    script.expect("near", "东关街道", 10)
    script.run(until=30)
    script.check()


def test_a_milder_wider_alert_or_one_of_another_category_speaks_for_nobody(script: Script, raise_):
    raise_(area_path=DISTRICT, **BLUE)
    raise_(area_path=DISTRICT, category="P-02001", **ORANGE)
    raise_(area_path=STREET, **ORANGE)
    with script.store.read() as session:
        street = session.query(Alert).filter(Alert.area_path == STREET).one()
        assert suppression.muted(session, street, at=script.clock.now, sees=lambda _p: True) is None


def test_a_signal_that_goes_to_and_fro_is_muted_until_it_is_steady(script: Script, raise_, rule):
    number = raise_(**BLUE)
    for n in range(6):
        script.clock.go(minutes=30)
        with script.store.write() as session:
            alert = session.get(Alert, number)
            assert alert is not None
            if n % 2 == 0:
                signals.advance_signal(session, alert, at=script.clock.now, clear_after_days=2)
            else:
                signals.hold(session, alert, at=script.clock.now)
    now = script.clock.now
    with script.store.read() as session:
        alert = session.get(Alert, number)
        assert alert is not None
        why = suppression.muted(session, alert, at=now, sees=lambda _p: True)
        assert why is not None
        assert "震荡" in why.reason
        assert why.until is not None
        later = why.until + timedelta(seconds=1)
        assert suppression.muted(session, alert, at=later, sees=lambda _p: True) is None


def test_what_is_muted_is_exactly_what_area_category_rule_and_time_say():
    """Two thousand random suppressions and alerts, against a plain reading of the fields."""
    random = np.random.default_rng(5)
    paths = [None, CITY, DISTRICT, OTHER, STREET, COMMUNITY]
    kinds = [None, "A-06", CATEGORY, "P-02001"]
    for _ in range(2000):
        one = Suppression(
            area_path=random.choice(np.array(paths, dtype=object)),
            category=random.choice(np.array(kinds, dtype=object)),
            rule_code=random.choice(np.array([None, "r1"], dtype=object)),
        )
        alert = Alert(
            area_path=random.choice(np.array(paths[1:], dtype=object)),
            category=random.choice(np.array(["*", *kinds[1:]], dtype=object)),
            rule_code=random.choice(np.array(["r1", "r2"], dtype=object)),
            level=Level.BLUE, signal=Signal.FIRING, handling=Handling.NEW,
        )  # fmt: skip
        area = one.area_path is None or alert.area_path[: len(one.area_path)] == one.area_path
        kind = one.category in {None, alert.category, alert.category[: len("A-06")]}
        rule_ = one.rule_code is None or one.rule_code == alert.rule_code
        assert suppression.covers(one, alert) is (area and kind and rule_)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"reason": " "}, "理由"),
        ({"area_path": None}, "全市"),
        ({"kind": Mute.PLANNED}, "名称"),
        ({"ends_at": -HOUR}, "晚于"),
        ({"ends_at": timedelta(days=8)}, "最长 7 天"),
        ({"area_path": f"{CITY}1/"}, "不存在"),
        ({"category": "A-99999"}, "不存在"),
        ({"rule_code": "none"}, "不存在"),
    ],
)
def test_one_without_a_reason_or_a_bound_is_refused(script: Script, wrong: dict, said: str):
    more = {k: script.clock.now + v if isinstance(v, timedelta) else v for k, v in wrong.items()}
    with pytest.raises(InputError, match=said):
        mute(script, **more)


def test_one_may_mute_ones_own_area_alone_and_nobody_without_the_permission(script: Script):
    with pytest.raises(Refused, match="管辖范围"):
        mute(script, login="duty2", area_path=OTHER)
    with pytest.raises(Refused, match="权限"):
        mute(script, login="fix")
    number = mute(script)
    far = User("far", "远", frozenset(Permission), Scope(areas=(OTHER,)))
    with pytest.raises(NotFound), script.store.write() as session:
        muting.end(session, number, actor=far, at=script.clock.now)


def test_two_who_change_the_same_one_see_each_other(script: Script):
    number, duty = mute(script), user(script.store, "duty")
    with script.store.write() as session:
        muting.end(session, number, actor=duty, at=script.clock.now, seen_version=1)
    for change in (
        lambda s: muting.end(s, number, actor=duty, at=script.clock.now, seen_version=1),
        lambda s: muting.extend(
            s, number, script.clock.now + 5 * HOUR, reason="r", actor=duty, at=script.clock.now
        ),
    ):
        with pytest.raises(Conflict), script.store.write() as session:
            change(session)


def test_nothing_but_notifications_is_muted(script: Script, raise_, peopled: Store):
    """The board, the escalation and the log go on as if there were no silence."""
    mute(script)
    number = raise_(**BLUE)
    script.run(until=30)
    with peopled.read() as session:
        alert = session.get(Alert, number)
        assert alert is not None
        assert (alert.handling, alert.signal) == (Handling.NEW, Signal.FIRING)
