"""Store → lake by change sequence, the rebuild, and the proof that both hold the same events."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import pandas as pd

from govdash.lake import Lake, Manifest, checksums
from govdash.lake.writer import Writer
from govdash.store import Store, changes

CHUNK: Final = 50_000  # rows read at once: about 100 MB as Python values


@dataclass(frozen=True, slots=True)
class SyncSummary:
    """What a sync did."""

    n_rows: int  # event versions read
    data_version: int  # the change number up to which the lake now holds everything
    rebuilt: bool = False  # everything was written anew


@dataclass(frozen=True, slots=True)
class Difference:
    """A month in which store and lake do not hold the same event versions."""

    month: str
    n_store: int
    n_lake: int

    def __str__(self) -> str:
        """Say it in one line."""
        if self.n_store != self.n_lake:
            return f"{self.month}：数据库 {self.n_store:,} 条，数据湖 {self.n_lake:,} 条"
        return f"{self.month}：同为 {self.n_store:,} 条，但内容不同"


@dataclass(frozen=True, slots=True)
class Parity:
    """Whether the lake holds what the store held at change `data_version`."""

    data_version: int
    behind: int  # changes in the store that the lake does not have yet; no difference
    months: tuple[Difference, ...]
    damaged: tuple[str, ...]  # files that are missing or not as they were written

    @property
    def ok(self) -> bool:
        """Whether nothing differs."""
        return not (self.months or self.damaged)

    @property
    def differences(self) -> str:
        """What differs, in one line for people; empty when nothing does."""
        files = (f"文件 {file} 缺失或已损坏" for file in self.damaged)
        return "；".join([*(str(month) for month in self.months), *files])


def sync(
    store: Store,
    lake: Lake,
    *,
    limit: int = CHUNK,
    wait: bool = True,
    progress: Callable[[int], None] | None = None,
) -> SyncSummary:
    """Bring everything that changed in the store into the lake; publish it all at once.

    When the store does not know the lake's newest row (another database, a restored backup),
    the lake is made again from the beginning.

    Parameters
    ----------
    limit : int
        Rows read at once; memory is bounded by it.
    progress : callable, optional
        Called with the number of rows read so far.

    Raises
    ------
    Busy
        When another process writes the lake and `wait` is false.
    """
    with lake.writing(wait=wait) as writer:
        tip = writer.base.tip
        with store.read() as session:
            known = tip is None or changes.knows(
                session,
                event_id=tip.event_id,
                version=tip.version,
                content_hash=tip.content_hash,
                seq=tip.seq,
            )
        return _write(store, writer, anew=not known, limit=limit, progress=progress)


def rebuild(
    store: Store,
    lake: Lake,
    *,
    limit: int = CHUNK,
    progress: Callable[[int], None] | None = None,
) -> SyncSummary:
    """Write the whole lake anew; readers see the old one until the new one is complete."""
    with lake.writing() as writer:
        return _write(store, writer, anew=True, limit=limit, progress=progress)


def parity(store: Store, lake: Lake) -> Parity:
    """Compare store and lake by count and checksum of every month, and the lake's files.

    Both are read at one moment each. What changed in the store since the lake's last sync is
    left out on both sides, so the answer is exact while people and jobs go on writing.
    """
    manifest = lake.manifest
    version = manifest.data_version
    with store.read() as session:
        behind = max(changes.newest(session) - version, 0)
        ours = changes.month_checksums(session, up_to=version)
        since = changes.ended_after(session, version)
    damaged = checksums.damaged_files(lake, manifest)
    theirs = pd.DataFrame({"month": [], "n": [], "checksum": []})
    if not damaged:
        theirs = checksums.month_checksums(
            lake,
            manifest,
            columns=changes.COLUMNS,
            separator=changes.SEPARATOR,
            absent=changes.ABSENT,
            per_degree=changes.PER_DEGREE,
            without=since,
        )
    months = () if damaged else _compare(ours, theirs)
    return Parity(version, behind, months, tuple(damaged))


def behind(store: Store, lake: Lake) -> int:
    """Return how many changes of the store the lake does not have yet."""
    with store.read() as session:
        return max(changes.newest(session) - lake.data_version, 0)


def status(lake: Lake) -> dict[str, int]:
    """Return how large the lake is: rows, segments, bytes, months, data version."""
    manifest: Manifest = lake.manifest
    return {
        "data_version": manifest.data_version,
        "rows": manifest.rows,
        "months": len(manifest.months()),
        "segments": len(manifest.segments),
        "bytes": sum(segment.size for segment in manifest.segments),
        "retired": len(manifest.retired),
    }


def _write(
    store: Store,
    writer: Writer,
    *,
    anew: bool,
    limit: int,
    progress: Callable[[int], None] | None,
) -> SyncSummary:
    if anew:
        writer.clear()
    seq = 0 if anew else writer.base.data_version
    n_rows = 0
    while True:
        with store.read() as session:
            chunk = changes.changes_since(session, seq, limit=limit)
        if not chunk.empty:
            writer.add(chunk)
            seq = int(chunk["change_seq"].iloc[-1])
            n_rows += len(chunk)
            if progress:
                progress(n_rows)
        if len(chunk) < limit:  # the store holds nothing newer: whole transactions only
            break
    if n_rows or anew:
        writer.publish()
    return SyncSummary(n_rows, seq, rebuilt=anew)


def _compare(ours: pd.DataFrame, theirs: pd.DataFrame) -> tuple[Difference, ...]:
    both = ours.merge(theirs, on="month", how="outer", suffixes=("_store", "_lake"))
    counts = both[["n_store", "n_lake"]].fillna(0).astype("int64")
    differs = both["checksum_store"].ne(both["checksum_lake"])
    return tuple(
        Difference(month, int(n_store), int(n_lake))
        for month, n_store, n_lake in zip(
            both.loc[differs, "month"],
            counts.loc[differs, "n_store"],
            counts.loc[differs, "n_lake"],
            strict=True,
        )
    )
