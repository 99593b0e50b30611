"""How fast a scan is: a city's categories compiled, against the same in NumPy, in one run.

Run: ``python benchmarks/scan.py [--threads 2]``. Read the ratios; seconds are of this machine at
this moment. 500 cells x 100 categories x 14 days, 30 nearest neighbours, 999 replicates; expected
counts lognormal with a median of 0.05 events per cell and day, dispersion 1.5; one category in
twenty has a burst. NumPy does a few categories with a tenth of the replicates, scaled up.
Then, how often a scan finds a cluster where there is none.
"""

import argparse
import time
from collections.abc import Callable

import numpy as np
import pandas as pd

from govdash.detect.scan import MonteCarlo, ScanResult, scan_poisson
from govdash.detect.scan.baseline import history_dispersion, history_expected
from govdash.detect.scan.models import ScanPlan, scan_study
from govdash.detect.scan.montecarlo import Engine, Stopping
from govdash.detect.scan.zones import distances, neighbours_by_distance

CELLS, CATEGORIES, DAYS, NEIGHBOURS, REPLICATES = 500, 100, 14, 30, 999
DISPERSION = 1.5
BURST_EVERY, BURST_EVENTS = 20, 6

#: Mean events per place and day, days of history, variance over mean.
NULLS = ((0.05, 28, 1.0), (0.05, 180, 1.0), (0.5, 28, 1.0), (0.5, 90, 1.0), (0.5, 365, 1.5))

#: Stopping, engine, categories, replicates.
ARMS: tuple[tuple[Stopping, Engine, int, int], ...] = (
    ("full", "numba", CATEGORIES, REPLICATES),
    ("sequential", "numba", CATEGORIES, REPLICATES),
    ("full", "numpy", 2, REPLICATES // 10),
    ("sequential", "numpy", 8, REPLICATES),
)


def city(*, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return counts and expectations (categories, days, cells), and neighbours."""
    rng = np.random.default_rng(seed)
    level = rng.lognormal(np.log(0.05), 1.0, (CATEGORIES, 1, CELLS))
    expected = level * np.exp(0.2 * np.sin(2 * np.pi * np.arange(DAYS) / 7))[:, None]
    counts = rng.negative_binomial(expected / (DISPERSION - 1), 1 / DISPERSION)
    place = rng.random((CELLS, 2))
    far = np.square(place[:, None] - place).sum(axis=-1)
    neighbours = np.argsort(far, axis=1, kind="stable")[:, :NEIGHBOURS]
    for category in range(0, CATEGORIES, BURST_EVERY):
        counts[category, -3:, neighbours[rng.integers(CELLS), :5]] += BURST_EVENTS
    return counts, expected, neighbours


def timed(work: Callable[[], list[ScanResult]]) -> tuple[float, float, list[ScanResult]]:
    """Return the seconds of `work`, those of all processors, and what it found."""
    began, spent = time.perf_counter(), time.process_time()
    found = work()
    return time.perf_counter() - began, time.process_time() - spent, found


def calibration(*, seed: int) -> None:
    """Print how often nothing at all is a cluster, when the expectation comes from history."""
    rng = np.random.default_rng(seed)
    place = rng.random((40, 2))
    neighbours = neighbours_by_distance(distances(place, geometry="plane"))
    print("\nno cluster, 40 places, windows to 14 days: share of p-values at most .01, .05, .1")
    arms = f"{'drawn as Poisson':>20}   {'as learned':>20}"
    print(f"{'mean':>5} {'history':>8} {'variance':>9}   {arms}")
    for mean, history, ratio in NULLS:
        level = rng.lognormal(np.log(mean), 0.7, (40, 1)).repeat(history + DAYS, axis=1)
        starts = pd.date_range("2025-01-01", periods=history + DAYS)
        found: dict[bool, list[float]] = {False: [], True: []}
        for _ in range(200):
            if ratio == 1:
                counts = rng.poisson(level)
            else:
                counts = rng.negative_binomial(level / (ratio - 1), 1 / ratio)
            expected = history_expected(counts, starts, unit="day", until=history)
            spread = history_dispersion(counts, expected, unit="day", until=history, longest=DAYS)
            plan = MonteCarlo(99, seed=int(rng.integers(10**9)))
            for learned, p_values in found.items():
                scanned = scan_study(
                    counts[None],
                    expected,
                    neighbours,
                    plan=ScanPlan(longest=DAYS, dispersion=spread if learned else 1.0),
                    monte_carlo=plan,
                )
                p_values.append(scanned.clusters[0].p_value if scanned.clusters else 1.0)
        shares = [
            " ".join(f"{np.mean(np.array(p) <= level):6.3f}" for level in (0.01, 0.05, 0.1))
            for p in found.values()
        ]
        print(f"{mean:5} {history:8} {ratio:9}   {shares[0]}   {shares[1]}")


def main() -> None:
    """Print one line per arm."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--threads", type=int, default=2)
    threads = options.parse_args().threads
    speed(threads)
    calibration(seed=2)


def speed(threads: int) -> None:
    """Print the seconds of each arm."""
    counts, expected, neighbours = city(seed=1)

    def arm(plan: MonteCarlo, categories: int = CATEGORIES) -> Callable[[], list[ScanResult]]:
        return lambda: scan_poisson(
            counts[:categories],
            expected[:categories],
            neighbours,
            dispersion=DISPERSION,
            monte_carlo=plan,
        )

    first, _, _ = timed(arm(MonteCarlo(1, engine="numba"), 1))
    print(f"first call (import, and compiling unless cached)  {first:8.2f} s")
    windows = CELLS * NEIGHBOURS * DAYS
    print(f"{'':30} {'s':>9} {'cpu s':>9} {'replicates':>11} {'Mwindows/s':>11} {'p <= .01':>9}")
    whole = {}
    for stopping, engine, part, replicates in ARMS:
        plan = MonteCarlo(replicates, stopping, seed=1, threads=threads, engine=engine)
        took, spent, found = timed(arm(plan, part))
        run = sum(len(one.maxima) for one in found)
        scale = CATEGORIES / part * REPLICATES / replicates
        told = "" if scale == 1 else f"  (x {scale:.1f} for all: {took * scale:,.1f} s)"
        hits = sum(one.clusters[0].p_value <= 0.01 for one in found if one.clusters)
        print(
            f"{f'{stopping} {engine}, {part} categories':30} {took:9.2f} {spent:9.2f} {run:11,}"
            f" {run * windows / took / 1e6:11,.0f} {hits:9}{told}"
        )
        whole[stopping, engine] = took * scale
    for stopping in ("full", "sequential"):
        ratio = whole[stopping, "numpy"] / whole[stopping, "numba"]
        print(f"{stopping}: compiled is {ratio:.0f} times as fast as NumPy")


if __name__ == "__main__":
    main()
