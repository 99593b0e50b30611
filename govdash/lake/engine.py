"""DuckDB inside the process: compiles Ibis expressions and runs them over segments."""

import os
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Final

import duckdb
import ibis
import ibis.expr.types as ir
import pyarrow as pa

from govdash.lake.schema import EVENTS, SCHEMA, Expr

THREADS: Final = min(4, os.cpu_count() or 1)  # more help one query and hurt many users at once


@dataclass(frozen=True, slots=True)
class Engine:
    """One in-memory DuckDB that may read the lake's folder and nothing else.

    Each call works on a cursor of its own, which is a connection to the same database with
    temporary views of its own: threads neither wait for nor see each other.
    """

    folder: Path
    _database: duckdb.DuckDBPyConnection = field(repr=False)

    @classmethod
    def over(cls, folder: Path) -> "Engine":
        """Start an engine for the lake in `folder`."""
        folder.mkdir(parents=True, exist_ok=True)
        database = duckdb.connect(
            config={
                "threads": THREADS,
                "temp_directory": str(folder / "spill"),
                "autoinstall_known_extensions": False,
                "autoload_known_extensions": False,
                "preserve_insertion_order": False,
            }
        )
        database.execute("SET GLOBAL TimeZone = 'UTC'")
        database.execute(f"SET allowed_directories = [{_quoted(str(folder))}]")
        database.execute("SET enable_external_access = false")
        return cls(folder, database)

    def table(
        self,
        asked: ir.Table,
        files: Sequence[str],
        *,
        beside: Mapping[str, pa.Table] = MappingProxyType({}),
    ) -> pa.Table:
        """Run `asked` over `files`, and small tables `beside` by name; return the whole answer."""
        with self._bound(files) as cursor:
            for name, given in beside.items():
                cursor.register(name, given)
            return cursor.sql(_sql(asked)).to_arrow_table()

    def batches(
        self, asked: ir.Table, files: Sequence[str], *, rows: int
    ) -> Iterator[pa.RecordBatch]:
        """Run `asked` over `files` and hand out the answer in batches of `rows`."""
        with self._bound(files) as cursor:
            yield from cursor.sql(_sql(asked)).to_arrow_reader(rows)

    @contextmanager
    def _bound(self, files: Sequence[str]) -> Generator[duckdb.DuckDBPyConnection]:
        """Open a cursor in which the table of every query means `files`."""
        with self._database.cursor() as cursor:
            name = EVENTS.get_name()
            if files:
                listed = ", ".join(_quoted(str(self.folder / file)) for file in files)
                cursor.execute(
                    f"CREATE TEMP VIEW {name} AS SELECT * FROM "  # noqa: S608  # nosec B608 # our own names
                    f"read_parquet([{listed}], hive_partitioning = false)"
                )
            else:
                cursor.register(name, SCHEMA.empty_table())
            yield cursor

    def close(self) -> None:
        """Give back the memory."""
        self._database.close()


def _sql(asked: ir.Table) -> str:
    node: Expr = asked.op()  # unlike the expression, it is hashable and compares by content
    return _compiled(node)


@lru_cache(maxsize=1_000)
def _compiled(asked: Expr) -> str:
    """Compile once: a page that refreshes asks the same again, and compiling takes half of it."""
    return ibis.to_sql(asked.to_expr(), dialect="duckdb")


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
