"""Measures the city's size: 500 cells × 100 categories × 730 days. Prints time and memory.

Run ``python benchmarks/city_speed.py`` (about a minute of one core, the first run compiles). Counts
are simulated, seed fixed, 0.05 events a day in the median cell.
"""

import resource
import time

import numpy as np
import pandas as pd

from govdash.detect.city import CityDetector, nearest_cells
from govdash.detect.city.cells import advance, expected, learn, shocks
from govdash.detect.city.watch import scan_clusters
from govdash.detect.native import Native

CELLS, CATEGORIES, DAYS = 500, 100, 730


def main() -> None:
    """Run everything."""
    rng = np.random.default_rng(7)
    share = rng.dirichlet(np.full(CELLS, 1.0), size=CATEGORIES).astype(np.float32)
    level = np.exp(rng.normal(3.2, 0.8, CATEGORIES)).astype(np.float32)
    season = (1 + 0.3 * np.cos(np.arange(DAYS) * 2 * np.pi / 365.25)).astype(np.float32)
    counts = np.empty((DAYS, CATEGORIES, CELLS), dtype=np.int32)
    for t in range(DAYS):
        counts[t] = rng.poisson(season[t] * level[:, None] * share)
    near = nearest_cells(rng.uniform(116, 116.5, CELLS), rng.uniform(39.7, 40.1, CELLS), k=10)
    days = pd.date_range("2024-01-01", periods=DAYS, name="day")
    totals = pd.DataFrame(
        counts.sum(axis=2), index=days, columns=[str(n) for n in range(CATEGORIES)]
    )
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    Native(freq="D").fit(totals.iloc[:100])  # compiles
    begin = time.process_time()
    parents = Native(freq="D").fit(totals).state_
    fitted = time.process_time() - begin
    begin = time.process_time()
    parents, _ = parents.tick(days[-1] + pd.Timedelta(days=1), totals.to_numpy()[-1:])
    parents_ticked = time.process_time() - begin
    next_parent = parents.level.mean[-1]
    detector = CityDetector(near)
    parent = (season[:, None] * level).astype(float)
    begin = time.process_time()
    state = learn(detector.model, counts, parent, last_day=DAYS)
    learned = time.process_time() - begin

    ticks = []
    for _ in range(5):
        begin = time.process_time()
        state = advance(detector.model, state, counts[-1], next_parent)
        due = expected(detector.model, state)
        shocks(detector.model, state.counts, due)
        ticks.append(time.process_time() - begin)
    scan_clusters(detector.model, state, near, detector.plan)  # compiles
    begin = time.process_time()
    scan_clusters(detector.model, state, near, detector.plan)
    scanned = time.process_time() - begin
    begin = time.process_time()
    scan_clusters(detector.model, state, near, detector.plan, simulate=True)
    simulated = time.process_time() - begin
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(f"\n## {CELLS} cells × {CATEGORIES} categories × {DAYS} days, CPU seconds")
    print("| what | measured |")
    print("|---|---|")
    print(f"| parents refitted | {fitted:.2f} s |")
    print(f"| cells refitted | {learned:.2f} s |")
    print(f"| tick of the parents | {parents_ticked:.3f} s |")
    print(f"| tick: state, expectations, shocks | {np.median(ticks):.3f} s |")
    print(f"| scan, 10 neighbours × 14 days, no replicates | {scanned:.2f} s |")
    print(f"| scan, sequential Monte Carlo up to 199 | {simulated:.2f} s |")
    print(f"| memory at most, with input and interpreter | {peak / 1024:.0f} MB |")
    print(f"| memory before learning | {before / 1024:.0f} MB |")


if __name__ == "__main__":
    main()
