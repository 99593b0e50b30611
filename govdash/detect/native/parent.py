"""The parent model: all series fitted on one shared calendar, past outbreaks trusted less.

log mean = level + trend + season + weekday + holiday (+ hour of the week), variance = φ mean;
quasi-Poisson with Gaussian priors (`glm.fit_batch`), in rounds with the weights of `outliers`.
Each series is fitted from its own counts alone: no loop over series, no borrowing between them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from numba import njit

from govdash.detect.glm import Fit, fit_batch
from govdash.detect.native.calendar import Calendar
from govdash.detect.native.outliers import (
    lasting,
    shrunk_dispersion,
    trust,
    typical_mean,
    unbiased_dispersion,
    usual_bias,
)

#: Rounds of down-weighting. Farrington has one; three find the outbreaks
#: that hide behind others (a fourth changes nothing).
ROUNDS: Final = 3
#: Counts in one block: keeps each array near 2 MB, inside the cache.
_BLOCK_COUNTS: Final = 250_000
#: Newton steps: enough from scratch for every series but a few with next to no events (which the
#: later rounds bring home), one while the weights still move, two at the end.
_FIRST_STEPS: Final = 5
_LAST_STEPS: Final = 2
#: Prior weight, in events, of an hour's share of the day and of its deviation on one weekday:
#: ±45 % and ±20 % are ordinary.
_HOUR_PRIOR: Final = 5.0
_HOUR_OF_WEEK_PRIOR: Final = 25.0
HOURS: Final = 168
#: A gain in variance over the window's share that noise alone makes in 1 series of 40.
_SURE: Final = 2.0


@dataclass(frozen=True)
class Parent:
    """Fitted series.

    Attributes
    ----------
    calendar : Calendar
    fit : Fit
        Coefficients (series, columns) and their covariance; columns of a year that the series
        did not take are zero.
    phi : array (series,)
        Variance over mean of one bucket, >= 1.
    inflation : dict of array (series,)
        By window length: how much more a window's sum varies than independent buckets would.
    hours : array (168, series)
        Factor of each hour of the week; ones unless buckets are hours.
    hours_variance : array (168, series)
        Variance of its log.
    """

    calendar: Calendar
    fit: Fit
    phi: np.ndarray
    inflation: dict[int, np.ndarray]
    hours: np.ndarray
    hours_variance: np.ndarray

    def mean(self, buckets: pd.DatetimeIndex) -> np.ndarray:
        """Return the expected count without the recent level, shape (buckets, series)."""
        mean = np.exp(self.fit.log_mean(self.calendar.matrix(buckets)))
        return mean * self.hours[slots(buckets)] if self.calendar.freq == "H" else mean

    def log_variance(self, buckets: pd.DatetimeIndex) -> np.ndarray:
        """Return the variance of the log mean, shape (buckets, series)."""
        variance = self.fit.log_variance(self.calendar.matrix(buckets))
        if self.calendar.freq == "H":
            variance = variance + self.hours_variance[slots(buckets)]
        return variance


def slots(buckets: pd.DatetimeIndex) -> np.ndarray:
    """Return each bucket's hour of the week, 0 at Monday 0:00."""
    return (buckets.day_of_week * 24 + buckets.hour).to_numpy()


def fit_parent(
    counts: np.ndarray,
    buckets: pd.DatetimeIndex,
    calendar: Calendar,
    *,
    windows: Sequence[int],
    span: int,
) -> Parent:
    """Fit every column of `counts`, each from itself alone; see the module for the model.

    Priors are Gaussian on the log scale (`Calendar.prior_sd`); the fit is penalised iteratively
    reweighted least squares (McCullagh & Nelder 1989, ch. 2 and 9) over blocks of series.

    Parameters
    ----------
    counts : array (buckets, series)
    buckets : DatetimeIndex
    calendar : Calendar
        Of the same buckets.
    windows : sequence of int
        Lengths whose sums' variance is learned.
    span : int
        Buckets over which lasting doubt becomes the new usual.
    """
    data = _Data.of(buckets, calendar)
    size = max(_BLOCK_COUNTS // max(len(counts), 1), 16)
    blocks = [
        _fit_block(counts[:, first : first + size], data, windows=windows, span=span)
        for first in range(0, max(counts.shape[1], 1), size)
    ]
    fits, phis, inflations, hours, hours_variance = zip(*blocks, strict=True)
    return Parent(
        calendar=calendar,
        fit=Fit(
            np.concatenate([f.coefficients for f in fits]),
            np.concatenate([f.covariance for f in fits]),
        ),
        phi=np.concatenate(phis),
        inflation={w: np.concatenate([i[w] for i in inflations]) for w in windows},
        hours=np.concatenate(hours, axis=1),
        hours_variance=np.concatenate(hours_variance, axis=1),
    )


@dataclass(frozen=True)
class _Data:
    """What the blocks share: the design (a row a day when buckets are hours) and its columns."""

    calendar: Calendar
    design: np.ndarray
    prior_sd: np.ndarray
    day_of: np.ndarray | None  # row of `design` of each hour
    slot: np.ndarray

    @classmethod
    def of(cls, buckets: pd.DatetimeIndex, calendar: Calendar) -> "_Data":
        if calendar.freq != "H":
            slot = np.zeros(len(buckets), dtype=int)
            return cls(calendar, calendar.matrix(buckets), calendar.prior_sd(), None, slot)
        days = buckets.normalize()
        day_of = np.cumsum(np.r_[0, np.asarray(days[1:] != days[:-1], dtype=int)])
        first = np.flatnonzero(np.r_[True, np.diff(day_of) > 0])
        # the trend moves within a day by less than 1e-3: the first hour stands for all
        design = calendar.matrix(buckets[first])
        return cls(calendar, design, calendar.prior_sd(), day_of, slots(buckets))


def _fit_block(
    counts: np.ndarray, data: _Data, *, windows: Sequence[int], span: int
) -> tuple[Fit, np.ndarray, dict[int, np.ndarray], np.ndarray, np.ndarray]:
    n_series, n_columns = counts.shape[1], data.design.shape[1]
    fit = Fit(np.zeros((n_series, n_columns)), np.zeros((n_series, n_columns, n_columns)))
    phi = np.ones(n_series)
    weights = np.ones(counts.shape)
    mean = np.ones(counts.shape)
    hours = np.ones((HOURS, n_series))
    hours_variance = np.zeros((HOURS, n_series))
    for columns, chosen, start in _by_year(counts, data):
        one = _Rounds(np.ascontiguousarray(counts[:, chosen]), data, columns, span)
        one.run(start)
        own = np.array(columns)
        fit.coefficients[chosen[:, None], own] = one.fit.coefficients
        fit.covariance[chosen[:, None, None], own[:, None], own] = one.fit.covariance
        phi[chosen] = one.phi
        weights[:, chosen] = one.weights
        mean[:, chosen] = one.mean
        hours[:, chosen] = one.hours
        hours_variance[:, chosen] = one.hours_variance
    counts = np.ascontiguousarray(counts)
    inflation = {w: _inflation(counts, mean, weights, width=w) for w in windows}
    return fit, phi, inflation, hours, hours_variance


def _by_year(
    counts: np.ndarray, data: _Data
) -> list[tuple[list[int], np.ndarray, np.ndarray | None]]:
    """Return columns, series and coefficients of each year: the one that makes counts likelier."""
    n_series = counts.shape[1]
    columns = [data.calendar.columns_of_year(year) for year in range(len(data.calendar.years))]
    if not n_series or len(columns) == 1:
        return [(columns[0], np.arange(n_series), None)] if n_series else []
    gains, fits = [], []
    for own in columns:
        design = np.ascontiguousarray(data.design[:, own])
        fit = fit_batch(
            counts,
            design,
            prior_sd=data.prior_sd[own],
            weights=np.ones(counts.shape),
            dispersion=np.ones(n_series),
            max_steps=3,
        )
        log_mean = fit.log_mean(design)
        gains.append(np.sum(counts * log_mean - np.exp(log_mean), axis=0))
        fits.append(fit.coefficients)
    # equal likelihoods (no season) must not be told apart by rounding: the first wins ties
    best = np.argmax(np.round(gains, 6), axis=0)
    groups = [(own, np.flatnonzero(best == n), fits[n]) for n, own in enumerate(columns)]
    return [(own, chosen, start[chosen]) for own, chosen, start in groups if len(chosen)]


class _Rounds:
    """One group of series through the rounds of fitting and down-weighting."""

    def __init__(self, counts: np.ndarray, data: _Data, columns: list[int], span: int) -> None:
        self.counts, self.data, self.span = counts, data, span
        self.design = np.ascontiguousarray(data.design[:, columns])
        self.prior_sd = data.prior_sd[columns]
        n_series = counts.shape[1]
        self.phi = np.ones(n_series)
        self.weights = np.ones(counts.shape)
        self.hours = np.ones((HOURS, n_series))
        self.hours_variance = np.zeros((HOURS, n_series))
        self.fit: Fit = Fit(np.zeros((n_series, len(columns))), np.empty(0))
        self.mean = np.ones(counts.shape)

    def run(self, start: np.ndarray | None) -> None:
        """Fit once plainly, then `ROUNDS` times with the weights of the fit before."""
        self._step(self.counts, start=start, max_steps=_FIRST_STEPS if start is None else 1)
        self.phi = np.maximum(self._pearson(), 1.0)
        for last in [*[False] * (ROUNDS - 1), True]:
            doubt = 1.0 - trust(self.counts, self.mean, self.phi)
            self.weights = 1.0 - doubt * (1.0 - lasting(doubt, span=self.span))
            middle = typical_mean(self.mean)
            shift, _ = usual_bias(middle, self.phi)
            shifted = self.counts + shift * np.sqrt(self.phi) * np.sqrt(self.mean)
            self._step(shifted, start=self.fit.coefficients, max_steps=_LAST_STEPS if last else 1)
            self.phi = unbiased_dispersion(
                self.counts,
                self.mean,
                self.weights,
                parameters=self.design.shape[1],
                middle=middle,
            )
        self.phi = shrunk_dispersion(self.phi, typical_mean(self.mean), len(self.counts))

    def _pearson(self) -> np.ndarray:
        n, p = len(self.counts), self.design.shape[1]
        return np.sum((self.counts - self.mean) ** 2 / self.mean, axis=0) / max(n - p, 1)

    def _step(self, counts: np.ndarray, *, start: np.ndarray | None, max_steps: int) -> None:
        rates, exposure = counts, self.weights
        if self.data.day_of is not None:
            self._hours(counts)
            first = np.flatnonzero(np.r_[True, np.diff(self.data.day_of) > 0])
            exposure = np.add.reduceat(
                self.weights * self.hours[self.data.slot], first, axis=0
            ).clip(1e-9)
            rates = np.add.reduceat(self.weights * counts, first, axis=0) / exposure
        self.fit = fit_batch(
            rates,
            self.design,
            prior_sd=self.prior_sd,
            weights=exposure,
            dispersion=self.phi,
            start=start,
            max_steps=max_steps,
        )
        mean = np.exp(self.fit.log_mean(self.design))
        if self.data.day_of is not None:
            mean = mean[self.data.day_of] * self.hours[self.data.slot]
        self.mean = mean

    def _hours(self, counts: np.ndarray) -> None:
        """Shrink each hour of the week to its hour of the day, and that to the day's mean."""
        day = self.mean / self.hours[self.data.slot]
        if self.fit.covariance.size == 0:
            day = np.broadcast_to(counts.mean(axis=0) + 1e-9, counts.shape)
        seen = _by_slot(self.weights * counts / self.phi, self.data.slot)
        due = _by_slot(self.weights * day / self.phi, self.data.slot)
        of_day = (_HOUR_PRIOR + _fold(seen)) / (_HOUR_PRIOR + _fold(due))
        # the constant carries the level: the hours of a day average one
        of_day = np.tile(of_day / of_day.mean(axis=0), (7, 1))
        prior = _HOUR_OF_WEEK_PRIOR
        self.hours = of_day * (prior + seen) / (prior + due * of_day)
        self.hours_variance = 1.0 / (prior + due * of_day)


def _by_slot(values: np.ndarray, slot: np.ndarray) -> np.ndarray:
    order = np.argsort(slot, kind="stable")
    present, first = np.unique(slot[order], return_index=True)
    sums = np.zeros((HOURS, values.shape[1]))
    sums[present] = np.add.reduceat(values[order], first, axis=0)
    return sums


def _fold(sums: np.ndarray) -> np.ndarray:
    return sums.reshape(7, 24, -1).sum(axis=0)


def _inflation(
    counts: np.ndarray, mean: np.ndarray, weights: np.ndarray, *, width: int
) -> np.ndarray:
    """Return how much more sums of `width` buckets vary than if buckets were independent.

    The ratio of the Pearson dispersion of sums to that of single buckets (both of the trusted
    part), less what noise explains: a gain x with standard error e counts as x (1 - (2e / x)²),
    positive part (James-Stein). For independent buckets e² = (4 / n) Σ (1 - k / width)².
    """
    n = len(counts)
    if width == 1 or n < 4 * width:
        return np.ones(counts.shape[1])
    single, due, summed, due_summed = _sum_squares(counts, mean, weights, width)
    gain = (
        summed / np.maximum(due_summed, 1e-9) / np.maximum(single / np.maximum(due, 1e-9), 1e-9)
        - 1.0
    )
    error = 2.0 * np.sqrt(np.sum((1.0 - np.arange(1, width) / width) ** 2) / n)
    sure = 1.0 - (_SURE * error / np.maximum(gain, 1e-9)) ** 2
    return 1.0 + np.maximum(gain, 0.0) * np.maximum(sure, 0.0)


@njit(cache=True)
def _sum_squares(counts, mean, weights, width):  # noqa: ANN001, ANN202 - compiled
    """Return sums over time of squares and means, of single buckets and of rolling sums."""
    n, series = counts.shape
    out = np.zeros((4, series))
    rest = np.zeros(series)
    due = np.zeros(series)
    for t in range(n):
        for s in range(series):
            r = weights[t, s] * (counts[t, s] - mean[t, s])
            m = weights[t, s] * mean[t, s]
            out[0, s] += r * r
            out[1, s] += m
            rest[s] += r
            due[s] += m
            if t >= width:
                w = weights[t - width, s]
                rest[s] -= w * (counts[t - width, s] - mean[t - width, s])
                due[s] -= w * mean[t - width, s]
            if t >= width - 1:
                out[2, s] += rest[s] * rest[s]
                out[3, s] += due[s]
    return out
