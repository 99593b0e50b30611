"""The city's tick: new counts in, incidents out; what it remembers does not grow.

A tick reads the memory and one day's counts, nothing else. The memory keeps a snapshot of each of
the last days, so that a late batch is put where it belongs and the days since are told again:
whatever order events arrive in, the memory ends up the same.
"""

from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np

from govdash.core.errors import InputError
from govdash.detect.city.cells import (
    SHORT_HISTORY,
    CellModel,
    CellState,
    advance,
    amend,
    check_values,
    learn,
)
from govdash.detect.city.incidents import Changes, Incident, track
from govdash.detect.city.policy import Policy
from govdash.detect.city.tails import TRAILING, learn_tails
from govdash.detect.city.watch import Hit, Scan, hits, scan_clusters

#: Days for which a late batch is told again; events later than that still teach the shares.
LATE_DAYS: Final = 14


@dataclass(frozen=True)
class Snapshot:
    """The end of one day.

    Attributes
    ----------
    cells : CellState
    maxima : array (days, categories)
        Largest statistic of each scored day, at most `TRAILING` of them, oldest first.
    incidents : tuple of Incident
        Open ones.
    """

    cells: CellState
    maxima: np.ndarray
    incidents: tuple[Incident, ...] = ()


@dataclass(frozen=True)
class Told:
    """What one day told.

    Attributes
    ----------
    day : int
    hits : tuple of Hit
        Every zone with enough excess, rarest first, told or not.
    limit : float
        Largest p-value that was told.
    changes : Changes
    note : str
        What was simplified, in Chinese; empty when nothing was.
    """

    day: int
    hits: tuple[Hit, ...]
    limit: float
    changes: Changes
    note: str


@dataclass(frozen=True)
class Audit:
    """The line that a late batch leaves: what came, and which days were told again.

    Attributes
    ----------
    day : int
        Day number the events belong to.
    events : int
        Events added, less those withdrawn.
    told_again : tuple of int
        Day numbers that were scored again; empty when `day` is older than all snapshots.
    message : str
        The same in Chinese.
    """

    day: int
    events: int
    told_again: tuple[int, ...]
    message: str


@dataclass(frozen=True)
class Memory:
    """Snapshots of the last days, oldest first; the last one is now."""

    snapshots: tuple[Snapshot, ...]

    @property
    def now(self) -> Snapshot:
        """The end of the last day."""
        return self.snapshots[-1]

    @property
    def day(self) -> int:
        """Day number of the last day seen."""
        return self.now.cells.day


@dataclass(frozen=True)
class CityDetector:
    """Watches cells × categories of one city.

    Parameters
    ----------
    neighbours : array of int (cells, k)
        `watch.nearest_cells`.
    model : CellModel
    plan : Scan
    policy : Policy
    """

    neighbours: np.ndarray
    model: CellModel = field(default_factory=CellModel)
    plan: Scan = field(default_factory=Scan)
    policy: Policy = field(default_factory=Policy)

    def start(self, counts: np.ndarray, parent: np.ndarray, *, last_day: int) -> Memory:
        """Learn gap-free history: shares at once, tails and incidents from its last days.

        Parameters
        ----------
        counts : array of int (days, categories, cells)
        parent : array (days, categories)
            What the parent expected on each day from the days before it; read for the last
            `TRAILING` + ring days, others may be 0.
        last_day : int
            Day number (days since 1970-01-01) of the last row.
        """
        check_values(counts, parent)
        if counts.shape[2] != len(self.neighbours):
            raise InputError(
                f"计数有 {counts.shape[2]} 个格子，邻居表有 {len(self.neighbours)} 个；应一致。"
            )
        begin = max(len(counts) - TRAILING, min(self.model.ring, len(counts)))
        cells = learn(
            self.model,
            counts[:begin],
            parent[:begin],
            last_day=last_day - (len(counts) - begin),
        )
        memory = Memory((Snapshot(cells, np.zeros((0, counts.shape[1]))),))
        for t in range(begin, len(counts)):
            memory, _ = self._step(memory, counts[t], parent[t], simulate=False)
        return memory

    def tick(
        self, memory: Memory, counts: np.ndarray, parent: np.ndarray, *, day: int
    ) -> tuple[Memory, Told]:
        """Take in one day; the same day again, with the same counts, changes nothing.

        Parameters
        ----------
        memory : Memory
            Is not changed; the new one is returned.
        counts : array of int (categories, cells)
        parent : array (categories,)
            What the parent expects on `day` from the days before it.
        day : int
            Days since 1970-01-01.

        Raises
        ------
        InputError
            When a day is missing between, or a past day comes with other counts than before
            (use `late`).
        """
        if day > memory.day + 1:
            raise InputError(f"缺少 {day - memory.day - 1} 天的计数；没有事件的日子请送 0。")
        if day == memory.day + 1:
            return self._step(memory, counts, parent)
        kept = [s for s in memory.snapshots if s.cells.day == day]
        if not kept or not np.array_equal(kept[0].cells.counts[-1], counts):
            raise InputError("这一天已处理过，且计数与上次不同；补报请用 late。")
        before = [s for s in memory.snapshots if s.cells.day == day - 1]
        if not before:
            raise InputError("这一天太早，已不能重述。")
        return memory, self._score(before[0], kept[0].cells)[1]

    def late(
        self, memory: Memory, change: np.ndarray, *, day: int
    ) -> tuple[Memory, tuple[Told, ...], Audit]:
        """Add the events of a late batch to `day`, and tell the days since again.

        Parameters
        ----------
        memory : Memory
        change : array of int (categories, cells)
            Events to add; negative numbers withdraw.
        day : int
            Day number the events belong to. Days older than the snapshots still teach the shares,
            exactly, as discounted sums are linear; nothing is told again for them.
        """
        amended = [
            replace(s, cells=amend(self.model, s.cells, day=day, change=change))
            if s.cells.day >= day
            else s
            for s in memory.snapshots
        ]
        told: list[Told] = []
        for n in range(1, len(amended)):
            if amended[n].cells.day < day:
                continue
            amended[n], said = self._score(amended[n - 1], amended[n].cells)
            told.append(said)
        days = tuple(t.day for t in told)
        events = int(change.sum())
        stamp = np.datetime64(day, "D")
        audit = Audit(day, events, days, f"补报 {stamp} 的 {events} 件；重评 {len(days)} 天。")
        return Memory(tuple(amended)), tuple(told), audit

    def confirm(self, memory: Memory, incident: Incident) -> Memory:
        """Keep a true incident out of the baseline: its days are no news about what is usual.

        Days that have left the ring were learned already; confirm within its length.
        """
        cells = np.array(incident.cells)
        kept = []
        for s in memory.snapshots:
            trust = s.cells.trust.copy()
            age = s.cells.day - np.arange(incident.first, incident.last + 1)
            rows = len(trust) - 1 - age[(age >= 0) & (age < len(trust))]
            trust[rows[:, None], incident.category, cells] = 0.0
            kept.append(replace(s, cells=replace(s.cells, trust=trust)))
        return Memory(tuple(kept))

    def _step(
        self, memory: Memory, counts: np.ndarray, parent: np.ndarray, *, simulate: bool = True
    ) -> tuple[Memory, Told]:
        cells = advance(self.model, memory.now.cells, counts, parent)
        snapshot, told = self._score(memory.now, cells, simulate=simulate)
        return Memory((*memory.snapshots, snapshot)[-LATE_DAYS - 1 :]), told

    def _score(
        self, before: Snapshot, cells: CellState, *, simulate: bool = True
    ) -> tuple[Snapshot, Told]:
        tails = learn_tails(before.maxima)
        clusters, largest = scan_clusters(
            self.model, cells, self.neighbours, self.plan, simulate=simulate and tails is None
        )
        scanned = min(self.model.ring, cells.days_seen)
        found = hits(clusters, day=cells.day, longest=scanned, tails=tails)
        active = int(np.sum((cells.sums.sum(axis=1) > 0) | (cells.counts.sum(axis=(0, 2)) > 0)))
        limit = self.policy.limit(found, categories=active)
        chosen = [hit for hit in found if hit.p_value <= limit]
        incidents, changes = track(before.incidents, chosen, day=cells.day)
        notes = []
        if cells.days_seen < SHORT_HISTORY:
            notes.append(f"历史只有 {cells.days_seen} 天，格子主要按全市的份额估计。")
        if tails is None:
            notes.append("可比的日子太少，概率按模型模拟，未经实测校准。")
        maxima = np.concatenate([before.maxima, largest[None]])[-TRAILING:]
        told = Told(cells.day, tuple(found), limit, changes, "".join(notes))
        return Snapshot(cells, maxima, incidents), told
