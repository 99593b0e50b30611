"""Injected bursts: extra events of known size put into a copy of real counts, seeds fixed.

Nobody labels every incident of a city. A burst that was put in is a label that cannot be wrong, so
what share of them is found (POD) can be told for any city, and by size.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from govdash.core.errors import InputError
from govdash.detect.backtest import MERGE_DAYS, read_incidents
from govdash.detect.keys import SeriesKey, contains, make_key, related, split_key

#: Sizes, in standard deviations of the hit areas' own count over so many days: from what nobody
#: can tell from chance to what nobody overlooks.
SIZES: Final = (1.0, 10.0)
LONGEST: Final = 7  # days of a burst
WIDEST: Final = 5  # neighbouring areas of a burst
#: Days of one kind of event between two bursts of it, so that one is not taken for the other.
_APART: Final = MERGE_DAYS + 1
#: Days before the period that tell the usual spread: a year has every season once.
_SPREAD_DAYS: Final = 365
#: Draws of a place before a burst is given up.
_TRIES: Final = 50


@dataclass(frozen=True)
class Panel:
    """Counts of areas × kinds of event.

    Attributes
    ----------
    days : DatetimeIndex
    areas, kinds : tuple of str
        Area paths and categories (`keys`).
    counts : array of int (days, kinds, areas)
    near : array of int (areas, k)
        Each area's nearest, itself first (`city.nearest_cells`).
    """

    days: pd.DatetimeIndex
    areas: tuple[str, ...]
    kinds: tuple[str, ...]
    counts: np.ndarray
    near: np.ndarray

    @property
    def series(self) -> list[str]:
        """Series keys in the order of `flat`."""
        return [make_key(area, kind) for kind in self.kinds for area in self.areas]

    def flat(self) -> pd.DataFrame:
        """Return the counts as days × series."""
        values = self.counts.reshape(len(self.days), -1)
        return pd.DataFrame(values, index=self.days, columns=self.series)


@dataclass(frozen=True)
class Burst:
    """`size` events put into some areas of one kind, from day `first` to `last` (positions).

    ``k`` is the size in standard deviations; ``added`` (days, areas) is what came where.
    """

    kind: int
    first: int
    last: int
    areas: tuple[int, ...]
    k: float
    added: np.ndarray

    @property
    def size(self) -> int:
        """Events put in."""
        return int(self.added.sum())

    @property
    def zone(self) -> int:
        """The areas as bits of a whole number."""
        return sum(1 << area for area in self.areas)


@dataclass(frozen=True)
class Extent:
    """Where and when something truly happened (positions): an alert about it is not false."""

    kind: int
    first: int
    last: int
    zone: int


def make_panel(counts: pd.DataFrame, near: np.ndarray, areas: Sequence[str], n_kinds: int) -> Panel:
    """Return the panel of the `n_kinds` commonest categories among the series of `areas`.

    Parameters
    ----------
    counts : DataFrame
        Days × series (`contract`); only categories proper are taken, no majors, sums or channels.
    near : array of int (areas, k)
    """
    wanted = set(areas)
    keys = [key for key in map(split_key, counts.columns) if key.area_path in wanted]
    keys = [key for key in keys if "-" in key.category and len(key.category) > len("A-06")]
    if not keys:
        raise InputError("没有可注入的序列：规则没有按类别监测这些区域，或事件太少。")
    totals = counts[[str(key) for key in keys]].sum()
    by_kind = totals.groupby([key.category for key in keys]).sum()
    kinds = tuple(sorted(by_kind.nlargest(n_kinds).index))
    columns = [make_key(area, kind) for kind in kinds for area in areas]
    values = counts.reindex(columns=columns, fill_value=0).to_numpy(np.int64)
    return Panel(
        pd.DatetimeIndex(counts.index),
        tuple(areas),
        kinds,
        values.reshape(len(counts), len(kinds), len(areas)),
        near,
    )


def draw_bursts(
    panel: Panel, *, start: int, n: int, seed: int, known: Sequence[Extent] = ()
) -> list[Burst]:
    """Draw up to `n` bursts in the days from position `start` on.

    A burst adds round(k sd) events, k uniform on `SIZES`, sd that of the hit areas' summed count
    over so many days in the year before `start`; it lasts 1–7 days and hits 1–5 neighbouring
    areas (a random one and its nearest). Each event falls on a random day of it, in a hit area in
    proportion to what is usual there. Bursts of one kind take turns: each has its own share of
    the days. None lies where something is `known` to have happened: it would be found anyway.

    Returns
    -------
    list of Burst
        In order of their first day; fewer than `n` when the period has no room for more.
    """
    length = len(panel.days) - start
    if start < 2 * LONGEST or length < 1:
        raise InputError("注入的时段之前至少需要两周历史。")
    room = max(length // (LONGEST + _APART), 1)
    per_kind = min(-(-n // len(panel.kinds)), room)
    rng = np.random.default_rng(seed)
    slots = [(kind, turn) for kind in range(len(panel.kinds)) for turn in range(per_kind)]
    order = rng.permutation(len(slots))[:n]
    edges = np.linspace(start, len(panel.days), per_kind + 1).astype(int)
    drawn = []
    for kind, turn in (slots[int(place)] for place in order):
        share = range(int(edges[turn]), int(edges[turn + 1]))
        burst = _draw(panel, rng, kind, share, start, [e for e in known if e.kind == kind])
        drawn += [burst] if burst is not None else []
    return sorted(drawn, key=lambda burst: (burst.first, burst.kind))


def _draw(
    panel: Panel,
    rng: np.random.Generator,
    kind: int,
    share: range,
    start: int,
    known: Sequence[Extent],
) -> Burst | None:
    """Draw one burst; None when no place without a known incident came up."""
    past = panel.counts[max(start - _SPREAD_DAYS, 0) : start, kind]
    k = float(rng.uniform(*SIZES))
    n_days = int(rng.integers(1, min(LONGEST, len(share)) + 1))
    room = max(len(share) - n_days - _APART, 0)  # the next burst of the kind keeps its distance
    n_areas = int(rng.integers(1, min(WIDEST, panel.near.shape[1]) + 1))
    alive = np.flatnonzero(past.sum(axis=0))
    for _ in range(_TRIES if len(alive) else 0):
        first = share.start + int(rng.integers(0, room + 1))
        areas = panel.near[int(rng.choice(alive)), :n_areas]
        zone = sum(1 << int(area) for area in areas)
        if not any(
            zone & e.zone and first <= e.last and first + n_days > e.first - MERGE_DAYS
            for e in known
        ):
            break
    else:
        return None
    summed = past[:, areas].sum(axis=1)
    spread = np.convolve(summed, np.ones(n_days), mode="valid").std()
    size = max(round(k * float(spread)), 1)
    usual = past[:, areas].sum(axis=0) + 0.5  # an area where nothing happened is not impossible
    added = np.zeros((n_days, n_areas), dtype=np.int64)
    where = rng.choice(n_areas, size, p=usual / usual.sum())
    np.add.at(added, (rng.integers(0, n_days, size), where), 1)
    return Burst(kind, first, first + n_days - 1, tuple(int(a) for a in areas), k, added)


def with_bursts(panel: Panel, bursts: Sequence[Burst]) -> np.ndarray:
    """Return a copy of the panel's counts with the bursts in it, shape (days, kinds, areas)."""
    counts = panel.counts.copy()
    for burst in bursts:
        for n, area in enumerate(burst.areas):
            counts[burst.first : burst.last + 1, burst.kind, area] += burst.added[:, n]
    return counts


def poured(counts: pd.DataFrame, panel: Panel, bursts: Sequence[Burst]) -> pd.DataFrame:
    """Return a copy of `counts` (days × series) with the bursts in every series that holds them.

    A burst in a street is also one of its district, of the city and of the major category; it has
    no channel. A series that `counts` lacks was too quiet to be watched and stays away.
    """
    keys = [split_key(text) for text in counts.columns]
    values = counts.to_numpy().copy()
    first = counts.index.get_indexer(pd.DatetimeIndex([panel.days[0]]))[0]
    holders: dict[tuple[int, int], np.ndarray] = {}
    for burst in bursts:
        rows = slice(first + burst.first, first + burst.last + 1)
        for n, area in enumerate(burst.areas):
            cell = burst.kind, area
            if cell not in holders:
                key = SeriesKey(panel.areas[area], panel.kinds[burst.kind])
                holders[cell] = np.flatnonzero([contains(other, key) for other in keys])
            values[rows, holders[cell]] += burst.added[:, n, None]
    return pd.DataFrame(values, index=counts.index, columns=counts.columns)


def extents_of(panel: Panel, incidents: pd.DataFrame) -> list[Extent]:
    """Return where labelled incidents (`backtest.INCIDENT_COLUMNS`) lie in the panel.

    An incident of a grid cell is one of its street, one of a district lies in all its streets;
    for `MERGE_DAYS` after its end it still echoes.
    """
    origin = panel.days[0]
    found = []
    for label in read_incidents(incidents):
        first = (pd.Timestamp(label.start_day) - origin).days
        last = (pd.Timestamp(label.end_day) - origin).days + MERGE_DAYS
        for kind, category in enumerate(panel.kinds):
            zone = sum(
                1 << n
                for n, area in enumerate(panel.areas)
                if related(SeriesKey(area, category), label.key)
            )
            if zone and last >= 0:
                found.append(Extent(kind, first, last, zone))
    return found


def labels_of(panel: Panel, bursts: Sequence[Burst]) -> pd.DataFrame:
    """Return the bursts as labels (`backtest.INCIDENT_COLUMNS`), one row per burst and area.

    ``incident_id`` is the burst's position: a burst is found when one of its rows is.
    """
    rows = [
        (
            str(n),
            panel.kinds[burst.kind],
            panel.areas[area],
            panel.days[burst.first].date(),
            panel.days[burst.last].date(),
            "high",
        )
        for n, burst in enumerate(bursts)
        for area in burst.areas
    ]
    columns = ["incident_id", "category", "area_path", "start_day", "end_day", "direction"]
    return pd.DataFrame(rows, columns=columns)
