"""数据错误 opens a task at the source: somebody there has to look, and say what was done."""

from datetime import datetime
from zoneinfo import ZoneInfo

from govdash.access import User
from govdash.core.errors import Conflict, InputError, NotFound
from govdash.core.filters import LOCAL_TZ, Period
from govdash.core.permissions import Permission
from govdash.store import Session, journal, underlying
from govdash.store import quality as rows
from govdash.store.models import Alert, QualityTask
from govdash.store.underlying import Stretch
from govdash.workflow.naming import day_number


def open_for(
    session: Session,
    alert: Alert,
    *,
    note: str,
    actor: User,
    at: datetime,
    zone: ZoneInfo = LOCAL_TZ,
) -> QualityTask:
    """Open a task for what an alert showed to be wrong data, or count it on the open one.

    A part of saying 数据错误, which writes the journal. The source is the one that most events of
    the alert's window come from; for a channel that fell silent, none may be known.
    """
    period = Period(alert.window_first, alert.window_last, zone.key)
    under = Stretch(alert.area_path, alert.category, period.start, period.end)
    source = underlying.usual_source(session, under, actor.scope) or ""
    known = rows.open_one(session, source, alert.category, alert.area_path)
    if known is not None:
        known.seen += 1
        known.window_last = max(known.window_last, alert.window_last)
        session.flush()
        return known
    task = QualityTask(
        number=day_number(session, "ZL", at=at, zone=zone),
        alert_id=alert.id,
        source=source,
        category=alert.category,
        area_path=alert.area_path,
        window_first=alert.window_first,
        window_last=alert.window_last,
        said=note.strip(),
        seen=1,
        opened_by=actor.login,
        opened_at=at,
        result="",
    )
    session.add(task)
    session.flush()
    return task


def finish(
    session: Session, task_id: int, *, result: str, actor: User, at: datetime
) -> QualityTask:
    """Say what was done about it; the task is over.

    Raises
    ------
    NotFound
        When there is no such task in the actor's scope.
    Refused
        When the actor may not bring data in.
    InputError
        When nothing is said.
    Conflict
        When somebody else was first.
    """
    task = rows.for_update(session, task_id)
    if task is None or not actor.scope.covers(task.area_path):
        raise NotFound(f"没有编号为 {task_id} 的数据质量任务，或不在您的管辖范围内。")
    actor.require(Permission.EVENT_IMPORT, area=task.area_path)
    if task.done_at is not None:
        raise Conflict(f"任务 {task.number} 刚被他人办结；请刷新后再看。")
    if not result.strip():
        raise InputError("请写明查到什么、怎样处理，例如“来源系统重复推送，已修复并更正”。")
    task.done_by, task.done_at, task.result = actor.login, at, result.strip()
    session.flush()
    journal.record(
        session,
        actor=actor.login,
        did="quality.finish",
        subject=f"quality:{task.id}",
        at=at,
        note=task.result,
        detail={"number": task.number, "source": task.source, "seen": task.seen},
    )
    return task
