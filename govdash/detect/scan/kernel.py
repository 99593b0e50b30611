"""The scan of one or many categories: best windows, disjoint clusters, Monte Carlo p-values.

`scan_poisson` is the expectation-based scan that a tick uses; `Model` and `scan_model` are what
it and the models of `models` are made of.
"""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from types import ModuleType
from typing import Final, Literal

import numpy as np

from govdash.core.errors import InputError
from govdash.detect.scan.likelihood import Rates, Tables, build_tables, log_likelihood_ratio
from govdash.detect.scan.montecarlo import MonteCarlo, loops_of, replicate_maxima
from govdash.detect.scan.results import Cluster, ScanResult, with_p
from govdash.detect.scan.space import SearchSpace, nested_zones, prospective_windows, window_sums
from govdash.detect.scan.streams import Draws, clump_sizes, clumps_per_case, cumulative

Secondary = Literal["any", "centre", "centre-time"]

#: Each centre's statistic, size - 1 and window.
Best = tuple[np.ndarray, np.ndarray, np.ndarray]

#: Windows whose tables are held in memory at once, 24 bytes each.
_PART: Final = 4_000_000


@dataclass(frozen=True)
class Model:
    """One category under the null hypothesis.

    Attributes
    ----------
    counts : array of int (cells, T)
    expected : array (cells, T)
        Adds up to the number of cases when `given_total`.
    given_total : bool
        Whether the model is conditional on the number of cases.
    strata : tuple of array of int (cells, T)
        When not empty, replicates are permutations: they shuffle the cases' times among their
        cells, within each of these tables (which add up to `counts`).
    dispersion : float
        Variance over mean of the replicates' counts, >= 1; only without `given_total`.
    """

    counts: np.ndarray
    expected: np.ndarray
    given_total: bool = False
    strata: tuple[np.ndarray, ...] = ()
    dispersion: float = 1.0

    @property
    def total(self) -> int:
        """All cases."""
        return int(self.counts.sum())


def scan_poisson(
    counts: np.ndarray,
    expected: np.ndarray,
    neighbours: np.ndarray,
    *,
    longest: int | None = None,
    dispersion: float | np.ndarray = 1.0,
    monte_carlo: MonteCarlo | None = None,
    streams: Sequence[int] | None = None,
    max_clusters: int = 10,
    min_cases: int = 1,
) -> list[ScanResult]:
    """Scan the windows that end with the last bucket, expectation-based, category by category.

    Parameters
    ----------
    counts : array of int (categories, T, cells) or (T, cells)
    expected : array, shaped as `counts`
        What the baseline expects; a window where 0 is expected is never a cluster.
    neighbours : array of int (cells, k)
        Each row begins with the cell itself, nearest first.
    longest : int, optional
        Longest window in buckets; T unless given.
    dispersion : float or array (categories,)
        Variance over mean of the counts, >= 1; replicates are negative binomial with it. The
        statistic stays Poisson's: with one dispersion for all windows of a category, dividing by
        it would change no rank.
    streams : sequence of int (categories,), optional
        Categories with equal numbers see the same random numbers. All zero unless given, so that
        no category's p-value depends on which others there are.
    max_clusters : int
        Disjoint clusters per category: the best window, then the best of those without a cell of
        an earlier one, and so on.
    min_cases : int
        Fewest cases in a cluster.

    Returns
    -------
    list of ScanResult, one per category
    """
    observed, means = np.asarray(counts), np.asarray(expected, dtype=float)
    if observed.ndim == 2:
        observed, means = observed[None], means[None]
    if observed.shape != means.shape or observed.ndim != 3:
        raise InputError(f"计数 {np.shape(counts)} 与预期 {np.shape(expected)} 的形状不一致。")
    n_categories, n_times, n_cells = observed.shape
    reach = n_times if longest is None else longest
    if not 1 <= reach <= n_times:
        raise InputError(f"最长窗口 {reach} 应在 1 与 {n_times} 之间。")
    zones = nested_zones(neighbours, n_cells=n_cells)
    sizes = np.full(len(zones), zones.shape[1], dtype=np.int32)
    space = SearchSpace(zones, sizes, *prospective_windows(reach, longest=reach))
    spread = np.broadcast_to(np.asarray(dispersion, dtype=float), n_categories)
    plan = monte_carlo or MonteCarlo()
    keys = [0] * n_categories if streams is None else list(streams)

    def one(n: int) -> ScanResult:
        model = Model(
            counts=observed[n, -reach:].T,
            expected=means[n, -reach:].T,
            dispersion=float(spread[n]),
        )
        found = scan_model(
            model,
            space,
            replace(plan, threads=1) if n_categories > 1 else plan,
            stream=keys[n],
            max_clusters=max_clusters,
            min_cases=min_cases,
        )
        return _later(found, n_times - reach)

    if plan.threads == 1 or n_categories == 1:
        return [one(n) for n in range(n_categories)]
    with ThreadPoolExecutor(plan.threads) as pool:
        return list(pool.map(one, range(n_categories)))


def scan_model(
    model: Model,
    space: SearchSpace,
    monte_carlo: MonteCarlo,
    *,
    stream: int = 0,
    max_clusters: int = 10,
    min_cases: int = 1,
    rates: Rates = "high",
    secondary: Secondary = "any",
    told: Callable[[int], None] | None = None,
) -> ScanResult:
    """Scan one category.

    Parameters
    ----------
    rates : {"high", "low", "both"}
        Whether too many, too few or either makes a cluster.
    secondary : {"any", "centre", "centre-time"}
        A further cluster is the best of all windows without a cell of an earlier one ("any"); or
        of the best windows of each centre those without ("centre": fewer, and the usual choice
        in epidemiology); or those without an earlier one's cell in a window that overlaps or
        touches its own ("centre-time").
    told : callable, optional
        Is told now and then how many replicates are done.
    """
    model = _checked(model)
    draws = _draws(model, monte_carlo, stream)
    largest = max(model.total, int(draws.cases.max(initial=0)))

    def tables(part: SearchSpace) -> Tables:
        return build_tables(
            model.expected,
            part,
            total=model.total if model.given_total else None,
            largest=largest,
            min_cases=min_cases,
            rates=rates,
        )

    parts = _Parts(model, space, tables)
    loops = loops_of(monte_carlo.engine)

    def best(where: SearchSpace) -> Best:
        return _best(parts, loops, where.sizes)

    first = best(space)
    chosen = _apart(space, first, best, max_clusters, secondary)
    clusters = [_cluster(model, space, *one) for one in chosen]
    maxima = np.zeros(0)
    if clusters and monte_carlo.replicates:
        top = clusters[0].statistic
        maxima = replicate_maxima(draws, parts, top, monte_carlo, told=told)
    value, size, window = first
    return ScanResult(
        clusters=tuple(with_p(c, maxima, stop_at=monte_carlo.stop_at) for c in clusters),
        centre_statistic=value,
        centre_size=size + 1,
        centre_window=window,
        maxima=maxima,
    )


class _Parts:
    """The search space in parts of windows with their tables, few enough to be held in memory."""

    def __init__(
        self, model: Model, space: SearchSpace, tables: Callable[[SearchSpace], Tables]
    ) -> None:
        step = max(_PART // max(space.neighbours.size, 1), 1)
        self._spaces = [
            space._replace(starts=space.starts[k : k + step], ends=space.ends[k : k + step])
            for k in range(0, len(space.starts), step)
        ]
        self._tables = tables
        self._held = tables(self._spaces[0]) if len(self) == 1 else None
        self.sums = [window_sums(model.counts, part) for part in self._spaces]

    def __len__(self) -> int:
        return len(self._spaces)

    def __iter__(self) -> Iterator[tuple[SearchSpace, Tables]]:
        for space in self._spaces:
            yield space, self._held or self._tables(space)


def _best(parts: _Parts, loops: ModuleType, sizes: np.ndarray) -> Best:
    """Return the best window of each centre among its zones of at most `sizes`."""
    value = np.zeros(len(sizes))
    size, window = np.full(len(sizes), -1), np.full(len(sizes), -1)
    at = 0
    for (part, tables), sums in zip(parts, parts.sums, strict=True):
        found = loops.best_of_centres(sums, part._replace(sizes=sizes), tables)
        better = found[0] > value
        value[better], size[better] = found[0][better], found[1][better]
        window[better] = found[2][better] + at
        at += len(part.starts)
    return value, size, window


def _apart(
    space: SearchSpace,
    found: Best,
    best: Callable[[SearchSpace], Best],
    max_clusters: int,
    secondary: Secondary,
) -> list[tuple[int, int, int]]:
    """Return centre, size - 1 and window of the clusters."""
    if secondary != "any":
        return _apart_centres(space, found, max_clusters, in_time=secondary == "centre-time")
    chosen: list[tuple[int, int, int]] = []
    taken = np.zeros(int(space.neighbours.max(initial=0)) + 1, dtype=bool)
    value, size, window = (part.copy() for part in found)
    while len(chosen) < max_clusters:
        i = int(np.argmax(value))
        if value[i] <= 0.0:
            break
        chosen.append((i, int(size[i]), int(window[i])))
        taken[space.neighbours[i, : size[i] + 1]] = True
        left = space.without(taken)
        hit = size >= left.sizes  # the others' best windows stand
        again = best(left._replace(sizes=np.where(hit, left.sizes, 0).astype(np.int32)))
        for part, new in zip((value, size, window), again, strict=True):
            part[hit] = new[hit]
    return chosen


def _apart_centres(
    space: SearchSpace, found: Best, max_clusters: int, *, in_time: bool
) -> list[tuple[int, int, int]]:
    value, size, window = found
    chosen: list[tuple[int, int, int]] = []
    zones: list[tuple[set[int], int, int]] = []
    for i in np.argsort(-value, kind="stable"):
        if value[i] <= 0.0 or len(chosen) == max_clusters:
            break
        zone = set(space.neighbours[i, : size[i] + 1].tolist())
        start, end = int(space.starts[window[i]]), int(space.ends[window[i]])
        if all(
            zone.isdisjoint(other) or (in_time and (end < first or last < start))
            for other, first, last in zones
        ):
            zones.append((zone, start, end))
            chosen.append((int(i), int(size[i]), int(window[i])))
    return chosen


def _draws(model: Model, plan: MonteCarlo, stream: int) -> Draws:
    rng = np.random.default_rng([plan.seed, stream])
    seeds = rng.integers(0, 2**64, size=plan.replicates, dtype=np.uint64)
    if model.given_total:
        cases = np.full(plan.replicates, model.total, dtype=np.int64)
    else:
        clumps = float(model.expected.sum()) * clumps_per_case(model.dispersion)
        cases = rng.poisson(clumps, size=plan.replicates).astype(np.int64)
    cells, times = np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
    ends = [0]
    for counts in model.strata:
        cell, time = np.nonzero(counts)
        often = counts[cell, time]
        cells = np.concatenate([cells, np.repeat(cell, often)])
        times = np.concatenate([times, np.repeat(time, often)])
        ends.append(len(cells))
    cdf, guide = cumulative(model.expected.ravel())
    return Draws(
        seeds=seeds,
        cases=cases,
        cdf=cdf,
        guide=guide,
        size_cdf=clump_sizes(model.dispersion),
        case_cells=cells,
        case_times=times,
        stratum_ends=np.asarray(ends, dtype=np.int64),
        n_cells=model.counts.shape[0],
        n_times=model.counts.shape[1],
    )


def _cluster(model: Model, space: SearchSpace, i: int, j: int, w: int) -> Cluster:
    members = space.neighbours[i, : j + 1]
    start, end = int(space.starts[w]), int(space.ends[w])
    observed = int(model.counts[members, start:end].sum())
    expected = float(model.expected[members, start:end].sum())
    risk, total = observed / expected, model.total if model.given_total else None
    if total is not None and not model.strata:
        rest = (total - observed) / (total - expected)
        risk = risk / rest if rest > 0 else float("inf")
    return Cluster(
        centre=i,
        size=j + 1,
        start=start,
        end=end,
        members=tuple(int(m) for m in members),
        observed=observed,
        expected=expected,
        relative_risk=risk,
        statistic=float(log_likelihood_ratio(observed, expected, total=total)),
    )


def _later(found: ScanResult, by: int) -> ScanResult:
    if by == 0:
        return found
    moved = tuple(replace(c, start=c.start + by, end=c.end + by) for c in found.clusters)
    return replace(found, clusters=moved)


def _checked(model: Model) -> Model:
    """Refuse what cannot be scanned; return the model with whole arrays."""
    counts, expected = model.counts, model.expected
    if counts.shape != expected.shape or counts.ndim != 2:
        raise InputError(f"计数 {counts.shape} 与预期 {expected.shape} 的形状不一致。")
    if not np.issubdtype(counts.dtype, np.integer):
        raise InputError(f"计数应为整数，得到的是 {counts.dtype}。")
    if (counts < 0).any():
        raise InputError(f"计数里有负数 {counts.min()}；计数不能小于 0。")
    if not np.isfinite(expected).all() or (expected < 0).any():
        raise InputError("预期里有空值、无穷大或负数；应为不小于 0 的数。")
    if model.dispersion < 1.0:
        raise InputError(f"离散度 {model.dispersion} 应不小于 1（1 为泊松）。")
    return replace(
        model,
        counts=np.ascontiguousarray(counts, dtype=np.int64),
        expected=np.ascontiguousarray(expected, dtype=float),
    )
