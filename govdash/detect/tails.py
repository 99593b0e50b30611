"""Tail probabilities and intervals of a count with a given mean and variance.

Negative binomial with mean m and variance v > m: size r = m² / (v - m), success probability
r / (r + m). With v = φm this is r = m / (φ - 1) (Noufaily et al. 2013, Stat. Med. 32:1206). Where
v does not exceed m, Poisson. All functions broadcast.
"""

from typing import Final

import numpy as np
from scipy import special, stats

#: Below so many expected events even a zero is no surprise (P(0) = e^-5 = 0.7 % for Poisson, far
#: more when over-dispersed), so the low side says nothing.
LOW_SIDE_FROM: Final = 5.0

#: A sparse series cannot show its own dispersion (that takes days with two events or more), and
#: taking 1 for it makes a clump of three a sensation. Series of 0.3-3 events a day in Chicago and
#: Boston 311 have φ 1.15-1.5.
USUAL_DISPERSION: Final = 1.2

#: v must exceed m by this share before a size is formed; below, the two laws agree to 1e-6.
_SPREAD: Final = 1e-6

#: Smallest probability that is told apart from zero: keeps scores finite (|score| <= 37.5).
_TINY: Final = 1e-307


def tail_high(count: np.ndarray, mean: np.ndarray, variance: np.ndarray) -> np.ndarray:
    """P(X >= count): the observed count itself is included."""
    count, mean, variance = np.broadcast_arrays(count, mean, variance)
    size, probability, spread = _law(mean, variance)
    k = np.maximum(count, 1)
    tail = np.where(spread, special.betainc(k, size, 1.0 - probability), special.gammainc(k, mean))
    return np.where(count <= 0, 1.0, tail)


def tail_low(count: np.ndarray, mean: np.ndarray, variance: np.ndarray) -> np.ndarray:
    """P(X <= count): the observed count itself is included."""
    count, mean, variance = np.broadcast_arrays(count, mean, variance)
    size, probability, spread = _law(mean, variance)
    k = np.maximum(count, 0) + 1
    tail = np.where(spread, special.betainc(size, k, probability), special.gammaincc(k, mean))
    return np.where(count < 0, 0.0, tail)


def two_sided(p_high: np.ndarray, p_low: np.ndarray, mean: np.ndarray) -> np.ndarray:
    """Twice the smaller tail; only the high one where fewer than `LOW_SIDE_FROM` are expected."""
    both = np.minimum(1.0, 2.0 * np.minimum(p_high, p_low))
    return np.where(mean >= LOW_SIDE_FROM, both, p_high)


def normal_score(count: np.ndarray, mean: np.ndarray, variance: np.ndarray) -> np.ndarray:
    """Return the normal quantile of the count's mid-p: sign is direction, size surprise.

    Mid-p (half of the observed count's own probability) puts an ordinary count near 0, also when
    nearly all counts are zero.
    """
    high = tail_high(count, mean, variance)
    low = tail_low(count, mean, variance)
    here = np.maximum(high + low - 1.0, 0.0)
    above = np.maximum(high - 0.5 * here, _TINY)
    below = np.maximum(low - 0.5 * here, _TINY)
    # ndtri is exact near 0, not near 1: take each side from its own small tail
    return np.where(above < below, -special.ndtri(above), special.ndtri(below))


def interval(
    mean: np.ndarray, variance: np.ndarray, *, coverage: float
) -> tuple[np.ndarray, np.ndarray]:
    """Central prediction interval: at most (1 - coverage) / 2 lies beyond each end.

    The upper end u is the smallest count with P(X > u) <= (1 - coverage) / 2, so ``count > u``
    exactly when ``tail_high(count) <= (1 - coverage) / 2``.
    """
    beyond = (1.0 - coverage) / 2.0
    mean, variance = np.broadcast_arrays(np.asarray(mean), np.asarray(variance))
    size, probability, spread = _law(mean, variance)
    ends = []
    for quantile in (beyond, 1.0 - beyond):
        end = np.empty(mean.shape)
        end[spread] = stats.nbinom.ppf(quantile, size[spread], probability[spread])
        end[~spread] = stats.poisson.ppf(quantile, mean[~spread])
        ends.append(end)
    return ends[0], ends[1]


def _law(mean: np.ndarray, variance: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    spread = variance > mean * (1.0 + _SPREAD)
    size = np.where(spread, mean**2 / np.where(spread, variance - mean, 1.0), 1.0)
    probability = np.where(spread, mean / np.where(spread, variance, 1.0), 0.5)
    return size, probability, spread
