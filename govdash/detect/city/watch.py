"""The watch over one tick: scan every category's cells and windows, say how rare the best are."""

from dataclasses import dataclass, field
from typing import Final

import numpy as np

from govdash.core.errors import InputError
from govdash.detect.city.cells import CellModel, CellState, expected, shocks
from govdash.detect.city.tails import Tails
from govdash.detect.scan.kernel import Cluster, MonteCarlo, scan_poisson
from govdash.detect.tails import USUAL_DISPERSION

#: What a fortnight of a category has to outweigh before it tells its own dispersion.
_USUAL_EVENTS: Final = 200.0
#: Mean Earth radius, km (IUGG).
_EARTH_KM: Final = 6371.0088


@dataclass(frozen=True)
class Scan:
    """How a tick is scanned.

    Parameters
    ----------
    max_cells : int
        Nearest neighbours of each cell that a zone may have, itself included.
    min_excess : float, events
        Above expectation; fewer are worth nobody's while, however rare.
    max_clusters : int
        Disjoint clusters per category that are told.
    monte_carlo : MonteCarlo
        For the p-values under the model, which stand in until the empirical tails are there.
    """

    max_cells: int = 10
    min_excess: float = 3.0
    max_clusters: int = 6
    monte_carlo: MonteCarlo = field(
        default_factory=lambda: MonteCarlo(replicates=199, stopping="sequential")
    )


@dataclass(frozen=True)
class Hit:
    """One zone of one category with more than expected in the window that ends today.

    ``first`` and ``day`` are day numbers; ``p_value`` is the share of days on which the category
    shows as much (empirical) or the Monte Carlo p-value while history is short.
    """

    category: int
    cells: tuple[int, ...]
    first: int
    day: int
    observed: int
    expected: float
    statistic: float
    p_value: float
    empirical: bool

    @property
    def excess(self) -> float:
        """Events above expectation."""
        return self.observed - self.expected

    @property
    def one_in_days(self) -> float:
        """How many days pass between such days, in the category."""
        return 1.0 / self.p_value


def nearest_cells(lon: np.ndarray, lat: np.ndarray, *, k: int) -> np.ndarray:
    """Return each cell's `k` nearest by great circle, itself first; ties by position.

    Parameters
    ----------
    lon, lat : array (cells,), WGS-84 degrees

    Returns
    -------
    array of int32 (cells, min(k, cells))
    """
    if lon.shape != lat.shape or lon.ndim != 1:
        raise InputError(f"经度 {lon.shape} 与纬度 {lat.shape} 的形状不一致。")
    if not (np.isfinite(lon).all() and np.isfinite(lat).all()):
        raise InputError("格子的坐标里有空值；请先补全。")
    x, y = np.radians(lon), np.radians(lat)
    half = (
        np.sin((y[:, None] - y) / 2.0) ** 2
        + np.cos(y[:, None]) * np.cos(y) * np.sin((x[:, None] - x) / 2.0) ** 2
    )
    apart = 2.0 * _EARTH_KM * np.arcsin(np.sqrt(np.minimum(half, 1.0)))
    np.fill_diagonal(apart, -1.0)
    return np.argsort(apart, axis=1, kind="stable")[:, :k].astype(np.int32)


def due_by_day(model: CellModel, state: CellState) -> np.ndarray:
    """Return what the cells were due with the city's shock, shape (ring, categories, cells)."""
    due = expected(model, state)
    return due * shocks(model, state.counts, due)


def dispersion(counts: np.ndarray, due: np.ndarray) -> np.ndarray:
    """Return variance over mean of the cells' days, per category, at least 1.

    Σ(y - m)² / Σm over the ring, drawn to the usual 1.2 as if by `_USUAL_EVENTS` events more.

    Parameters
    ----------
    counts, due : array (days, categories, cells)
    """
    spread = ((counts - due) ** 2).sum(axis=(0, 2)) + _USUAL_EVENTS * USUAL_DISPERSION
    return np.maximum(spread / (due.sum(axis=(0, 2)) + _USUAL_EVENTS), 1.0)


def scan_clusters(
    model: CellModel,
    state: CellState,
    neighbours: np.ndarray,
    plan: Scan,
    *,
    simulate: bool = False,
) -> tuple[list[list[Cluster]], np.ndarray]:
    """Return each category's clusters with enough excess, and its largest statistic (0: none).

    Parameters
    ----------
    simulate : bool
        Whether the clusters need p-values under the model.
    """
    days = min(model.ring, state.days_seen)
    due = np.ascontiguousarray(due_by_day(model, state)[-days:].transpose(1, 0, 2))
    counts = np.ascontiguousarray(state.counts[-days:].transpose(1, 0, 2).astype(np.int64))
    found = scan_poisson(
        counts,
        due,
        neighbours[:, : plan.max_cells],
        dispersion=dispersion(state.counts[-days:], due.transpose(1, 0, 2)),
        monte_carlo=plan.monte_carlo if simulate else MonteCarlo(replicates=0),
        max_clusters=plan.max_clusters,
        min_cases=int(np.floor(plan.min_excess)) + 1,
    )
    kept = [
        [c for c in each.clusters if c.observed - c.expected >= plan.min_excess] for each in found
    ]
    largest = np.array([max((c.statistic for c in each), default=0.0) for each in kept])
    return kept, largest


def hits(
    clusters: list[list[Cluster]], *, day: int, longest: int, tails: Tails | None
) -> list[Hit]:
    """Return the clusters with their p-values, rarest first.

    Parameters
    ----------
    longest : int
        Days that were scanned: a cluster's ``start`` counts from the first of them.
    """
    told = []
    for category, each in enumerate(clusters):
        for c in each:
            p = c.p_value if tails is None else tails.p_value(category, c.statistic)
            first = day - (longest - 1 - c.start)
            told.append(
                Hit(
                    category=category,
                    cells=c.members,
                    first=first,
                    day=day,
                    observed=c.observed,
                    expected=c.expected,
                    statistic=c.statistic,
                    p_value=p,
                    empirical=tails is not None,
                )
            )
    return sorted(told, key=lambda h: (h.p_value, -h.statistic, h.category, h.cells))
