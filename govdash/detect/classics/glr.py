"""Generalised likelihood ratio of negative-binomial counts: since when, and by how much, more.

At bucket n: the largest, over starts k <= n and factors κ >= 1, of Σ_{t=k..n} log f(x_t; κ m_t) /
f(x_t; m_t), f negative binomial with mean m and variance m + α m². An alarm where it reaches the
limit; then the chart starts anew with the next bucket.

Reference: Höhle & Paul (2008), Comput. Stat. Data Anal. 52:4357, section 2.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numba import njit

#: Threshold of the ratio in Höhle & Paul's examples.
LIMIT: Final = 5.0
_TOLERANCE: Final = 1e-12
_MAX_STEPS: Final = 100
#: Longest step of log κ: from far below the maximum, Newton's method overshoots.
_LONGEST_STEP: Final = 2.0
#: Below this α the law is Poisson; the two differ by less than 1e-9.
_POISSON: Final = 1e-9


@dataclass(frozen=True)
class GlrResult:
    """Arrays shaped (buckets, series).

    Attributes
    ----------
    statistic : the ratio
    since : position of the start k that it belongs to
    alarm : the ratio reached the limit
    """

    statistic: np.ndarray
    since: np.ndarray
    alarm: np.ndarray


def glr(
    counts: np.ndarray,
    mean: np.ndarray,
    alpha: np.ndarray,
    *,
    limit: float = LIMIT,
    window: int | None = None,
) -> GlrResult:
    """Run the chart over `counts` with expected `mean` > 0, both (buckets, series).

    Parameters
    ----------
    counts, mean : array (buckets, series)
    alpha : array (series,)
        Over-dispersion, >= 0: variance m + α m².
    limit : float
        Of the ratio; a higher one alarms more seldom and later.
    window : int, optional
        Longest stretch looked at; None: all since the start or the last alarm, whose cost grows
        with the cube of its length.
    """
    longest = len(counts) if window is None else window
    statistic, since = _run(
        np.ascontiguousarray(counts.T, dtype=np.float64),
        np.ascontiguousarray(mean.T, dtype=np.float64),
        np.asarray(alpha, dtype=np.float64),
        limit,
        longest,
    )
    ratio = statistic.T
    return GlrResult(ratio, since.T, ratio > limit)


@njit
def _ratio(x: np.ndarray, m: np.ndarray, a: float, start: float) -> tuple[float, float]:
    """Return the ratio of one stretch and the log of its factor, searched from `start`.

    The log-likelihood is concave in log κ, so Newton's method with a bracket finds its maximum.
    """
    seen = x.sum()
    due = m.sum()
    if seen == 0.0:
        return 0.0, 0.0
    if a < _POISSON:
        if seen <= due:
            return 0.0, 0.0
        theta = np.log(seen / due)
        return seen * theta - due * (np.exp(theta) - 1.0), theta
    slope = 0.0
    for i in range(len(x)):
        slope += (x[i] - m[i]) / (1.0 + a * m[i])
    if slope <= 0.0:
        return 0.0, 0.0
    low, high, theta = 0.0, np.inf, start
    for _ in range(_MAX_STEPS):
        slope, bend = 0.0, 0.0
        factor = np.exp(theta)
        for i in range(len(x)):
            lifted = factor * m[i]
            spread = 1.0 + a * lifted
            slope += (x[i] - lifted) / spread
            bend += lifted * (1.0 + a * x[i]) / (spread * spread)
        if slope > 0.0:
            low = theta
        else:
            high = theta
        step = min(max(slope / bend, -_LONGEST_STEP), _LONGEST_STEP)
        after = theta + step
        if after <= low or after >= high:
            after = 0.5 * (low + high) if high < np.inf else low + 1.0
        moved = abs(after - theta)
        theta = after
        if moved < _TOLERANCE:
            break
    factor = np.exp(theta)
    ratio = 0.0
    for i in range(len(x)):
        ratio += x[i] * theta - (x[i] + 1.0 / a) * np.log(
            (1.0 + a * factor * m[i]) / (1.0 + a * m[i])
        )
    return ratio, theta


@njit
def _run(
    counts: np.ndarray, mean: np.ndarray, alpha: np.ndarray, limit: float, longest: int
) -> tuple[np.ndarray, np.ndarray]:
    n_series, n = counts.shape
    statistic = np.zeros((n_series, n))
    since = np.zeros((n_series, n), dtype=np.int64)
    found = np.zeros(n)  # log factor of each start, from the bucket before
    for s in range(n_series):
        begin = 0
        found[:] = 0.0
        for t in range(n):
            since[s, t] = t
            for k in range(max(begin, t - longest + 1), t + 1):
                ratio, theta = _ratio(counts[s, k : t + 1], mean[s, k : t + 1], alpha[s], found[k])
                found[k] = theta
                if ratio > statistic[s, t]:
                    statistic[s, t] = ratio
                    since[s, t] = k
            if statistic[s, t] > limit:
                begin = t + 1
    return statistic, since
