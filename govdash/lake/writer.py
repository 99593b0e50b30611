"""The one writer: segments are written aside, then a new manifest makes them the lake."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from govdash.lake import disk
from govdash.lake.compaction import ALLOWED, to_merge
from govdash.lake.manifest import NAME, Manifest, Retired, Segment, Tip
from govdash.lake.schema import CODED, SCHEMA, compute, in_order, months_of, to_table

FOLDER: Final = "events"
GRACE_SECONDS: Final = 900.0  # the longest export should be read within it
SEGMENT_ROWS: Final = 500_000  # about 200 MB in memory: what a rewrite holds at once
GROUP_ROWS: Final = 100_000  # a row group is the smallest part that a query can skip
_SPANS: Final = ("occurred_at", "reported_at", "received_at")
_KEY: Final = ["event_id", "version", "change_seq"]


@dataclass
class Writer:
    """Collects changes and publishes them all at once; made by `Lake.writing` under the lock.

    Nothing that it does before `publish` can be seen: a killed writer leaves files that no
    manifest names, and the next one sweeps them away.
    """

    root: Path
    base: Manifest
    now: float  # by the clock of the file system
    _months: dict[str, list[Segment]] = field(init=False)
    _ended: dict[str, dict[tuple[str, int], int]] = field(init=False, default_factory=dict)
    _fresh: set[str] = field(init=False, default_factory=set)  # written, not yet published
    _tip: Tip | None = field(init=False)
    _generation: int = field(init=False)
    _allowed: int = field(init=False, default=ALLOWED)

    def __post_init__(self) -> None:
        """Begin with what is published, and sweep what a killed writer left."""
        self._months = self.base.months()
        self._tip = self.base.tip
        self._generation = self.base.generation + 1
        named = {s.file for s in self.base.segments} | {r.file for r in self.base.retired}
        for path in self.root.glob(f"{FOLDER}/*/*"):
            # never use a name twice: a reader may still hold the manifest that had it first
            self._generation = max(self._generation, int(path.name.split("-")[0]) + 1)
            if path.relative_to(self.root).as_posix() not in named:
                path.unlink()

    def clear(self) -> None:
        """Forget all rows; what is published stays until the next publication."""
        self._months = {}
        self._tip = None
        self._allowed = 1  # what is written anew is written in as few segments as possible

    def add(self, changes: pd.DataFrame) -> None:
        """Take in event versions, each with a higher ``change_seq`` than all before."""
        table = to_table(changes)
        months = months_of(table)
        for month in compute.unique(months).to_pylist():
            part = table.filter(compute.equal(months, month))
            self._months.setdefault(month, []).append(self._write(month, part))
            ended = part.filter(
                compute.or_(compute.is_valid(part["superseded_at"]), _emptied(part))
            )
            self._ended.setdefault(month, {}).update(_keys(ended))
        last = changes.sort_values("change_seq").iloc[-1]
        self._tip = Tip(
            str(last["event_id"]),
            int(last["version"]),
            str(last["content_hash"]),
            int(last["change_seq"]),
        )

    def publish(self) -> Manifest:
        """Make everything added so far the lake, in one step."""
        for month in list(self._months):
            self._settle(month)
        segments = [s for segments in self._months.values() for s in segments]
        for segment in segments:
            if segment.file in self._fresh:
                disk.sync_file(self.root / segment.file)
        for folder in {(self.root / s.file).parent for s in segments if s.file in self._fresh}:
            disk.sync_folder(folder)
        if self._fresh:
            disk.sync_folder(self.root / FOLDER)
        kept, expired = self._retired(segments)
        published = Manifest(
            generation=self._generation,
            data_version=self._tip.seq if self._tip else 0,
            tip=self._tip,
            segments=tuple(segments),
            retired=tuple(kept),
        )
        disk.write_whole(self.root / NAME, published.to_json())
        for file in expired | (self._fresh - {s.file for s in segments}):
            (self.root / file).unlink(missing_ok=True)
        self.base = published
        self._generation += 1
        self._fresh, self._ended = set(), {}
        return published

    def _retired(self, segments: Iterable[Segment]) -> tuple[list[Retired], set[str]]:
        now_used = {segment.file for segment in segments}
        dropped = [s.file for s in self.base.segments if s.file not in now_used]
        waiting = [*self.base.retired, *(Retired(file, self.now) for file in dropped)]
        expired = {r.file for r in waiting if self.now - r.at > GRACE_SECONDS}
        return [r for r in waiting if r.file not in expired], expired

    def _settle(self, month: str) -> None:
        """Drop what was superseded since it was written; merge segments when they are many."""
        segments = [
            left
            for segment in self._months[month]
            if (left := self._without_stale(segment, self._ended.get(month, {})))
        ]
        merged = to_merge(segments, most=SEGMENT_ROWS, allowed=self._allowed)
        if merged:
            tables = [self._read(segment) for segment in merged]
            whole = in_order(pa.concat_tables(tables))
            parts = range(0, whole.num_rows, SEGMENT_ROWS)
            segments = [s for s in segments if s not in merged]
            segments += [self._write(month, whole.slice(at, SEGMENT_ROWS)) for at in parts]
        if segments:
            self._months[month] = segments
        else:
            del self._months[month]

    def _without_stale(self, segment: Segment, ended: dict[tuple[str, int], int]) -> Segment | None:
        if not ended or segment.first_seq > max(ended.values()):
            return segment
        keys = pq.ParquetFile(self.root / segment.file).read(columns=_KEY)
        ids = pa.array({event_id for event_id, _ in ended}, pa.string())
        suspects = keys.filter(compute.is_in(keys["event_id"], value_set=ids))
        stale = [s for key, s in _keys(suspects).items() if s < ended.get(key, s)]
        if not stale:
            return segment
        whole = self._read(segment)
        gone = compute.is_in(whole["change_seq"], value_set=pa.array(stale))
        left = whole.filter(compute.invert(gone))
        return self._write(segment.month, left) if left.num_rows else None

    def _read(self, segment: Segment) -> pa.Table:
        return pq.ParquetFile(self.root / segment.file).read().cast(SCHEMA)

    def _write(self, month: str, table: pa.Table) -> Segment:
        name = f"{self._generation:08d}-{len(self._fresh):06d}.parquet"
        file = f"{FOLDER}/month={month}/{name}"
        path = self.root / file
        path.parent.mkdir(parents=True, exist_ok=True)
        self._fresh.add(file)
        pq.write_table(
            table,
            path,
            row_group_size=GROUP_ROWS,
            compression="zstd",
            use_dictionary=CODED,  # pyright: ignore[reportArgumentType]  # or names, says Arrow
        )
        seqs = compute.min_max(table["change_seq"]).as_py()
        spans = {name: compute.min_max(table[name].cast(pa.int64())).as_py() for name in _SPANS}
        return Segment(
            month=month,
            file=file,
            rows=table.num_rows,
            first_seq=seqs["min"],
            last_seq=seqs["max"],
            first_at={name: span["min"] for name, span in spans.items()},
            last_at={name: span["max"] for name, span in spans.items()},
            size=path.stat().st_size,
            checksum=disk.checksum(path),
        )


def _emptied(part: pa.Table) -> pa.ChunkedArray:
    """Mark versions without any text: they may have lost it, and stand in an older segment."""
    bare = [compute.equal(part[name], "") for name in ("title", "text", "address")]
    return compute.and_(compute.and_(bare[0], bare[1]), bare[2])


def _keys(table: pa.Table) -> dict[tuple[str, int], int]:
    """Return the change number of each (event, version)."""
    ids, versions, seqs = (table[name].to_pylist() for name in _KEY)
    return dict(zip(zip(ids, versions, strict=True), seqs, strict=True))
