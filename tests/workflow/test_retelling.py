"""Case logs told again: deadlines as the clocks have them, and the log as it was known then."""

from datetime import datetime, timedelta

import pandas as pd
import pytest
from sqlalchemy import select

from govdash.access import SYSTEM, User
from govdash.core.filters import Scope
from govdash.core.vocab import CASE_ENDS, Asked, CaseAction, CaseState, WhyNot
from govdash.store import Store, caselogs
from govdash.store.models import Case
from govdash.taxonomy import parse_limit
from govdash.workflow import asking, cases, feedback, retelling, supervision
from govdash.workflow.deadlines import in_force
from govdash.workflow.forms import StepForm
from govdash.workflow.retelling import Terms
from tests.workflow.conftest import FORMS, HOUR, MINUTE, NEW, NINE, OTHER

A = CaseAction
TERMS = Terms(parse_limit("2工作时"), 4)
WHOLE = Scope(areas=(), whole_city=True)
DAY = timedelta(days=1)


@pytest.fixture
def others() -> list[User]:
    return [User(name, name, SYSTEM.permissions, WHOLE) for name in ("asks", "first", "second")]


def told(city: Store, *, at: datetime, scope: Scope = WHOLE) -> pd.DataFrame:
    with city.read() as session:
        logs = caselogs.known(
            session, scope, since=NINE - 90 * DAY, until=NINE + 90 * DAY, known_at=at
        )
    return retelling.retell(logs, TERMS, deadlines=in_force())


def walk(city: Store, *steps: tuple[CaseAction, datetime], case_id: int | None = None) -> int:
    with city.write() as session:
        if case_id is None:
            case_id = cases.open_case(session, NEW, actor=SYSTEM, at=NINE).id
        for action, at in steps:
            form = FORMS[action]
            cases.take_step(session, case_id, action, actor=SYSTEM, at=at, form=form)
    return case_id


ROAD = (
    (A.ACCEPT, NINE + 10 * MINUTE),
    (A.DISPATCH, NINE + 20 * MINUTE),
    (A.START, NINE + 30 * MINUTE),
    (A.RESOLVE, NINE + 2 * HOUR),
)
END = ((A.VERIFY, NINE + 310 * MINUTE), (A.CLOSE, NINE + 320 * MINUTE))  # 14:10, 14:20


def test_a_case_is_measured_at_each_stage_by_hand(city: Store):
    """Limit 4 working hours from Wednesday 9:00: due 15:00; handled from 9:20: due 15:20."""
    walk(city, *ROAD, *END)
    rows = told(city, at=NINE + 3 * DAY).set_index("basis")
    due = {
        "received": NINE,
        "accepted": NINE + 10 * MINUTE,
        "dispatch_due": NINE + 40 * MINUTE,  # half a working hour after 9:10
        "dispatched": NINE + 20 * MINUTE,
        "handle_due": NINE + 6 * HOUR + 20 * MINUTE,  # 12:00 to 14:00 is no working time
        "verify_due": NINE + 2 * HOUR + DAY,
        "close_due": NINE + 6 * HOUR,
    }
    assert rows["at"].to_dict() == {basis: pd.Timestamp(at) for basis, at in due.items()}
    timely = rows["on_time"]
    stages = ["accepted", "dispatch_due", "handle_due", "verify_due", "close_due"]
    assert timely[stages].all()
    assert rows.loc["dispatched", "answered"]
    assert rows.loc["handle_due", "done"]
    assert set(rows["unit_code"]) == {"U-STREET"}


def test_what_was_not_due_yet_is_not_among_what_is_measured(city: Store):
    walk(city, *ROAD)
    early = told(city, at=NINE + 3 * HOUR)
    assert set(early["basis"]) == {"received", "accepted", "dispatched", "dispatch_due"}
    late = told(city, at=NINE + 7 * HOUR).set_index("basis")
    assert late.loc["close_due", ["done", "on_time"]].tolist() == [False, False]
    assert late.loc["handle_due", ["done", "late_waiting"]].tolist() == [True, False]


def test_a_hold_moves_the_deadline_and_a_case_on_hold_is_not_due(city: Store):
    case_id = walk(city, *ROAD[:3], (A.HOLD, NINE + 2 * HOUR))
    assert "close_due" not in set(told(city, at=NINE + 20 * DAY)["basis"])
    walk(city, (A.RESUME, NINE + 2 * DAY), case_id=case_id)  # two of four hours were used
    rows = told(city, at=NINE + 5 * DAY).set_index("basis")
    assert rows.loc["close_due", "at"] == NINE + 2 * DAY + 2 * HOUR


def test_an_extension_an_appeal_and_a_supervision_are_facts_of_the_case(
    city: Store, others: list[User]
):
    asks, first, second = others
    case_id = walk(city, *ROAD[:3])
    with city.write() as session:
        more = asking.ask(
            session, case_id, Asked.EXTENSION, reason="等待配件", actor=asks, at=NINE + HOUR
        )
        asking.decide(session, more.id, grant=True, note="", actor=first, at=NINE + HOUR)
    rows = told(city, at=NINE + 3 * DAY).set_index("basis")
    assert rows.loc["close_due", "at"] == NINE + DAY  # 7 of 8 working hours on Wednesday
    assert rows.loc["handle_due", ["extended", "exempt", "supervised"]].tolist() == [
        True,
        False,
        False,
    ]
    with city.write() as session:
        supervision.supervise(
            session,
            case_id,
            reason="久拖不决",
            due_at=NINE + 5 * DAY,
            actor=first,
            at=NINE + 3 * DAY,
        )
        late = asking.ask(
            session, case_id, Asked.APPEAL, reason="道路封闭", actor=asks, at=NINE + 3 * DAY
        )
        for judge in (first, second):
            asking.decide(session, late.id, grant=True, note="", actor=judge, at=NINE + 4 * DAY)
    row = told(city, at=NINE + 4 * DAY).set_index("basis").loc["handle_due"]
    assert row[["extended", "exempt", "supervised"]].tolist() == [True, True, True]
    before = told(city, at=NINE + 4 * DAY - MINUTE).set_index("basis").loc["handle_due"]
    assert before[["exempt", "supervised"]].tolist() == [False, True]


def test_made_again_as_of_then_it_is_the_same_after_history_has_changed(
    city: Store, others: list[User]
):
    asks, first, second = others
    one = walk(city, *ROAD, (A.VERIFY, NINE + DAY), (A.CLOSE, NINE + DAY + HOUR))  # late
    two = walk(city, *ROAD[:3])
    then = NINE + 2 * DAY
    made = told(city, at=then)
    with city.write() as session:  # later: a call, a reopening, an appeal, a merger, a hold
        feedback.record(
            session, one, solved=False, satisfaction=1, note="", reason=WhyNot.AGAIN,
            actor=SYSTEM, at=then + HOUR, reopen=True,
        )  # fmt: skip
        late = asking.ask(session, two, Asked.APPEAL, reason="道路封闭", actor=asks, at=then + HOUR)
        for judge in (first, second):
            asking.decide(session, late.id, grant=True, note="", actor=judge, at=then + HOUR)
        three = cases.open_case(session, NEW, actor=SYSTEM, at=then + 2 * HOUR).id
        form = StepForm(leading=three)
        cases.take_step(session, two, A.MERGE, actor=SYSTEM, at=then + 3 * HOUR, form=form)
    pd.testing.assert_frame_equal(told(city, at=then), made)
    assert len(told(city, at=then + DAY)) != len(made)


def test_a_step_counts_from_when_it_was_recorded(city: Store):
    """The hold ended at midnight; the worker that resumes it ran at eight."""
    with city.write() as session:
        case_id = cases.open_case(session, NEW, actor=SYSTEM, at=NINE).id
        for action, at in ROAD[:3]:
            cases.take_step(session, case_id, action, actor=SYSTEM, at=at, form=FORMS[action])
        until = NINE + 15 * HOUR
        hold = StepForm(note="等待产权单位", until=until)
        cases.take_step(session, case_id, A.HOLD, actor=SYSTEM, at=NINE + HOUR, form=hold)
    with city.write() as session:
        assert cases.resume_due(session, at=NINE + 23 * HOUR) == 1
    week = NINE + 7 * DAY
    assert "close_due" in set(told(city, at=week)["basis"])
    with city.read() as session:
        logs = [
            caselogs.known(session, WHOLE, since=NINE, until=week, known_at=at).steps["to_state"]
            for at in (NINE + 20 * HOUR, NINE + 23 * HOUR)
        ]
    assert [log.iloc[-1] for log in logs] == [CaseState.ON_HOLD, CaseState.IN_PROGRESS]


def test_a_leading_case_counts_from_the_earliest_of_its_cluster(city: Store):
    old = walk(city, *ROAD[:1])
    with city.write() as session:
        new = cases.open_case(session, NEW, actor=SYSTEM, at=NINE + 2 * HOUR).id
        form = StepForm(leading=new)
        cases.take_step(session, old, A.MERGE, actor=SYSTEM, at=NINE + 3 * HOUR, form=form)
    rows = told(city, at=NINE + 3 * DAY)
    due = rows[rows["basis"].eq("close_due")].set_index("case_id")["at"]
    assert due.to_dict() == {new: pd.Timestamp(NINE + 6 * HOUR)}
    merged = rows[rows["basis"].eq("received")].set_index("case_id")["merged"]
    assert merged.to_dict() == {old: True, new: False}


def test_deadlines_are_those_that_the_ledger_gives(city: Store):
    walk(city, *ROAD, *END)
    walk(city, *ROAD[:2], (A.RETURN, NINE + HOUR), (A.DISPATCH, NINE + 5 * HOUR))
    again = walk(city, *ROAD, (A.SEND_BACK, NINE + 3 * HOUR), (A.START, NINE + 5 * HOUR))
    walk(city, (A.RESOLVE, NINE + 6 * HOUR), case_id=again)
    with city.read() as session:
        kept = {
            case.id: pd.Timestamp(case.due_at)
            for case in session.scalars(select(Case)).all()
            if case.due_at and (case.state not in CASE_ENDS or case.state is CaseState.CLOSED)
        }
    rows = told(city, at=NINE + 9 * DAY)
    mine = rows[rows["basis"].eq("close_due")].set_index("case_id")["at"].to_dict()
    assert mine == kept
    assert rows.loc[rows["case_id"].eq(again) & rows["basis"].eq("close_due"), "reworked"].all()


def test_who_does_not_see_a_case_has_no_occasion_of_it(city: Store):
    walk(city, *ROAD)
    assert told(city, at=NINE + 3 * DAY, scope=Scope(areas=(OTHER,))).empty
    assert told(city, at=NINE + 3 * DAY, scope=Scope(areas=())).empty
    unit = Scope(areas=(), units=("U-STREET",))
    assert not told(city, at=NINE + 3 * DAY, scope=unit).empty
