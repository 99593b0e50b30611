"""Daily counts of the lake, kept per month: only months whose segments changed are counted again.

Months are local. The key of one names the segments that may hold its events: those never change,
so the same key means the same counts. A late or corrected event makes new segments in its month.
"""

import calendar
import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Final

import numpy as np
import pandas as pd

from govdash.core.filters import Period
from govdash.lake import Lake
from govdash.workflow.memory import Memory, key_of

_FOLDER: Final = "counts"
_BETWEEN: Final = "\n"


@dataclass(frozen=True, slots=True)
class Block:
    """Counts shaped (days, series) of some days; a series has a group (its level and kind)."""

    first: date
    counts: np.ndarray
    series: tuple[str, ...]
    group: np.ndarray

    @classmethod
    def of(cls, parts: Sequence["pd.Series[int]"], first: date, n_days: int) -> "Block":
        """Put counts by (``bucket``, ``series``) of each group into one array."""
        names: list[str] = []
        groups: list[np.ndarray] = []
        arrays = [np.zeros((n_days, 0), dtype=np.int32)]
        for n, part in enumerate(parts):
            rows = part.index.get_level_values("bucket")
            found, labels = pd.factorize(part.index.get_level_values("series"))
            array = np.zeros((n_days, len(labels)), dtype=np.int32)
            at = np.asarray((pd.DatetimeIndex(rows) - pd.Timestamp(first)).days)
            np.add.at(array, (at, found), part.to_numpy())
            arrays.append(array)
            names += [str(label) for label in labels]
            groups.append(np.full(len(labels), n))
        group = np.concatenate(groups) if groups else np.zeros(0, dtype=int)
        return cls(first, np.hstack(arrays), tuple(names), group)

    def within(self, period: Period) -> "Block | None":
        """Return the days that lie in `period`; None when none does."""
        skip = max((period.first - self.first).days, 0)
        counts = self.counts[skip : max((period.last - self.first).days + 1, 0)]
        if not len(counts):
            return None
        return replace(self, first=self.first + timedelta(days=skip), counts=counts)

    def to_bytes(self) -> bytes:
        """Return the block as an npz file in memory, without its first day."""
        file = io.BytesIO()
        text = _BETWEEN.join(self.series).encode()
        np.savez_compressed(
            file,
            allow_pickle=False,
            counts=self.counts,
            series=np.frombuffer(text, dtype=np.uint8),
            group=self.group,
        )
        return file.getvalue()

    @classmethod
    def from_bytes(cls, stored: bytes, first: date) -> "Block":
        """Return the block that `to_bytes` stored."""
        with np.load(io.BytesIO(stored), allow_pickle=False) as file:
            text = file["series"].tobytes().decode()
            series = tuple(text.split(_BETWEEN)) if text else ()
            return cls(first, file["counts"], series, file["group"])


Counted = Callable[[Period], Sequence["pd.Series[int]"]]


def blocks(
    lake: Lake, memory: Memory, period: Period, *, told: object, count: Counted
) -> Iterator[Block]:
    """Yield the counts of `period` by local month; whole months are kept.

    Parameters
    ----------
    told : object
        What decides what is counted, besides the month and the lake; JSON-safe.
    count : callable
        Counts a period: one series by (``bucket``, ``series``) per group.
    """
    about = key_of(told).hex()[:12]
    state = lake.manifest
    for first, last in _months(period):
        month = Period(first, last, period.zone_name)
        segments = [(s.file, s.checksum) for s in state.between(month.start, month.end)]
        if not segments:
            continue
        name = f"{_FOLDER}/{about}-{first:%Y-%m}.npz"
        key = key_of([told, first, period.zone_name, segments])
        stored = memory.recall(name, key)
        if stored is None:
            block = Block.of(count(month), first, (last - first).days + 1)
            memory.keep(name, key, block.to_bytes())
        else:
            block = Block.from_bytes(stored, first)
        if (within := block.within(period)) is not None:
            yield within


def joined(
    parts: Sequence[Block], last: date, *, least: Sequence[int]
) -> tuple[pd.DataFrame, np.ndarray]:
    """Put blocks of different days together.

    Parameters
    ----------
    least : sequence of int
        By group: series with fewer events in all blocks are left out.

    Returns
    -------
    daily : DataFrame of int, days × series, series in order of their names
        From the first day with an event to `last`; empty when there is none. Quiet days are zeros.
    group : array (series,)
    """
    days = [
        pd.Timestamp(part.first) + pd.Timedelta(days=int(n))
        for part in parts
        for n in np.flatnonzero(part.counts.any(axis=1))[:1]
    ]
    if not days:
        return pd.DataFrame(), np.zeros(0, dtype=int)
    first = min(days)
    names = np.concatenate([np.array(p.series, dtype=object) for p in parts])
    codes, found = pd.factorize(names)
    totals = np.bincount(codes, np.concatenate([p.counts.sum(axis=0) for p in parts]))
    group = np.zeros(len(found), dtype=int)
    group[codes] = np.concatenate([p.group for p in parts])
    chosen = np.flatnonzero(totals >= np.asarray(least)[group])
    chosen = chosen[np.argsort(found[chosen])]
    place = np.full(len(found), -1)
    place[chosen] = np.arange(len(chosen))
    index = pd.date_range(first, pd.Timestamp(last), name="day")
    daily = np.zeros((len(index), len(chosen)), dtype=np.int64)
    ends = np.cumsum([len(p.series) for p in parts])
    for part, own in zip(parts, np.split(place[codes], ends[:-1]), strict=True):
        at = (pd.Timestamp(part.first) - first).days
        rows, there = part.counts[max(-at, 0) :], own >= 0
        daily[max(at, 0) : max(at, 0) + len(rows), own[there]] = rows[:, there]
    columns = pd.Index(found[chosen], name="series", dtype="str")
    return pd.DataFrame(daily, index=index, columns=columns), group[chosen]


def _months(period: Period) -> Iterator[tuple[date, date]]:
    first = period.first.replace(day=1)
    while first <= period.last:
        last = first.replace(day=calendar.monthrange(first.year, first.month)[1])
        yield first, last
        first = last + timedelta(days=1)
