"""Many rows into one table, quickly."""

from collections.abc import Iterable, Sequence
from functools import cache
from operator import itemgetter
from typing import Any

from sqlalchemy import Connection, Table, insert


def insert_rows(connection: Connection, table: Table, rows: Sequence[dict[str, Any]]) -> None:
    """Insert rows that all give the same columns; every value is bound as its column's type says.

    SQLAlchemy compiles the parameters of each row anew, which takes longer than SQLite needs to
    store them. On SQLite they are bound here column by column instead; PostgreSQL gets them in
    the batches that SQLAlchemy makes for it.
    """
    if not rows:
        return
    if connection.dialect.name != "sqlite":
        connection.execute(insert(table), list(rows))
        return
    names = list(rows[0])
    listed = ", ".join(connection.dialect.identifier_preparer.quote(name) for name in names)
    marks = ", ".join("?" * len(names))
    columns = [_bound(connection, table, name, map(itemgetter(name), rows)) for name in names]
    connection.exec_driver_sql(
        f"INSERT INTO {table.name} ({listed}) VALUES ({marks})",  # noqa: S608  # nosec B608 # our own names
        list(zip(*columns, strict=True)),
    )


def _bound(connection: Connection, table: Table, name: str, values: Iterable[Any]) -> list[Any]:
    dialect = connection.dialect
    bind = table.c[name].type.dialect_impl(dialect).bind_processor(dialect)
    return list(values) if bind is None else list(map(cache(bind), values))
