"""The scan of one or many categories: best windows, disjoint clusters, Monte Carlo p-values.

`scan_poisson` is the expectation-based scan that a tick uses; `Model` and `scan_model` are what
it and the models given the number of cases (`exact`) are made of.

References
----------
Besag & Clifford (1991), Sequential Monte Carlo p-values, Biometrika 78.
Dwass (1957), Modified randomization tests for nonparametric hypotheses, Ann. Math. Stat. 28.
Abrams, Kleinman & Kulldorff (2010), Gumbel based p-value approximations for spatial scan
statistics, Int. J. Health Geographics 9.
"""

import importlib.util
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from types import ModuleType
from typing import Final, Literal

import numpy as np

from govdash.core.errors import InputError
from govdash.detect.scan import plain
from govdash.detect.scan.likelihood import build_tables, log_likelihood_ratio
from govdash.detect.scan.space import (
    SearchSpace,
    nested_zones,
    prospective_windows,
    window_sums,
)
from govdash.detect.scan.streams import Draws, clump_sizes, clumps_per_case, cumulative

Engine = Literal["auto", "numba", "numpy"]
Stopping = Literal["full", "sequential"]
Secondary = Literal["any", "centre"]

#: Each centre's statistic, size - 1 and window.
Best = tuple[np.ndarray, np.ndarray, np.ndarray]

#: Equal statistics may differ in their last digits, by way of the window they come from.
_TIE: Final = 1e-9


@dataclass(frozen=True)
class Cluster:
    """A zone and a window with a rate unlike the rest.

    Attributes
    ----------
    centre : int
        Row of the neighbours table; the zone is its first `size` neighbours, ``members``.
    start, end : int
        First bucket of the window and the one after its last.
    relative_risk : float
        Expectation-based and permutation: observed / expected. Poisson given the number of
        cases: (c / b) / ((C - c) / (C - b)), the rate inside over the rate outside.
    statistic : float
        Log-likelihood ratio.
    p_value : float
        Rank of the statistic among the replicates' largest; 1 without replicates.
    gumbel_p_value : float
        From a Gumbel distribution with the replicates' mean and standard deviation; NaN with
        fewer than 20 replicates. Smaller than 1 / (replicates + 1) it is an extrapolation.
    """

    centre: int
    size: int
    start: int
    end: int
    members: tuple[int, ...]
    observed: int
    expected: float
    relative_risk: float
    statistic: float
    p_value: float = 1.0
    gumbel_p_value: float = float("nan")

    @property
    def duration(self) -> int:
        """Buckets of the window."""
        return self.end - self.start


@dataclass(frozen=True)
class ScanResult:
    """What a scan of one category found.

    Attributes
    ----------
    clusters : tuple of Cluster
        Without a common cell, largest statistic first.
    centre_statistic, centre_size, centre_window : array (centres,)
        Best window of each centre: statistic (0 when none), number of cells (0 when none) and
        position among the windows.
    maxima : array (replicates that were run,)
        Largest statistic of each replicate.
    """

    clusters: tuple[Cluster, ...]
    centre_statistic: np.ndarray
    centre_size: np.ndarray
    centre_window: np.ndarray
    maxima: np.ndarray


@dataclass(frozen=True)
class MonteCarlo:
    """How p-values are made.

    Parameters
    ----------
    replicates : int
        Most data sets drawn under the null hypothesis; 0 for none.
    stopping : {"full", "sequential"}
        Sequential stops a category as soon as `exceedances` replicates reach its statistic: an
        ordinary category is done after a few dozen, only a remarkable one takes all.
    exceedances : int
        10 gives a p-value of 0.1 a relative standard error of about 30 %.
    seed : int
    threads : int
        Categories scanned at the same time.
    engine : {"auto", "numba", "numpy"}
        Auto takes numba where it can be imported.
    """

    replicates: int = 999
    stopping: Stopping = "full"
    exceedances: int = 10
    seed: int = 0
    threads: int = 1
    engine: Engine = "auto"

    def __post_init__(self) -> None:
        """Refuse impossible numbers."""
        if self.replicates < 0:
            raise InputError(f"模拟次数 {self.replicates} 不能是负数；不要模拟请用 0。")
        if self.stopping not in ("full", "sequential"):
            raise InputError(f"没有名为“{self.stopping}”的停止方式；可用：full、sequential。")
        if self.exceedances < 1 or self.threads < 1:
            raise InputError("超过次数与线程数应为不小于 1 的整数。")


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
    permute : bool
        Replicates shuffle the cases' times among the cells (needs `given_total`).
    dispersion : float
        Variance over mean of the replicates' counts, >= 1 (needs not `given_total`).
    """

    counts: np.ndarray
    expected: np.ndarray
    given_total: bool = False
    permute: bool = False
    dispersion: float = 1.0


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
        What the baseline expects; a case where 0 is expected is never part of the evidence.
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
    if not np.issubdtype(observed.dtype, np.integer):
        raise InputError(f"计数应为整数，得到的是 {observed.dtype}。")
    zones = nested_zones(neighbours, n_cells=n_cells)
    starts, ends = prospective_windows(reach, longest=reach)
    sizes = np.full(len(zones), zones.shape[1], dtype=np.int32)
    space = SearchSpace(zones, sizes, starts, ends)
    spread = np.broadcast_to(np.asarray(dispersion, dtype=float), n_categories)
    plan = monte_carlo or MonteCarlo()
    keys = [0] * n_categories if streams is None else list(streams)

    def one(n: int) -> ScanResult:
        model = Model(
            counts=np.ascontiguousarray(observed[n, -reach:].T, dtype=np.int64),
            expected=np.ascontiguousarray(means[n, -reach:].T),
            dispersion=float(spread[n]),
        )
        found = scan_model(
            model, space, plan, stream=keys[n], max_clusters=max_clusters, min_cases=min_cases
        )
        return _shifted(found, n_times - reach)

    return _each(one, n_categories, plan.threads)


def scan_model(
    model: Model,
    space: SearchSpace,
    monte_carlo: MonteCarlo,
    *,
    stream: int = 0,
    max_clusters: int = 10,
    min_cases: int = 1,
    low_rates: bool = False,
    secondary: Secondary = "any",
) -> ScanResult:
    """Scan one category.

    Parameters
    ----------
    low_rates : bool
        Whether too few is a cluster as well.
    secondary : {"any", "centre"}
        A further cluster is the best of all windows without a cell of an earlier one ("any"), or
        of the best windows of each centre those without (fewer, and the usual choice in
        epidemiology).
    """
    _check(model)
    loops = _loops(monte_carlo.engine)
    draws = _draws(model, monte_carlo, stream)
    total = int(model.counts.sum())
    tables = build_tables(
        model.expected,
        space,
        total=total if model.given_total else None,
        largest=max(total, int(draws.cases.max(initial=0))),
        min_cases=min_cases,
        low_rates=low_rates,
    )
    sums = window_sums(model.counts, space)

    def best(where: SearchSpace) -> Best:
        return loops.best_of_centres(sums, where, tables)

    value, size, window = best(space)
    chosen = _disjoint(space, (value, size, window), best, max_clusters, secondary)
    clusters = [_cluster(model, space, i, j, w, total) for i, j, w in chosen]
    maxima = np.zeros(monte_carlo.replicates if clusters else 0)
    if len(maxima):
        top = float(value.max())
        stop_at = monte_carlo.exceedances if monte_carlo.stopping == "sequential" else 0
        run = loops.maxima(draws, space, tables, top - _TIE * (1.0 + top), stop_at, maxima)
        maxima = maxima[:run]
    return ScanResult(
        clusters=tuple(_with_p(c, maxima, monte_carlo) for c in clusters),
        centre_statistic=value,
        centre_size=size + 1,
        centre_window=window,
        maxima=maxima,
    )


def _draws(model: Model, plan: MonteCarlo, stream: int) -> Draws:
    rng = np.random.default_rng([plan.seed, stream])
    seeds = rng.integers(0, 2**64, size=plan.replicates, dtype=np.uint64)
    total, mean = int(model.counts.sum()), float(model.expected.sum())
    if model.given_total:
        cases = np.full(plan.replicates, total, dtype=np.int64)
    else:
        clumps = mean * clumps_per_case(model.dispersion)
        cases = rng.poisson(clumps, size=plan.replicates).astype(np.int64)
    cell, time = np.nonzero(model.counts if model.permute else np.zeros((0, 0)))
    often = model.counts[cell, time]
    cdf, guide = cumulative(model.expected.ravel())
    return Draws(
        seeds=seeds,
        cases=cases,
        cdf=cdf,
        guide=guide,
        size_cdf=clump_sizes(model.dispersion),
        case_cells=np.repeat(cell, often),
        case_times=np.repeat(time, often),
        n_cells=model.counts.shape[0],
        n_times=model.counts.shape[1],
    )


def _disjoint(
    space: SearchSpace,
    found: Best,
    best: Callable[[SearchSpace], Best],
    max_clusters: int,
    secondary: Secondary,
) -> list[tuple[int, int, int]]:
    """Return centre, size - 1 and window of the clusters."""
    chosen: list[tuple[int, int, int]] = []
    taken = np.zeros(int(space.neighbours.max(initial=0)) + 1, dtype=bool)
    value, size, window = (part.copy() for part in found)
    ranked = iter(np.argsort(-value, kind="stable"))
    while len(chosen) < max_clusters:
        i = int(np.argmax(value)) if secondary == "any" else int(next(ranked, -1))
        if i < 0 or value[i] <= 0.0:
            break
        zone = space.neighbours[i, : size[i] + 1]
        if taken[zone].any():  # only where each centre has one window
            continue
        chosen.append((i, int(size[i]), int(window[i])))
        taken[zone] = True
        if secondary == "any" and len(chosen) < max_clusters:
            left = space.without(taken)
            hit = size >= left.sizes  # the others' best windows stand
            again = best(left._replace(sizes=np.where(hit, left.sizes, 0).astype(np.int32)))
            for part, new in zip((value, size, window), again, strict=True):
                part[hit] = new[hit]
    return chosen


def _cluster(model: Model, space: SearchSpace, i: int, j: int, w: int, total: int) -> Cluster:
    members = space.neighbours[i, : j + 1]
    start, end = int(space.starts[w]), int(space.ends[w])
    observed = int(model.counts[members, start:end].sum())
    expected = float(model.expected[members, start:end].sum())
    risk = observed / expected
    if model.given_total and not model.permute:
        rest = (total - observed) / (total - expected)
        risk = risk / rest if rest > 0 else float("inf")
    statistic = log_likelihood_ratio(observed, expected, total=total if model.given_total else None)
    return Cluster(
        centre=i,
        size=j + 1,
        start=start,
        end=end,
        members=tuple(int(m) for m in members),
        observed=observed,
        expected=expected,
        relative_risk=risk,
        statistic=float(statistic),
    )


def _with_p(cluster: Cluster, maxima: np.ndarray, plan: MonteCarlo) -> Cluster:
    if not len(maxima):
        return cluster
    least = cluster.statistic - _TIE * (1.0 + cluster.statistic)
    reached = int(np.sum(maxima >= least))
    if plan.stopping == "sequential" and reached >= plan.exceedances:
        p_value = reached / len(maxima)
    else:
        p_value = (reached + 1) / (len(maxima) + 1)
    return replace(cluster, p_value=p_value, gumbel_p_value=gumbel_tail(cluster.statistic, maxima))


def gumbel_tail(statistic: float, maxima: np.ndarray) -> float:
    """Return P(X >= statistic) of the Gumbel distribution with the moments of `maxima`."""
    if len(maxima) < 20:  # fewer say nothing about a tail
        return float("nan")
    scale = float(np.std(maxima, ddof=1)) * np.sqrt(6.0) / np.pi
    if scale == 0.0:
        return float("nan")
    mode = float(np.mean(maxima)) - np.euler_gamma * scale
    return float(-np.expm1(-np.exp(-(statistic - mode) / scale)))


def _each(one: Callable[[int], ScanResult], n: int, threads: int) -> list[ScanResult]:
    if threads == 1 or n < 2:
        return [one(k) for k in range(n)]
    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(one, range(n)))


def _shifted(found: ScanResult, by: int) -> ScanResult:
    moved = tuple(replace(c, start=c.start + by, end=c.end + by) for c in found.clusters)
    return replace(found, clusters=moved)


def _check(model: Model) -> None:
    counts, expected = model.counts, model.expected
    if counts.shape != expected.shape or counts.ndim != 2:
        raise InputError(f"计数 {counts.shape} 与预期 {expected.shape} 的形状不一致。")
    if (counts < 0).any():
        raise InputError(f"计数里有负数 {counts.min()}；计数不能小于 0。")
    if not np.isfinite(expected).all() or (expected < 0).any():
        raise InputError("预期里有空值、无穷大或负数；应为不小于 0 的数。")
    if model.dispersion < 1.0:
        raise InputError(f"离散度 {model.dispersion} 应不小于 1（1 为泊松）。")


def _loops(engine: Engine) -> ModuleType:
    if engine not in ("auto", "numba", "numpy"):
        raise InputError(f"没有名为“{engine}”的计算引擎；可用：auto、numba、numpy。")
    if engine == "numpy" or (engine == "auto" and importlib.util.find_spec("numba") is None):
        return plain
    from govdash.detect.scan import compiled  # numba takes a second to import

    return compiled
