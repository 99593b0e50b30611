"""How fast a scan is: a city's categories compiled, against the same in NumPy, in one run.

Run: ``python benchmarks/scan.py [--threads 2]``. Read the ratios; seconds are of this machine at
this moment. 500 cells x 100 categories x 14 days, 30 nearest neighbours, 999 replicates; expected
counts lognormal with a median of 0.05 events per cell and day, dispersion 1.5; one category in
twenty has a burst. NumPy does a few categories with a tenth of the replicates, scaled up.
"""

import argparse
import time
from collections.abc import Callable

import numpy as np

from govdash.detect.scan import MonteCarlo, ScanResult, scan_poisson
from govdash.detect.scan.montecarlo import Engine, Stopping

CELLS, CATEGORIES, DAYS, NEIGHBOURS, REPLICATES = 500, 100, 14, 30, 999
DISPERSION = 1.5
BURST_EVERY, BURST_EVENTS = 20, 6

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


def main() -> None:
    """Print one line per arm."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--threads", type=int, default=2)
    threads = options.parse_args().threads
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
