"""延期 is more time, asked by the unit and granted by another; an appeal is granted by two."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from govdash.access import SYSTEM, User
from govdash.core.errors import Conflict, InputError, NotFound, Refused
from govdash.core.filters import Scope
from govdash.core.permissions import Permission
from govdash.core.vocab import Asked, AskState
from govdash.core.vocab import CaseAction as A
from govdash.core.vocab import CaseState as S
from govdash.report import performance
from govdash.store import cases as rows
from govdash.store import casework, journal
from govdash.store import performance as lifelines
from govdash.workflow import asking, board, cases
from tests.workflow.conftest import FORMS, HOUR, MAIN_ROAD, MINUTE, NINE, ON_BOTH, SHANGHAI, STREET

UNIT = User("zhao", "赵队", frozenset({Permission.CASE_HANDLE}), Scope((), units=("U-STREET",)))
BOTH = frozenset({Permission.CASE_APPROVE, Permission.CASE_HANDLE})
QIAN, SUN = (User(login, login, BOTH, Scope((STREET,))) for login in ("qian", "sun"))
NEXT_DAY = NINE + timedelta(days=1)


def ask(city, case_id, *, at, kind=Asked.EXTENSION, actor=UNIT, reason="等待配件到货") -> int:
    with city.write() as session:
        return asking.ask(session, case_id, kind, reason=reason, actor=actor, at=at).id


def decide(city, request, *, at, actor=QIAN, grant=True, note="") -> AskState:
    with city.write() as session:
        return asking.decide(session, request, grant=grant, note=note, actor=actor, at=at).state


def case_of(city, case_id):
    with city.read() as session:
        case = rows.for_update(session, case_id)
        session.expunge(case)
        return case


@pytest.fixture
def handled(opened, walk) -> int:
    """A case that its unit works on: 4 工作时 from 9:00, due at 15:00."""
    walk(opened, A.ACCEPT, A.DISPATCH, A.START)
    return opened


@ON_BOTH
def test_an_extension_adds_the_original_limit_from_the_very_deadline(city, operator, handled):
    """4 工作时 more than 15:00: three until 18:00, one from 8:00 of the next morning: 9:00."""
    request = ask(city, handled, at=NINE + HOUR)
    assert case_of(city, handled).due_at == NINE + 6 * HOUR  # asking moves nothing
    assert decide(city, request, at=NINE + 2 * HOUR) is AskState.GRANTED
    case = case_of(city, handled)
    assert (case.extensions, case.limit_amount) == (1, 4)
    assert case.due_at == NEXT_DAY == datetime(2026, 6, 11, 9, 0, tzinfo=SHANGHAI)
    with city.read() as session:
        life = board.case_life(session, handled, operator.scope, at=NINE + 2 * HOUR)
        limits = {c.clock.value: (str(c.limit), c.due_at) for c in life.clocks if c.running}
        assert {limit for limit, _ in limits.values()} == {"8工作时"}
        assert [line.did for line in journal.lines(session, subject=f"case:{handled}")][:2] == [
            "case.grant_extension", "case.ask_extension",
        ]  # fmt: skip


def test_it_does_not_matter_when_the_extension_is_granted(city, handled, walk, operator):
    """Asked for in time, granted after the deadline: the same new deadline, and no lateness."""
    request = ask(city, handled, at=NINE + HOUR)
    decide(city, request, at=NINE + 7 * HOUR + 59 * MINUTE)
    assert case_of(city, handled).due_at == NEXT_DAY


def test_a_step_from_before_an_extension_is_refused_and_changes_nothing(city, operator, handled):
    request = ask(city, handled, at=NINE + HOUR)
    decide(city, request, at=NINE + 2 * HOUR)
    with pytest.raises(InputError, match="早于上一步"), city.write() as session:
        cases.take_step(
            session, handled, A.RESOLVE, actor=operator, at=NINE + HOUR + MINUTE,
            form=FORMS[A.RESOLVE],
        )  # fmt: skip


def test_a_case_is_extended_twice_and_not_a_third_time(city, handled):
    for n in range(2):
        at = NINE + HOUR + n * MINUTE
        decide(city, ask(city, handled, at=at), at=at)
    assert case_of(city, handled).due_at == NEXT_DAY + 6 * HOUR  # 12 working hours
    with pytest.raises(Refused, match="已延期 2 次"):
        ask(city, handled, at=NINE + 3 * HOUR)


def test_a_later_stage_keeps_the_extended_limit(city, handled, walk, operator):
    decide(city, ask(city, handled, at=NINE + HOUR), at=NINE + HOUR)
    walk(handled, A.RESOLVE, A.SEND_BACK, A.START, at=NINE + HOUR)
    with city.read() as session:
        life = board.case_life(session, handled, operator.scope, at=NINE + 2 * HOUR)
        assert {str(c.limit) for c in life.clocks if c.running} == {"8工作时"}
    assert case_of(city, handled).due_at == NEXT_DAY


def test_a_case_on_hold_is_extended_and_has_no_deadline_until_it_resumes(city, handled, walk):
    walk(handled, A.HOLD, at=NINE + 50 * MINUTE)  # 10:00, one hour used
    decide(city, ask(city, handled, at=NINE + 90 * MINUTE), at=NINE + 2 * HOUR)
    assert case_of(city, handled).due_at is None
    _, due, _ = walk(handled, A.RESUME, at=NEXT_DAY - 10 * MINUTE)  # seven hours left from 9:00
    assert due == NEXT_DAY + 9 * HOUR  # 9–12, 14–18


@pytest.mark.parametrize(
    ("at", "road", "message"),
    [
        (NEXT_DAY, [], "已超期，不能延期"),
        (NINE + HOUR, [A.RESOLVE], "在“待核查”，不能申请延期"),
    ],
)
def test_what_is_late_or_done_is_not_extended(city, handled, walk, at, road, message):
    walk(handled, *road, at=NINE + 40 * MINUTE)
    with pytest.raises(Refused, match=message):
        ask(city, handled, at=at)


def test_one_request_waits_at_a_time_and_its_asker_does_not_decide_it(city, handled):
    request = ask(city, handled, at=NINE + HOUR, actor=QIAN)
    with pytest.raises(Refused, match="已有一个延期申请在等待"):
        ask(city, handled, at=NINE + HOUR)
    with pytest.raises(Refused, match="不能审批自己"):
        decide(city, request, at=NINE + HOUR, actor=QIAN)
    with pytest.raises(Refused, match="没有此项权限"):
        decide(city, request, at=NINE + HOUR, actor=replace(UNIT, scope=Scope((STREET,))))
    with pytest.raises(InputError, match="请写明理由"):
        decide(city, request, at=NINE + HOUR, actor=SUN, grant=False)
    said = decide(city, request, at=NINE + HOUR, actor=SUN, grant=False, note="期限已经充裕")
    assert said is AskState.DENIED
    assert case_of(city, handled).extensions == 0
    with pytest.raises(Conflict, match="已是“未同意”"):
        decide(city, request, at=NINE + HOUR, actor=SUN)


@ON_BOTH
def test_the_database_itself_refuses_who_decides_their_own_request(city, handled):
    request = ask(city, handled, at=NINE + HOUR)
    for change in (f"first_by = '{UNIT.login}'", "state = 'granted'"):
        with pytest.raises(IntegrityError), city.write() as session:
            session.execute(text(f"UPDATE case_requests SET {change} WHERE id = {request}"))


def test_a_request_lapses_when_its_case_ends(city, handled, walk):
    request = ask(city, handled, at=NINE + HOUR)
    walk(handled, A.CANCEL, at=NINE + HOUR)
    with pytest.raises(Conflict, match="已失效"):
        decide(city, request, at=NINE + 2 * HOUR)


@ON_BOTH
def test_an_appeal_takes_two_who_are_neither_the_asker_nor_each_other(city, handled, walk):
    walk(handled, *MAIN_ROAD[3:], at=NEXT_DAY)  # closed late
    request = ask(city, handled, at=NEXT_DAY + 2 * HOUR, kind=Asked.APPEAL, actor=QIAN)
    later = NEXT_DAY + 3 * HOUR
    with pytest.raises(Refused, match="不能审批自己"):
        decide(city, request, at=later, actor=QIAN)
    assert decide(city, request, at=later, actor=SUN) is AskState.ONCE
    assert not case_of(city, handled).exempt
    with pytest.raises(Refused, match="由另一人复审"):
        decide(city, request, at=later, actor=SUN)
    li = replace(SUN, login="li")
    assert decide(city, request, at=later, actor=li) is AskState.GRANTED
    assert case_of(city, handled).exempt


def test_a_granted_appeal_exempts_the_figures_and_keeps_the_fact(city, operator, handled, walk):
    walk(handled, *MAIN_ROAD[3:], at=NEXT_DAY)
    at = NEXT_DAY + 3 * HOUR

    def on_time() -> float | None:
        with city.read() as session:
            cases = lifelines.lifelines(session, SYSTEM.scope, since=NINE)
            said = lifelines.said(session, SYSTEM.scope, since=NINE)
            return performance.figures(cases, said, at=at).on_time

    assert on_time() == 0
    request = ask(city, handled, at=at, kind=Asked.APPEAL)
    decide(city, request, at=at, actor=QIAN)
    decide(city, request, at=at, actor=SUN)
    assert on_time() is None
    with city.read() as session:
        row = board.case_life(session, handled, operator.scope, at=at).row
        assert (row["overdue"], row["lamp"], row["exempt"]) == (True, "red", True)


def test_an_appeal_is_for_what_was_late_and_once(city, handled, walk):
    with pytest.raises(Refused, match="没有超期"):
        ask(city, handled, at=NINE + HOUR, kind=Asked.APPEAL)
    walk(handled, *MAIN_ROAD[3:], at=NEXT_DAY)
    request = ask(city, handled, at=NEXT_DAY + HOUR, kind=Asked.APPEAL)
    decide(city, request, at=NEXT_DAY + HOUR, grant=False, note="理由不成立")
    with pytest.raises(Refused, match="每件只能申诉一次"):
        ask(city, handled, at=NEXT_DAY + 2 * HOUR, kind=Asked.APPEAL)


def test_who_does_not_see_the_case_sees_no_request(city, handled, local_user):
    request = ask(city, handled, at=NINE + HOUR)
    with pytest.raises(NotFound):
        decide(city, request, at=NINE + HOUR, actor=local_user)
    with city.read() as session:
        assert casework.requests(session, local_user.scope).empty
        assert len(casework.requests(session, UNIT.scope, undecided=True)) == 1


def test_the_state_of_the_case_is_the_same_after_all_this(city, handled, walk):
    decide(city, ask(city, handled, at=NINE + HOUR), at=NINE + HOUR)
    assert case_of(city, handled).state is S.IN_PROGRESS
