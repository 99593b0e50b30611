"""Upper limits and p-values of Farrington's method, given the fitted mean and its error.

With mean m, dispersion φ and s² the variance of the estimated mean:

two-thirds (Farrington et al. 1996, eq. 7)
    Y^(2/3) is nearly normal with mean m^(2/3) and variance 4/9 m^(1/3) τ, τ = φ + s²/m.
plug-in (Noufaily et al. 2013)
    Y is negative binomial with size m / (φ - 1), so variance φ m; Poisson where φ = 1.
upper-mean (Salmon et al. 2016)
    The same around the upper confidence limit of the mean.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy import special, stats

from govdash.detect.classics.settings import Limit

#: Log factor beyond which the upper end of a mean says no more than that nothing is known.
_MOST_REACH: Final = 30.0


@dataclass(frozen=True)
class Prediction:
    """What was fitted for a bucket, all arrays of one shape.

    Attributes
    ----------
    mean : array
        Expected count m.
    dispersion : array
        φ >= 1.
    log_se : array
        Standard error of log m (s / m).
    """

    mean: np.ndarray
    dispersion: np.ndarray
    log_se: np.ndarray


@dataclass(frozen=True)
class Judged:
    """What is made of a prediction, arrays of its shape.

    Attributes
    ----------
    raised : array
        The mean at its upper confidence limit where the limit uses that, else the mean.
    upper : array
        The limit, in events.
    p_high : array
        P(Y >= count).
    """

    raised: np.ndarray
    upper: np.ndarray
    p_high: np.ndarray


def judge(counts: np.ndarray, seen: Prediction, *, alpha: float, limit: Limit) -> Judged:
    """Return limit and P(Y >= count); more than the limit is more than chance at `alpha`.

    Parameters
    ----------
    counts : array
    seen : Prediction
        Of the same shape.
    alpha : float
        One-sided rate.
    limit : {"two-thirds", "plug-in", "upper-mean"}
        See the module.
    """
    reach = -special.ndtri(alpha)
    mean = seen.mean
    if limit == "two-thirds":
        se = mean * seen.log_se
        spread = np.sqrt(4.0 / 9.0 * np.cbrt(mean) * (seen.dispersion + se**2 / mean))
        middle = np.cbrt(mean) ** 2
        upper = (middle + reach * spread) ** 1.5
        p_high = special.ndtr((middle - np.cbrt(counts) ** 2) / spread)
        with np.errstate(over="ignore"):  # this column is a formality: e to the count
            raised = np.exp(mean + reach * se)
        return Judged(raised, upper, p_high)
    raised = mean
    if limit == "upper-mean":
        raised = mean * np.exp(np.minimum(reach * seen.log_se, _MOST_REACH))
    return Judged(
        raised,
        _quantile(1.0 - alpha, raised, seen.dispersion),
        _tail(counts, raised, seen.dispersion),
    )


def _tail(counts: np.ndarray, mean: np.ndarray, dispersion: np.ndarray) -> np.ndarray:
    """P(Y >= count), the count itself included."""
    k = np.maximum(counts, 1)
    more = dispersion > 1.0
    size = mean / np.where(more, dispersion - 1.0, 1.0)
    spread = special.betainc(k, size, (dispersion - 1.0) / dispersion)
    return np.where(counts <= 0, 1.0, np.where(more, spread, special.gammainc(k, mean)))


def _quantile(level: float, mean: np.ndarray, dispersion: np.ndarray) -> np.ndarray:
    upper = np.empty(mean.shape)
    more = dispersion > 1.0
    size = mean[more] / (dispersion[more] - 1.0)
    upper[more] = stats.nbinom.ppf(level, size, 1.0 / dispersion[more])
    upper[~more] = stats.poisson.ppf(level, mean[~more])
    return upper
