"""The road of a case as a table: buttons, checks, clocks, tests and docs all read it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from govdash.core.errors import IllegalTransition
from govdash.core.permissions import Permission
from govdash.core.vocab import CASE_ENDS, Clock, Handling, Labelled
from govdash.core.vocab import CaseAction as A
from govdash.core.vocab import CaseState as S
from govdash.core.vocab import Party as W

P = Permission


class Effect(StrEnum):
    """What a step does to the clocks of a case."""

    RUN = "run"
    PAUSE = "pause"
    STOP = "stop"


class Need(StrEnum):
    """A field of the form that a step cannot do without."""

    NOTE = "note"
    UNIT = "unit_code"
    REGISTER_CONDITION = "register_condition"
    CLOSE_CONDITION = "close_condition"
    RESULT = "result"
    DISPOSITION = "disposition"  # only where the case came from an alert that still waits for it
    UNTIL = "until"
    LEADING = "leading"

    @property
    def label(self) -> str:
        """What the field is called on the screen."""
        return {
            "note": "原因说明",
            "unit_code": "处置单位",
            "register_condition": "立案条件",
            "close_condition": "结案条件",
            "result": "处置结果",
            "disposition": "监测提示结论",
            "until": "挂账至",
            "leading": "主案件",
        }[self.value]


@dataclass(frozen=True, slots=True)
class Step:
    """Where an action leads, who may take it, what it does to the clocks, asks for and tells."""

    to: S
    needs: Permission
    effect: Effect = Effect.RUN
    requires: tuple[Need, ...] = ()
    tells: tuple[W, ...] = ()


_REASON: Final = (Need.NOTE,)
_CANCEL: Final = Step(S.CANCELLED, P.CASE_DISPATCH, Effect.STOP, _REASON, (W.UNIT, W.DUTY))
_MERGE: Final = Step(S.MERGED, P.CASE_DISPATCH, Effect.STOP, (Need.LEADING,), (W.UNIT,))
_DISPATCH: Final = Step(S.DISPATCHED, P.CASE_DISPATCH, requires=(Need.UNIT,), tells=(W.UNIT,))
_RETURN: Final = Step(S.RETURNED, P.CASE_HANDLE, requires=_REASON, tells=(W.DISPATCHER,))
_SEND_BACK: Final = (W.UNIT,)
_REOPENED: Final = (W.DISPATCHER, W.UNIT)

CASE_FLOW: Final[Mapping[tuple[S, A], Step]] = {
    (S.RECEIVED, A.ACCEPT): Step(
        S.ACCEPTED, P.CASE_ACCEPT, requires=(Need.REGISTER_CONDITION,), tells=(W.DISPATCHER,)
    ),
    (S.RECEIVED, A.REJECT): Step(S.REJECTED, P.CASE_ACCEPT, Effect.STOP, _REASON, (W.REPORTER,)),
    (S.RECEIVED, A.MERGE): replace(_MERGE, needs=P.CASE_ACCEPT),
    (S.ACCEPTED, A.DISPATCH): _DISPATCH,
    (S.ACCEPTED, A.MERGE): _MERGE,
    (S.ACCEPTED, A.CANCEL): _CANCEL,
    (S.DISPATCHED, A.START): Step(S.IN_PROGRESS, P.CASE_HANDLE),
    (S.DISPATCHED, A.RETURN): _RETURN,
    (S.DISPATCHED, A.MERGE): _MERGE,
    (S.DISPATCHED, A.CANCEL): _CANCEL,
    # Who gets it back cannot skip ahead: it is dispatched again or ends.
    (S.RETURNED, A.DISPATCH): _DISPATCH,
    (S.RETURNED, A.MERGE): _MERGE,
    (S.RETURNED, A.CANCEL): _CANCEL,
    (S.IN_PROGRESS, A.RESOLVE): Step(
        S.RESOLVED_CLAIMED, P.CASE_HANDLE, requires=(Need.RESULT,), tells=(W.VERIFIER,)
    ),
    (S.IN_PROGRESS, A.RETURN): _RETURN,
    (S.IN_PROGRESS, A.HOLD): Step(
        S.ON_HOLD, P.CASE_DISPATCH, Effect.PAUSE, (Need.UNTIL, Need.NOTE), (W.UNIT, W.REPORTER)
    ),
    (S.IN_PROGRESS, A.MERGE): _MERGE,
    (S.IN_PROGRESS, A.CANCEL): _CANCEL,
    (S.ON_HOLD, A.RESUME): Step(S.IN_PROGRESS, P.CASE_DISPATCH, tells=(W.UNIT,)),
    (S.ON_HOLD, A.CANCEL): _CANCEL,
    (S.RESOLVED_CLAIMED, A.VERIFY): Step(S.VERIFIED, P.CASE_VERIFY, tells=(W.DISPATCHER,)),
    (S.RESOLVED_CLAIMED, A.SEND_BACK): Step(
        S.REWORK, P.CASE_VERIFY, requires=_REASON, tells=_SEND_BACK
    ),
    # Rework stays with the same unit: it can be taken up again or ended, not returned.
    (S.REWORK, A.START): Step(S.IN_PROGRESS, P.CASE_HANDLE),
    (S.REWORK, A.CANCEL): _CANCEL,
    (S.VERIFIED, A.CLOSE): Step(
        S.CLOSED,
        P.CASE_CLOSE,
        Effect.STOP,
        (Need.CLOSE_CONDITION, Need.RESULT, Need.DISPOSITION),
        (W.REPORTER,),
    ),
    (S.VERIFIED, A.SEND_BACK): Step(S.REWORK, P.CASE_CLOSE, requires=_REASON, tells=_SEND_BACK),
    # What was closed goes on where it stood: its clocks resume, and it is dispatched anew.
    (S.CLOSED, A.REOPEN): Step(S.REOPENED, P.CASE_DISPATCH, requires=_REASON, tells=_REOPENED),
    (S.CLOSED, A.REOPEN_UNSOLVED): Step(S.REOPENED, P.FEEDBACK_WRITE, tells=_REOPENED),
    (S.REOPENED, A.DISPATCH): _DISPATCH,
    (S.REOPENED, A.MERGE): _MERGE,
    (S.REOPENED, A.CANCEL): _CANCEL,
    # A case that leaves its cluster begins again at the first check.
    (S.MERGED, A.UNMERGE): Step(
        S.RECEIVED, P.CASE_DISPATCH, requires=_REASON, tells=(W.DUTY, W.UNIT)
    ),
}

#: The stage clock that is on in each open state; the others are `END_STATES`, without clocks.
STAGE: Final[Mapping[S, Clock]] = {
    S.RECEIVED: Clock.ACCEPT,
    S.ACCEPTED: Clock.DISPATCH,
    S.RETURNED: Clock.DISPATCH,
    S.REOPENED: Clock.DISPATCH,
    S.DISPATCHED: Clock.HANDLE,
    S.IN_PROGRESS: Clock.HANDLE,
    S.ON_HOLD: Clock.HANDLE,
    S.REWORK: Clock.HANDLE,
    S.RESOLVED_CLAIMED: Clock.VERIFY,
    S.VERIFIED: Clock.VERIFY,
}

OPEN_STATES: Final = tuple(STAGE)
END_STATES: Final = CASE_ENDS


def next_step(state: S, action: A) -> Step:
    """Return the step `action` takes from `state`, or raise `IllegalTransition`."""
    try:
        return CASE_FLOW[state, action]
    except KeyError:
        allowed = [possible.label for possible in actions_from(state)]
        raise IllegalTransition(state.label, action.label, allowed=allowed) from None


def actions_from(state: S) -> tuple[A, ...]:
    """Return what can be done in `state`, in the order of the table; empty at the end."""
    return tuple(action for origin, action in CASE_FLOW if origin is state)


class AlertAction(Labelled):
    """What a person can do with an alert."""

    ACKNOWLEDGE = "acknowledge", "签收"
    OPEN_CASE = "open_case", "转案件"
    DISMISS = "dismiss", "排除"


#: A linked alert closes with its case, not by itself.
ALERT_FLOW: Final[Mapping[tuple[Handling, AlertAction], Handling]] = {
    (Handling.NEW, AlertAction.ACKNOWLEDGE): Handling.ACKNOWLEDGED,
    (Handling.NEW, AlertAction.OPEN_CASE): Handling.LINKED,
    (Handling.NEW, AlertAction.DISMISS): Handling.DISMISSED,
    (Handling.ACKNOWLEDGED, AlertAction.OPEN_CASE): Handling.LINKED,
    (Handling.ACKNOWLEDGED, AlertAction.DISMISS): Handling.DISMISSED,
}


def next_handling(handling: Handling, action: AlertAction) -> Handling:
    """Return where `action` brings an alert, or raise `IllegalTransition`."""
    try:
        return ALERT_FLOW[handling, action]
    except KeyError:
        allowed = [possible.label for possible in alert_actions(handling)]
        raise IllegalTransition(handling.label, action.label, allowed=allowed) from None


def alert_actions(handling: Handling) -> tuple[AlertAction, ...]:
    """Return what can be done with an alert that is handled so; empty at the end."""
    return tuple(action for origin, action in ALERT_FLOW if origin is handling)
