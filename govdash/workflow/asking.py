"""延期 and 超时申诉: a unit asks, others decide; an extension is more time, an appeal is none.

An extension adds the original limit once more. A granted appeal keeps a late case late, and takes
it out of the figures of who was on time.
"""

from datetime import datetime
from typing import Final

from govdash.access import User
from govdash.core.errors import Conflict, InputError, NotFound, Refused
from govdash.core.permissions import Permission
from govdash.core.vocab import CASE_ENDS, Asked, AskState, CaseState
from govdash.store import Session
from govdash.store import casework as rows
from govdash.store.models import Case, CaseRequest
from govdash.workflow import caselog, cases, practice, timing
from govdash.workflow.deadlines import Deadlines, in_force
from govdash.workflow.notify import asksteps

#: Who works on a case can need more time for it.
EXTENDABLE: Final = (
    CaseState.DISPATCHED, CaseState.IN_PROGRESS, CaseState.REWORK, CaseState.ON_HOLD,
)  # fmt: skip
SHORTEST_REASON: Final = 4  # characters: "忙" alone is no reason


def ask(
    session: Session, case_id: int, kind: Asked, *, reason: str, actor: User, at: datetime
) -> CaseRequest:
    """Ask for an extension of a case, or that its being late is not counted.

    Raises
    ------
    NotFound
        When there is no such case in the actor's scope.
    Refused
        When it cannot be asked for now: the message says why.
    InputError
        When the reason says nothing.
    """
    case = cases.found(session, case_id, actor)
    cases.require(actor, Permission.CASE_HANDLE, case)
    cases.not_before_the_last(session, case, at=at)
    said = _reason(reason)
    if why := refusal(session, case, kind, at=at):
        raise Refused(why)
    request = CaseRequest(
        case_id=case.id, kind=kind, state=AskState.WAITING, reason=said, asked_by=actor.login,
        asked_at=at, first_note="", second_note="",
    )  # fmt: skip
    session.add(request)
    session.flush()
    asksteps.stepped(session, case, request, at=at)
    caselog.record(
        session, case, f"ask_{kind.value}",
        actor=actor, at=at, note=said, detail={"request": request.id},
    )  # fmt: skip
    return request


def decide(
    session: Session,
    request_id: int,
    *,
    grant: bool,
    note: str,
    actor: User,
    at: datetime,
    deadlines: Deadlines | None = None,
) -> CaseRequest:
    """Grant or deny a request; an appeal is granted by two, and denied by either of them.

    An extension that was asked for in time is granted however late the decision comes.

    Raises
    ------
    NotFound
        When there is no such request in the actor's scope.
    Refused
        When the actor asked, or has decided already, or may not decide.
    Conflict
        When somebody decided it first, or the case has ended.
    InputError
        When a denial has no reason.
    """
    request, case = _found(session, request_id, actor)
    actor.require(Permission.CASE_APPROVE, area=case.area_path)
    cases.not_before_the_last(session, case, at=at)
    if request.state not in rows.UNDECIDED:
        raise Conflict(f"这个{request.kind.label}申请已是“{request.state.label}”；请刷新后再看。")
    if actor.login == request.asked_by:
        raise Refused(f"不能审批自己提出的{request.kind.label}申请；请由他人审批。")
    if actor.login == request.first_by:
        raise Refused(f"您已审过这个{request.kind.label}申请；请由另一人复审。")
    said = note.strip() if grant else _reason(note)
    if request.first_by is None:
        request.first_by, request.first_at, request.first_note = actor.login, at, said
    else:
        request.second_by, request.second_at, request.second_note = actor.login, at, said
    before = caselog.standing(case)
    request.state = _state(request, grant=grant)
    if request.state is AskState.GRANTED:
        _carry_out(session, case, request.kind, at=at, deadlines=deadlines or in_force())
    session.flush()
    asksteps.stepped(session, case, request, at=at)
    caselog.record(
        session, case, f"{'grant' if grant else 'deny'}_{request.kind.value}",
        actor=actor, at=at, note=said, before=before,
        detail={"request": request.id, "state": request.state.value},
    )  # fmt: skip
    return request


def refusal(session: Session, case: Case, kind: Asked, *, at: datetime) -> str:
    """Say why something cannot be asked for at a moment; empty when it can."""
    rules = practice.in_force()
    earlier = rows.requests_of(session, case.id, kind)
    if any(request.state in rows.UNDECIDED for request in earlier):
        return f"案件 {case.number} 已有一个{kind.label}申请在等待审批。"
    late = case.due_at is not None and (case.closed_at or at) > case.due_at
    if kind is Asked.EXTENSION:
        if case.state not in EXTENDABLE:
            return f"案件 {case.number} 在“{case.state.label}”，不能申请延期。"
        if case.limit_amount is None:
            return f"案件 {case.number} 没有时限，不需要延期。"
        if late:
            return f"案件 {case.number} 已超期，不能延期；请尽快处置。"
        if case.extensions >= rules.extensions:
            return f"案件 {case.number} 已延期 {case.extensions} 次，不能再延。"
        return ""
    if earlier and any(request.state is not AskState.LAPSED for request in earlier):
        return f"案件 {case.number} 已申诉过，每件只能申诉一次。"
    if case.state in CASE_ENDS and case.state is not CaseState.CLOSED:
        return f"案件 {case.number} 在“{case.state.label}”，不能申诉。"
    if not late:
        return f"案件 {case.number} 没有超期，不需要申诉。"
    if case.closed_at is not None and at - case.closed_at > rules.appeal_within:
        return f"案件 {case.number} 结案已超过 {rules.appeal_days} 天，不能再申诉。"
    return ""


def _found(session: Session, request_id: int, actor: User) -> tuple[CaseRequest, Case]:
    """Return a request and its case, locked; one out of scope is told as one that is not there."""
    request = rows.request_for_update(session, request_id)
    try:
        if request is not None:
            return request, cases.found(session, request.case_id, actor)
    except NotFound:
        pass
    raise NotFound(f"没有编号为 {request_id} 的申请，或不在您的管辖范围内。")


def _state(request: CaseRequest, *, grant: bool) -> AskState:
    if not grant:
        return AskState.DENIED
    enough = request.kind is Asked.EXTENSION or request.second_by is not None
    return AskState.GRANTED if enough else AskState.ONCE


def _carry_out(
    session: Session, case: Case, kind: Asked, *, at: datetime, deadlines: Deadlines
) -> None:
    if kind is Asked.APPEAL:
        case.exempt = True
        return
    if case.state not in EXTENDABLE:
        raise Conflict(f"案件 {case.number} 已是“{case.state.label}”，不再需要延期。")
    case.extensions += 1
    timing.relimit(session, case, at=at, deadlines=deadlines)


def _reason(text: str) -> str:
    said = text.strip()
    if len(said) < SHORTEST_REASON:
        raise InputError(f"请写明理由，至少 {SHORTEST_REASON} 个字。")
    return said
