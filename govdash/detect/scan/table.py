"""The scan of a study, as a table: one row per cluster."""

from collections.abc import Callable
from dataclasses import replace
from typing import Final

import numpy as np
import pandas as pd

from govdash.core.errors import InputError
from govdash.detect.scan.baseline import history_dispersion, history_expected
from govdash.detect.scan.models import ScanPlan, scan_study
from govdash.detect.scan.montecarlo import MonteCarlo
from govdash.detect.scan.results import ScanResult
from govdash.detect.scan.study import Study
from govdash.detect.scan.zones import distances, neighbours_by_distance

#: Columns of the table, largest statistic first.
#:
#: ``rank``           int from 1
#: ``start, end``     datetime64, first and last day of the window
#: ``members``        str, names of locations with ";" between, the centre first, then by distance
#: ``observed``       int, cases
#: ``expected``       float
#: ``relative_risk``  float, see `results.Cluster`
#: ``statistic``      float, log-likelihood ratio
#: ``p_value``        float, by rank among the replicates
CLUSTER_COLUMNS: Final = (
    "rank", "start", "end", "members", "observed", "expected", "relative_risk", "statistic",
    "p_value",
)  # fmt: skip

#: Longest window of an expectation-based scan unless given, in buckets: what is older than a
#: fortnight is no news, and belongs to the history that the expectation is learned from.
_NEWS: Final = {"day": 14, "week": 8, "month": 6}

#: Zones x windows beyond which a scan would take hours.
_MOST_WINDOWS: Final = 2_000_000_000


def scan_table(
    study: Study,
    plan: ScanPlan,
    monte_carlo: MonteCarlo,
    *,
    nearest: int | None = None,
    told: Callable[[int], None] | None = None,
) -> tuple[pd.DataFrame, ScanResult]:
    """Scan a study.

    Parameters
    ----------
    study : Study
        `study.read_study`.
    plan : ScanPlan
        Without a `longest` window, 14 days, 8 weeks or 6 months where expectation-based, else
        half of the study.
    monte_carlo : MonteCarlo
    nearest : int, optional
        Most locations in a zone; as many as `plan.max_fraction` allows unless given.
    told : callable, optional
        Is told now and then how many replicates are done.

    Returns
    -------
    table : DataFrame
        `CLUSTER_COLUMNS`, and ``gumbel_p_value``.
    result : ScanResult
        Its cells are the locations where something happens or is expected, in order of name.
    """
    n_times = study.strata.shape[2]
    plan = replace(plan, longest=_longest(plan, study))
    expected = expected_of(study, plan)
    plan = replace(plan, dispersion=dispersion_of(study, plan, expected))
    happens = study.strata.sum(axis=(0, 2)) > 0
    used = happens if expected is None else happens | (expected.sum(axis=1) > 0)
    where = np.flatnonzero(used)
    if len(where) < 2:
        raise InputError("只有一个地点有事件或预期；空间扫描至少需要两个。")
    if nearest is not None and nearest < 1:
        raise InputError(f"--nearest {nearest} 应为不小于 1 的整数。")
    places = study.places
    apart = distances(places.points[where], geometry=places.geometry)
    neighbours = neighbours_by_distance(apart, nearest=nearest)
    _check_size(neighbours, plan, n_times)
    found = scan_study(
        study.strata[:, where],
        None if expected is None else expected[where],
        neighbours,
        plan=plan,
        monte_carlo=monte_carlo,
        told=told,
    )
    names = [places.names[n] for n in where]
    days = study.edges
    rows = [
        (
            rank,
            days[c.start],
            days[c.end] - pd.Timedelta(days=1),
            ";".join(names[m] for m in c.members),
            c.observed,
            c.expected,
            c.relative_risk,
            c.statistic,
            c.p_value,
            c.gumbel_p_value,
        )
        for rank, c in enumerate(found.clusters, start=1)
    ]
    return pd.DataFrame(rows, columns=[*CLUSTER_COLUMNS, "gumbel_p_value"]), found


def expected_of(study: Study, plan: ScanPlan) -> np.ndarray | None:
    """Return what is expected (locations, T) under the plan's model; None for permutation.

    Poisson: by population, at the rates of all time. Expectation-based: as given; else by
    population, or by each place's history, learned before the windows begin when these end with
    the last bucket, else over all time.
    """
    n_times = study.strata.shape[2]
    if plan.model == "permutation":
        return None
    if plan.model == "poisson":
        return study.expected_by_population(until=n_times)
    if study.given is not None:
        counts = study.strata.sum(axis=0)
        short = np.argwhere((counts > 0) & (study.given <= 0))
        if len(short):
            place, bucket = (int(n) for n in short[0])
            raise InputError(
                f"地点“{study.places.names[place]}”在 {study.edges[bucket]:%Y-%m-%d} 有事件，"
                "expected 却为 0；预期应大于 0。"
            )
        return study.given
    until = _learned_until(plan, study)
    if study.exposure is not None:
        if study.strata[:, :, :until].sum() == 0:
            raise InputError("扫描窗口之前没有事件，无法推出预期；请调小 --max-duration。")
        return study.expected_by_population(until=until)
    counts = study.strata.sum(axis=0)
    seen = counts.sum(axis=1) > 0  # a place that never had a case may not be watched at all
    expected = np.zeros(counts.shape)
    expected[seen] = history_expected(counts[seen], study.edges[:-1], unit=study.unit, until=until)
    return expected


def dispersion_of(study: Study, plan: ScanPlan, expected: np.ndarray | None) -> float:
    """Return the plan's dispersion; where it is 0, the history's if that is what was learned."""
    by_history = study.given is None and study.exposure is None
    if plan.dispersion or plan.model != "eb-poisson" or expected is None or not by_history:
        return plan.dispersion or 1.0
    watched = expected[:, 0] > 0
    return history_dispersion(
        study.strata.sum(axis=0)[watched],
        expected[watched],
        unit=study.unit,
        until=_learned_until(plan, study),
        longest=_longest(plan, study),
    )


def _learned_until(plan: ScanPlan, study: Study) -> int:
    n_times = study.strata.shape[2]
    return n_times - _longest(plan, study) if plan.windows == "prospective" else n_times


def _longest(plan: ScanPlan, study: Study) -> int:
    n_times = study.strata.shape[2]
    if plan.longest is not None:
        if not 1 <= plan.longest <= n_times:
            raise InputError(
                f"--max-duration {plan.longest} 应在 1 与 {n_times}（研究期的时段数）之间。"
            )
        return plan.longest
    half = max(n_times // 2, 1)
    return min(half, _NEWS.get(study.unit, half)) if plan.model == "eb-poisson" else half


def _check_size(neighbours: np.ndarray, plan: ScanPlan, n_times: int) -> None:
    longest = plan.longest or 1
    per_zone = {
        "spatial": 1,
        "prospective": longest,
        "retrospective": longest * n_times - longest * (longest - 1) // 2,
    }[plan.windows]
    n = neighbours.size * per_zone
    if n > _MOST_WINDOWS:
        raise InputError(
            f"要扫描的区域 × 时段有 {n:,} 个，太多；"
            "请用 --max-duration、--nearest 或更长的 --time-unit 减少。"
        )
