"""Real complaint panels (area × kind × day) and bursts put into copies of them, seeds fixed."""

import itertools
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

#: Days at the end of a panel that are scored, and that hold the bursts.
SCORED_DAYS = 120
#: Days before them from which the usual spread of the hit areas is taken.
SPREAD_DAYS = 730


@dataclass(frozen=True)
class Panel:
    """Counts shaped (days, areas, kinds), area centres (areas, 2) in kilometres."""

    city: str
    days: pd.DatetimeIndex
    areas: tuple[str, ...]
    kinds: tuple[str, ...]
    counts: np.ndarray
    centres: np.ndarray


@dataclass(frozen=True)
class Burst:
    """Events put into `areas` (positions) of one kind from day `first` to `last` (positions)."""

    kind: int
    first: int
    last: int
    areas: tuple[int, ...]
    k: float
    size: int

    @property
    def zone(self) -> int:
        """The areas as bits of a whole number."""
        return sum(1 << a for a in self.areas)


def chicago(folder: Path) -> Panel:
    """Sanitation complaints 2011–2014: 77 community areas × five commonest natures and the rest.

    Left out: days outside the four years, duplicates by flag and by number, no area or place.
    """
    raw = pd.read_parquet(folder / "chicago311" / "chicago_sanitation.parquet")
    day, area = raw["Creation_Date"].dt.normalize(), raw["Community_Area"]
    kept = (day >= "2011-01-01") & (day < "2015-01-01") & area.between(1, 77)
    kept &= ~raw["Status"].astype(str).str.contains("Dup") & raw["Latitude"].notna()
    kept &= ~raw["Service_Request_Number"].duplicated()
    raw, day = raw[kept], day[kept]
    nature = raw["What_is_the_Nature_of_this_Code_Violation"].astype(str)
    return _panel("Chicago", day, raw["Community_Area"].astype(int), nature, raw, n_kinds=6)


def boston(folder: Path) -> Panel:
    """Animal and pest cases 2016–2019: 23 neighbourhoods as named × the five commonest types.

    Left out: cases without a neighbourhood or place, doubled numbers.
    """
    files = sorted((folder / "boston311").glob("filtered_*.csv"))
    raw = pd.concat([pd.read_csv(f, dtype=str) for f in files], ignore_index=True)
    raw["Latitude"] = pd.to_numeric(raw["latitude"])
    raw["Longitude"] = pd.to_numeric(raw["longitude"])
    area = raw["neighborhood"].str.strip()
    kept = area.notna() & (area != "") & raw["Latitude"].notna()
    kept &= ~raw["case_enquiry_id"].duplicated() & (raw["type"] != "Animal Found")
    kept &= raw["type"].isin(raw["type"].value_counts().index[:6])
    raw, area = raw[kept], area[kept]
    day = pd.to_datetime(raw["open_dt"]).dt.normalize()
    return _panel("Boston", day, area, raw["type"], raw, n_kinds=5)


def _panel(
    city: str,
    day: pd.Series,
    area: pd.Series,
    kind: pd.Series,
    places: pd.DataFrame,
    *,
    n_kinds: int,
) -> Panel:
    common = list(kind.value_counts().index[: n_kinds - 1])
    kind = kind.where(kind.isin(common), "rest")
    days = pd.date_range(day.min(), day.max(), name="day")
    areas, kinds = sorted(area.unique()), [*common, "rest"]
    counts = np.zeros((len(days), len(areas), len(kinds)), dtype=np.int64)
    at = (days.get_indexer(pd.DatetimeIndex(day)), pd.Index(areas).get_indexer(area.to_numpy()))
    np.add.at(counts, (*at, pd.Index(kinds).get_indexer(kind.to_numpy())), 1)
    middle = places.groupby(area.to_numpy())[["Longitude", "Latitude"]].median().loc[areas]
    km = middle.to_numpy() * [111.32 * np.cos(np.radians(42.0)), 111.32]
    return Panel(city, days, tuple(map(str, areas)), tuple(kinds), counts, km)


def nearest(centres: np.ndarray, k: int) -> np.ndarray:
    """Each area's k nearest, itself first, shape (areas, k)."""
    apart = ((centres[:, None] - centres[None]) ** 2).sum(axis=2)
    return np.argsort(apart, axis=1, kind="stable")[:, :k]


def inject(
    panel: Panel, *, seed: int, per_kind: int = 7, spread: str = "window"
) -> tuple[np.ndarray, list[Burst]]:
    """Return counts with `per_kind` bursts in each kind, and the bursts.

    A burst adds round(k sd) events, k uniform on 1–10, sd that of the hit areas' summed count over
    so many days (before the scored ones); it lasts 1–14 days, hits 1–5 adjacent areas (a random
    one and its nearest), each event on a random day of it, in a hit area in proportion to what is
    usual there. Bursts of one kind take turns: each has its own share of the scored days.
    """
    rng = np.random.default_rng([seed, len(panel.areas)])
    counts = panel.counts.copy()
    start = len(panel.days) - SCORED_DAYS
    near = nearest(panel.centres, 5)
    bursts = []
    slots = np.linspace(start, len(panel.days), per_kind + 1).astype(int)
    for kind in range(len(panel.kinds)):
        past = panel.counts[start - SPREAD_DAYS : start, :, kind]
        for begin, end in itertools.pairwise(slots):
            k = rng.uniform(1, 10)
            days = int(rng.integers(1, 15))
            first = int(rng.integers(begin, end - days + 1))
            n_areas = int(rng.integers(1, 6))
            while True:
                areas = near[rng.integers(len(near)), :n_areas]
                summed = past[:, areas].sum(axis=1)
                if summed.sum():
                    break
            if spread == "window":
                sums = np.convolve(summed, np.ones(days), mode="valid")
                size = max(round(k * sums.std()), 1)
                when = rng.integers(first, first + days, size)
            else:
                each = rng.poisson(k * summed.std(), days)
                each[0] = max(each[0], 1)
                size = int(each.sum())
                when = np.repeat(np.arange(first, first + days), each)
            usual = past[:, areas].sum(axis=0) + 0.5
            where = rng.choice(areas, size, p=usual / usual.sum())
            np.add.at(counts, (when, where, kind), 1)
            bursts.append(
                Burst(kind, first, first + days - 1, tuple(int(a) for a in areas), k, size)
            )
    return counts, bursts
