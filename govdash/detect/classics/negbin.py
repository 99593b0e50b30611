"""Negative-binomial regressions of many series on one shared design, dispersion included.

log mean = x'b, variance = m + m²/size. For a given size b is fitted by iteratively re-weighted
least squares, for given means the size by Newton's method; the two take turns.

The numbers depend on when the turns stop (about 1e-10 of the mean, which a cumulative sum carries
along), so the rules are fixed (they are those of common statistical programs): a Poisson fit comes
first; a fit of b ends when its deviance changes by less than 1e-8 of itself; the size is fitted to
the means of the turn before; the turns end when log-likelihood and size together move by less
than 1e-8. A series whose turns do not end is fitted to the maximum by joint steps instead.

References: Lawless (1987), Can. J. Stat. 15:209; McCullagh & Nelder (1989), Generalized Linear
Models, ch. 11.2.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy import special

#: Of the turns, and of the deviance within one of them.
_STOP: Final = 1e-8
#: Of the size within a turn: the square of what is left after it is below `_STOP`.
_SIZE_STOP: Final = float(np.finfo(float).eps ** 0.25)
_MOST: Final = 25
_DEVIANCE_FLOOR: Final = 0.1
#: Start of a mean: counts + 0.1, so that the log of a zero exists.
_START: Final = 0.1
_JOINT_TOLERANCE: Final = 1e-11
_JOINT_ROUNDS: Final = 200
#: Log means beyond these are no counts of events: see `glm`.
_LOWEST_LOG, _LARGEST_LOG = -13.0, 21.0
#: A size beyond this is Poisson to six digits; a series without over-dispersion ends here.
_SIZE_LIMIT: Final = 1e6
#: Longest joint step in any coefficient or in the log size: keeps the first from overshooting.
_LONGEST_STEP: Final = 1.5


@dataclass(frozen=True)
class NegbinFit:
    """`coefficients` (series, columns) and the over-dispersion `alpha` (series,), > 0."""

    coefficients: np.ndarray
    alpha: np.ndarray

    def mean(self, design: np.ndarray) -> np.ndarray:
        """Return the mean for the rows of `design`, shape (rows, series)."""
        return np.exp(np.clip(design @ self.coefficients.T, _LOWEST_LOG, _LARGEST_LOG))


def fit_negbin(counts: np.ndarray, design: np.ndarray) -> NegbinFit:
    """Fit every column of `counts` (buckets, series) on `design` (buckets, columns).

    The first column of `design` is the constant. Series need events enough for the design; see
    `season_mean.SeasonMean`.
    """
    coefficients, size, ended = _take_turns(counts, design)
    if not ended.all():
        coefficients[~ended], size[~ended] = _joint(counts[:, ~ended], design)
    return NegbinFit(coefficients, 1.0 / size)


def _take_turns(counts: np.ndarray, design: np.ndarray) -> tuple[np.ndarray, ...]:
    """Return coefficients (series, columns), sizes and whether the turns ended (series,)."""
    n_series = counts.shape[1]
    coefficients = np.zeros((n_series, design.shape[1]))
    sizes, ended = np.ones(n_series), np.zeros(n_series, dtype=bool)
    going = np.arange(n_series)
    with np.errstate(all="ignore"):  # what overflows is not finite, and fitted by joint steps
        _, eta = _fit_mean(counts, design, np.log(counts + _START), np.full(n_series, np.inf))
        size = _fit_size(counts, np.exp(eta))
        likelihood = _log_likelihood(counts, np.exp(eta), size)
        degrees = np.sqrt(2.0 * max(1, len(design) - design.shape[1]))
        for _ in range(_MOST):
            before, eta_before, likelihood_before = size, eta, likelihood
            b, eta = _fit_mean(counts, design, eta_before, before)
            size = _fit_size(counts, np.exp(eta_before))
            likelihood = _log_likelihood(counts, np.exp(eta), size)
            moved = np.abs(likelihood - likelihood_before) / degrees + np.abs(size - before)
            usable = np.isfinite(b).all(axis=1) & (size > 0) & (size < _SIZE_LIMIT)
            done = usable & (moved <= _STOP)
            coefficients[going[done]], sizes[going[done]] = b[done], size[done]
            ended[going[done]] = True
            left = usable & ~done
            if not left.any():
                break
            going, counts = going[left], counts[:, left]
            eta, size, likelihood = eta[:, left], size[left], likelihood[left]
    return coefficients, sizes, ended


def _fit_mean(
    counts: np.ndarray, design: np.ndarray, eta: np.ndarray, size: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Fit the mean for given sizes from log means `eta`; return coefficients and log means."""
    b, eta = np.full((counts.shape[1], design.shape[1]), np.nan), eta.copy()
    going = np.arange(counts.shape[1])
    before = _deviance(counts, np.exp(eta), size)
    for _ in range(_MOST):
        y, sizes = counts[:, going], size[going]
        mean = np.exp(eta[:, going])
        weights = mean / (1.0 + mean / sizes)
        information = _weighted_products(design, weights)
        seen = design.T @ (weights * (eta[:, going] + (y - mean) / mean))
        b[going] = _solve(information, seen.T)
        eta[:, going] = np.clip(design @ b[going].T, _LOWEST_LOG, _LARGEST_LOG)
        now = _deviance(y, np.exp(eta[:, going]), sizes)
        left = np.abs(now - before) / (np.abs(now) + _DEVIANCE_FLOOR) >= _STOP
        going, before = going[left], now[left]
        if not going.size:
            break
    return b, eta


def _fit_size(counts: np.ndarray, mean: np.ndarray) -> np.ndarray:
    """Fit the size of every series for given means, from its moments on."""
    size = len(counts) / np.sum((counts / mean - 1.0) ** 2, axis=0)
    going = np.arange(len(size))
    for _ in range(_MOST):
        size[going] = np.abs(size[going])
        slope, bend = _size_slope(counts[:, going], mean[:, going], size[going])
        size[going] += slope / bend
        going = going[np.abs(slope / bend) > _SIZE_STOP]
        if not going.size:
            break
    return size


def _size_slope(
    counts: np.ndarray, mean: np.ndarray, size: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return the first derivative of the log-likelihood by size, and minus the second."""
    slope = np.sum(
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
    return slope, bend


def _log_likelihood(counts: np.ndarray, mean: np.ndarray, size: np.ndarray) -> np.ndarray:
    return np.sum(
        special.gammaln(size + counts)
        - special.gammaln(size)
        - special.gammaln(counts + 1.0)
        - size * np.log1p(mean / size)
        + special.xlogy(counts, mean / (mean + size)),
        axis=0,
    )


def _deviance(counts: np.ndarray, mean: np.ndarray, size: np.ndarray) -> np.ndarray:
    terms = special.xlogy(counts, np.where(counts > 0, counts, 1.0) / mean)
    # an infinite size is the Poisson distribution
    finite = np.isfinite(size)
    some = np.where(finite, size, 1.0)
    more = (counts + some) * np.log((counts + some) / (mean + some))
    return 2.0 * np.sum(terms - np.where(finite, more, counts - mean), axis=0)


def _weighted_products(design: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return design' W design of every series, shape (series, columns, columns)."""
    n_columns = design.shape[1]
    left, right = np.triu_indices(n_columns)
    packed = ((design[:, left] * design[:, right]).T @ weights).T
    products = np.empty((weights.shape[1], n_columns, n_columns))
    products[:, left, right] = packed
    products[:, right, left] = packed
    return products


def _solve(information: np.ndarray, right: np.ndarray) -> np.ndarray:
    return np.linalg.solve(information, right[:, :, None])[:, :, 0]


def _joint(counts: np.ndarray, design: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return coefficients and sizes at the maximum: steps of both at once, none too long."""
    n_series, n_columns = counts.shape[1], design.shape[1]
    b = np.zeros((n_series, n_columns))
    b[:, 0] = np.log(np.maximum(counts.mean(axis=0), 0.5 / len(counts)))
    log_size = np.full(n_series, np.log(4.0))
    for _ in range(_JOINT_ROUNDS):
        size = np.exp(log_size)
        mean = np.exp(np.clip(design @ b.T, _LOWEST_LOG, _LARGEST_LOG))
        share = 1.0 / (1.0 + mean / size)
        step = _solve(
            _weighted_products(design, mean * share), (design.T @ ((counts - mean) * share)).T
        )
        longest = np.max(np.abs(step), axis=1, initial=0.0, keepdims=True)
        b += step * np.minimum(1.0, _LONGEST_STEP / np.maximum(longest, 1e-12))
        mean = np.exp(np.clip(design @ b.T, _LOWEST_LOG, _LARGEST_LOG))
        before = log_size
        log_size = np.minimum(log_size + _size_step(counts, mean, size), np.log(_SIZE_LIMIT))
        change = np.abs(log_size - before)
        if max(np.max(longest, initial=0.0), np.max(change, initial=0.0)) < _JOINT_TOLERANCE:
            break
    return b, np.exp(log_size)


def _size_step(counts: np.ndarray, mean: np.ndarray, size: np.ndarray) -> np.ndarray:
    """Return the Newton step of log size, uphill also where the likelihood is not concave."""
    slope, bend = _size_slope(counts, mean, size)
    # in log size the slope is size * slope and the curvature size² bend - size slope
    curved = size * bend - slope
    newton = slope / np.where(curved > 0, curved, 1.0)
    return np.clip(np.where(curved > 0, newton, np.sign(slope)), -1.0, 1.0)
