"""催办 and 督办: marks on a case from above; they move nothing, and everybody sees them."""

from datetime import datetime

from govdash.access import User
from govdash.core.errors import InputError, Refused
from govdash.core.permissions import Permission
from govdash.core.vocab import CASE_ENDS, Mark
from govdash.store import Session
from govdash.store import casework as rows
from govdash.store.models import Case, CaseMark
from govdash.workflow import caselog, cases, practice
from govdash.workflow.notify import casesteps

STANDING = (Mark.SUPERVISE, Mark.LIFT)


def urge(session: Session, case_id: int, *, reason: str, actor: User, at: datetime) -> CaseMark:
    """催办: ask whoever has the case to hurry; not more often than the city's practice says.

    Raises
    ------
    NotFound
        When there is no such case in the actor's scope.
    Refused
        When the case has ended, or was urged a short while ago.
    """
    case = _open(session, case_id, Permission.CASE_URGE, Mark.URGE, actor)
    every = practice.in_force().urge_every
    last = rows.newest_mark(session, case.id, (Mark.URGE,))
    if last is not None and at - last.at < every:
        minutes = -(-int((every - (at - last.at)).total_seconds()) // 60)
        raise Refused(f"案件 {case.number} 刚催办过；{minutes} 分钟后可以再催。")
    return _put(session, case, Mark.URGE, reason=reason, due_at=None, actor=actor, at=at)


def supervise(
    session: Session, case_id: int, *, reason: str, due_at: datetime, actor: User, at: datetime
) -> CaseMark:
    """督办: watch a case, with a reason and a deadline of its own, until it ends or is let go.

    Raises
    ------
    NotFound
        When there is no such case in the actor's scope.
    Refused
        When the case has ended, or is watched already.
    InputError
        When there is no reason, or the deadline is not ahead.
    """
    case = _open(session, case_id, Permission.CASE_SUPERVISE, Mark.SUPERVISE, actor)
    if not reason.strip():
        raise InputError("请写明督办的理由。")
    if due_at <= at:
        raise InputError("督办的期限须晚于现在。")
    standing = rows.newest_mark(session, case.id, STANDING)
    if standing is not None and standing.kind is Mark.SUPERVISE:
        raise Refused(f"案件 {case.number} 已在督办中；要改期限，请先解除督办。")
    return _put(session, case, Mark.SUPERVISE, reason=reason, due_at=due_at, actor=actor, at=at)


def lift(session: Session, case_id: int, *, reason: str, actor: User, at: datetime) -> CaseMark:
    """Let a case go that was watched.

    Raises
    ------
    Refused
        When it is not watched.
    InputError
        When there is no reason.
    """
    case = cases.found(session, case_id, actor)
    cases.require(actor, Permission.CASE_SUPERVISE, case)
    if not reason.strip():
        raise InputError("请写明解除督办的理由。")
    standing = rows.newest_mark(session, case.id, STANDING)
    if standing is None or standing.kind is Mark.LIFT:
        raise Refused(f"案件 {case.number} 没有在督办，不需要解除。")
    return _put(session, case, Mark.LIFT, reason=reason, due_at=None, actor=actor, at=at)


def _open(session: Session, case_id: int, permission: Permission, mark: Mark, actor: User) -> Case:
    case = cases.found(session, case_id, actor)
    cases.require(actor, permission, case)
    if case.state in CASE_ENDS:
        raise Refused(f"案件 {case.number} 已是“{case.state.label}”，不需要{mark.label}。")
    return case


def _put(
    session: Session,
    case: Case,
    kind: Mark,
    *,
    reason: str,
    due_at: datetime | None,
    actor: User,
    at: datetime,
) -> CaseMark:
    mark = CaseMark(
        case_id=case.id, kind=kind, by=actor.login, at=at, reason=reason.strip(), due_at=due_at
    )
    session.add(mark)
    session.flush()
    caselog.record(
        session, case, kind.value,
        actor=actor, at=at, note=reason, detail={"due_at": due_at.isoformat()} if due_at else {},
    )  # fmt: skip
    casesteps.say(session, case, kind.value, mark.id, at=at)
    return mark
