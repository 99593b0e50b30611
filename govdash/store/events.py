"""Events: facts that are never changed, only followed by a newer version."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

import numpy as np
import pandas as pd
from sqlalchemy import bindparam, insert, select, update

from govdash.core.errors import InputError, NotFound
from govdash.core.filters import Scope
from govdash.core.times import aware_utc
from govdash.store import counters
from govdash.store.engine import Session
from govdash.store.models import Event, EventPerson

#: What makes two rows of one event equal. Not in it: when and by which import they came.
CONTENT: Final = (
    "occurred_at",
    "reported_at",
    "closed_at",
    "kind",
    "category",
    "area_path",
    "lon",
    "lat",
    "address",
    "title",
    "text",
    "channel",
    "facet",
    "asset_code",
    "unit_code",
    "urgency",
    "sentiment",
    "status_hint",
    "reporter_key",
)
TIMES: Final = ("occurred_at", "reported_at", "received_at", "closed_at")
NUMBERS: Final = ("lon", "lat")
OPTIONAL: Final = frozenset(
    {"closed_at", "area_path", "lon", "lat", "asset_code", "unit_code", "sentiment", "reporter_key"}
)
PERSON: Final = ("reporter_name", "reporter_contact", "raw_title", "raw_text", "raw_address")
#: Every column that `accept` needs; person columns may be absent.
CANONICAL: Final = ("source", "source_id", "received_at", *CONTENT)

SLICE: Final = 10_000  # ids in one IN list; SQLite allows 32 766 bound values
DEGREE_DIGITS: Final = 7  # about 1 cm; what lies below is noise of the source's file format


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
    stored_current: int | None = None  # the stored version that is still current
    latest: dict[str, Any] | None = None  # the newest row of this call, not yet written


def event_id(source: str, source_id: str) -> str:
    """Return our id of an event: the same source and source id always give the same one."""
    told = f"{source}\x1f{source_id}".encode()
    return hashlib.blake2b(told, digest_size=10).hexdigest()


def accept(
    session: Session, canonical: pd.DataFrame, *, import_id: int | None, at: datetime
) -> Accepted:
    """Add checked rows as events; rows equal to any stored version of their event change nothing.

    Parameters
    ----------
    canonical : DataFrame, one row per event report
        Columns `CANONICAL` (times timezone-aware, codes as stored) and, where known, `PERSON`.
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
    _check_columns(canonical)
    at = aware_utc(at)
    counters.take(session, counters.CHANGE_SEQ, 0)
    total = Accepted()
    for first in range(0, len(canonical), SLICE):
        part = canonical.iloc[first : first + SLICE]
        total += _accept_slice(session, part, import_id=import_id, at=at)
    return total


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


def _visible(event: Event, scope: Scope) -> bool:
    return scope.covers(event.area_path) or event.unit_code in scope.units


def _check_columns(canonical: pd.DataFrame) -> None:
    missing = [name for name in CANONICAL if name not in canonical.columns]
    if missing:
        raise InputError(f"事件表缺少列：{'、'.join(missing)}。")
    for name in TIMES:
        if not isinstance(canonical[name].dtype, pd.DatetimeTZDtype):
            raise InputError(f"{name} 没有时区；导入时请按来源时区转换为 UTC。")


def _accept_slice(
    session: Session, part: pd.DataFrame, *, import_id: int | None, at: datetime
) -> Accepted:
    rows = _rows(part)
    known = _known(session, [row["event_id"] for row in rows])
    added: list[dict[str, Any]] = []
    n_new = 0
    for row in rows:
        event = known.setdefault(row["event_id"], _Known())
        if row["content_hash"] in event.hashes:
            continue
        event.hashes.add(row["content_hash"])
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
    persons = [
        {"event_id": row["event_id"], "version": row["version"], **person}
        for row in added
        if (person := row.pop("person"))
    ]
    connection.execute(insert(Event), added)
    if persons:
        connection.execute(insert(EventPerson), persons)


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
        event.hashes.add(content_hash)
        if superseded_at is None:
            event.stored_current = version
    return known


def _rows(part: pd.DataFrame) -> list[dict[str, Any]]:
    """Turn a frame into rows for the table, with ids, hashes and the person data aside."""
    columns = {name: _values(part[name], name) for name in CANONICAL}
    hashes = _content_hashes(part, columns)
    persons = [_values(part[name], name) if name in part else None for name in PERSON]
    names = list(columns)
    rows: list[dict[str, Any]] = []
    for n, values in enumerate(zip(*columns.values(), strict=True)):
        row = dict(zip(names, values, strict=True))
        row["event_id"] = event_id(row["source"], row["source_id"])
        row["content_hash"] = hashes[n]
        told = [values[n] if values else "" for values in persons]
        row["person"] = dict(zip(PERSON, told, strict=True)) if any(told) else None
        rows.append(row)
    return rows


def _values(column: pd.Series, name: str) -> list[Any]:
    """Return plain Python values: None where empty and the column allows it, else ""."""
    if name in TIMES:
        moments = pd.DatetimeIndex(column).tz_convert("UTC").as_unit("us").to_pydatetime()
        return [None if moment is pd.NaT else moment for moment in moments]
    if name in NUMBERS:
        numbers = column.to_numpy(dtype=float, na_value=np.nan).round(DEGREE_DIGITS)
        return [None if number != number else number for number in numbers.tolist()]
    empty = None if name in OPTIONAL else ""
    told: list[object] = column.astype(object).where(column.notna(), None).tolist()
    return [empty if value is None else str(value) for value in told]


def _content_hashes(part: pd.DataFrame, columns: dict[str, list[Any]]) -> list[str]:
    told: list[list[str]] = []
    for name in CONTENT:
        if name in TIMES:
            moments = pd.DatetimeIndex(part[name]).tz_convert("UTC").as_unit("us")
            told.append([str(number) for number in moments.asi8.tolist()])
        else:
            told.append(["" if value is None else str(value) for value in columns[name]])
    return [
        hashlib.blake2b("\x1f".join(values).encode(), digest_size=16).hexdigest()
        for values in zip(*told, strict=True)
    ]
