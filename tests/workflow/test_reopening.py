"""What was closed is taken up again, a hold ends by itself; nothing overwrites what is newer."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from govdash.access import SYSTEM
from govdash.core.errors import Conflict, GovDashError, IllegalTransition, InputError, Refused
from govdash.core.vocab import CaseAction as A
from govdash.core.vocab import CaseState as S
from govdash.core.vocab import Clock, WhyNot
from govdash.store import calls as tasks
from govdash.store import cases as rows
from govdash.store import journal
from govdash.workflow import board, cases, feedback, flow
from tests.workflow.conftest import FORMS, HOUR, MAIN_ROAD, MINUTE, NEW, NINE, ON_BOTH, SHANGHAI


def call(city, case_id, actor, *, solved, at, reopen=False):
    with city.write() as session:
        return feedback.record(
            session, case_id, solved=solved, satisfaction=5 if solved else 1, note="",
            reason=None if solved else WhyNot.PARTLY, reopen=reopen, actor=actor, at=at,
        )  # fmt: skip


def life(city, case_id, operator, at):
    with city.read() as session:
        return board.case_life(session, case_id, operator.scope, at=at)


def case_of(city, case_id):
    with city.read() as session:
        case = rows.for_update(session, case_id)
        session.expunge(case)
        return case


@ON_BOTH
def test_a_closed_case_taken_up_again_goes_on_where_its_clock_stood(city, operator, opened, walk):
    """4 工作时 from 9:00; closed at 10:00 with 3 left. Taken up at 14:00 on Friday: due 17:00."""
    walk(opened, *MAIN_ROAD)
    assert case_of(city, opened).closed_at == NINE + HOUR
    friday = datetime(2026, 6, 12, 14, 0, tzinfo=SHANGHAI)
    state, due, _ = walk(opened, A.REOPEN, at=friday - 10 * MINUTE)
    assert (state, due) == (S.REOPENED, friday + 3 * HOUR)
    case = case_of(city, opened)
    assert (case.closed_at, case.result, case.verifier, case.close_condition) == (
        None,
        "",
        None,
        "",
    )
    assert case.unit_code == "U-STREET"
    assert walk(opened, *MAIN_ROAD[1:], at=friday)[0] is S.CLOSED


def test_a_dispatcher_takes_a_case_up_again_within_the_window_only(city, operator, opened, walk):
    walk(opened, *MAIN_ROAD)
    late = NINE + timedelta(days=31)
    assert A.REOPEN not in life(city, opened, operator, late).actions
    with pytest.raises(Refused, match="已超过 30 天"):
        walk(opened, A.REOPEN, at=late)
    assert walk(opened, A.REOPEN, at=NINE + timedelta(days=29))[0] is S.REOPENED


@ON_BOTH
def test_an_unsolved_call_takes_the_case_up_again_in_one_action(city, operator, opened, walk):
    walk(opened, *MAIN_ROAD)
    with city.read() as session:
        assert tasks.listed(session, SYSTEM.scope)["case_id"].tolist() == [opened]
    call(city, opened, operator, solved=False, at=NINE + 5 * HOUR, reopen=True)
    assert case_of(city, opened).state is S.REOPENED
    with city.read() as session:
        (newest, *_) = journal.lines(session, subject=f"case:{opened}")
        assert newest.did == "feedback.record"
        assert newest.detail["reopened"] == "AJ-20260610-0001"
        assert tasks.listed(session, SYSTEM.scope).empty
        step = rows.steps(session, opened, SYSTEM.scope).iloc[-1]
        assert step["action"] is A.REOPEN_UNSOLVED


def test_an_unsolved_call_can_be_followed_up_later_however_old_the_case(
    city, operator, opened, walk
):
    walk(opened, *MAIN_ROAD)
    with pytest.raises(Refused, match="没有“未解决”的回访"):
        walk(opened, A.REOPEN_UNSOLVED, at=NINE + 3 * HOUR)
    year = timedelta(days=300)
    call(city, opened, operator, solved=False, at=NINE + year)
    assert A.REOPEN_UNSOLVED in life(city, opened, operator, NINE + year).actions
    assert walk(opened, A.REOPEN_UNSOLVED, at=NINE + year)[0] is S.REOPENED


def test_a_solved_call_reopens_nothing_and_an_unsolved_one_says_why(city, operator, opened, walk):
    walk(opened, *MAIN_ROAD)
    with pytest.raises(InputError, match="没有解决的原因"), city.write() as session:
        feedback.record(
            session, opened, solved=False, satisfaction=1, note="", actor=operator, at=NINE + HOUR
        )
    call(city, opened, operator, solved=True, at=NINE + 5 * HOUR)
    with pytest.raises(Refused):
        walk(opened, A.REOPEN_UNSOLVED, at=NINE + 6 * HOUR)


def test_a_case_that_is_not_closed_yet_is_sent_back_not_reopened(city, operator, opened, walk):
    walk(opened, *MAIN_ROAD[:-1])
    with pytest.raises(Refused, match="还没有结案"):
        call(city, opened, operator, solved=False, at=NINE + 5 * HOUR, reopen=True)
    assert life(city, opened, operator, NINE + 5 * HOUR).feedback.empty


@ON_BOTH
def test_a_hold_ends_by_itself_at_the_moment_that_was_set_however_late_the_worker(
    city, operator, opened, walk
):
    """Held at 9:40 with 200 working minutes left, until Friday 10:00; seen at 16:00: due 15:20."""
    walk(opened, A.ACCEPT, A.DISPATCH, A.START)
    friday = datetime(2026, 6, 12, 10, 0, tzinfo=SHANGHAI)
    hold = replace(FORMS[A.HOLD], until=friday)
    with city.write() as session:
        at = NINE + 40 * MINUTE
        cases.take_step(session, opened, A.HOLD, actor=operator, at=at, form=hold)
    with city.write() as session:
        assert cases.resume_due(session, at=friday - MINUTE) == 0
    with city.write() as session:
        assert cases.resume_due(session, at=friday + 6 * HOUR) == 1
        assert cases.resume_due(session, at=friday + 6 * HOUR) == 0
    case = case_of(city, opened)
    assert (case.state, case.hold_until) == (S.IN_PROGRESS, None)
    assert case.due_at == friday + 2 * HOUR + 2 * HOUR + 80 * MINUTE  # 10–12, 14–15:20
    with city.read() as session:
        step = rows.steps(session, opened, SYSTEM.scope).iloc[-1]
        assert (step["at"], step["actor"]) == (friday, "system")
        line = journal.lines(session, subject=f"case:{opened}")[0]
        assert (line.did, line.actor, line.at) == ("case.resume", "system", friday + 6 * HOUR)


def test_who_acts_before_the_worker_finds_the_hold_ended(city, operator, opened, walk):
    walk(opened, A.ACCEPT, A.DISPATCH, A.START, A.HOLD)  # until 60 days later
    late = NINE + timedelta(days=61)
    with pytest.raises(IllegalTransition, match="“处置中”"):
        walk(opened, A.RESUME, at=late)
    assert walk(opened, A.RESOLVE, at=late)[0] is S.RESOLVED_CLAIMED
    with city.read() as session:
        steps = rows.steps(session, opened, SYSTEM.scope)
        assert steps["action"].tolist()[-2:] == [A.RESUME, A.RESOLVE]
        assert steps["at"].iloc[-2] == NINE + timedelta(days=60)


@pytest.mark.parametrize(
    ("until", "message"),
    [(NINE, "须晚于现在"), (NINE + timedelta(days=366, hours=2), "挂账最长 365 天")],
)
def test_a_hold_ends_in_the_future_and_within_a_year(city, operator, opened, walk, until, message):
    walk(opened, A.ACCEPT, A.DISPATCH, A.START)
    form = replace(FORMS[A.HOLD], until=until)
    with pytest.raises(InputError, match=message), city.write() as session:
        cases.take_step(session, opened, A.HOLD, actor=operator, at=NINE + HOUR, form=form)


MOVES = st.lists(
    st.tuples(
        st.sampled_from([a for a in A if a not in {A.MERGE, A.UNMERGE}]),
        st.integers(-90, 300),  # minutes from the newest one: some come late
        st.booleans(),  # filled in over an older version
        st.booleans(),  # sent twice
    ),
    max_size=25,
)


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(moves=MOVES)
def test_disordered_late_and_duplicate_updates_overwrite_nothing_newer(city, operator, moves):
    """Whatever comes, the row is what the steps add up to, and the steps only go forward."""
    with city.write() as session:
        case = cases.open_case(session, NEW, actor=operator, at=NINE)
        case_id, version, last = case.id, case.version, NINE
    state = S.RECEIVED
    for action, minutes, stale, twice in moves:
        at = last + minutes * MINUTE
        seen = version - 1 if stale else version
        form = replace(FORMS[action], until=at + timedelta(days=1))
        for _ in range(2 if twice else 1):
            try:
                with city.write() as session:
                    case = cases.take_step(
                        session, case_id, action, actor=operator, at=at, form=form,
                        seen_version=seen,
                    )  # fmt: skip
                    assert not stale
                    assert at >= last
                    assert seen == version
                    assert case.state is flow.CASE_FLOW[state, action].to
                    state, last = case.state, at
                version = case_of(city, case_id).version
            except Conflict:
                assert seen != version
            except GovDashError:
                assert seen == version
    with city.read() as session:
        steps = rows.steps(session, case_id, SYSTEM.scope)
        case = rows.for_update(session, case_id)
        assert case.state is steps["to_state"].iloc[-1] is state
        assert steps["at"].is_monotonic_increasing
        assert steps["seq"].tolist() == list(range(1, len(steps) + 1))
        on = [i for i in rows.ledger(session, case_id) if i.ended_at is None]
        assert {i.clock for i in on} == (
            {Clock.CASE, flow.STAGE[state]} if state in flow.STAGE else set()
        )
