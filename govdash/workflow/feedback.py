"""回访: what the citizen said when asked whether it was solved and whether they are content."""

from datetime import datetime
from typing import Final

from govdash.access import User
from govdash.core.errors import InputError, NotFound, Refused
from govdash.core.permissions import Permission
from govdash.core.vocab import CaseState
from govdash.store import Session, journal
from govdash.store import cases as rows
from govdash.store.models import Feedback

#: From the moment the unit says that it is done, there is something to ask about.
ASKABLE: Final = (CaseState.RESOLVED_CLAIMED, CaseState.VERIFIED, CaseState.CLOSED)


def record(
    session: Session,
    case_id: int,
    *,
    solved: bool,
    satisfaction: int,
    note: str,
    actor: User,
    at: datetime,
) -> Feedback:
    """Record one follow-up call; `satisfaction` from 5 (very content) to 1 (not at all).

    Raises
    ------
    NotFound
        When there is no such case in the actor's scope.
    Refused
        When the case is not that far, or the actor may not call.
    InputError
        When `satisfaction` is out of range, or the call lies before the case.
    """
    case = rows.get(session, case_id, actor.scope)
    if case is None:
        raise NotFound(f"没有编号为 {case_id} 的案件，或不在您的管辖范围内。")
    actor.require(Permission.FEEDBACK_WRITE, area=case.area_path)
    if case.state not in ASKABLE:
        raise Refused(f"案件 {case.number} 还在“{case.state.label}”，处置完毕后才能回访。")
    if satisfaction not in range(1, 6):
        raise InputError(f"满意度 {satisfaction} 应为 1 到 5。")
    if at < case.opened_at:
        raise InputError("回访时间早于案件的登记时间；请检查系统时钟。")
    call = Feedback(
        case_id=case.id,
        solved=solved,
        satisfaction=satisfaction,
        note=note.strip(),
        called_by=actor.name,
        called_at=at,
    )
    session.add(call)
    journal.record(
        session,
        actor=actor.login,
        did="feedback.record",
        subject=f"case:{case.id}",
        at=at,
        detail={"number": case.number, "solved": solved, "satisfaction": satisfaction},
    )
    return call
