"""Measures bursts in real 311 panels and the realised false-alarm rate, every arm alike.

Run ``python benchmarks/panels.py [--shared FOLDER] [--quick]`` (about 5 minutes of one core, one
minute without the slow arms). Without the real data beside the project it says so and ends.

Bursts: 231 in all, 7 per kind in each of three seeds (`_panel_data.inject`). An alert is a zone of
areas and the days of its evidence; alerts of one kind with overlapping zones within 3 days are one
incident. A false incident touches no burst, counted on the same run; POD is the share of bursts
with an alert of their kind, in their areas, on one of their days, at the lowest threshold that
keeps to the budget. "By chance" is the share of bursts that the same threshold "finds" in the
panel before the burst was put in: with long windows and merging it is not nothing.
"""

import argparse
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
from _panel_arms import (
    SCORERS,
    cell_alerts,
    panel_scorer,
    parent_expected,
    watch,
    zone_alerts,
)
from _panel_data import SCORED_DAYS, Burst, Panel, boston, chicago, inject
from _panel_judge import Alerts, at_budget, judge
from _shared import SHARED
from pandas.tseries.holiday import USFederalHolidayCalendar

from govdash.detect.city.tails import TRAILING

SEEDS = (1, 2, 3)
BUDGETS = (0.10, 0.25, 0.50, 1.0)
LARGE = 7.0
NATIVE, CELL_DAY = "native: cells × 1–14 days", "native, cell-day only"
SLOW = ("exact Farrington, same weekday", "STL z", "IsolationForest")
NULL_DAYS = 545

Runs = list[tuple[Alerts, list[Burst]]]


def holidays_of(days: pd.DatetimeIndex) -> dict:
    """Federal holidays by date."""
    named = USFederalHolidayCalendar().holidays(
        days[0], days[-1] + pd.Timedelta(days=30), return_name=True
    )
    return {day.date(): name for day, name in named.items()}


def native_arms(panel: Panel) -> Callable[[np.ndarray], dict[str, Alerts]]:
    """Return what scores counts with the native detector, parent and all."""
    holidays = holidays_of(panel.days)
    start = len(panel.days) - SCORED_DAYS - TRAILING - 14

    def score(counts: np.ndarray) -> dict[str, Alerts]:
        parent = parent_expected(counts.sum(axis=1), panel.days, start=start, holidays=holidays)
        found, cell_day = watch(panel, counts, parent)
        log_p = -np.log10(np.maximum(cell_day, 1e-300))
        return {NATIVE: zone_alerts(found), CELL_DAY: cell_alerts(log_p, len(panel.days))}

    return score


def run_arms(panels: list[Panel], *, slow: bool) -> tuple[dict[str, Runs], dict[str, list[Alerts]]]:
    """Score every panel with and without bursts; return runs and un-injected alerts by arm."""
    runs: dict[str, Runs] = {}
    clean: dict[str, list[Alerts]] = {}
    for panel in panels:
        injected = [inject(panel, seed=seed) for seed in SEEDS]
        arms: list[Callable[[np.ndarray], dict[str, Alerts]]] = [native_arms(panel)]
        for name, scorer in SCORERS.items():
            if slow or name not in SLOW:
                arm = panel_scorer(panel, scorer)
                arms.append(lambda counts, name=name, arm=arm: {name: arm(counts)})
        for arm in arms:
            usual = arm(panel.counts)
            for counts, bursts in injected:
                for name, alerts in arm(counts).items():
                    runs.setdefault(name, []).append((alerts, bursts))
                    clean.setdefault(name, []).append(usual[name])
    return runs, clean


def power(panels: list[Panel], *, slow: bool) -> None:
    """Print POD per budget, for large bursts, by chance, delay and alerts a day."""
    runs, clean = run_arms(panels, slow=slow)
    city_days = len(panels) * len(SEEDS) * SCORED_DAYS
    bursts = [burst for _, each in runs[NATIVE] for burst in each]
    large = np.array([burst.k >= LARGE for burst in bursts])
    print(
        f"\n## {len(bursts)} bursts, {city_days} city-days, {large.sum()} bursts of >= {LARGE} sd"
    )
    budgets = " | ".join(f"{b:.2f}" for b in BUDGETS)
    print(
        f"| POD at false incidents per city-day | {budgets} | {LARGE:g} sd at .25 | by chance ",
        end="",
    )
    print("at .10 / .25 | median delay, d | alerts a city-day at .25 |")
    print("|---" * (len(BUDGETS) + 5) + "|")
    for name, scored in runs.items():
        pods, chances, told = [], [], ""
        for budget in BUDGETS:
            threshold, verdicts = at_budget(scored, false_allowed=budget * city_days)
            delay = np.concatenate([v.delays for v in verdicts])
            pods.append((delay >= 0).mean())
            before = [
                judge(alerts, each, threshold).delays
                for alerts, (_, each) in zip(clean[name], scored, strict=True)
            ]
            chances.append((np.concatenate(before) >= 0).mean())
            if budget == 0.25:
                rate = sum((a.score >= threshold).sum() for a, _ in scored) / city_days
                median = np.median(delay[delay >= 0])
                told = f"{median:g} | {rate:.2f}"
                big = (delay[large] >= 0).mean()
        columns = " | ".join(f"{p:.3f}" for p in pods)
        print(f"| {name} | {columns} | {big:.3f} | {chances[0]:.3f} / {chances[1]:.3f} | {told} |")


def calibration(panels: list[Panel]) -> None:
    """Print how often nominal p-values come out on un-injected history, one per category-day."""
    print(f"\n## Realised on the last {NULL_DAYS} un-injected days; best zone of a category-day")
    print("| panel | 10 % | 5 % | 1 % | 0.1 % | category-days |")
    print("|---|---|---|---|---|---|")
    every = []
    for panel in panels:
        start = len(panel.days) - NULL_DAYS - TRAILING - 14
        totals = panel.counts.sum(axis=1)
        parent = parent_expected(totals, panel.days, start=start, holidays=holidays_of(panel.days))
        found, cell_day = watch(panel, panel.counts, parent, scored=NULL_DAYS)
        best = np.ones((NULL_DAYS, len(panel.kinds)))
        for hit in found:
            at = hit.day - len(panel.days) + NULL_DAYS, hit.category
            best[at] = min(best[at], hit.p_value)
        every.append(best.ravel())
        _rates(panel.city, best.ravel())
        _rates(f"{panel.city}, cell-days (model tail)", cell_day.ravel())
    _rates("both", np.concatenate(every))


def _rates(name: str, p_values: np.ndarray) -> None:
    told = " | ".join(f"{(p_values <= level).mean():.2%}" for level in (0.1, 0.05, 0.01, 0.001))
    print(f"| {name} | {told} | {len(p_values)} |")


def main() -> None:
    """Run everything."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shared", type=Path, default=SHARED, help="folder with data/")
    parser.add_argument("--quick", action="store_true", help="without the slow arms")
    given = parser.parse_args()
    folder = given.shared / "data"
    if not folder.is_dir():
        print(f"no real data at {folder}; nothing measured (--shared FOLDER)")
        return
    begin = time.process_time()
    panels = [chicago(folder), boston(folder)]
    power(panels, slow=not given.quick)
    calibration(panels)
    print(f"\n{time.process_time() - begin:.0f} s of one core")


if __name__ == "__main__":
    main()
