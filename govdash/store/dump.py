"""All tables as plain values and back: one form for SQLite and PostgreSQL, no tool needed."""

from base64 import b64decode, b64encode
from collections.abc import Callable, Iterator
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import (
    JSON,
    Connection,
    Date,
    Enum,
    LargeBinary,
    MetaData,
    String,
    Table,
    column,
    func,
    inspect,
    select,
    table,
    text,
)
from sqlalchemy.schema import AddConstraint, DropConstraint
from sqlalchemy.sql.expression import TableClause

from govdash.core.times import aware_utc
from govdash.store.engine import Session, Store
from govdash.store.models import Base
from govdash.store.models.base import UtcDateTime

BATCH: Final = 2_000
#: What lives for minutes: who runs the jobs, who is signed in. A restored city begins without.
PASSING: Final = ("leases", "user_sessions")
#: An anchor is only taken while the journal is empty, or for a line that is there.
FIRST: Final = ("journal_anchors",)

Row = dict[str, Any]


def names() -> list[str]:
    """Return the tables of a dump, in the order in which they are read and written."""
    kept = [made.name for made in Base.metadata.tables.values() if made.name not in PASSING]
    return sorted(kept, key=lambda name: (name not in FIRST, name))


def rows(session: Session, name: str) -> Iterator[Row]:
    """Yield the rows of a table, each column as what JSON can hold."""
    plain = _plain(name)
    keys = [plain.c[key.name] for key in Base.metadata.tables[name].primary_key]
    for row in session.execute(select(plain).order_by(*keys)).yield_per(BATCH).mappings():
        yield {key: _told(value) for key, value in row.items()}


def is_empty(store: Store) -> bool:
    """Whether a database holds nothing: no tables, or tables without accounts, events and lines."""
    with store.engine.connect() as connection:
        present = set(inspect(connection).get_table_names())
        return not any(
            connection.scalar(select(func.count()).select_from(table(name)))
            for name in ("users", "events", "journal", "journal_anchors")
            if name in present
        )


class Loading:
    """One transaction that fills an empty, migrated database."""

    def __init__(self, session: Session) -> None:
        self.connection: Connection = session.connection()
        self.postgresql = self.connection.dialect.name == "postgresql"
        there = MetaData()
        if self.postgresql:  # the links under the names that they have there
            there.reflect(self.connection)
        self._links = [
            link for made in there.tables.values() for link in made.foreign_key_constraints
        ]

    def begin(self) -> None:
        """Let rows come in any order; `end` proves that each finds what it points to."""
        if self.postgresql:
            for link in self._links:
                self.connection.execute(DropConstraint(link))
        else:
            self.connection.execute(text("PRAGMA defer_foreign_keys=ON"))
        for name in names():
            if self.connection.scalar(select(func.count()).select_from(table(name))):
                self.connection.execute(table(name).delete())  # what a migration put there

    def put(self, name: str, told: list[Row]) -> None:
        """Write rows of a table, as `rows` gave them."""
        plain = _plain(name)
        readers = {c.name: _reader(c.type) for c in plain.columns}
        read = [{key: readers[key](value) for key, value in row.items()} for row in told]
        self.connection.execute(plain.insert(), read)

    def end(self) -> None:
        """Prove the links between rows, and let new rows get numbers that are free."""
        if not self.postgresql:
            return
        for link in self._links:
            self.connection.execute(AddConstraint(link))
        for made in Base.metadata.tables.values():
            for key in made.primary_key:
                self._free_numbers(made, key.name)

    def _free_numbers(self, made: Table, key: str) -> None:
        sequence = self.connection.scalar(select(func.pg_get_serial_sequence(made.name, key)))
        if sequence is not None:
            largest = self.connection.scalar(select(func.max(made.c[key])))
            self.connection.execute(
                select(func.setval(sequence, largest or 1, largest is not None))
            )


def _plain(name: str) -> TableClause:
    """Return a table whose columns give what is stored, not what the program makes of it."""
    made = Base.metadata.tables[name]
    return table(name, *(column(c.name, _stored(c.type)) for c in made.columns))


def _stored(kind: Any) -> Any:  # noqa: ANN401  # SQLAlchemy's types
    if isinstance(kind, JSON):
        return JSON(none_as_null=True)
    return String() if isinstance(kind, Enum) else kind


def _told(value: Any) -> Any:  # noqa: ANN401  # a cell
    if isinstance(value, datetime):
        return aware_utc(value).isoformat()
    if isinstance(value, date):
        return value.isoformat()
    return {"base64": b64encode(value).decode()} if isinstance(value, bytes) else value


def _reader(kind: Any) -> Callable[[Any], Any]:  # noqa: ANN401  # SQLAlchemy's types
    """Return what makes a column's value of what a dump holds."""
    if isinstance(kind, UtcDateTime):
        return lambda told: told and datetime.fromisoformat(str(told))
    if isinstance(kind, Date):
        return lambda told: told and date.fromisoformat(str(told))
    if isinstance(kind, LargeBinary):
        return lambda told: told and b64decode(str(told["base64"]))
    return lambda told: told
