"""Events: facts that are never changed, only followed by a newer version."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from operator import itemgetter
from typing import Any, Final, cast

import pandas as pd
from sqlalchemy import Table, bindparam, func, select, update

from govdash.core.errors import NotFound
from govdash.core.filters import Scope
from govdash.core.times import aware_utc
from govdash.store import counters, persons
from govdash.store.bulk import insert_rows
from govdash.store.engine import Session
from govdash.store.event_rows import NO_REPORTER, REPORTER_DIGITS, check_columns, rows_of
from govdash.store.models import Event

SLICE: Final = 10_000  # ids in one IN list; SQLite allows 32 766 bound values


@dataclass(frozen=True, slots=True)
class Accepted:
    """What became of the rows: first versions, newer versions, equal to a stored one."""

    n_new: int = 0
    n_corrected: int = 0
    n_duplicate: int = 0

    def __add__(self, other: "Accepted") -> "Accepted":
        """Join the counts of two chunks."""
        return Accepted(
            self.n_new + other.n_new,
            self.n_corrected + other.n_corrected,
            self.n_duplicate + other.n_duplicate,
        )


@dataclass(slots=True)
class _Known:
    """What the store and this call already hold of one event."""

    version: int = 0
    hashes: set[str] = field(default_factory=set[str])
    bodies: set[str] = field(default_factory=set[str])  # hashes without the reporter's part
    stored_current: int | None = None  # the stored version that is still current
    latest: dict[str, Any] | None = None  # the newest row of this call, not yet written


def accept(
    session: Session, canonical: pd.DataFrame, *, import_id: int | None, at: datetime
) -> Accepted:
    """Add checked rows as events; rows equal to any stored version of their event change nothing.

    Parameters
    ----------
    canonical : DataFrame, one row per event report
        Columns `event_rows.CANONICAL` (times timezone-aware, codes as stored) and, where known,
        `event_rows.PERSON`.
        Rows of one event are taken in the order given.

    Notes
    -----
    The change counter's row is locked first and until the transaction ends, so two callers at
    once work one after the other and neither misses the other's versions. A superseded version
    gets a new change number too, so that a reader by change sequence sees it end.

    Raises
    ------
    InputError
        When a column is missing or a time has no zone.
    """
    check_columns(canonical)
    at = aware_utc(at)
    counters.take(session, counters.CHANGE_SEQ, 0)
    total = Accepted()
    for first in range(0, len(canonical), SLICE):
        part = canonical.iloc[first : first + SLICE]
        total += _accept_slice(session, part, import_id=import_id, at=at)
    return total


class Rehearsal:
    """Counts what `accept` would do, writing nothing: memory is a few dozen bytes a row."""

    def __init__(self) -> None:
        self._events: set[int] = set()
        self._rows: set[int] = set()

    def accept(self, session: Session, canonical: pd.DataFrame) -> Accepted:
        """Compare with the store and with the rows that came before."""
        check_columns(canonical)
        total = Accepted()
        for first in range(0, len(canonical), SLICE):
            rows = rows_of(canonical.iloc[first : first + SLICE])
            known = _known(session, [row["event_id"] for row in rows])
            total += self._count(rows, known)
        return total

    def _count(self, rows: list[dict[str, Any]], known: "dict[str, _Known]") -> Accepted:
        n_new = n_corrected = n_duplicate = 0
        for row in rows:
            stored = known.get(row["event_id"])
            event = hash(row["event_id"])
            seen = stored is not None or event in self._events
            same = hash((row["event_id"], row["content_hash"]))
            if same in self._rows or (stored is not None and _has(stored, row["content_hash"])):
                n_duplicate += 1
                continue
            n_corrected += seen
            n_new += not seen
            self._events.add(event)
            self._rows.add(same)
        return Accepted(n_new, n_corrected, n_duplicate)


def get_event(session: Session, event_id: str, scope: Scope) -> Event:
    """Return the current version of an event inside the viewer's scope.

    Raises
    ------
    NotFound
        When there is none, or it lies outside the scope.
    """
    found = session.scalar(
        select(Event).where(Event.event_id == event_id, Event.superseded_at.is_(None))
    )
    if found is None or not _visible(found, scope):
        raise NotFound(f"没有编号为 {event_id} 的事件，或不在您的管辖范围内。")
    return found


def versions(session: Session, event_id: str, scope: Scope) -> Sequence[Event]:
    """Return every version of an event, oldest first; visible as its current version is."""
    get_event(session, event_id, scope)
    return session.scalars(
        select(Event).where(Event.event_id == event_id).order_by(Event.version)
    ).all()


def unplaced(session: Session, scope: Scope) -> int:
    """Return how many current events have a point and lie in no area; 0 without the whole city."""
    if not scope.whole_city:
        return 0
    here = select(func.count()).select_from(Event)
    found = here.where(
        Event.superseded_at.is_(None), Event.area_path.is_(None), Event.lon.is_not(None)
    )
    return session.scalar(found) or 0


def _visible(event: Event, scope: Scope) -> bool:
    return scope.covers(event.area_path) or event.unit_code in scope.units


def _has(event: _Known, content_hash: str) -> bool:
    """Whether an equal row is there; one without reporter equals one with any."""
    if content_hash.endswith(NO_REPORTER):
        return content_hash[:-REPORTER_DIGITS] in event.bodies
    return content_hash in event.hashes


def _remember(event: _Known, content_hash: str) -> None:
    event.hashes.add(content_hash)
    event.bodies.add(content_hash[:-REPORTER_DIGITS])


def _accept_slice(
    session: Session, part: pd.DataFrame, *, import_id: int | None, at: datetime
) -> Accepted:
    rows = rows_of(part)
    known = _known(session, [row["event_id"] for row in rows])
    added: list[dict[str, Any]] = []
    n_new = 0
    for row in rows:
        event = known.setdefault(row["event_id"], _Known())
        if _has(event, row["content_hash"]):
            continue
        _remember(event, row["content_hash"])
        event.version += 1
        n_new += event.version == 1
        if event.latest is not None:
            event.latest["superseded_at"] = at
        row |= {
            "version": event.version,
            "import_id": import_id,
            "recorded_at": at,
            "superseded_at": None,
        }
        event.latest = row
        added.append(row)
    _write(session, known, added, at=at)
    return Accepted(n_new, len(added) - n_new, len(rows) - len(added))


def _write(
    session: Session, known: dict[str, _Known], added: list[dict[str, Any]], *, at: datetime
) -> None:
    ended = [
        (id_, event.stored_current)
        for id_, event in known.items()
        if event.latest is not None and event.stored_current is not None
    ]
    if not added:
        return
    connection = session.connection()
    seq = counters.take(session, counters.CHANGE_SEQ, len(ended) + len(added))
    if ended:
        connection.execute(
            update(Event)
            .where(Event.event_id == bindparam("of"), Event.version == bindparam("nr"))
            .values(superseded_at=bindparam("ended"), change_seq=bindparam("seq")),
            [
                {"of": id_, "nr": version, "ended": at, "seq": seq + n}
                for n, (id_, version) in enumerate(ended)
            ],
        )
    for n, row in enumerate(added, start=seq + len(ended)):
        row["change_seq"] = n
    told = [
        {"event_id": row["event_id"], "version": row["version"], **person}
        for row in added
        if (person := row.pop("person"))
    ]
    # Neighbours in the index are written together; the order of arrival is in `change_seq`.
    added.sort(key=itemgetter("event_id"))
    insert_rows(connection, cast("Table", Event.__table__), added)
    persons.add(session, told)


def _known(session: Session, ids: list[str]) -> dict[str, _Known]:
    found = session.execute(
        select(Event.event_id, Event.version, Event.content_hash, Event.superseded_at).where(
            Event.event_id.in_(sorted(set(ids)))
        )
    )
    known: dict[str, _Known] = {}
    for id_, version, content_hash, superseded_at in found:
        event = known.setdefault(id_, _Known())
        event.version = max(event.version, version)
        _remember(event, content_hash)
        if superseded_at is None:
            event.stored_current = version
    return known
