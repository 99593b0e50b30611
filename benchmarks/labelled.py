"""Measures the detectors on labelled series: 14 weekly surveillance sets and NAB's nyc_taxi.

Run ``python benchmarks/labelled.py [--shared FOLDER]`` (about ten seconds of one core). Weeks are
scored from the 30th on, each from its past alone: most outbreaks lie in the first two years,
before Farrington's method can look back, and three before week 30, where nobody is scored. Every
arm's threshold is set so that the stated share of the weeks outside the labelled outbreaks is
beyond it (EARS has none at 1 %: more weeks than that follow seven equal ones). nyc_taxi: half
hours summed to hours; the threshold lets so many false days a month through; found is a window of
NAB with an hour beyond it. The labels are few and coarse: these figures are reported, not tuned
for.
"""

import argparse
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
from _shared import SHARED
from pandas.tseries.holiday import USFederalHolidayCalendar

from govdash.detect.contract import Detector
from govdash.detect.native import Native
from govdash.detect.registry import make_detector
from govdash.detect.walk import walk_forward

SETS = (
    *("h1_nrwrp", "k1", "m1", "m2", "m3", "m4", "m5", "n1", "n2", "q1_nrwh", "q2", "s1", "s2"),
    "s3",
)
FIRST_WEEK = 30
WEEKLY: dict[str, Callable[[], Detector]] = {
    "native": lambda: Native(freq="W", low_side=False),
    "EARS C2": lambda: make_detector("ears-c2", freq="W"),
    "rolling z, 20 weeks": lambda: make_detector("rolling-z", window=20, guard=4),
}


def surveillance(folder: Path) -> None:
    """Print sensitivity per week and per outbreak at matched false-positive rates."""
    every = pd.read_parquet(folder / "counts" / "surveillance_long.parquet")
    chosen = every[every["dataset"].isin(SETS)]
    days = pd.date_range("2001-01-01", periods=int(chosen["t"].max()) + 1, freq="7D", name="week")
    wide = chosen.pivot_table(index="t", columns="dataset", values="observed")[list(SETS)]
    labels = chosen.pivot_table(index="t", columns="dataset", values="outbreak")[list(SETS)]
    counts = pd.DataFrame(wide.to_numpy().astype(np.int64), index=days, columns=list(SETS))
    outbreak = labels.to_numpy()[FIRST_WEEK:] > 0
    runs = outbreak & ~np.vstack([np.zeros((1, len(SETS)), dtype=bool), outbreak[:-1]])
    number = np.cumsum(runs, axis=0)
    print(f"\n## 14 surveillance series, weeks {FIRST_WEEK}–{len(counts) - 1}: ", end="")
    print(f"{outbreak.sum()} outbreak weeks in {runs.sum()} outbreaks")
    print("| arm | weeks found at 1 % | outbreaks at 1 % | weeks at 5 % | outbreaks at 5 % |")
    print("|---|---|---|---|---|")
    for name, make in WEEKLY.items():
        scored = walk_forward(counts, make=make, start=days[FIRST_WEEK], refit_days=1)
        p = scored.pivot_table(index="date", columns="series", values="p_high", dropna=False)
        score = -np.log10(np.maximum(p[list(SETS)].fillna(1.0).to_numpy(), 1e-300))
        told = []
        for share in (0.01, 0.05):
            ordered = np.sort(score[~outbreak])[::-1]
            beyond = score > ordered[int(share * len(ordered))]
            found = {(s, int(number[t, s])) for t, s in np.argwhere(beyond & outbreak)}
            told += [f"{beyond[outbreak].mean():.2f}", f"{len(found)}"]
        print(f"| {name} | {' | '.join(told)} |")


def taxi(folder: Path) -> None:
    """Print which of NAB's five windows are found at one and two false days a month."""
    every = pd.read_parquet(folder / "counts" / "nab_all.parquet")
    rows = every[every["file"].str.contains("nyc_taxi")].set_index("timestamp")
    hourly = rows["value"].resample("h").sum().astype(np.int64)
    window = rows["in_window"].resample("h").max().astype(bool).to_numpy()
    counts = pd.DataFrame({"taxi": hourly.to_numpy()}, index=hourly.index.rename("hour"))
    named = USFederalHolidayCalendar().holidays("2014-01-01", "2015-12-31", return_name=True)
    holidays = {day.date(): name for day, name in named.items()}
    start = counts.index[24 * 7 * 8]
    arms: dict[str, Callable[[], Detector]] = {
        "native, hours, no holidays known": lambda: Native(freq="H"),
        "native, hours, holidays known": lambda: Native(freq="H", holidays=holidays),
        "rolling z, 4 weeks": lambda: make_detector("rolling-z", window=672, guard=24),
    }
    inside = window[24 * 7 * 8 :]
    number = np.cumsum(np.diff(np.concatenate([[0], inside.astype(int)])) == 1)
    print(f"\n## NAB nyc_taxi, hours from {start.date()} on, {number.max()} labelled windows")
    print("| arm | windows found at 1 false day a month | at 2 |")
    print("|---|---|---|")
    for name, make in arms.items():
        scored = walk_forward(counts, make=make, start=start, refit_days=168)
        score = np.abs(scored["score"].to_numpy())
        days = pd.DatetimeIndex(scored["date"]).normalize()
        worst = pd.Series(score[~inside]).groupby(days[~inside]).max().sort_values(ascending=False)
        months = len(worst) / 30.4
        told = []
        for allowed in (1, 2):
            threshold = worst.iloc[int(allowed * months)]
            told.append(str(len(set(number[inside & (score > threshold)]))))
        print(f"| {name} | {' | '.join(told)} |")


def main() -> None:
    """Run everything."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shared", type=Path, default=SHARED, help="folder with data/")
    folder = parser.parse_args().shared / "data"
    if not folder.is_dir():
        print(f"no real data at {folder}; nothing measured (--shared FOLDER)")
        return
    begin = time.process_time()
    surveillance(folder)
    taxi(folder)
    print(f"\n{time.process_time() - begin:.0f} s of one core")


if __name__ == "__main__":
    main()
