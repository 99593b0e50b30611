"""Measures outages in real 311 series: 90–100 % of the events missing for some days.

Run ``python benchmarks/outages.py [--shared FOLDER]`` (about a minute of one core). Series are the
city's kinds, the city, districts (areas by place) and channels; an outage lasts 1–5 days on each
of which at least 5 events are expected, and takes 90–100 % of them. POD is the share of outages
with a day at or beyond the threshold; the threshold lets 1 of 30 other days (with at least 5
expected) through, for each arm its own. A window that still reaches into an outage the days after
is neither found nor false.
"""

import argparse
import time
from pathlib import Path

import numpy as np
import pandas as pd
from _panel_arms import parent_expected
from _panel_data import Panel, boston, chicago
from _shared import SHARED
from panels import holidays_of

from govdash.detect.city.outages import WINDOWS, low_tails
from govdash.detect.tails import LOW_SIDE_FROM

SCORED = 365
FALSE_SHARE = 1.0 / 30.0
SEEDS = range(8)
EVERY = 30


def series_of(panel: Panel, folder: Path) -> np.ndarray:
    """Return counts (days, series): kinds, city, six districts, Boston's two main channels."""
    counts = panel.counts
    made = [counts.sum(axis=1), counts.sum(axis=(1, 2))[:, None]]
    north = np.argsort(np.argsort(panel.centres[:, 1])) * 3 // len(panel.areas)
    for band in range(3):
        inside = np.flatnonzero(north == band)
        ordered = inside[np.argsort(panel.centres[inside, 0])]
        made += [counts[:, half].sum(axis=(1, 2))[:, None] for half in np.array_split(ordered, 2)]
    if panel.city == "Boston":
        files = sorted((folder / "boston311").glob("filtered_*.csv"))
        raw = pd.concat([pd.read_csv(f, dtype=str) for f in files], ignore_index=True)
        day = pd.to_datetime(raw["open_dt"]).dt.normalize()
        for source in raw["source"].value_counts().index[:2]:
            daily = day[raw["source"] == source].value_counts().reindex(panel.days, fill_value=0)
            made.append(daily.to_numpy()[:, None])
    return np.concatenate(made, axis=1)


def rolling_z_low(counts: np.ndarray) -> np.ndarray:
    """Return minus z against 28 days before a guard of 7, for every day."""
    zero = np.zeros((1, counts.shape[1]))
    sums = np.concatenate([zero, np.cumsum(counts, axis=0, dtype=float)])
    squares = np.concatenate([zero, np.cumsum(counts.astype(float) ** 2, axis=0)])
    at = np.arange(35, len(counts))
    mean = (sums[at - 7] - sums[at - 35]) / 28
    spread = ((squares[at - 7] - squares[at - 35]) / 28 - mean**2) * 28 / 27
    z = (mean - counts[35:]) / np.sqrt(np.maximum(spread, np.maximum(mean, 0.25)))
    return np.concatenate([np.zeros((35, counts.shape[1])), z])


def break_off(
    counts: np.ndarray, due: np.ndarray, rng: np.random.Generator
) -> tuple[np.ndarray, list[tuple[int, int, int]]]:
    """Return counts with outages and them as (series, first, last), one in `EVERY` days or so."""
    broken, outages = counts.copy(), []
    for series in range(counts.shape[1]):
        for begin in range(len(counts) - SCORED, len(counts) - EVERY, EVERY):
            days = int(rng.integers(1, 6))
            first = begin + int(rng.integers(0, EVERY - days - 7))
            rows = slice(first, first + days)
            if (due[rows, series] >= LOW_SIDE_FROM).all():
                loss = rng.uniform(0.9, 1.0)
                broken[rows, series] = rng.binomial(counts[rows, series], 1.0 - loss)
                outages.append((series, first, first + days - 1))
    return broken, outages


def main() -> None:
    """Run everything."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shared", type=Path, default=SHARED, help="folder with data/")
    folder = parser.parse_args().shared / "data"
    if not folder.is_dir():
        print(f"no real data at {folder}; nothing measured (--shared FOLDER)")
        return
    begin = time.process_time()
    names = ("native, windows of 1–3 days", "rolling z 28 d")
    ordinary: dict[str, list[np.ndarray]] = {name: [] for name in names}
    peaks: dict[str, list[float]] = {name: [] for name in names}
    for panel in (chicago(folder), boston(folder)):
        counts = series_of(panel, folder)
        start = len(counts) - SCORED - 200
        holidays = holidays_of(panel.days)
        usual = parent_expected(counts, panel.days, start=start, holidays=holidays)
        for seed in SEEDS:
            broken, outages = break_off(
                counts, usual, np.random.default_rng([seed, counts.shape[1]])
            )
            due = parent_expected(broken, panel.days, start=start, holidays=holidays)
            p_values, _ = low_tails(broken, due)
            scores = (-np.log10(np.maximum(p_values, 1e-300)), rolling_z_low(broken))
            untouched = due >= LOW_SIDE_FROM
            untouched[: len(counts) - SCORED] = False
            for series, first, last in outages:
                untouched[first : last + max(WINDOWS), series] = False
            for name, score in zip(names, scores, strict=True):
                ordinary[name].append(score[untouched])
                peaks[name] += [score[a : b + 1, s].max() for s, a, b in outages]
    n = len(peaks[names[0]])
    print(f"\n## {n} outages of 1–5 days, at least 5 events a day expected")
    print("| arm | POD at 1 false day per 30 | at 1 per 100 | ordinary days |")
    print("|---|---|---|---|")
    for name in names:
        days = np.concatenate(ordinary[name])
        pods = []
        for share in (FALSE_SHARE, 0.01):
            threshold = np.sort(days)[::-1][int(share * len(days))]
            pods.append((np.array(peaks[name]) > threshold).mean())
        print(f"| {name} | {pods[0]:.3f} | {pods[1]:.3f} | {len(days)} |")
    told = np.concatenate(ordinary[names[0]])
    rates = ", ".join(f"{q:.0%}: {(told >= -np.log10(q)).mean():.1%}" for q in (0.1, 0.05, 0.01))
    print(f"\nrealised low-side rate of native on ordinary days, nominal {rates}")
    print(f"{time.process_time() - begin:.0f} s of one core")


if __name__ == "__main__":
    main()
