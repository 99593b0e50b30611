"""The door to the lake: one published state to read, one writer at a time."""

from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import Self

import duckdb
import ibis.expr.types as ir
import pyarrow as pa

from govdash.core.errors import Unavailable
from govdash.core.settings import Settings
from govdash.lake import disk
from govdash.lake.engine import Engine
from govdash.lake.manifest import NAME, Manifest
from govdash.lake.writer import Writer

_ATTEMPTS = 3  # a reader so slow that its files were swept reads the newer state instead


@dataclass
class Lake:
    """The columnar copy of the events. Disposable: `sync.rebuild` makes it again."""

    root: Path
    engine: Engine = field(repr=False)
    _read: tuple[object, Manifest] = field(init=False, repr=False, default=(None, Manifest()))

    @classmethod
    def open(cls, settings: Settings) -> Self:
        """Open the lake of these settings; an empty one when there is none yet."""
        root = settings.lake
        return cls(root, Engine.over(root))

    @property
    def manifest(self) -> Manifest:
        """The newest published state.

        Raises
        ------
        Unavailable
            When the manifest is damaged.
        """
        try:
            stat = (self.root / NAME).stat()
            mark = (stat.st_ino, stat.st_mtime_ns, stat.st_size)
            known, manifest = self._read  # one tuple, so that threads see a matching pair
            if mark != known:
                manifest = Manifest.from_json((self.root / NAME).read_text(encoding="utf-8"))
                self._read = (mark, manifest)
        except FileNotFoundError:
            return Manifest()
        return manifest

    @property
    def data_version(self) -> int:
        """The number of the newest change inside; 0 when the lake is empty."""
        return self.manifest.data_version

    def table(
        self,
        asked: ir.Table,
        *,
        start: datetime | None = None,
        end: datetime | None = None,
        manifest: Manifest | None = None,
        beside: Mapping[str, pa.Table] = MappingProxyType({}),
    ) -> pa.Table:
        """Answer `asked` from the newest state, or from that of `manifest`.

        Parameters
        ----------
        start, end : datetime, optional
            Leave out segments with nothing reported in [`start`, `end`). `asked` itself must
            hold the exact condition.
        beside : mapping, optional
            Small tables that `asked` names besides the events.
        """
        for attempt in range(_ATTEMPTS):
            state = manifest or self.manifest
            files = [segment.file for segment in state.between(start, end)]
            try:
                return self.engine.table(asked, files, beside=beside)
            except duckdb.IOException as error:
                if manifest or attempt == _ATTEMPTS - 1 or state == self.manifest:
                    raise _unreadable(error) from error
        raise AssertionError("the last attempt returns or raises")

    def batches(self, asked: ir.Table, files: list[str], *, rows: int) -> Iterator[pa.RecordBatch]:
        """Answer `asked` from these files, in batches of `rows`."""
        try:
            yield from self.engine.batches(asked, files, rows=rows)
        except duckdb.IOException as error:
            raise _unreadable(error) from error

    @contextmanager
    def writing(self, *, wait: bool = True) -> Generator[Writer]:
        """Be the one writer, among all processes, until the end of the ``with``.

        Raises
        ------
        Busy
            When another process writes and `wait` is false.
        """
        with disk.exclusive(self.root, wait=wait) as now:
            try:
                base = self.manifest
            except Unavailable:  # damaged: nothing of it can be trusted, all is written anew
                base = Manifest()
            yield Writer(self.root, base, now)

    def close(self) -> None:
        """Give back what the engine holds."""
        self.engine.close()


def _unreadable(error: duckdb.IOException) -> Unavailable:
    return Unavailable(f"数据湖文件读不出来（{error}）；请运行 govdash lake rebuild 重建。")
