"""The loops of the scan in NumPy: used where numba cannot be imported; equal to `compiled`."""

from itertools import pairwise

import numpy as np

from govdash.detect.scan.likelihood import Tables, count_table
from govdash.detect.scan.space import SearchSpace, window_sums
from govdash.detect.scan.streams import Draws, uniforms


def maxima(
    draws: Draws,
    space: SearchSpace,
    tables: Tables,
    threshold: float,
    stop_at: int,
    out: np.ndarray,
) -> int:
    """Raise `out` to the replicates' largest statistics; return how many were run.

    Stops after the replicate in which `threshold` was reached for the `stop_at`-th time
    (never when `stop_at` is 0).
    """
    reached = 0
    for k in range(len(draws.seeds)):
        counts = _shuffled(draws, k) if len(draws.case_cells) else _dropped(draws, k)
        if counts.sum() >= len(tables.table):
            tables = tables._replace(table=count_table(2 * int(counts.sum())))
        value, _, _ = best_of_centres(window_sums(counts, space), space, tables)
        out[k] = max(out[k], value.max(initial=0.0))
        reached += bool(out[k] >= threshold)
        if stop_at and reached == stop_at:
            return k + 1
    return len(draws.seeds)


def best_of_centres(
    sums: np.ndarray, space: SearchSpace, tables: Tables
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return each centre's largest statistic, its size - 1 and its window; first of equals.

    Parameters
    ----------
    sums : array of int64 (cells, windows)
    """
    n_centres, n_windows = len(space.neighbours), len(space.starts)
    value = np.zeros(n_centres)
    size = np.full(n_centres, -1, np.int64)
    window = np.full(n_centres, -1, np.int64)
    count = np.zeros((n_centres, n_windows), np.int64)
    every = np.arange(n_centres)
    for j in range(int(space.sizes.max(initial=0))):
        count += sums[space.neighbours[:, j]]
        found = tables.table[count] - count * tables.slope[:, j] + tables.base[:, j]
        unlike = (count >= tables.high[:, j]) | (count <= tables.low[:, j])
        found = np.where(unlike, found, 0.0)
        best = found.argmax(axis=1)
        best_value = found[every, best]
        better = (best_value > value) & (j < space.sizes)
        value[better] = best_value[better]
        size[better] = j
        window[better] = best[better]
    return value, size, window


def _dropped(draws: Draws, k: int) -> np.ndarray:
    """Return counts (cells, T) of cases, or clumps of cases, that fell independently."""
    seed, n = draws.seeds[k], int(draws.cases[k])
    size = None
    if len(draws.size_cdf):
        drawn = uniforms(seed, 2 * n)
        place, u = drawn[0::2], drawn[1::2]
        size = 1 + np.searchsorted(draws.size_cdf, u, side="right")
    else:
        place = uniforms(seed, n)
    at = np.searchsorted(draws.cdf, place, side="right")
    return _counted(at, size, draws)


def _shuffled(draws: Draws, k: int) -> np.ndarray:
    """Return counts (cells, T) after giving the cases' times to their cells at random."""
    order = draws.case_times.tolist()
    drawn = uniforms(draws.seeds[k], len(order))
    ends = draws.stratum_ends.tolist()
    for first, end in pairwise(ends):
        # Fisher-Yates: each, from the last, swaps with one of those before it, or itself
        places = np.arange(end - first, 0, -1)
        swaps = (first + (drawn[first:end][::-1] * places).astype(np.int64)).tolist()
        for m, other in zip(range(end - 1, first, -1), swaps, strict=False):
            order[m], order[other] = order[other], order[m]
    return _counted(draws.case_cells * draws.n_times + np.asarray(order), None, draws)


def _counted(at: np.ndarray, size: np.ndarray | None, draws: Draws) -> np.ndarray:
    counts = np.bincount(at, weights=size, minlength=draws.n_cells * draws.n_times)
    return counts.astype(np.int64).reshape(draws.n_cells, draws.n_times)
