"""Log-linear quasi-Poisson fits of many short histories at once: levels per season and a trend.

log mean = level of the bucket's season + slope * time, variance = dispersion * mean. Since the
seasons are disjoint, each step of the iteratively re-weighted least squares is an analysis of
covariance in closed form: weighted season means and one pooled slope within seasons. No matrix is
factorised, and all fits of a batch step together.

The numbers depend on when the iteration stops, so the rules are fixed (they are those of common
statistical programs): it starts from means = counts + 0.1, and ends when the deviance changes by
less than 1e-8 of itself; leverages and dispersions are taken with the working weights of the step
before the last update.

References: McCullagh & Nelder (1989), Generalized Linear Models, ch. 2 and 9; Farrington et al.
(1996), J. R. Stat. Soc. A 159:547.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

_STOP: Final = 1e-8
_MAX_STEPS: Final = 25
#: Deviance added below the change, so that a perfect fit (deviance 0) ends as well.
_DEVIANCE_FLOOR: Final = 0.1
#: Start of a mean: counts + 0.1, so that the log of a zero exists.
_START: Final = 0.1


@dataclass(frozen=True)
class Design:
    """What the fits of a batch share: season and time of every bucket of the history.

    Parameters
    ----------
    season : array of int (buckets,)
        0 is the season of the bucket to predict; others may be absent.
    time : array (buckets,)
        In buckets, 0 is the bucket to predict.
    """

    season: np.ndarray
    time: np.ndarray

    def centred(self) -> tuple[np.ndarray, np.ndarray, float]:
        """Return the indicator matrix (buckets, seasons present), centred time and its centre."""
        present = np.unique(self.season)
        member = (self.season[:, None] == present).astype(float)
        centre = float(self.time.mean())
        return member, self.time - centre, centre


@dataclass(frozen=True)
class Fits:
    """Fitted histories; `fits` is the batch.

    Attributes
    ----------
    log_mean : array (fits,)
        Prediction at time 0 in season 0.
    slope : array (fits,)
        Per bucket; NaN without a trend.
    mean : array (fits, buckets)
    leverage : array (fits, buckets)
        Diagonal of the hat matrix.
    working : array (fits, buckets)
        Working weights: weight * mean of the step before.
    variance : array (fits,)
        Of `log_mean`, without dispersion.
    slope_variance : array (fits,)
        Of `slope`, without dispersion.
    df : int
        Buckets minus coefficients.
    """

    log_mean: np.ndarray
    slope: np.ndarray
    mean: np.ndarray
    leverage: np.ndarray
    working: np.ndarray
    variance: np.ndarray
    slope_variance: np.ndarray
    df: int


def fit(counts: np.ndarray, design: Design, *, weights: np.ndarray, trend: bool) -> Fits:
    """Fit every row of `counts`.

    Parameters
    ----------
    counts : array (fits, buckets)
    design : Design
        Shared by all rows.
    weights : array (fits, buckets)
        Prior weights, > 0.
    trend : bool
        Whether the log mean has a slope beside the seasons' levels.
    """
    member, time, centre = design.centred()
    solve = _Solver(member, time, trend=trend)
    n_fits, n_buckets = counts.shape
    log_counts = np.log(np.where(counts > 0, counts, 1.0))
    out = _Result.empty(n_fits, n_buckets, member.shape[1])
    rows = np.arange(n_fits)
    y, log_y, w = counts, log_counts, weights
    mean = y + _START
    eta = np.log(mean)
    before = _deviance(y, log_y, eta, mean, w)
    for step in range(_MAX_STEPS):
        working = w * mean
        level, slope, gram = solve(working, working * eta + w * (y - mean))
        eta = level @ member.T
        if trend:
            eta += slope[:, None] * time
        mean = np.exp(eta)
        now = _deviance(y, log_y, eta, mean, w)
        done = np.abs(now - before) / (np.abs(now) + _DEVIANCE_FLOOR) < _STOP
        if step == _MAX_STEPS - 1:
            done[:] = True
        if done.any():
            out.keep(rows[done], level[done], slope[done], mean[done], working[done], gram, done)
            going = ~done
            if not going.any():
                break
            rows, y, log_y, w = rows[going], y[going], log_y[going], w[going]
            eta, mean, now = eta[going], mean[going], now[going]
        before = now
    return out.fits(member, time, centre, trend=trend)


def _deviance(
    y: np.ndarray, log_y: np.ndarray, eta: np.ndarray, mean: np.ndarray, w: np.ndarray
) -> np.ndarray:
    terms = log_y - eta
    terms *= y
    terms -= y
    terms += mean
    return 2.0 * np.einsum("kn,kn->k", w, terms)


class _Solver:
    """Weighted analysis of covariance: season levels and the slope within seasons."""

    def __init__(self, member: np.ndarray, time: np.ndarray, *, trend: bool) -> None:
        self._n = member.shape[1]
        self._trend = trend
        moving = [member, member * time[:, None], (time**2)[:, None]] if trend else [member]
        self._weighing = np.concatenate(moving, axis=1)
        self._seen = np.concatenate([member, time[:, None]], axis=1) if trend else member

    def __call__(
        self, working: np.ndarray, seen: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return levels (fits, seasons), slopes (fits,) and the sums of the weights."""
        gram = working @ self._weighing
        sums = seen @ self._seen
        total, moment = gram[:, : self._n], gram[:, self._n : 2 * self._n]
        if not self._trend:
            return sums / total, np.full(len(sums), np.nan), gram
        at = moment / total
        within = gram[:, -1] - np.sum(moment * at, axis=1)
        slope = (sums[:, -1] - np.sum(at * sums[:, : self._n], axis=1)) / within
        return (sums[:, : self._n] - slope[:, None] * moment) / total, slope, gram


@dataclass
class _Result:
    """Rows are filled as their iteration ends."""

    level: np.ndarray
    slope: np.ndarray
    mean: np.ndarray
    working: np.ndarray
    gram: np.ndarray

    @classmethod
    def empty(cls, fits: int, buckets: int, seasons: int) -> "_Result":
        return cls(
            np.empty((fits, seasons)),
            np.empty(fits),
            np.empty((fits, buckets)),
            np.empty((fits, buckets)),
            np.empty((fits, 2 * seasons + 1)),
        )

    def keep(
        self,
        rows: np.ndarray,
        level: np.ndarray,
        slope: np.ndarray,
        mean: np.ndarray,
        working: np.ndarray,
        gram: np.ndarray,
        done: np.ndarray,
    ) -> None:
        self.level[rows], self.slope[rows] = level, slope
        self.mean[rows], self.working[rows] = mean, working
        self.gram[rows, : gram.shape[1]] = gram[done]

    def fits(self, member: np.ndarray, time: np.ndarray, centre: float, *, trend: bool) -> Fits:
        n = member.shape[1]
        total = self.gram[:, :n]
        spread = 1.0 / total
        leverage = spread @ member.T
        log_mean, variance = self.level[:, 0].copy(), spread[:, 0].copy()
        slope_variance = np.full(len(total), np.nan)
        if trend:
            moment = self.gram[:, n : 2 * n]
            at = moment * spread
            slope_variance = 1.0 / (self.gram[:, -1] - np.sum(moment * at, axis=1))
            leverage += (time - at @ member.T) ** 2 * slope_variance[:, None]
            log_mean -= self.slope * centre
            variance += (centre + at[:, 0]) ** 2 * slope_variance
        return Fits(
            log_mean=log_mean,
            slope=self.slope,
            mean=self.mean,
            leverage=leverage * self.working,
            working=self.working,
            variance=variance,
            slope_variance=slope_variance,
            df=len(time) - n - trend,
        )
