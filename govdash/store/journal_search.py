"""Finding lines of the journal: newest first, page by page, each search served by an index."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Select, Tuple, func, literal, select, tuple_

from govdash.core.vocab import Result
from govdash.store.engine import Session
from govdash.store.models import JournalLine
from govdash.store.models.base import UtcDateTime

ALL_OF = "*"  # at the end of a subject: every subject that begins so
LAST_CHARACTER = "\U0010ffff"


@dataclass(frozen=True, slots=True)
class Search:
    """What is looked for; empty parts mean all. Times are aware, `until` is not included."""

    since: datetime | None = None
    until: datetime | None = None
    actor: str = ""
    did: str = ""
    result: Result | None = None
    subject: str = ""  # ``case:12``, or ``case:*`` for all that begin so
    request_id: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """Some lines, newest first, and whether there are newer and older ones."""

    lines: Sequence[JournalLine]
    newer: bool
    older: bool


def find(
    session: Session,
    wanted: Search,
    *,
    before: int | None = None,
    after: int | None = None,
    limit: int = 50,
) -> Found:
    """Return `limit` lines: the newest, or those next to the line `before` or `after`.

    The place is found by the time and number of that line, never by counting lines over, so that
    the thousandth page costs what the first does. A line that does not exist is no place.
    """
    place = _place(session, before or after)
    if place is not None and after is not None and before is None:
        upwards = _ordered(wanted, session, newest_first=False)
        taken = session.scalars(upwards.where(_key > place).limit(limit + 1)).all()
        return Found(taken[:limit][::-1], newer=len(taken) > limit, older=True)
    downwards = _ordered(wanted, session, newest_first=True)
    if place is not None:
        downwards = downwards.where(_key < place)
    taken = session.scalars(downwards.limit(limit + 1)).all()
    return Found(taken[:limit], newer=place is not None, older=len(taken) > limit)


def line(session: Session, line_id: int | None) -> JournalLine | None:
    """Return one line; None when there is no such line."""
    return session.get(JournalLine, line_id) if line_id else None


def count(session: Session, wanted: Search) -> int:
    """Return how many lines there are; reads as many index entries."""
    n = select(func.count()).select_from(JournalLine).where(*_conditions(wanted, session))
    return session.scalar(n) or 0


def span(
    session: Session, *, since: datetime | None, until: datetime | None
) -> tuple[int | None, int | None]:
    """Return the smallest number at or after `since` and the largest before `until`."""
    first = select(func.min(JournalLine.id))
    last = select(func.max(JournalLine.id))
    if since is not None:
        first = first.where(JournalLine.at >= since)
    if until is not None:
        last = last.where(JournalLine.at < until)
    return session.scalar(first), session.scalar(last)


def newest_id(session: Session) -> int:
    """Return the number of the last line; 0 without any. Lines are numbered without gaps."""
    return session.scalar(select(func.max(JournalLine.id))) or 0


_key = tuple_(JournalLine.at, JournalLine.id)


def _ordered(wanted: Search, session: Session, *, newest_first: bool) -> Select[JournalLine]:
    asked = select(JournalLine).where(*_conditions(wanted, session))
    if newest_first:
        return asked.order_by(JournalLine.at.desc(), JournalLine.id.desc())
    return asked.order_by(JournalLine.at, JournalLine.id)


def _place(session: Session, line_id: int | None) -> Tuple | None:
    found = line(session, line_id)
    return None if found is None else tuple_(literal(found.at, UtcDateTime()), literal(found.id))


def _conditions(wanted: Search, session: Session) -> list[ColumnElement[bool]]:
    chosen: list[ColumnElement[bool]] = []
    if wanted.since is not None:
        chosen.append(JournalLine.at >= wanted.since)
    if wanted.until is not None:
        chosen.append(JournalLine.at < wanted.until)
    if wanted.actor:
        chosen.append(JournalLine.actor == wanted.actor)
    if wanted.did:
        chosen.append(JournalLine.did == wanted.did)
    if wanted.result is not None:
        chosen.append(JournalLine.result == wanted.result)
    if wanted.subject:
        chosen.append(_about(wanted.subject, session))
    if wanted.request_id:
        chosen.append(JournalLine.request_id == wanted.request_id)
    return chosen


def _about(subject: str, session: Session) -> ColumnElement[bool]:
    """Whether a line is about `subject`; a beginning is put so that the index serves it."""
    if not subject.endswith(ALL_OF):
        return JournalLine.subject == subject
    begin = subject.removesuffix(ALL_OF)
    if session.get_bind().dialect.name == "sqlite":  # its LIKE knows no index of bytes
        return JournalLine.subject.between(begin, begin + LAST_CHARACTER)
    return JournalLine.subject.startswith(begin, autoescape=True)
