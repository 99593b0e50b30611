"""Farrington's method and its flexible forms: a bucket against the same time of former years.

Assumptions: counts vary around a log-linear mean with a constant dispersion; the same time of
former years (or, with ten seasons, all the time since) tells the season; a past outbreak shows as
a large residual and is down-weighted, not removed.

References: Farrington, Andrews, Beale & Catchpole (1996), J. R. Stat. Soc. A 159:547; Noufaily et
al. (2013), Stat. Med. 32:1206; Salmon, Schumacher & Höhle (2016), J. Stat. Softw. 70(10).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy import stats
from threadpoolctl import ThreadpoolController

from govdash.detect.classics.limits import Prediction, judge
from govdash.detect.classics.loglinear import Design, Fits, fit
from govdash.detect.classics.seasons import Window, windows
from govdash.detect.classics.settings import Setting

#: Least sum of the last counts (the current one included) for a limit to be given: Farrington et
#: al. (1996), section 3.8, 5 reports in 4 weeks.
LEAST_CASES: Final = 5
LEAST_OVER: Final = 4
#: Fewer years than this show no trend.
_TREND_YEARS: Final = 3
#: Numbers in one batch: (fits, buckets) arrays of 2 MB stay inside the cache.
_BATCH: Final = 250_000

_THREADS: Final = ThreadpoolController()


@dataclass(frozen=True)
class FarringtonResult:
    """What the method says, every array shaped (buckets scored, series).

    Attributes
    ----------
    expected : events; NaN where too few cases were reported lately (see `LEAST_CASES`)
    mean : upper confidence limit of the mean where the limit uses it, else the mean; with the
        two-thirds limit e to the power of the mean plus its reach, which nothing uses
    dispersion : φ >= 1
    trend_used : whether a trend was kept
    slope : of the log mean per bucket; NaN without a trend
    upper : the limit; NaN where too few cases were reported lately
    score : (observed - expected) / (limit - expected): above 1 means above the limit
    p_high : P(Y >= observed)
    alarm : observed above the limit, and enough cases lately
    """

    expected: np.ndarray
    mean: np.ndarray
    dispersion: np.ndarray
    trend_used: np.ndarray
    slope: np.ndarray
    upper: np.ndarray
    score: np.ndarray
    p_high: np.ndarray
    alarm: np.ndarray


def farrington(
    counts: np.ndarray,
    centres: np.ndarray,
    setting: Setting,
    *,
    half_width: int = 3,
    excluded: int = 26,
    alpha: float | None = None,
    compat_score: bool = False,
) -> FarringtonResult:
    """Score buckets of every series.

    Parameters
    ----------
    counts : array of int (buckets, series)
    centres : array of int (buckets to score, years + 1)
        See `seasons.years_back`.
    setting : Setting
    half_width : int
        Buckets on each side of the same one of a former year.
    excluded : int
        Buckets directly before that are left out, where all the time since is used.
    alpha : float, optional
        Instead of the setting's.
    compat_score : bool
        With the quantile limits, subtract the log of the expectation in the score, as a widely
        used program does; the alarms are the same.
    """
    shape = (len(centres), counts.shape[1])
    columns = {f: np.full(shape, np.nan) for f in ("mean", "dispersion", "log_se", "slope")}
    used = np.zeros(shape, dtype=bool)
    place = {int(at): n for n, at in enumerate(centres[:, 0])}
    years = centres.shape[1] - 1
    values = counts.astype(float)
    with _THREADS.limit(limits=1, user_api="blas"):
        for window in windows(
            centres, half_width=half_width, seasons=setting.seasons, excluded=excluded
        ):
            for at, series, history in _batches(values, window):
                found = _predict(history, window.design, setting, years)
                where = np.array([place[int(n)] for n in at]), series
                for name, column in columns.items():
                    column[where] = found[name]
                used[where] = ~np.isnan(found["slope"])
    seen = Prediction(columns["mean"], columns["dispersion"], columns["log_se"])
    observed = values[centres[:, 0]]
    level = setting.alpha if alpha is None else alpha
    judged = judge(observed, seen, alpha=level, limit=setting.limit)
    enough = _enough(counts)[centres[:, 0]]
    from_log = compat_score and setting.limit != "two-thirds"
    middle = np.log(seen.mean) if from_log else seen.mean
    return FarringtonResult(
        expected=np.where(enough, seen.mean, np.nan),
        mean=judged.raised,
        dispersion=seen.dispersion,
        trend_used=used,
        slope=columns["slope"],
        upper=np.where(enough, judged.upper, np.nan),
        score=_exceedance(observed, middle, judged.upper),
        p_high=judged.p_high,
        alarm=enough & (observed > judged.upper),
    )


def _batches(
    values: np.ndarray, window: Window
) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Yield positions, series and histories (fits, buckets) of a window, a batch at a time."""
    n_series = values.shape[1]
    many = len(window.at) * n_series
    size = max(_BATCH // max(len(window.offsets), 1), 1)
    for first in range(0, many, size):
        chosen = np.arange(first, min(first + size, many))
        at, series = window.at[chosen // n_series], chosen % n_series
        yield at, series, values[at[:, None] + window.offsets, series[:, None]]


def _predict(
    history: np.ndarray, design: Design, setting: Setting, years: int
) -> dict[str, np.ndarray]:
    """Fit with a trend, and without where it is not borne out; each twice, the second weighted."""
    trended = years >= _TREND_YEARS
    # a trend through one event runs away: it ends as NaN or infinity, and is dropped below
    with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
        fits, weights = _fit_twice(history, design, setting, trend=trended)
        found = _summary(history, fits, weights)
    if not trended:
        return found
    with np.errstate(divide="ignore", invalid="ignore"):
        t = np.abs(fits.slope) / np.sqrt(found["relative"] * fits.slope_variance)
    p_trend = 2.0 * stats.t.sf(t, fits.df)
    drop = ~(p_trend < setting.trend_p) | (found["mean"] > history.max(axis=1))
    if drop.any():
        level, level_weights = _fit_twice(history[drop], design, setting, trend=False)
        for name, values in _summary(history[drop], level, level_weights).items():
            found[name][drop] = values
    return found


def _fit_twice(
    history: np.ndarray, design: Design, setting: Setting, *, trend: bool
) -> tuple[Fits, np.ndarray]:
    ones = np.ones_like(history)
    first = fit(history, design, weights=ones, trend=trend)
    weights = anscombe_weights(history, first, threshold=setting.reweight_from)
    return fit(history, design, weights=weights, trend=trend), weights


def anscombe_weights(counts: np.ndarray, fits: Fits, *, threshold: float) -> np.ndarray:
    """Return weights that sum to the number of buckets: s^-2 where the residual s is beyond.

    s = 3/2 (y^(2/3) m^(-1/6) - m^(1/2)) / sqrt(φ (1 - h)), Farrington et al. (1996), eq. 4.

    Parameters
    ----------
    counts : array (fits, buckets)
    fits : Fits
        A first fit with equal weights: its means m and leverages h.
    threshold : float
        1 in the original, 2.58 in Noufaily et al. (2013): the lower, the more ordinary buckets
        lose weight, and the lower the limit.
    """
    phi = np.maximum(_dispersion(counts, fits), 1.0)[:, None]
    root = np.sqrt(fits.mean)
    s = 1.5 * (np.cbrt(counts) ** 2 / np.cbrt(root) - root)
    s /= np.sqrt(phi * np.maximum(1.0 - fits.leverage, np.finfo(float).tiny))
    weights = np.where(s > threshold, np.maximum(s, threshold) ** -2.0, 1.0)
    return weights * (counts.shape[1] / weights.sum(axis=1))[:, None]


def _dispersion(counts: np.ndarray, fits: Fits) -> np.ndarray:
    residual = (counts - fits.mean) / fits.mean
    return np.einsum("kn,kn,kn->k", fits.working, residual, residual) / max(fits.df, 1)


def _summary(counts: np.ndarray, fits: Fits, weights: np.ndarray) -> dict[str, np.ndarray]:
    residual = (counts - fits.mean) / fits.mean
    phi = _dispersion(counts, fits)
    # the error of the mean is scaled by relative, not by Pearson, residuals: as published numbers
    relative = np.einsum("kn,kn,kn->k", weights, residual, residual) / max(fits.df, 1)
    return {
        "mean": np.exp(fits.log_mean),
        "dispersion": np.maximum(phi, 1.0),
        "log_se": np.sqrt(relative * fits.variance),
        "slope": fits.slope.copy(),
        "relative": relative,
    }


def _enough(counts: np.ndarray) -> np.ndarray:
    summed = np.cumsum(counts, axis=0)
    summed[LEAST_OVER:] -= summed[:-LEAST_OVER].copy()
    return summed >= LEAST_CASES


def _exceedance(observed: np.ndarray, middle: np.ndarray, upper: np.ndarray) -> np.ndarray:
    """(observed - middle) / (upper - middle); where the limit is not above, by whole events."""
    above = upper > middle
    ratio = (observed - middle) / np.where(above, upper - middle, 1.0)
    return np.where(above, ratio, np.where(observed > upper, 1.0 + observed - upper, 0.0))
