"""The loops of the scan for numba: the same numbers as `plain`, an order of magnitude sooner.

Compiled code is kept on disk (``cache=True``): beside this file, or, where that folder cannot be
written, in the user's cache folder or in ``NUMBA_CACHE_DIR``. Where none of these can be written
the loops are compiled anew in each process. All of them release the interpreter lock.
"""

from collections.abc import Callable
from typing import Any, Final

import numba
import numpy as np

from govdash.detect.scan.likelihood import Tables, count_table
from govdash.detect.scan.space import SearchSpace
from govdash.detect.scan.streams import GAMMA, LANES, MIX_1, MIX_2, Draws

_ONE: Final = np.uint64(1)
_S11, _S27, _S30, _S31 = np.uint64(11), np.uint64(27), np.uint64(30), np.uint64(31)
_GAMMA, _MIX_1, _MIX_2 = np.uint64(GAMMA), np.uint64(MIX_1), np.uint64(MIX_2)
_STEP: Final = 2.0**-53
_NARROW: Final = 2**16 - 1


def _compile(function: Callable[..., Any]) -> Any:  # noqa: ANN401 - numba's dispatcher has no type
    try:
        return numba.njit(cache=True, nogil=True)(function)
    except RuntimeError:  # no folder for the cache can be written
        return numba.njit(nogil=True)(function)


@_compile
def _uniform(seed: np.uint64, n: int) -> float:
    """Return the n-th number (from 0) of a stream as a double in [0, 1); see `streams`."""
    z = seed + (np.uint64(n) + _ONE) * _GAMMA
    z = (z ^ (z >> _S30)) * _MIX_1
    z = (z ^ (z >> _S27)) * _MIX_2
    z = z ^ (z >> _S31)
    return float(z >> _S11) * _STEP


@_compile
def _drop(draws: Draws, k: int, out: np.ndarray, lane: int) -> int:
    """Drop the cases of replicate `k` into a lane of `out` (places, LANES); return how many."""
    seed, total = draws.seeds[k], 0
    cdf, guide, size_cdf = draws.cdf, draws.guide, draws.size_cdf
    numbers = 2 if len(size_cdf) > 0 else 1
    for m in range(draws.cases[k]):
        u = _uniform(seed, numbers * m)
        place = guide[int(u * len(guide))]
        while cdf[place] <= u:
            place += 1
        size = 1
        if numbers == 2:
            u = _uniform(seed, 2 * m + 1)
            while size <= len(size_cdf) and size_cdf[size - 1] <= u:
                size += 1
        out[place, lane] += size
        total += size
    return total


@_compile
def _shuffle(draws: Draws, k: int, order: np.ndarray, out: np.ndarray, lane: int) -> None:
    """Give the cases' times to their cells at random (Fisher-Yates)."""
    for m in range(len(order)):
        order[m] = draws.case_times[m]
    for stratum in range(len(draws.stratum_ends) - 1):
        first = draws.stratum_ends[stratum]
        for m in range(draws.stratum_ends[stratum + 1] - 1, first, -1):
            other = first + int(_uniform(draws.seeds[k], m) * (m - first + 1))
            kept = order[m]
            order[m] = order[other]
            order[other] = kept
    for m in range(len(order)):
        out[draws.case_cells[m] * draws.n_times + order[m], lane] += 1


@_compile
def _fill(draws: Draws, first: int, end: int, places: np.ndarray) -> int:
    """Draw replicates into the lanes of `places` (cells x T, LANES); return the largest total."""
    places.fill(0)
    order = np.zeros(len(draws.case_times), np.int64)
    largest = len(order)
    for k in range(first, end):
        if len(order) > 0:
            _shuffle(draws, k, order, places, k - first)
        else:
            largest = max(largest, _drop(draws, k, places, k - first))
    return largest


@_compile
def _sum_windows(
    places: np.ndarray, n_times: int, starts: np.ndarray, ends: np.ndarray, sums: np.ndarray
) -> None:
    """Write the window sums (cells, windows x LANES) of counts (cells x T, LANES)."""
    until = np.zeros((n_times + 1, LANES), places.dtype)
    for cell in range(len(sums)):
        for t in range(n_times):
            for r in range(LANES):
                until[t + 1, r] = until[t, r] + places[cell * n_times + t, r]
        for w in range(len(starts)):
            for r in range(LANES):
                sums[cell, w * LANES + r] = until[ends[w], r] - until[starts[w], r]


@_compile
def _search(sums: np.ndarray, space: SearchSpace, tables: Tables, best: np.ndarray) -> None:
    """Write the largest statistic of each lane into `best` (LANES,)."""
    table, n_windows = tables.table, len(space.starts)
    running = np.zeros(n_windows * LANES, sums.dtype)
    best.fill(0.0)
    for i in range(len(space.neighbours)):
        running.fill(0)
        for j in range(space.sizes[i]):
            more = sums[space.neighbours[i, j]]
            for q in range(len(running)):
                running[q] += more[q]
            for w in range(n_windows):
                times, plus = tables.slope[i, j, w], tables.base[i, j, w]
                least, most = tables.high[i, j, w], tables.low[i, j, w]
                for r in range(LANES):
                    n = np.int64(running[w * LANES + r])
                    value = table[n] - n * times + plus
                    value = value if (n >= least or n <= most) else 0.0
                    best[r] = max(best[r], value)


@_compile
def _least(space: SearchSpace, tables: Tables, floor: float) -> np.ndarray:
    """Return the least count (centres, k, windows) whose statistic reaches `floor`."""
    table, n_windows = tables.table, len(space.starts)
    least = np.empty_like(tables.high)
    reaching = np.zeros(n_windows, np.int64)
    for i in range(len(space.neighbours)):
        reaching.fill(0)
        for j in range(space.sizes[i]):
            for w in range(n_windows):
                times, plus = tables.slope[i, j, w], tables.base[i, j, w]
                n = max(reaching[w], tables.high[i, j, w])  # it grows with the zone: no search
                while n < len(table) and table[n] - n * times + plus < floor:
                    n += 1
                least[i, j, w] = reaching[w] = n
    return least


@_compile
def _search_above(
    sums: np.ndarray,
    space: SearchSpace,
    tables: Tables,
    least: np.ndarray,
    best: np.ndarray,
) -> None:
    """As `_search` for high rates, but only for counts from `least` on; 0 where none is.

    Nearly every window is passed over after one addition and one comparison of whole numbers.
    """
    table, n_windows = tables.table, len(space.starts)
    running = np.zeros(n_windows * LANES, sums.dtype)
    best.fill(0.0)
    for i in range(len(space.neighbours)):
        running.fill(0)
        for j in range(space.sizes[i]):
            more = sums[space.neighbours[i, j]]
            for q in range(len(running)):
                running[q] += more[q]
            for w in range(n_windows):
                enough = least[i, j, w]
                reached = 0
                for r in range(LANES):
                    reached += running[w * LANES + r] >= enough
                if reached > 0:
                    times, plus = tables.slope[i, j, w], tables.base[i, j, w]
                    for r in range(LANES):
                        n = np.int64(running[w * LANES + r])
                        if n >= enough:
                            best[r] = max(best[r], table[n] - n * times + plus)


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
    # narrow numbers go twice as many at a time; no total comes near the limit by chance
    small = len(tables.table) < _NARROW // 2 and draws.cases.max(initial=0) < _NARROW // 4
    run = (
        _maxima(draws, space, tables, threshold, stop_at, np.dtype(np.uint16), out) if small else 0
    )
    if run == 0:
        run = _maxima(draws, space, tables, threshold, stop_at, np.dtype(np.int32), out)
    return run


def _maxima(
    draws: Draws,
    space: SearchSpace,
    tables: Tables,
    threshold: float,
    stop_at: int,
    kind: np.dtype[Any],
    out: np.ndarray,
) -> int:
    """As `maxima`; 0 when a total was too large for counts of this `kind`.

    In Python, for the loops together take thrice as long to compile as one by one.
    """
    places = np.zeros((draws.n_cells * draws.n_times, LANES), kind)
    sums = np.zeros((draws.n_cells, len(space.starts) * LANES), kind)
    best, reached = np.zeros(LANES), 0
    low_rates = bool((tables.low >= 0).any())
    floor = max(0.6 * threshold, 0.0)  # a guess, as good as the null hypothesis; mended after 16
    least = tables.high if low_rates else _limits(space, tables, floor, kind)
    for first in range(0, len(draws.seeds), LANES):
        lanes = slice(first, min(first + LANES, len(draws.seeds)))
        n = _fill(draws, first, lanes.stop, places)
        if n >= np.iinfo(kind).max:
            return 0
        if n >= len(tables.table):
            tables = tables._replace(table=count_table(2 * n))
        _sum_windows(places, draws.n_times, space.starts, space.ends, sums)
        if low_rates:
            _search(sums, space, tables, best)
        else:
            _search_above(sums, space, tables, least, best)
            if np.maximum(best[: lanes.stop - first], out[lanes]).min() < floor:
                _search(sums, space, tables, best)
                if first == 0:
                    floor = _floor(best[: lanes.stop])
                    least = _limits(space, tables, floor, kind)
        out[lanes] = np.maximum(out[lanes], best[: lanes.stop - first])
        at = np.flatnonzero(out[lanes] >= threshold)
        if stop_at and reached + len(at) >= stop_at:
            return first + int(at[stop_at - reached - 1]) + 1
        reached += len(at)
    return len(draws.seeds)


def _limits(space: SearchSpace, tables: Tables, floor: float, kind: np.dtype[Any]) -> np.ndarray:
    """Return `_least` in counts of a `kind`; what doesn't fit becomes one that never occurs."""
    return np.minimum(_least(space, tables, floor), np.iinfo(kind).max).astype(kind)


def _floor(best: np.ndarray) -> float:
    """Return a value that hardly any replicate stays below.

    For a Gumbel distribution the 1e-4 quantile lies about as far below the least of 16 as this.
    """
    least = float(best.min())
    return max(least - 0.8 * (float(np.median(best)) - least), 0.0)


@_compile
def best_of_centres(
    sums: np.ndarray, space: SearchSpace, tables: Tables
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return each centre's largest statistic, its size - 1 and its window; first of equals."""
    slope, base, high, low = tables.slope, tables.base, tables.high, tables.low
    n_centres, n_windows = len(space.neighbours), len(space.starts)
    value = np.zeros(n_centres)
    size = np.full(n_centres, -1, np.int64)
    window = np.full(n_centres, -1, np.int64)
    running = np.zeros(n_windows, np.int64)
    for i in range(n_centres):
        running.fill(0)
        for j in range(space.sizes[i]):
            cell = space.neighbours[i, j]
            for w in range(n_windows):
                running[w] += sums[cell, w]
                n = running[w]
                if n >= high[i, j, w] or n <= low[i, j, w]:
                    found = tables.table[n] - n * slope[i, j, w] + base[i, j, w]
                    if found > value[i]:
                        value[i], size[i], window[i] = found, j, w
    return value, size, window
