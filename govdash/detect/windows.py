"""Windows of several days: slow rises and short bursts both show at the last day.

The count of the last w days is held against the sum of the expectations. Its variance is the
dispersion learned for w-day sums times the expected sum, plus the error of the baseline, which
the days share (so their standard errors add, not their variances). `Native` scores its windows
itself; other forecasters are scored here.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from scipy import special

from govdash.core.errors import InputError
from govdash.detect.contract import Detector, Forecaster, Sequential, check_later
from govdash.detect.native import Native, State, combine
from govdash.detect.tails import LOW_SIDE_FROM, interval, tail_high, tail_low

WINDOWS: Final = (1, 3, 7)


@dataclass(frozen=True)
class WindowScores:
    """Every series × window ending at one day; arrays are shaped (windows, series).

    ``p_low`` is 1 where fewer than `LOW_SIDE_FROM` were expected: no evidence. ``p_value``
    (series,) corrects for the windows and sides looked at: the tails of a `Native` detector's
    windows are combined (Cauchy), those of others are Bonferroni's; ``best`` and ``is_high`` say
    which tail was the smallest. ``state`` is where a native detector stands after the day: what
    its expectation is made of (`native.factors`).
    """

    at_day: pd.Timestamp
    series: tuple[str, ...]
    widths: tuple[int, ...]
    observed: np.ndarray
    expected: np.ndarray
    sd: np.ndarray
    p_high: np.ndarray
    p_low: np.ndarray
    p_value: np.ndarray
    best: np.ndarray
    is_high: np.ndarray
    state: State | None = None

    def interval(self, window: int, series: int, *, coverage: float = 0.95) -> tuple[float, float]:
        """Return the prediction interval of one window (its position) of one series."""
        lower, upper = interval(
            self.expected[window, series], self.sd[window, series] ** 2, coverage=coverage
        )
        return float(lower), float(upper)

    def excess(self) -> np.ndarray:
        """Observed minus expected, shaped (windows, series)."""
        return self.observed - self.expected


def score_windows(
    detector: Detector,
    counts: pd.DataFrame,
    *,
    at_day: pd.Timestamp,
    widths: tuple[int, ...] = WINDOWS,
    low_side: bool = True,
) -> WindowScores:
    """Score the windows of `counts` that end at `at_day` with a fitted `detector`.

    Without `low_side` only too many count, and nothing is paid for having looked at too few.
    Days after `at_day` are not looked at. A detector without a forecast knows single days only;
    then the one window is that day. Windows that reach into the learned days are left out.

    Raises
    ------
    InputError
        When `at_day` is not in `counts`, or was learned from.
    """
    if at_day not in counts.index:
        raise InputError(f"计数表里没有 {at_day.date()}；请补上这一天。")
    if isinstance(detector, Native):
        return _from_native(detector, counts.loc[:at_day], widths, low_side=low_side)
    ahead = (at_day - detector.learned_until_).days
    usable = tuple(w for w in sorted(widths) if w <= ahead)
    last = counts.loc[at_day - pd.Timedelta(days=max(usable, default=1) - 1) : at_day]
    series = tuple(counts.columns)
    if isinstance(detector, Forecaster) and usable:
        check_later(last, pd.Index(series), detector.learned_until_)
        scored = _from_forecast(detector, last, usable)
    else:
        usable = (1,)
        scored = _from_scores(_last_day(detector, counts.loc[:at_day]), detector.coverage)
    observed, expected, sd, p_high, p_low = scored
    told = low_side & (expected >= LOW_SIDE_FROM)
    p_low = np.where(told, p_low, 1.0)
    tails = np.concatenate([p_high, p_low])
    looks = len(usable) + np.sum(told, axis=0)
    best = np.argmin(tails, axis=0)
    return WindowScores(
        at_day=at_day,
        series=series,
        widths=usable,
        observed=observed,
        expected=expected,
        sd=sd,
        p_high=p_high,
        p_low=p_low,
        p_value=np.minimum(np.min(tails, axis=0, initial=1.0) * looks, 1.0),
        best=best % len(usable),
        is_high=best < len(usable),
    )


def _from_native(
    detector: Native, counts: pd.DataFrame, widths: tuple[int, ...], *, low_side: bool
) -> WindowScores:
    """Score the last day; the days since the detector was fitted are taken in before it."""
    since = counts.index > detector.state_.at
    state, scored = detector.moved(counts[since] if since.any() else counts.iloc[-1:])
    tails = scored[-1].tails
    known = list(detector.state_.windows)
    usable = tuple(w for w in sorted(widths) if w in known)
    if not usable:
        raise InputError(f"检测方法没有学习窗口 {sorted(widths)}；已学习：{known}。")
    rows = [known.index(w) for w in usable]
    weights = np.array([detector.state_.windows[w] for w in usable])[:, None]
    high = tails.high[rows]
    low = tails.low[rows] if low_side else np.full_like(high, np.nan)
    p_high, p_low = combine(high, weights), combine(low, weights)
    both = ~np.isnan(low).all(axis=0)
    is_high = ~both | (p_high <= p_low)
    p_value = np.where(both, np.minimum(2.0 * np.minimum(p_high, p_low), 1.0), p_high)
    high, low = np.nan_to_num(high, nan=1.0), np.nan_to_num(low, nan=1.0)
    return WindowScores(
        at_day=scored[-1].bucket,
        series=tuple(counts.columns),
        widths=usable,
        observed=np.nan_to_num(tails.observed[rows]),
        expected=tails.expected[rows],
        sd=np.sqrt(tails.variance[rows]),
        p_high=high,
        p_low=low,
        p_value=p_value,
        best=np.where(is_high, np.argmin(high, axis=0), np.argmin(low, axis=0)),
        is_high=is_high,
        state=state,
    )


def _from_forecast(
    detector: Forecaster, last: pd.DataFrame, widths: tuple[int, ...]
) -> tuple[np.ndarray, ...]:
    forecast = detector.forecast(pd.DatetimeIndex(last.index), tuple(last.columns))
    values = last.to_numpy(dtype=np.int64)
    rows: list[list[np.ndarray]] = []
    for width in widths:
        observed = values[-width:].sum(axis=0)
        mean = forecast.mean[-width:].sum(axis=0)
        shared_error = np.sum(forecast.mean[-width:] * forecast.log_se[-width:], axis=0)
        spread = forecast.dispersion.get(width, forecast.dispersion[1])
        variance = spread * mean + shared_error**2
        rows.append(
            [
                observed,
                mean,
                np.sqrt(variance),
                tail_high(observed, mean, variance),
                tail_low(observed, mean, variance),
            ]
        )
    return tuple(np.stack(column) for column in zip(*rows, strict=True))


def _last_day(detector: Detector, counts: pd.DataFrame) -> pd.DataFrame:
    """Return the scores of the last day; a sequential detector must see the days before it."""
    if not isinstance(detector, Sequential):
        return detector.score(counts.iloc[-1:])
    frame = detector.score(counts.loc[counts.index > detector.learned_until_])
    frame = frame[frame["date"] == counts.index[-1]]
    if len(frame) and frame["p_high"].isna().all():
        raise InputError("这个检测方法不给 p 值，不能用于监测规则；请改用 native 等给 p 值的方法。")
    return frame.assign(p_low=1.0)


def _from_scores(scores: pd.DataFrame, coverage: float) -> tuple[np.ndarray, ...]:
    """Read the last day from a score frame; the sd from the reach of its interval."""
    names = ("observed", "expected", "upper", "p_high", "p_low")
    observed, expected, upper, p_high, p_low = (scores[n].to_numpy()[None] for n in names)
    reach = -special.ndtri((1.0 - coverage) / 2.0)
    sd = np.maximum(upper - expected, 1.0) / reach
    return observed, expected, sd, p_high, p_low
