"""What changed, in the order of commits, and sums by which a copy proves that it is the same."""

import hashlib
import sqlite3
from typing import Any, Final
from typing import cast as cast_to

import pandas as pd
from sqlalchemy import BigInteger, ColumnElement, String, and_, cast, func, literal, or_, select
from sqlalchemy import type_coerce as coerce
from sqlalchemy.dialects.postgresql import BIT

from govdash.store import counters
from govdash.store.engine import Session
from govdash.store.models import Event

#: Every column of an event version, in the order in which the checksum writes them down.
COLUMNS: Final = tuple(column.key for column in Event.__table__.columns)
_TIMES: Final = frozenset(
    {"occurred_at", "reported_at", "received_at", "closed_at", "recorded_at", "superseded_at"}
)
_DEGREES: Final = frozenset({"lon", "lat"})
_WHOLE: Final = frozenset({"version", "change_seq", "import_id"})

SEPARATOR: Final = "\x1f"
ABSENT: Final = "∅"  # tells "no value" from an empty text
PER_DEGREE: Final = 10_000_000  # events keep 7 decimals; as whole numbers they compare exactly
_TIME_FORMAT: Final = "YYYY-MM-DD HH24:MI:SS.US"  # as SQLite stores times


def newest(session: Session) -> int:
    """Return the number of the newest change, 0 when there is none."""
    return counters.last(session, counters.CHANGE_SEQ)


def changes_since(session: Session, seq: int, *, limit: int) -> pd.DataFrame:
    """Return at most `limit` event versions that changed after `seq`, oldest change first.

    A version shows up when it is recorded and once more, under a new number, when it is
    superseded.

    Returns
    -------
    DataFrame
        `COLUMNS`; times aware UTC, texts as `str`, ``import_id`` as nullable integer. Empty
        when nothing changed.
    """
    asked = (
        select(*(_readable(session, name) for name in COLUMNS))
        .where(Event.change_seq > seq)
        .order_by(Event.change_seq)
        .limit(limit)
    )
    found = pd.DataFrame(session.execute(asked).all(), columns=pd.Index(COLUMNS), dtype=object)
    return pd.DataFrame({name: _typed(found[name], name) for name in COLUMNS})


def ended_after(session: Session, seq: int) -> pd.DataFrame:
    """Return ``event_id`` and ``version`` of what ended or lost its texts after `seq`."""
    emptied = and_(Event.title == "", Event.text == "", Event.address == "")
    asked = select(Event.event_id, Event.version).where(
        Event.change_seq > seq, or_(Event.superseded_at.is_not(None), emptied)
    )
    return pd.DataFrame(session.execute(asked).all(), columns=pd.Index(["event_id", "version"]))


def knows(session: Session, *, event_id: str, version: int, content_hash: str, seq: int) -> bool:
    """Whether this event version was, or is, number `seq` of this very database.

    A version keeps its content; its number only grows. So a copy that was made from another
    database, or from a newer state than a restored backup, is found out by its last row.
    """
    found = session.execute(
        select(Event.content_hash, Event.change_seq).where(
            Event.event_id == event_id, Event.version == version
        )
    ).one_or_none()
    return found is not None and found.content_hash == content_hash and found.change_seq >= seq


def month_checksums(session: Session, *, up_to: int | None = None) -> pd.DataFrame:
    """Count and add up the event versions of each UTC month of ``reported_at``.

    Every version is written down as text (`COLUMNS`, joined by `SEPARATOR`; times to the
    microsecond in UTC, degrees times `PER_DEGREE`, None as `ABSENT`) and hashed with MD5; its
    first and second eight hex digits are added up as numbers. The order of rows does not
    matter, and a row that is missing, doubled, changed, or has exchanged a value with another
    one, changes the sums.

    Parameters
    ----------
    up_to : int, optional
        Leave out what changed later than this number.

    Returns
    -------
    DataFrame
        ``month`` ("2026-06"), ``n``, ``checksum`` ("sum-sum"), by month.
    """
    month = func.substr(_time_text(session, "reported_at"), 1, 7).label("month")
    asked = select(month, func.count().label("n"), _summed(session)).group_by(month)
    if up_to is not None:
        asked = asked.where(Event.change_seq <= up_to)
    rows = session.execute(asked.order_by(month)).all()
    return pd.DataFrame(rows, columns=pd.Index(["month", "n", "checksum"]))


def _on_postgres(session: Session) -> bool:
    return session.get_bind().dialect.name == "postgresql"


def _readable(session: Session, name: str) -> ColumnElement[Any]:
    """Select a column; on SQLite times as their text, which a frame parses all at once."""
    column = getattr(Event, name)
    if name in _TIMES and not _on_postgres(session):
        return coerce(column, String).label(name)
    return column


def _typed(values: "pd.Series[Any]", name: str) -> "pd.Series[Any]":
    if name in _TIMES:
        form = "%Y-%m-%d %H:%M:%S.%f" if _told_as_text(values) else None
        moments = pd.to_datetime(values, utc=True, format=form)
        return moments.astype("datetime64[us, UTC]")
    if name in _DEGREES:
        return values.astype("float64")
    if name == "import_id":
        return values.astype("Int64")
    return values.astype("int64") if name in _WHOLE else values.astype("str")


def _told_as_text(values: "pd.Series[Any]") -> bool:
    return any(isinstance(value, str) for value in values.dropna().head(1))


def _time_text(session: Session, name: str) -> ColumnElement[str]:
    column = getattr(Event, name)
    if _on_postgres(session):
        return func.to_char(func.timezone("UTC", column), _TIME_FORMAT)
    return coerce(column, String)


def _column_text(session: Session, name: str) -> ColumnElement[str]:
    column = getattr(Event, name)
    if name in _TIMES:
        return _time_text(session, name)
    if name in _DEGREES:
        return cast(cast(func.round(column * PER_DEGREE), BigInteger), String)
    return cast(column, String) if name in _WHOLE else coerce(column, String)


def _written(session: Session) -> ColumnElement[str]:
    """Return a row's text: its values with separators between them."""
    first, *rest = (func.coalesce(_column_text(session, name), ABSENT) for name in COLUMNS)
    row: ColumnElement[str] = first
    for piece in rest:
        row = row.concat(SEPARATOR).concat(piece)
    return row


def _summed(session: Session) -> ColumnElement[str]:
    if _on_postgres(session):
        digest = func.md5(_written(session))
        first, second = (
            # eight hex digits become a number through a string of bits
            func.sum(
                cast(cast(literal("x").concat(func.substr(digest, at, 8)), BIT(32)), BigInteger)
            )
            for at in (1, 9)
        )
        return cast(first, String).concat("-").concat(cast(second, String))
    connection = cast_to("sqlite3.Connection", session.connection().connection.driver_connection)
    connection.create_aggregate("govdash_checksum", 1, _Checksum)
    return func.govdash_checksum(_written(session))


class _Checksum:
    """The same sums for SQLite, which has no hash function of its own."""

    def __init__(self) -> None:
        self.first = 0
        self.second = 0

    def step(self, row: Any) -> None:  # noqa: ANN401  # sqlite3 types it as a number
        """Add one row."""
        digest = hashlib.md5(row.encode(), usedforsecurity=False).hexdigest()
        self.first += int(digest[:8], 16)
        self.second += int(digest[8:16], 16)

    def finalize(self) -> Any:  # noqa: ANN401  # as above
        """Return both sums."""
        return f"{self.first}-{self.second}"
