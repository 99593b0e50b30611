"""Whoever is to act on a case hears of it, and others when time runs out: scripts in time."""

from dataclasses import replace
from datetime import timedelta

import pytest

from govdash.access import SYSTEM
from govdash.core.vocab import Asked, CaseAction, CaseState, LimitUnit
from govdash.store import Store, escalations
from govdash.store.models import InboxMessage, Notification
from govdash.taxonomy import Limit
from govdash.workflow import asking, cases, supervision
from govdash.workflow.flow import CASE_FLOW, OPEN_STATES
from govdash.workflow.forms import NewCase, StepForm
from govdash.workflow.notify import auditor
from govdash.workflow.notify.targets import permission_of
from tests.conftest import NOW
from tests.notify.script import Script
from tests.workflow.conftest import CATEGORY, ON_BOTH, STREET

A = CaseAction
FORM = StepForm(
    note="说明",
    register_condition="甲",
    close_condition="乙",
    result="已清运",
    unit_code="U-STREET",
    until=NOW + timedelta(days=30),
)


@pytest.fixture
def script(peopled: Store, clock) -> Script:
    return Script(peopled, clock)


def open_case(script: Script, **more) -> int:
    told = {"title": "垃圾堆放", "category": CATEGORY, "area_path": STREET,
            "limit": Limit(4, LimitUnit.WORK_HOUR)} | more  # fmt: skip
    with script.store.write() as session:
        return cases.open_case(session, NewCase(**told), actor=SYSTEM, at=script.clock.now).id


def step(script: Script, case_id: int, *actions: A) -> None:
    for action in actions:
        actor = replace(SYSTEM, name="核查员") if action is A.VERIFY else SYSTEM
        with script.store.write() as session:
            cases.take_step(session, case_id, action, actor=actor, at=script.clock.now, form=FORM)


@ON_BOTH
def test_a_case_that_nobody_takes_is_told_upwards_as_its_clocks_run_out(script: Script):
    """Accepting has half a working hour (10:30–11:00), the case four (due 16:30 that day)."""
    open_case(script)
    script.expect("duty duty2 send", "请办理", 0)
    script.expect("duty duty2 send", "当前环节临期", 22.5)
    script.expect("duty duty2 send boss", "当前环节已超期", 30)
    script.expect("duty duty2 send", "全程临期", 300)  # three working hours: 15:30
    script.expect("duty duty2 send boss lead", "全程已超期", 360)  # 16:30
    script.expect("head lead", "全程已超期", 1800)  # a working day later
    script.run(until=2000, every=2)
    script.check()


def test_each_step_is_told_to_whom_the_table_names(script: Script):
    case_id = open_case(script)
    script.expect("duty duty2 send", "待立案", 0)  # whoever can accept it
    script.run(until=5)
    step(script, case_id, A.ACCEPT)
    script.expect("send", "已立案", 5)
    script.run(until=10)
    step(script, case_id, A.DISPATCH)
    script.expect("fix", "已派遣", 10)  # the unit's own people, nobody else's
    script.run(until=15)
    step(script, case_id, A.START)  # the unit knows what it does itself
    script.run(until=20)
    step(script, case_id, A.RESOLVE)
    script.expect("check", "待核查", 20)
    script.run(until=25)
    step(script, case_id, A.SEND_BACK)
    script.expect("fix", "返工", 25)
    script.run(until=30)
    step(script, case_id, A.START, A.RESOLVE, A.VERIFY)  # at once: the last one alone is true
    script.expect("send", "核查通过", 30)
    script.run(until=35)
    step(script, case_id, A.CLOSE)  # the reporter is called by a person
    script.run(until=3000, every=30)
    script.check()


def test_the_unit_hears_that_its_case_ended_and_that_it_is_urged(script: Script):
    case_id = open_case(script)
    step(script, case_id, A.ACCEPT, A.DISPATCH, A.START)
    script.run(until=5)
    with script.store.write() as session:
        supervision.urge(session, case_id, reason="请尽快", actor=SYSTEM, at=script.clock.now)
    script.expect("fix", "催办", 5)
    script.run(until=10)
    step(script, case_id, A.CANCEL)
    script.expect("fix duty duty2 send", "案件已了结", 10)
    script.run(until=20)
    script.check()


def test_a_case_on_hold_is_silent_and_speaks_again_when_it_resumes(script: Script):
    case_id = open_case(script)
    step(script, case_id, A.ACCEPT, A.DISPATCH, A.START, A.HOLD)
    script.expect("fix", "挂账", 0)
    script.run(until=6 * 24 * 60, every=60)
    step(script, case_id, A.RESUME)
    script.expect("fix", "处置中", script.minute)
    script.run(until=script.minute + 10)
    script.check()


def test_the_unit_above_hears_when_a_unit_is_late(script: Script):
    case_id = open_case(script)
    step(script, case_id, A.ACCEPT, A.DISPATCH, A.START)
    script.expect("fix", "全程临期", 300)  # the stage has the same limit; the gravest is told
    script.expect("fix boss lead", "全程已超期", 360)
    script.run(until=400)
    script.check()


def test_what_is_late_when_it_is_first_looked_at_is_not_called_near(script: Script):
    case_id = open_case(script)
    step(script, case_id, A.ACCEPT, A.DISPATCH, A.START)
    script.clock.go(days=1)
    minute = script.minute
    script.expect("fix boss lead", "全程已超期", minute)
    script.run(until=minute + 5)
    script.check()


def test_a_message_names_no_person_that_somebody_typed(script: Script):
    open_case(script, title="联系人张三丰 13812345678 反映垃圾", address="幸福路 3 号")
    script.run(until=1)
    with script.store.read() as session:
        texts = [f"{m.title}{m.body}" for m in session.query(InboxMessage)]
        texts += [f"{m.title}{m.body}{m.why}{m.target}" for m in session.query(Notification)]
    assert texts
    for text in texts:
        assert "13812345678" not in text
        assert "三丰" not in text
        assert "幸福路" not in text


@pytest.mark.parametrize("state", OPEN_STATES)
def test_every_open_state_has_somebody_who_can_act(state: CaseState):
    wanted = permission_of(state)
    assert wanted in {s.needs for (origin, _), s in CASE_FLOW.items() if origin is state}


@ON_BOTH
def test_every_open_case_has_its_next_step_and_a_lack_is_reported(script: Script):
    first = open_case(script)
    step(script, first, A.ACCEPT, A.DISPATCH)
    open_case(script)
    script.run(until=3 * 24 * 60, every=120)
    with script.store.read() as session:
        assert auditor.audit(session, SYSTEM.scope, at=script.clock.now) == []
    with script.store.write() as session:
        kept = escalations.of_case(session, first)
        assert kept is not None
        kept.next_at = script.clock.now - timedelta(hours=1)
    with script.store.read() as session:
        (gap,) = auditor.audit(session, SYSTEM.scope, at=script.clock.now)
    assert (gap.kind, gap.id) == ("case", first)
    assert "没有走下一步" in gap.why


def ask(script: Script, case_id: int, kind: Asked) -> int:
    unit = replace(SYSTEM, login="fix", name="fix某")
    with script.store.write() as session:
        return asking.ask(
            session, case_id, kind, reason="等待配件到货", actor=unit, at=script.clock.now
        ).id


def decide(script: Script, request: int, login: str, *, grant: bool) -> None:
    actor = replace(SYSTEM, login=login, name=f"{login}某")
    with script.store.write() as session:
        asking.decide(
            session, request, grant=grant, note="情况属实", actor=actor, at=script.clock.now
        )


@ON_BOTH
def test_a_request_is_told_to_who_may_decide_and_its_decision_to_who_asked(script: Script):
    """Extended once from 16:30 by four working hours; the yellow of the new limit is told anew."""
    case_id = open_case(script)
    step(script, case_id, A.ACCEPT, A.DISPATCH, A.START)
    first = ask(script, case_id, Asked.EXTENSION)
    script.expect("send head", "延期申请，请审批", 0)
    script.run(until=5)
    decide(script, first, "head", grant=False)
    script.expect("fix", "延期未同意", 5)
    script.run(until=10)
    second = ask(script, case_id, Asked.EXTENSION)
    script.expect("send head", "延期申请，请审批", 10)
    script.run(until=15)
    decide(script, second, "send", grant=True)
    script.expect("fix", "延期已同意，时限已顺延", 15)
    script.run(until=20)
    script.expect("fix", "全程临期", 1320)  # six of eight working hours: 8:30 of the next morning
    script.run(until=1400)
    script.check()


def test_an_appeal_is_told_to_the_second_reviewer_and_its_end_to_who_asked(script: Script):
    case_id = open_case(script)
    step(script, case_id, A.ACCEPT, A.DISPATCH, A.START)
    script.clock.go(days=1)
    step(script, case_id, A.RESOLVE, A.VERIFY, A.CLOSE)  # late, and over
    minute = script.minute
    request = ask(script, case_id, Asked.APPEAL)
    script.expect("send head", "超时申诉，请审批", minute)
    script.run(until=minute + 5)
    decide(script, request, "send", grant=True)
    script.expect("head", "超时申诉，请审批", minute + 5)  # two must grant it
    script.run(until=minute + 10)
    decide(script, request, "head", grant=True)
    script.expect("fix", "超时申诉已通过", minute + 10)
    script.run(until=minute + 20)
    script.check()


def test_who_may_decide_hears_nothing_of_what_was_decided_before_it_was_sent(script: Script):
    case_id = open_case(script)
    step(script, case_id, A.ACCEPT, A.DISPATCH, A.START)
    script.run(until=5)
    decide(script, ask(script, case_id, Asked.EXTENSION), "head", grant=True)
    script.expect("fix", "延期已同意", 5)
    script.run(until=10)
    script.check()
