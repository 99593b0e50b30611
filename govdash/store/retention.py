"""Deletes what has been kept long enough, a batch in each call; of events only their texts."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, delete, func, or_, select, tuple_, update

from govdash.store import counters
from govdash.store.emptying import case_ended
from govdash.store.engine import Session
from govdash.store.models import (
    Case,
    CaseFile,
    Event,
    EventPerson,
    Import,
    InboxMessage,
    RejectedRow,
    UserSession,
)


def persons(session: Session, before: datetime) -> int:
    """Count rows of person data whose events were reported before a moment."""
    return _count(session, _old_persons(before))


def delete_persons(session: Session, before: datetime, *, limit: int) -> int:
    """Delete up to `limit` of them; return how many."""
    keys = [tuple(row) for row in session.execute(_old_persons(before).limit(limit))]
    if keys:
        session.execute(
            delete(EventPerson)
            .where(tuple_(EventPerson.event_id, EventPerson.version).in_(keys))
            .execution_options(synchronize_session=False)
        )
    return len(keys)


def texts(session: Session, before: datetime) -> int:
    """Count event versions reported before a moment that still have a text."""
    return _count(session, select(Event.event_id).where(*_old_texts(before)))


def empty_texts(session: Session, before: datetime, *, limit: int) -> int:
    """Take title, text and address from up to `limit` of them; return how many.

    Time, area, point, category and all else stay, so every count stays as it was. Each version
    gets a new change number: the lake follows.
    """
    counters.take(session, counters.CHANGE_SEQ, 0)  # the lock of `events.accept`
    found = select(Event.event_id, Event.version).where(*_old_texts(before)).limit(limit)
    keys = [tuple(row) for row in session.execute(found)]
    if not keys:
        return 0
    first = counters.take(session, counters.CHANGE_SEQ, len(keys))
    for n, (event_id, version) in enumerate(keys):
        session.execute(
            update(Event)
            .where(Event.event_id == event_id, Event.version == version)
            .values(title="", text="", address="", change_seq=first + n)
            .execution_options(synchronize_session=False)
        )
    return len(keys)


def rejected(session: Session, before: datetime) -> int:
    """Count rejected rows of imports that began before a moment."""
    return _count(session, _old_rejected(before))


def delete_rejected(session: Session, before: datetime, *, limit: int) -> int:
    """Delete up to `limit` of them; return how many. The import keeps its numbers and reasons."""
    keys = [tuple(row) for row in session.execute(_old_rejected(before).limit(limit))]
    if keys:
        session.execute(
            delete(RejectedRow)
            .where(tuple_(RejectedRow.import_id, RejectedRow.row_number).in_(keys))
            .execution_options(synchronize_session=False)
        )
    return len(keys)


def reject_files(session: Session, before: datetime) -> Sequence[str]:
    """Return the reject files of imports that began before a moment."""
    found = select(Import.reject_file).where(Import.started_at < before, Import.reject_file != "")
    return session.scalars(found).all()


def sessions(session: Session, before: datetime) -> int:
    """Count sessions that ended before a moment."""
    return _count(session, select(UserSession.id).where(_ended(before)))


def delete_sessions(session: Session, before: datetime, *, limit: int) -> int:
    """Delete up to `limit` of them; return how many."""
    ids = session.scalars(select(UserSession.id).where(_ended(before)).limit(limit)).all()
    if ids:
        session.execute(
            delete(UserSession)
            .where(UserSession.id.in_(ids))
            .execution_options(synchronize_session=False)
        )
    return len(ids)


def case_files(session: Session, before: datetime) -> Sequence[str]:
    """Return the digests of files that belong only to cases which ended before a moment."""
    found = (
        select(CaseFile.sha256)
        .join(Case, Case.id == CaseFile.case_id)
        .group_by(CaseFile.sha256)
        .having(func.max(case_ended()) < before)
        .order_by(CaseFile.sha256)
    )
    return session.scalars(found).all()


def messages(session: Session, before: datetime) -> int:
    """Count messages in inboxes from before a moment."""
    return _count(session, select(InboxMessage.id).where(InboxMessage.at < before))


def delete_messages(session: Session, before: datetime, *, limit: int) -> int:
    """Delete up to `limit` of them, read or not; return how many."""
    found = select(InboxMessage.id).where(InboxMessage.at < before).limit(limit)
    ids = session.scalars(found).all()
    if ids:
        session.execute(
            delete(InboxMessage)
            .where(InboxMessage.id.in_(ids))
            .execution_options(synchronize_session=False)
        )
    return len(ids)


def _old_persons(before: datetime) -> Any:  # noqa: ANN401 - a select of keys; its type says no more
    return (
        select(EventPerson.event_id, EventPerson.version)
        .join(
            Event,
            (Event.event_id == EventPerson.event_id) & (Event.version == EventPerson.version),
        )
        .where(Event.reported_at < before)
    )


def _old_texts(before: datetime) -> tuple[ColumnElement[bool], ...]:
    written = or_(Event.title != "", Event.text != "", Event.address != "")
    return Event.reported_at < before, written


def _old_rejected(before: datetime) -> Any:  # noqa: ANN401 - as above
    return (
        select(RejectedRow.import_id, RejectedRow.row_number)
        .join(Import, Import.id == RejectedRow.import_id)
        .where(Import.started_at < before)
    )


def _ended(before: datetime) -> ColumnElement[bool]:
    return or_(UserSession.ends_at < before, UserSession.revoked_at < before)


def _count(session: Session, found: Any) -> int:  # noqa: ANN401 - as above
    return session.scalar(select(func.count()).select_from(found.subquery())) or 0
