"""The low side: a channel, city or district that should report and does not.

Too few is told only where at least 5 are expected (below, a zero is no surprise), and only on days
that the channel's watermark covers: what has not arrived yet is no data, never low. A watermark
that stands still is a finding of its own: the channel is silent.

A day's score is the rarest lower tail of the windows of 1, 2 and 3 days that end with it, each
with the negative binomial of its own dispersion, learned from the same series' trailing days.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from govdash.core.errors import InputError
from govdash.detect.tails import LOW_SIDE_FROM, USUAL_DISPERSION, tail_low

WINDOWS: Final = (1, 2, 3)
#: Days whose dispersion is looked at; the last ones are left out, an outage may be among them.
_TRAILING: Final = 180
_GUARD: Final = 14
#: Days that the usual dispersion counts for.
_PRIOR_DAYS: Final = 30.0
#: A day this many times its expectation is an outbreak and says nothing about the low side.
_CAP: Final = 3.0


@dataclass(frozen=True)
class LowDay:
    """A series with too few events in the window that ends with `day`.

    Attributes
    ----------
    series : int
        Column.
    first, day : int
        Rows of the window's ends.
    observed : int
    expected : float
        Sums over the window.
    p_value : float
        Lower tail, times the number of windows.
    """

    series: int
    first: int
    day: int
    observed: int
    expected: float
    p_value: float


@dataclass(frozen=True)
class Silence:
    """A channel whose `watermark` (day number) stands still: nothing is known of the `days` since.

    `message` says it in Chinese.
    """

    channel: str
    watermark: int
    days: int
    message: str


def low_tails(
    counts: np.ndarray, expected: np.ndarray, *, known: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Return each day's lower tail and the length of the window it comes from.

    Parameters
    ----------
    counts : array of int (days, series)
    expected : array (days, series)
        From the days before each; where it is 0 or NaN nothing was expected of anybody.
    known : array of bool (days, series), optional
        Days that the watermark covers; all unless given.

    Returns
    -------
    p_value : array (days, series)
        1 where nothing can be said: too little expected, or a day of the window is not known.
        The smallest over the windows, times their number (Bonferroni).
    width : array of int (days, series)
    """
    if counts.shape != expected.shape:
        raise InputError(f"计数 {counts.shape} 与预期 {expected.shape} 的形状不一致。")
    usable = np.isfinite(expected) & (expected > 0)
    if known is not None:
        usable = usable & known
    due = np.where(usable, expected, 0.0)
    seen = np.where(usable, counts, 0)
    best = np.ones(counts.shape)
    width = np.ones(counts.shape, dtype=int)
    for w in WINDOWS:
        days = _rolling(usable.astype(float), w)
        m, y = _rolling(due, w), _rolling(seen.astype(float), w)
        phi = _trailing_dispersion(np.minimum(y, _CAP * m), m)
        told = (days == w) & (m >= LOW_SIDE_FROM)
        p = np.ones(counts.shape)
        p[told] = tail_low(y[told], m[told], (phi * m)[told])
        p = np.minimum(p * len(WINDOWS), 1.0)
        better = p < best
        best, width = np.where(better, p, best), np.where(better, w, width)
    return best, width


def low_days(
    counts: np.ndarray,
    expected: np.ndarray,
    *,
    last_day: int,
    limit: float,
    watermark: np.ndarray | None = None,
) -> list[LowDay]:
    """Return the series that are too low on their last known day, rarest first.

    Parameters
    ----------
    counts, expected : array (days, series)
    last_day : int
        Day number of the last row.
    limit : float
        Largest p-value that is told.
    watermark : array of int (series,), optional
        Day number up to which the series' channel is complete.
    """
    n_days, n_series = counts.shape
    marks = np.full(n_series, last_day) if watermark is None else np.minimum(watermark, last_day)
    numbers = last_day - n_days + 1 + np.arange(n_days)
    p_values, widths = low_tails(counts, expected, known=numbers[:, None] <= marks)
    told = []
    for series in range(n_series):
        row = int(marks[series] - numbers[0])
        if row < 0 or p_values[row, series] > limit:
            continue
        first = row - int(widths[row, series]) + 1
        told.append(
            LowDay(
                series=series,
                first=int(numbers[first]),
                day=int(numbers[row]),
                observed=int(counts[first : row + 1, series].sum()),
                expected=float(expected[first : row + 1, series].sum()),
                p_value=float(p_values[row, series]),
            )
        )
    return sorted(told, key=lambda low: (low.p_value, low.series))


def silent_channels(
    watermarks: Mapping[str, int], *, today: int, patience: Mapping[str, int] | int = 1
) -> list[Silence]:
    """Return the channels whose watermark is older than they may lag.

    Parameters
    ----------
    watermarks : mapping of channel to day number
        Last day up to which the channel is complete.
    today : int
        Day number of the running day; yesterday is the last that can be complete.
    patience : mapping of channel to days, or one number for all
        Complete days that may be missing before it is said.
    """
    told = []
    for channel, mark in sorted(watermarks.items()):
        allowed = patience if isinstance(patience, int) else patience.get(channel, 1)
        missing = today - 1 - mark
        if missing > allowed:
            until = np.datetime64(mark, "D")
            message = f"渠道“{channel}”已有 {missing} 天没有数据（截至 {until}）；请检查接入。"
            told.append(Silence(channel, mark, missing, message))
    return told


def _rolling(values: np.ndarray, width: int) -> np.ndarray:
    """Sum of the last `width` rows; fewer at the start."""
    until = np.cumsum(values, axis=0)
    until[width:] = until[width:] - until[:-width].copy()
    return until


def _trailing_dispersion(observed: np.ndarray, expected: np.ndarray) -> np.ndarray:
    """Return φ of each day from the days before its guard: mean of (y - m)² / m, at least 1."""
    with np.errstate(divide="ignore", invalid="ignore"):
        terms = np.where(expected > 0, (observed - expected) ** 2 / expected, 0.0)
    there = (expected > 0).astype(float)
    sums, days = _rolling(terms, _TRAILING), _rolling(there, _TRAILING)
    lag = np.zeros((min(_GUARD, len(terms)), terms.shape[1]))
    sums = np.concatenate([lag, sums])[: len(terms)]
    days = np.concatenate([lag, days])[: len(terms)]
    phi = (sums + _PRIOR_DAYS * USUAL_DISPERSION) / (days + _PRIOR_DAYS)
    return np.maximum(phi, 1.0)
