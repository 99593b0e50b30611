"""回访: what the citizen said when asked whether it was solved and whether they are content."""

from datetime import datetime
from typing import Final

from govdash.access import User
from govdash.core.errors import InputError, NotFound, Refused
from govdash.core.permissions import Permission
from govdash.core.vocab import CaseAction, CaseState, WhyNot
from govdash.store import Session, journal
from govdash.store import cases as rows
from govdash.store.models import Case, Feedback
from govdash.workflow import calls, cases
from govdash.workflow.deadlines import Deadlines, in_force
from govdash.workflow.forms import StepForm

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
    reason: WhyNot | None = None,
    reopen: bool = False,
    deadlines: Deadlines | None = None,
) -> Feedback:
    """Record one follow-up call; `satisfaction` from 5 (very content) to 1 (not at all).

    A case that was merged is asked about as its leading case stands, and what is said is kept
    with the case of whoever said it. With `reopen` the leading case, closed and not solved, is
    taken up again in the same action.

    Raises
    ------
    NotFound
        When there is no such case in the actor's scope.
    Refused
        When the case is not that far, its leading case is out of scope, or the actor may not call.
    InputError
        When `satisfaction` is out of range, an unsolved case has no `reason`, a solved one is to
        be reopened, or the call lies before the case.
    """
    case = rows.get(session, case_id, actor.scope)
    if case is None:
        raise NotFound(f"没有编号为 {case_id} 的案件，或不在您的管辖范围内。")
    actor.require(Permission.FEEDBACK_WRITE, area=case.area_path)
    about = case if case.leading_id is None else rows.get(session, case.leading_id, actor.scope)
    if about is None:
        raise Refused(
            f"案件 {case.number} 并入的主案件不在您的管辖范围内；请由看得到两件的人回访。"
        )
    session.refresh(about, with_for_update=True)
    if about.state not in ASKABLE:
        raise Refused(f"案件 {case.number} 还在“{about.state.label}”，处置完毕后才能回访。")
    if satisfaction not in range(1, 6):
        raise InputError(f"满意度 {satisfaction} 应为 1 到 5。")
    if solved is (reason is not None):
        raise InputError(
            "已解决的不需要填写未解决的原因。" if solved else "请选择诉求人说没有解决的原因。"
        )
    if at < case.opened_at:
        raise InputError("回访时间早于案件的登记时间；请检查系统时钟。")
    call = Feedback(
        case_id=case.id,
        solved=solved,
        reason=reason,
        satisfaction=satisfaction,
        note=note.strip(),
        called_by=actor.name,
        called_at=at,
    )
    session.add(call)
    session.flush()
    calls.done(session, case.id, at=at)
    if reopen:
        _reopen(session, about, actor=actor, at=at, deadlines=deadlines or in_force())
    said = {"solved": solved, "satisfaction": satisfaction}
    said |= {"reason": reason.value} if reason else {}
    said |= {"reopened": about.number} if reopen else {}
    journal.record(
        session,
        actor=actor.login,
        did="feedback.record",
        subject=f"case:{case.id}",
        at=at,
        detail={"number": case.number} | said,
    )
    return call


def _reopen(
    session: Session, about: Case, *, actor: User, at: datetime, deadlines: Deadlines
) -> None:
    """Take the case up again as a part of the call, which writes the journal."""
    if about.state is not CaseState.CLOSED:
        raise Refused(
            f"案件 {about.number} 还没有结案（{about.state.label}），不需要重新办理；"
            "请由核查员退回返工。"
        )
    cases.require(actor, Permission.FEEDBACK_WRITE, about)
    cases.walk(
        session, about, CaseAction.REOPEN_UNSOLVED, StepForm(note="回访未解决"),
        actor=actor, at=at, deadlines=deadlines,
    )  # fmt: skip
