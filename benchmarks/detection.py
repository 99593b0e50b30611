"""Measures what rules see: findings of series on a simulated city, and on Chicago's complaints.

Run ``python benchmarks/detection.py [--shared FOLDER]`` (about 3 minutes of one core). Seeds are
fixed. Real complaints hold real outbreaks, so there more than 1 % is no fault by itself.
"""

import argparse
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
from _shared import SHARED

from govdash.detect import (
    Detector,
    FindPolicy,
    find,
    judge,
    make_detector,
    make_key,
    replay,
    score_windows,
)
from govdash.detect.native import Native

CATEGORIES = [f"A-{major:02d}0{n:02d}" for major in range(1, 9) for n in range(1, 6)]
STREETS = [f"/1/1{d}/1{d}{s}/" for d in range(8) for s in range(8)]
AREAS = ["/1/", *(f"/1/1{d}/" for d in range(8)), *STREETS]


def null_counts(means: np.ndarray, n_days: int, *, dispersion: float, seed: int) -> pd.DataFrame:
    """Negative binomial counts with weekday and season, one column per mean."""
    rng = np.random.default_rng(seed)
    days = pd.date_range("2023-01-02", periods=n_days, name="day")
    t = np.arange(n_days)[:, None]
    mean = means * np.exp(0.3 * np.cos(2 * np.pi * t / 365.25) - 0.3 * (t % 7 >= 5))
    if dispersion > 1:
        values = rng.negative_binomial(mean / (dispersion - 1), 1 / dispersion)
    else:
        values = rng.poisson(mean)
    return pd.DataFrame(values, index=days, columns=[f"s{n}" for n in range(len(means))])


def calibration() -> None:
    """Share of ordinary days at a nominal 1 %: single days, windows, all windows corrected."""
    print("## Realised at nominal 1 %, two years of history, 56 days after them")
    print("| dispersion | mean/day | 1 day | 3 days | 7 days | best of all, corrected |")
    print("|---|---|---|---|---|---|")
    for dispersion in (1.0, 1.5, 3.0):
        for low, high in ((0.02, 0.1), (0.1, 1), (1, 10), (10, 100)):
            means = np.geomspace(low, high, 400)
            counts = null_counts(means, 793, dispersion=dispersion, seed=5)
            p_high, p_best = [], []
            for at in range(737, 793, 14):
                detector = Native().fit(counts.iloc[:at])
                for day in range(0, 14, 2):
                    scores = score_windows(detector, counts, at_day=counts.index[at - 1 + day])
                    p_high.append(scores.p_high)
                    p_best.append(scores.p_value)
            share = (np.concatenate(p_high, axis=1) <= 0.01).mean(axis=1) * 100
            best = (np.concatenate(p_best) <= 0.01).mean() * 100
            columns = " | ".join(f"{s:.1f} %" for s in (*share, best))
            print(f"| {dispersion} | {low}–{high} | {columns} |")


def city(seed: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """64 streets × 40 categories, 760 days, 60 labelled bursts; with all sums 3 577 series."""
    rng = np.random.default_rng(seed)
    n_days = 760
    means = np.exp(rng.normal(-2.2, 1, len(STREETS) * len(CATEGORIES)))
    cells = null_counts(means, n_days, dispersion=1.5, seed=seed)
    values = cells.to_numpy().reshape(n_days, len(STREETS), len(CATEGORIES)).copy()
    labels = []
    for n in range(60):
        street, category = rng.integers(len(STREETS)), rng.integers(len(CATEGORIES))
        start, days, size = rng.integers(395, 745), rng.integers(2, 8), rng.integers(2, 9)
        values[start : start + days, street, category] += rng.poisson(size, days)
        span = cells.index[[start, start + days - 1]].date
        labels.append((f"i{n}", CATEGORIES[category], STREETS[street], *span))
    columns = {}
    for area in AREAS:
        inside = values[:, [s.startswith(area) for s in STREETS]].sum(axis=1)
        for n, category in enumerate(CATEGORIES):
            columns[make_key(area, category)] = inside[:, n]
        for major in sorted({c[:4] for c in CATEGORIES}):
            mine = [c.startswith(major) for c in CATEGORIES]
            columns[make_key(area, major)] = inside[:, mine].sum(axis=1)
        columns[make_key(area)] = inside.sum(axis=1)
    names = ["incident_id", "category", "area_path", "start_day", "end_day"]
    return pd.DataFrame(columns, index=cells.index), pd.DataFrame(labels, columns=names)


def power() -> None:
    """Replay a year of the simulated city and judge it against its labels."""
    counts, labels = city(2)
    first, last = counts.index[390].date(), counts.index[750].date()
    begin = time.process_time()
    find(counts, at_day=last, detector=Native())
    print(f"\n## Tick of {counts.shape[1]} series × {counts.shape[0]} days")
    print(f"{time.process_time() - begin:.1f} s of one core")
    print("\n## A year replayed, 60 bursts of 2–8 a day for 2–7 days in one street and category")
    print("| detector | fdr | detected | median delay | false incidents a week | s of one core |")
    print("|---|---|---|---|---|---|")
    makers: dict[str, Callable[[], Detector]] = {
        name: lambda name=name: make_detector(name) for name in ("native", "rolling-z")
    }
    for name, make in makers.items():
        begin = time.process_time()
        policy = FindPolicy(fdr=0.05)
        findings = replay(counts, first_day=first, last_day=last, make=make, policy=policy)
        took = time.process_time() - begin
        for fdr in (0.05, 0.01, 0.001):
            # the nested reduction was made at 0.05; this only leaves out the weaker ones
            chosen = [f for f in findings if f.evidence.q_value <= fdr]
            told = judge(chosen, labels, first_day=first, last_day=last)
            print(
                f"| {name} | {fdr} | {told.detected_share:.0%} | {told.median_delay_days:g} d "
                f"| {told.false_per_week:.1f} | {took:.0f} |"
            )


def chicago(file: Path) -> None:
    """Realised at nominal 1 % on a year of sanitation complaints, 77 areas × 6 kinds and sums."""
    raw = pd.read_parquet(file)
    day, area = raw["Creation_Date"].dt.normalize(), raw["Community_Area"]
    kept = (day >= "2011-07-01") & (day < "2014-07-01") & area.notna()
    kept &= ~raw["Status"].astype(str).str.contains("Dup")
    nature = raw["What_is_the_Nature_of_this_Code_Violation"].fillna("")[kept]
    kinds = list(nature.value_counts().index[:6])
    day, area = day[kept], "/1/" + area[kept].astype(int).astype(str) + "/"
    whole = pd.Series("/1/", area.index)
    place = pd.concat([area, area, whole, whole])
    kind = nature.map({name: f"A-0{n}001" for n, name in enumerate(kinds, 1)})
    every = pd.Series("*", kind.index)
    what = pd.concat([kind, every, kind, every])
    when = pd.concat([day] * 4)
    series = (place + "|" + what).to_numpy()
    named = pd.notna(series)  # kinds beyond the six commonest count in the sums only
    counts = pd.crosstab(when.to_numpy()[named], series[named])
    counts = counts.reindex(pd.date_range(day.min(), day.max(), name="day"), fill_value=0)
    counts.columns = [str(name) for name in counts.columns]
    p_high, means = [], []
    for at in range(730, len(counts) + 1, 28):
        detector = Native().fit(counts.iloc[:at])
        for day_at in range(at, min(at + 28, len(counts) + 1), 3):
            scores = score_windows(detector, counts, at_day=counts.index[day_at - 1])
            p_high.append(scores.p_high)
            means.append(scores.expected[0])
    p, mean = np.concatenate(p_high, axis=1), np.concatenate(means)
    print("\n## Chicago, realised at nominal 1 %")
    print("| expected/day | 1 day | 3 days | 7 days |")
    print("|---|---|---|---|")
    for low, high in ((0, 0.1), (0.1, 1), (1, 5), (5, np.inf)):
        here = (mean >= low) & (mean < high)
        share = " | ".join(f"{s:.1f} %" for s in (p[:, here] <= 0.01).mean(axis=1) * 100)
        print(f"| {low}–{high} | {share} |")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shared", type=Path, default=SHARED, help="folder with data/")
    file = parser.parse_args().shared / "data" / "chicago311" / "chicago_sanitation.parquet"
    if file.is_file():
        chicago(file)
    else:
        print(f"no complaints at {file}; not measured (--shared FOLDER)")
    calibration()
    power()
