"""What a scan found: clusters with their evidence, and how rare each is."""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

#: Equal statistics may differ in their last digits, by way of the window they come from.
TIE: Final = 1e-9

#: Fewer replicates say nothing about a tail.
_GUMBEL_FROM: Final = 20


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
        Rank of the statistic among the replicates' largest (Dwass 1957); 1 without replicates.
    gumbel_p_value : float
        From a Gumbel distribution with the replicates' mean and standard deviation (Abrams,
        Kleinman & Kulldorff 2010); NaN with fewer than 20 replicates. Smaller than
        1 / (replicates + 1) it is an extrapolation.
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
        Largest statistic first.
    centre_statistic, centre_size, centre_window : array (centres,)
        Best window of each centre: statistic (0 when none), number of cells (0 when
        none) and position among the windows (-1 when none).
    maxima : array (replicates that were run,)
        Largest statistic of each replicate.
    """

    clusters: tuple[Cluster, ...]
    centre_statistic: np.ndarray
    centre_size: np.ndarray
    centre_window: np.ndarray
    maxima: np.ndarray


def with_p(cluster: Cluster, maxima: np.ndarray, *, stop_at: int = 0) -> Cluster:
    """Return the cluster with its p-values.

    Parameters
    ----------
    cluster : Cluster
    maxima : array (replicates that were run,)
        Largest statistic of each; nothing changes without any.
    stop_at : int
        Exceedances at which a sequential run ended (Besag & Clifford 1991); 0 for a full one.
    """
    if not len(maxima):
        return cluster
    reached = int(np.sum(maxima >= cluster.statistic - TIE * (1.0 + cluster.statistic)))
    if stop_at and reached >= stop_at:
        p_value = reached / len(maxima)
    else:
        p_value = (reached + 1) / (len(maxima) + 1)
    tail = gumbel_tail(cluster.statistic, maxima)
    return replace(cluster, p_value=p_value, gumbel_p_value=tail)


def gumbel_tail(statistic: float, maxima: np.ndarray) -> float:
    """Return P(X >= statistic) of the Gumbel distribution with the moments of `maxima`."""
    if len(maxima) < _GUMBEL_FROM:
        return float("nan")
    scale = float(np.std(maxima, ddof=1)) * np.sqrt(6.0) / np.pi
    if scale == 0.0:
        return float("nan")
    mode = float(np.mean(maxima)) - np.euler_gamma * scale
    return float(-np.expm1(-np.exp(-(statistic - mode) / scale)))
