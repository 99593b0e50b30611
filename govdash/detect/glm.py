"""Penalised quasi-Poisson regression of many series on one shared design, all at once.

For each series: log mean = x'b, variance = φ mean, Gaussian priors on the coefficients. Newton
steps on the penalised log-likelihood (= iteratively re-weighted least squares). Because the design
is shared, X'WX of all series is one matrix product of the pairwise column products with the
weights: no loop over series.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

#: Newton doubles the correct digits each step; a step below this leaves an error near 1e-16.
_TOLERANCE: Final = 1e-7
_MAX_STEPS: Final = 25
#: Log means beyond these are no counts of events: fewer than one in a thousand years of days, or
#: more than the largest count that is read (`series`; a day's taxi rides of a city are 10^6).
_LOWEST_LOG, _LARGEST_LOG = -13.0, 21.0
#: Longest Newton step in any coefficient: keeps the first steps from overshooting.
_LONGEST_STEP: Final = 1.5


@dataclass(frozen=True)
class Fit:
    """Coefficients (series, columns) and the inverse of their information (posterior variance)."""

    coefficients: np.ndarray
    covariance: np.ndarray  # (series, columns, columns), with φ inside

    def log_mean(self, design: np.ndarray) -> np.ndarray:
        """Return log mean for the rows of `design`, shape (rows, series)."""
        return np.clip(design @ self.coefficients.T, _LOWEST_LOG, _LARGEST_LOG)

    def log_variance(self, design: np.ndarray) -> np.ndarray:
        """Variance of the log mean for the rows of `design`, shape (rows, series)."""
        return np.einsum("dp,spq,dq->ds", design, self.covariance, design, optimize=True)


def fit_batch(
    counts: np.ndarray,
    design: np.ndarray,
    *,
    prior_sd: np.ndarray,
    weights: np.ndarray,
    dispersion: np.ndarray,
    start: np.ndarray | None = None,
    max_steps: int = _MAX_STEPS,
) -> Fit:
    """Fit every column of `counts` on `design`.

    Parameters
    ----------
    counts : array (days, series)
    design : array (days, columns), the first column is the constant
    prior_sd : array (columns,)
        Prior standard deviation of each coefficient around 0 (the constant: around the log of
        the series' mean, half an event added so that a series of zeros has one).
    weights : array (days, series), in 0–1
        Trust in each day.
    dispersion : array (series,), >= 1
        φ; the priors weigh against the likelihood divided by it.
    start : array (series, columns), optional
        Coefficients to start from.
    max_steps : int
        Newton steps at most; two from a close start are enough while the weights still move.
    """
    n_columns = design.shape[1]
    n_series = counts.shape[1]
    left, right = np.triu_indices(n_columns)
    products = np.ascontiguousarray((design[:, left] * design[:, right]).T)
    precision = 1.0 / prior_sd**2
    centre = np.zeros((n_series, n_columns))
    centre[:, 0] = np.log((np.sum(weights * counts, axis=0) + 0.5) / (np.sum(weights, axis=0) + 1))
    found = centre.copy() if start is None else start.copy()
    trust = weights / dispersion
    information = np.empty((n_series, n_columns, n_columns))
    diagonal = np.arange(n_columns)
    for _ in range(max_steps):
        mean = np.exp(np.clip(design @ found.T, _LOWEST_LOG, _LARGEST_LOG))
        packed = (products @ (trust * mean)).T
        information[:, left, right] = packed
        information[:, right, left] = packed
        information[:, diagonal, diagonal] += precision
        slope = (design.T @ (trust * (counts - mean))).T - precision * (found - centre)
        step = np.linalg.solve(information, slope[:, :, None])[:, :, 0]
        longest = np.max(np.abs(step), axis=1, keepdims=True)
        found += step * np.minimum(1.0, _LONGEST_STEP / np.maximum(longest, 1e-12))
        if np.max(longest) < _TOLERANCE:
            break
    return Fit(found, np.linalg.inv(information))
