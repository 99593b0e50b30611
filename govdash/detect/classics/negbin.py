"""Negative-binomial regressions of many series on one shared design, dispersion included.

log mean = x'b, variance = m + α m². b and α have orthogonal information, so each round makes one
scoring step for b and one Newton step for log(1/α); both converge to the maximum likelihood.

Reference: Lawless (1987), Can. J. Stat. 15:209.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy import special

_TOLERANCE: Final = 1e-11
_MAX_ROUNDS: Final = 200
#: |log mean| beyond this is not a count of events in a city (e^13 = 440 000).
_LOG_LIMIT: Final = 13.0
#: 1/α beyond this is Poisson to six digits; a series without over-dispersion ends here.
_SIZE_LIMIT: Final = 1e6
#: Longest step in any coefficient or in log(1/α): keeps the first ones from overshooting.
_LONGEST_STEP: Final = 1.5


@dataclass(frozen=True)
class NegbinFit:
    """`coefficients` (series, columns) and the over-dispersion `alpha` (series,), > 0."""

    coefficients: np.ndarray
    alpha: np.ndarray

    def mean(self, design: np.ndarray) -> np.ndarray:
        """Return the mean for the rows of `design`, shape (rows, series)."""
        return np.exp(np.clip(design @ self.coefficients.T, -_LOG_LIMIT, _LOG_LIMIT))


def fit_negbin(counts: np.ndarray, design: np.ndarray) -> NegbinFit:
    """Fit every column of `counts` (buckets, series) on `design` (buckets, columns).

    The first column of `design` is the constant. Series need events enough for the design; see
    `season_mean.SeasonMean`.
    """
    n_series, n_columns = counts.shape[1], design.shape[1]
    left, right = np.triu_indices(n_columns)
    products = np.ascontiguousarray((design[:, left] * design[:, right]).T)
    b = np.zeros((n_series, n_columns))
    b[:, 0] = np.log(np.maximum(counts.mean(axis=0), 0.5 / len(counts)))
    log_size = np.full(n_series, np.log(4.0))
    information = np.empty((n_series, n_columns, n_columns))
    for _ in range(_MAX_ROUNDS):
        size = np.exp(log_size)
        mean = np.exp(np.clip(design @ b.T, -_LOG_LIMIT, _LOG_LIMIT))
        share = 1.0 / (1.0 + mean / size)
        packed = (products @ (mean * share)).T
        information[:, left, right] = packed
        information[:, right, left] = packed
        slope = (design.T @ ((counts - mean) * share)).T
        step = np.linalg.solve(information, slope[:, :, None])[:, :, 0]
        longest = np.max(np.abs(step), axis=1, initial=0.0, keepdims=True)
        b += step * np.minimum(1.0, _LONGEST_STEP / np.maximum(longest, 1e-12))
        mean = np.exp(np.clip(design @ b.T, -_LOG_LIMIT, _LOG_LIMIT))
        moved = _size_step(counts, mean, size)
        before = log_size
        log_size = np.minimum(log_size + moved, np.log(_SIZE_LIMIT))
        change = np.abs(log_size - before)
        if max(np.max(longest, initial=0.0), np.max(change, initial=0.0)) < _TOLERANCE:
            break
    return NegbinFit(b, np.exp(-log_size))


def _size_step(counts: np.ndarray, mean: np.ndarray, size: np.ndarray) -> np.ndarray:
    """Return the Newton step of log size, uphill also where the likelihood is not concave."""
    score = np.sum(
        special.digamma(size + counts)
        - special.digamma(size)
        - np.log1p(mean / size)
        + (mean - counts) / (mean + size),
        axis=0,
    )
    bend = np.sum(
        special.polygamma(1, size)
        - special.polygamma(1, size + counts)
        - 1.0 / size
        + 2.0 / (mean + size)
        - (counts + size) / (mean + size) ** 2,
        axis=0,
    )
    # in log size the slope is size * score and the curvature size² bend - size score
    curved = size * bend - score
    newton = score / np.where(curved > 0, curved, 1.0)
    return np.clip(np.where(curved > 0, newton, np.sign(score)), -1.0, 1.0)
