"""The scan of a study: cases by place, bucket and stratum, under one of three models.

``eb-poisson``
    Expectation-based (Neill 2005): expected counts come from elsewhere (a baseline) and a cluster
    is where more happens than they say. A rise in the whole city is many clusters.
``poisson``
    Kulldorff 1997, 2001: given the number of cases, they fall in proportion to population
    (adjusted for strata). A rise in the whole city is no cluster; an uneven share of it is.
``permutation``
    Kulldorff et al. 2005: time and place of the cases are independent. Needs no population, sees
    neither a rise in the whole city nor a place that always has many.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final, Literal, get_args

import numpy as np

from govdash.core.errors import InputError
from govdash.detect.scan.kernel import Model, Secondary, scan_model
from govdash.detect.scan.likelihood import Rates
from govdash.detect.scan.montecarlo import MonteCarlo
from govdash.detect.scan.population import permuted
from govdash.detect.scan.results import ScanResult
from govdash.detect.scan.space import SearchSpace, prospective_windows, retrospective_windows
from govdash.detect.scan.zones import capped_sizes

ModelName = Literal["eb-poisson", "poisson", "permutation"]
Windows = Literal["prospective", "retrospective", "spatial"]

MODELS: Final[tuple[str, ...]] = get_args(ModelName)


@dataclass(frozen=True)
class ScanPlan:
    """What a scan looks for.

    Parameters
    ----------
    model : {"eb-poisson", "poisson", "permutation"}
    windows : {"prospective", "retrospective", "spatial"}
        Windows that end with the last bucket; all windows; only the whole period.
    max_fraction : float
        Largest share of the expected cases in a zone. 0.5: a cluster of more than half is better
        described as a lack in the rest.
    longest : int or None
        Longest window in buckets; half of the period unless given.
    min_cases : int
        Fewest cases in a cluster of high rates. 2, for one case is no cluster.
    rates : {"high", "low", "both"}
    secondary : {"any", "centre", "centre-time"}
        See `kernel.scan_model`.
    max_clusters : int
    dispersion : float
        Variance over mean of the replicates; only for ``eb-poisson``. 0 in a plan for
        `table.scan_table`: learned where the expectation is learned from history, else 1.
    """

    model: ModelName = "eb-poisson"
    windows: Windows = "prospective"
    max_fraction: float = 0.5
    longest: int | None = None
    min_cases: int = 2
    rates: Rates = "high"
    secondary: Secondary = "centre"
    max_clusters: int = 10
    dispersion: float = 1.0

    def __post_init__(self) -> None:
        """Refuse an unknown model and a dispersion that is not used."""
        if self.model not in MODELS:
            raise InputError(f"没有名为“{self.model}”的扫描模型；可用：{'、'.join(MODELS)}。")
        if self.dispersion not in (0.0, 1.0) and self.model != "eb-poisson":
            raise InputError("离散度只用于 eb-poisson；其余模型以总件数为条件。")


def scan_study(
    strata: np.ndarray,
    expected: np.ndarray | None,
    neighbours: np.ndarray,
    *,
    plan: ScanPlan | None = None,
    monte_carlo: MonteCarlo | None = None,
    told: Callable[[int], None] | None = None,
) -> ScanResult:
    """Scan cases for clusters.

    Parameters
    ----------
    strata : array of int (strata, cells, T)
        Cases. Only the permutation model tells strata apart; they matter to the others by way of
        `expected`.
    expected : array (cells, T) or None
        Expectation-based: the baseline. Poisson: in proportion to the cases to expect (see
        `population.standardised`); scaled to their number. Permutation: None.
    neighbours : array of int (centres, k)
        Cells by distance from each centre (`zones.neighbours_by_distance`).
    plan : ScanPlan, optional
        Model, windows and what makes a cluster.
    monte_carlo : MonteCarlo, optional
        How p-values are made.
    told : callable, optional
        Is told now and then how many replicates are done.

    Returns
    -------
    ScanResult
        Cells and buckets are numbered as in `strata`.
    """
    plan = plan or ScanPlan()
    model = _model(strata, expected, plan)
    n_times = model.counts.shape[1]
    weights = model.expected.sum(axis=1)
    sizes = capped_sizes(neighbours, weights, max_fraction=plan.max_fraction)
    idle = (weights <= 0) & (model.counts.sum(axis=1) == 0)
    sizes[idle[neighbours[:, 0]]] = 0  # where nothing can happen there is no centre of anything
    space = SearchSpace(neighbours, sizes, *_windows(plan, n_times))
    return scan_model(
        model,
        space._replace(neighbours=neighbours[:, : max(int(space.sizes.max()), 1)]),
        monte_carlo or MonteCarlo(),
        max_clusters=plan.max_clusters,
        min_cases=plan.min_cases,
        rates=plan.rates,
        secondary=plan.secondary,
        told=told,
    )


def _model(strata: np.ndarray, expected: np.ndarray | None, plan: ScanPlan) -> Model:
    counts = strata.sum(axis=0)
    total = int(counts.sum())
    if total == 0:
        raise InputError("研究期内没有事件，无从扫描；请检查病例（事件）表的日期与件数。")
    if plan.model == "permutation":
        kept = tuple(table for table in strata if table.any())
        return Model(counts, permuted(strata), given_total=True, strata=kept)
    if expected is None:
        raise InputError(f"模型 {plan.model} 需要预期件数：请给出人口、expected 列或历史。")
    if plan.model == "eb-poisson":
        return Model(counts, expected, dispersion=plan.dispersion or 1.0)
    if expected.sum() <= 0:
        raise InputError("人口全为 0，无法计算预期件数；请检查人口表。")
    return replace(
        Model(counts, expected * (total / expected.sum())),
        given_total=True,
    )


def _windows(plan: ScanPlan, n_times: int) -> tuple[np.ndarray, np.ndarray]:
    if plan.windows == "spatial":
        return np.zeros(1, dtype=np.int32), np.full(1, n_times, dtype=np.int32)
    longest = max(n_times // 2, 1) if plan.longest is None else plan.longest
    if not 1 <= longest <= n_times:
        raise InputError(f"最长窗口 {longest} 应在 1 与 {n_times}（研究期的时段数）之间。")
    if plan.windows == "prospective":
        return prospective_windows(n_times, longest=longest)
    return retrospective_windows(n_times, longest=longest)
