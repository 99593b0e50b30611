"""Takes people's words out of what is long over: cases, alerts, notifications. The rest stays.

Times, states, units, areas and everything else that statistics count are left as they are.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Final

from sqlalchemy import ColumnElement, Select, case, exists, func, or_, select, update
from sqlalchemy.orm import InstrumentedAttribute

from govdash.core.vocab import CASE_ENDS, Handling, NoticeState
from govdash.store.engine import Session
from govdash.store.models import (
    Alert,
    AlertStep,
    Base,
    Case,
    CaseFile,
    CaseMark,
    CaseReport,
    CaseRequest,
    CaseStep,
    Feedback,
    Notification,
    NotificationAttempt,
    QualityTask,
)

#: What stands where a title was.
EMPTIED: Final = "（已按保存期限清空）"
#: Later than any end: what is open keeps its words.
NEVER: Final = datetime(9999, 1, 1, tzinfo=UTC)

_CASE = (Case.description, Case.address, Case.result)
_WITH_CASE: Final = {
    CaseStep: (CaseStep.note,),
    Feedback: (Feedback.note,),
    CaseRequest: (CaseRequest.reason, CaseRequest.first_note, CaseRequest.second_note),
    CaseMark: (CaseMark.reason,),
    CaseFile: (CaseFile.name,),
}
_TASK = (QualityTask.said, QualityTask.result)


def case_ended() -> ColumnElement[datetime]:
    """Return when a case ended, as an expression of `Case`; `NEVER` while it is open."""
    last = select(func.max(CaseStep.at)).where(CaseStep.case_id == Case.id).scalar_subquery()
    return case((Case.state.in_(CASE_ENDS), last), else_=NEVER)


def cases(session: Session, before: datetime) -> int:
    """Count cases that ended before a moment and still have words of people."""
    return _count(session, _old_cases(before))


def empty_cases(session: Session, before: datetime, *, limit: int) -> int:
    """Take title, description, address, results, notes, reasons and file names; return how many.

    With a case go the words of its steps, requests, marks, follow-up calls and reports.
    """
    ids = session.scalars(_old_cases(before).limit(limit)).all()
    _empty(session, Case, _CASE, Case.id.in_(ids), title=EMPTIED)
    for model, columns in _WITH_CASE.items():
        _empty(session, model, columns, model.case_id.in_(ids))
    steps = select(CaseStep.id, CaseStep.detail).where(CaseStep.case_id.in_(ids))
    for key, detail in session.execute(steps).all():
        if "result" in detail:
            left = {name: value for name, value in detail.items() if name != "result"}
            _empty(session, CaseStep, (), CaseStep.id == key, detail=left)
    reports = select(CaseReport.id, CaseReport.told).where(CaseReport.case_id.in_(ids))
    for key, told in session.execute(reports).all():
        left = {**told, "facts": list[str]()}
        _empty(session, CaseReport, (), CaseReport.id == key, told=left)
    return len(ids)


def alerts(session: Session, before: datetime) -> int:
    """Count alerts that ended before a moment and whose notes are still there."""
    return _count(session, _old_alerts(before))


def empty_alerts(session: Session, before: datetime, *, limit: int) -> int:
    """Take the notes of their steps, and the words of tasks at the sources; return how many."""
    ids = session.scalars(_old_alerts(before).limit(limit)).all()
    _empty(session, Alert, (Alert.note,), Alert.id.in_(ids))
    _empty(session, QualityTask, _TASK, QualityTask.alert_id.in_(ids))
    steps = select(AlertStep.id, AlertStep.detail).where(AlertStep.alert_id.in_(ids))
    for key, detail in session.execute(steps).all():
        told = detail.get("set", {})
        left = detail | {"set": told | {"note": ""}} if "note" in told else detail
        _empty(session, AlertStep, (AlertStep.note,), AlertStep.id == key, detail=left)
    return len(ids)


def notices(session: Session, before: datetime) -> int:
    """Count notifications of before a moment, sent or given up, that still have their words."""
    return _count(session, _old_notices(before))


def empty_notices(session: Session, before: datetime, *, limit: int) -> int:
    """Take title, body, reason and what the channels answered; return how many.

    To whom, over what, when, how often tried and with what result stays in the ledger.
    """
    ids = session.scalars(_old_notices(before).limit(limit)).all()
    gone = (Notification.body, Notification.why)
    _empty(session, Notification, gone, Notification.id.in_(ids), title=EMPTIED)
    tried = NotificationAttempt.notification_id.in_(ids)
    _empty(session, NotificationAttempt, (NotificationAttempt.detail,), tried)
    return len(ids)


def _old_cases(before: datetime) -> Select[int]:
    kept = [exists().where(m.case_id == Case.id, _written(c)) for m, c in _WITH_CASE.items()]
    return select(Case.id).where(
        case_ended() < before, or_(Case.title != EMPTIED, _written(_CASE), *kept)
    )


def _old_alerts(before: datetime) -> Select[int]:
    noted = AlertStep.alert_id == Alert.id, AlertStep.note != ""
    task = QualityTask.alert_id == Alert.id, QualityTask.done_at < before, _written(_TASK)
    waits = (
        QualityTask.alert_id == Alert.id,
        or_(QualityTask.done_at.is_(None), QualityTask.done_at >= before),
    )
    return select(Alert.id).where(
        Alert.handling.in_((Handling.DISMISSED, Handling.CLOSED)),
        Alert.handled_at < before,
        ~exists().where(*waits),
        or_(Alert.note != "", exists().where(*noted), exists().where(*task)),
    )


def _old_notices(before: datetime) -> Select[int]:
    return select(Notification.id).where(
        Notification.created_at < before,
        Notification.state != NoticeState.PENDING,
        Notification.title != EMPTIED,
    )


def _written(columns: Iterable[InstrumentedAttribute[str]]) -> ColumnElement[bool]:
    return or_(*(column != "" for column in columns))


def _empty(
    session: Session,
    model: type[Base],
    columns: Sequence[InstrumentedAttribute[str]],
    which: ColumnElement[bool],
    **also: object,
) -> None:
    values = {column.key: "" for column in columns} | also
    session.execute(
        update(model).where(which).values(values).execution_options(synchronize_session=False)
    )


def _count(session: Session, found: Select[int]) -> int:
    return session.scalar(select(func.count()).select_from(found.subquery())) or 0
