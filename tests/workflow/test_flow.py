import pytest

from govdash.core.errors import IllegalTransition
from govdash.core.vocab import CaseAction as A
from govdash.core.vocab import CaseState as S
from govdash.core.vocab import Clock, Handling
from govdash.core.vocab import Party as W
from govdash.workflow import drawing
from govdash.workflow.flow import (
    ALERT_FLOW,
    CASE_FLOW,
    END_STATES,
    STAGE,
    AlertAction,
    Effect,
    Need,
    actions_from,
    alert_actions,
    next_handling,
    next_step,
)
from tests.layout.test_docs import script

#: The table once more, as people would draw it; the program's own must say the same.
ROADS = {
    S.RECEIVED: {A.ACCEPT: S.ACCEPTED, A.REJECT: S.REJECTED, A.MERGE: S.MERGED},
    S.ACCEPTED: {A.DISPATCH: S.DISPATCHED, A.MERGE: S.MERGED, A.CANCEL: S.CANCELLED},
    S.DISPATCHED: {
        A.START: S.IN_PROGRESS,
        A.RETURN: S.RETURNED,
        A.MERGE: S.MERGED,
        A.CANCEL: S.CANCELLED,
    },
    S.RETURNED: {A.DISPATCH: S.DISPATCHED, A.MERGE: S.MERGED, A.CANCEL: S.CANCELLED},
    S.IN_PROGRESS: {
        A.RESOLVE: S.RESOLVED_CLAIMED,
        A.RETURN: S.RETURNED,
        A.HOLD: S.ON_HOLD,
        A.MERGE: S.MERGED,
        A.CANCEL: S.CANCELLED,
    },
    S.ON_HOLD: {A.RESUME: S.IN_PROGRESS, A.CANCEL: S.CANCELLED},
    S.RESOLVED_CLAIMED: {A.VERIFY: S.VERIFIED, A.SEND_BACK: S.REWORK},
    S.REWORK: {A.START: S.IN_PROGRESS, A.CANCEL: S.CANCELLED},
    S.VERIFIED: {A.CLOSE: S.CLOSED, A.SEND_BACK: S.REWORK},
    S.CLOSED: {A.REOPEN: S.REOPENED, A.REOPEN_UNSOLVED: S.REOPENED},
    S.REOPENED: {A.DISPATCH: S.DISPATCHED, A.MERGE: S.MERGED, A.CANCEL: S.CANCELLED},
    S.MERGED: {A.UNMERGE: S.RECEIVED},
    S.REJECTED: {},
    S.CANCELLED: {},
}


@pytest.mark.parametrize("state", S)
@pytest.mark.parametrize("action", A)
def test_every_state_and_action_leads_where_the_drawing_says_or_is_refused(state, action):
    target = ROADS[state].get(action)
    if target is None:
        with pytest.raises(IllegalTransition) as refused:
            next_step(state, action)
        for possible in ROADS[state]:
            assert possible.label in str(refused.value)
    else:
        assert next_step(state, action).to is target


def test_actions_are_offered_exactly_where_they_are_possible():
    for state in S:
        assert set(actions_from(state)) == set(ROADS[state])


def test_an_end_has_no_clock_and_every_other_state_has_one_and_a_way_on():
    for state in S:
        assert (state in END_STATES) == (state not in STAGE)
        assert state in END_STATES or actions_from(state)


def test_from_an_end_only_what_was_closed_or_merged_goes_on():
    assert {state for state in END_STATES if actions_from(state)} == {S.CLOSED, S.MERGED}


def test_clocks_stop_at_the_ends_pause_on_hold_and_run_otherwise():
    for step in CASE_FLOW.values():
        if step.to in END_STATES:
            assert step.effect is Effect.STOP
        elif step.to is S.ON_HOLD:
            assert step.effect is Effect.PAUSE
        else:
            assert step.effect is Effect.RUN
            assert STAGE[step.to] is not Clock.CASE


def test_whatever_ends_or_turns_a_case_back_needs_a_reason():
    for (state, action), step in CASE_FLOW.items():
        if action in {A.REJECT, A.RETURN, A.SEND_BACK, A.CANCEL, A.HOLD, A.REOPEN, A.UNMERGE}:
            assert Need.NOTE in step.requires, (state, action)


def test_registering_needs_its_condition_and_closing_needs_condition_result_and_disposition():
    assert CASE_FLOW[S.RECEIVED, A.ACCEPT].requires == (Need.REGISTER_CONDITION,)
    assert set(CASE_FLOW[S.VERIFIED, A.CLOSE].requires) == {
        Need.CLOSE_CONDITION,
        Need.RESULT,
        Need.DISPOSITION,
    }


def test_who_gets_a_case_back_can_only_dispatch_or_end_it():
    for state in (S.RETURNED, S.REOPENED):
        assert set(actions_from(state)) == {A.DISPATCH, A.MERGE, A.CANCEL}


def test_whoever_has_to_go_on_is_told():
    """A step that leaves the work to somebody else names them; one that keeps it need not."""
    next_at = {
        S.DISPATCHED: W.UNIT,
        S.RETURNED: W.DISPATCHER,
        S.REOPENED: W.DISPATCHER,
        S.RESOLVED_CLAIMED: W.VERIFIER,
        S.REWORK: W.UNIT,
        S.VERIFIED: W.DISPATCHER,
        S.CLOSED: W.REPORTER,
        S.REJECTED: W.REPORTER,
    }
    for (state, action), step in CASE_FLOW.items():
        if step.to in next_at:
            assert next_at[step.to] in step.tells, (state, action)


def test_closing_an_unverified_case_is_refused_and_says_what_is_open():
    with pytest.raises(
        IllegalTransition, match="“处置中”状态下不能“结案”；现在可以：处置完毕、退单"
    ):
        next_step(S.IN_PROGRESS, A.CLOSE)


@pytest.mark.parametrize("handling", Handling)
@pytest.mark.parametrize("action", AlertAction)
def test_an_alert_can_be_handled_only_while_it_waits(handling, action):
    waiting = handling in {Handling.NEW, Handling.ACKNOWLEDGED}
    again = handling is Handling.ACKNOWLEDGED and action is AlertAction.ACKNOWLEDGE
    if waiting and not again:
        assert (handling, action) in ALERT_FLOW
        assert action in alert_actions(handling)
        assert next_handling(handling, action) is not handling
    else:
        with pytest.raises(IllegalTransition):
            next_handling(handling, action)


def test_the_documents_hold_the_table_and_the_diagram_as_they_are():
    made = script("loop_tables")
    assert made.TARGET.read_text(encoding="utf-8") == made.document(), "run `make docs`"


def test_the_diagram_has_an_arrow_for_each_step_and_every_state():
    drawn = drawing.diagram().splitlines()
    arrows = [line for line in drawn if " --> " in line and "[*]" not in line]
    assert len(arrows) == len(CASE_FLOW)
    for state in S:
        assert f'    state "{state.label}" as {state.value}' in drawn
    assert "    closed --> reopened: 重新办理" in drawn
