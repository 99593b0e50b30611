"""The contract of a detector: what counts it takes, what score frame it gives, what it refuses.

Counts
    A gap-free DataFrame: a naive ``DatetimeIndex`` of equal buckets, named ``day`` (local days,
    midnight), ``week`` (each starting on the same weekday) or ``hour``; one column of whole
    numbers per series, column labels are the series keys (text). A quiet bucket is a zero; a gap
    would mean "no data" and is refused. Where a word below says day, any bucket is meant.

Time
    ``fit(counts)`` learns from the history; what was learned ends with ``learned_until_``, and
    ``score`` accepts only later days. So nothing at or after a day is ever used to score it.
    Detectors are of three kinds.

    *Fixed* (``rolling-z``): what ``fit`` learned scores all later days alike, in any
    order and with days missing. The last `guard` days of the history are not learned from: an
    outbreak that is just starting must not teach the baseline that it is normal.

    *Moving* (`Moving`: ``native``): ``fit`` learns a model, and every later day moves its recent
    level (``guard`` days late) and fills its windows. A day is scored from the model and all days
    before it that were given. The guarded days at the end of the history are seen, not learned:
    they fill windows, and a day next to an outbreak among them is trusted less, so an outbreak
    that is just starting never raises what is expected. Scoring a week gives what scoring its
    days one by one would, each with the days before it. Days may be left out: they are unknown,
    and windows that need them have no say.

    *Sequential* (`Sequential`: the classics): each day is scored from everything before it, the
    days scored before included. So ``score`` must begin with the first day after
    ``learned_until_``. Their ``history_`` is what was learned, as given; the guard, where there
    is one, is part of the method.

What is not said
    A method that defines no p-value, no lower side or, for a day, no limit leaves NaN in that
    column; ``alarm`` is always said. ``observed``, ``series`` and ``date`` are never missing.
"""

from dataclasses import dataclass
from typing import Final, Protocol, Self, runtime_checkable

import numpy as np
import pandas as pd

from govdash.core.errors import InputError
from govdash.detect.buckets import DAY, Bucket
from govdash.detect.tails import interval, normal_score, tail_high, tail_low, two_sided

#: Columns of a score frame, one row per series and day, ordered by series (as given), then day.
#:
#: ``series``    str, the key
#: ``date``      datetime64, local day, week (its first day) or hour
#: ``observed``  int, the count
#: ``expected``  float, mean of the prediction, > 0
#: ``lower``     float, whole number: lower end of the central prediction interval (`coverage`)
#: ``upper``     float, whole number: upper end; P(X > upper) <= (1 - coverage) / 2
#: ``p_high``    P(X >= observed)
#: ``p_low``     P(X <= observed); means something only where ``expected`` >= `LOW_SIDE_FROM`
#: ``p_value``   two-sided where ``expected`` >= `LOW_SIDE_FROM`, else ``p_high``
#: ``score``     about 0 on an ordinary day, > 0 high, < 0 low, comparable between series; of a
#:               classic its own statistic, which its class explains
#: ``alarm``     bool: too many at the detector's own threshold; for most ``observed > upper``
SCORE_COLUMNS: Final = (
    "series",
    "date",
    "observed",
    "expected",
    "lower",
    "upper",
    "p_high",
    "p_low",
    "p_value",
    "score",
    "alarm",
)

_QUIET: Final = {"D": "日子", "W": "周", "H": "小时"}


class Detector(Protocol):
    """Learns what is usual, then says how unusual later days are."""

    learned_until_: pd.Timestamp
    note_: str  # what was simplified because history is short; empty when nothing was

    @property
    def guard(self) -> int | None:
        """Last days of a history that are not learned from; None: as usual for the bucket."""
        ...

    @property
    def coverage(self) -> float:
        """Share of the central prediction interval."""
        ...

    @property
    def min_days(self) -> int:
        """Shortest history that can be learned from."""
        ...

    def fit(self, counts: pd.DataFrame) -> Self:
        """Learn from gap-free `counts`; raise `InputError` when they cannot be used."""
        ...

    def score(self, counts: pd.DataFrame) -> pd.DataFrame:
        """Return one row per series and day (`SCORE_COLUMNS`) for days after the learned ones."""
        ...


@dataclass(frozen=True)
class Forecast:
    """What a fitted detector expects: rows are days, columns are series.

    Attributes
    ----------
    mean : array (days, series), events, > 0
    dispersion : dict of array (series,)
        Variance over mean, >= 1, of the summed count over so many consecutive days.
    log_se : array (days, series)
        Standard error of the log mean: how well the baseline itself is known.
    """

    days: pd.DatetimeIndex
    series: tuple[str, ...]
    mean: np.ndarray
    dispersion: dict[int, np.ndarray]
    log_se: np.ndarray

    def variance(self) -> np.ndarray:
        """Variance of a single day's count: noise of the day and error of the estimate."""
        return self.dispersion[1] * self.mean + (self.mean * self.log_se) ** 2


@runtime_checkable
class Forecaster(Detector, Protocol):
    """A detector with a full predictive distribution; needed for windows of several days."""

    def forecast(self, days: pd.DatetimeIndex, series: tuple[str, ...]) -> Forecast:
        """Return what is expected on `days` after the learned ones."""
        ...


@runtime_checkable
class Moving(Detector, Protocol):
    """A fitted model that each scored day moves on; see the module."""

    state_: object


@runtime_checkable
class Sequential(Detector, Protocol):
    """A detector that scores each day from everything before it; see the module."""

    history_: pd.DataFrame


def check_counts(counts: pd.DataFrame, *, needs: int = 1, bucket: Bucket = DAY) -> None:
    """Refuse counts that break the contract, by name.

    Parameters
    ----------
    counts : DataFrame
        See the module.
    needs : int
        Buckets that must be there.
    bucket : Bucket
        What each row counts.

    Raises
    ------
    InputError
        For a wrong index, doubled, missing or unordered days, doubled series, NaN, negative or
        fractional counts, or too few days; the message names series, day and value.
    """
    days = counts.index
    if not isinstance(days, pd.DatetimeIndex):
        raise InputError(f"计数表的行索引应为日期（DatetimeIndex），每行一{bucket.unit}。")
    if days.tz is not None:
        raise InputError(f"计数表的日期带有时区 {days.tz}；请先换算为本地日期再去掉时区。")
    if days.hasnans:
        raise InputError("计数表中有空日期；请先删除或补全。")
    whole, word = ("h", "分秒；应为整点") if bucket.code == "H" else ("D", "时刻；应为整日")
    within = np.flatnonzero(np.asarray(days != days.floor(whole)))
    if len(within):
        raise InputError(f"计数表的日期 {days[within[0]]} 带有{word}。")
    again = np.flatnonzero(days.duplicated())
    if len(again):
        raise InputError(f"日期 {bucket.says(days[again[0]])} 重复；每{bucket.unit}只能有一行。")
    if not days.is_monotonic_increasing:
        raise InputError("计数表的日期没有从早到晚排列；请先排序。")
    if len(days) < needs:
        unit = bucket.unit
        raise InputError(f"历史太短：只有 {len(days)} {unit}，至少需要 {needs} {unit}。")
    if len(days):
        _check_steps(days, bucket)
    if counts.columns.has_duplicates:
        again = counts.columns[counts.columns.duplicated()][0]
        raise InputError(f"序列“{again}”重复；每个序列只能有一列。")
    _check_values(counts, bucket)


def check_later(
    counts: pd.DataFrame, learned: pd.Index, until: pd.Timestamp, *, bucket: Bucket = DAY
) -> None:
    """Refuse to score series that were not learned, or days that were."""
    check_counts(counts, bucket=bucket)
    unknown = counts.columns.difference(learned)
    if len(unknown):
        raise InputError(f"序列“{unknown[0]}”没有学习过基线；请把它放进历史计数重新学习。")
    if counts.index[0] <= until:
        raise InputError(
            f"{bucket.says(counts.index[0])} 在学习期内（截至 {bucket.says(until)}）；"
            "只能对其后的日期评分。"
        )


def score_forecast(counts: pd.DataFrame, forecast: Forecast, *, coverage: float) -> pd.DataFrame:
    """Return the score frame of `counts` under `forecast` (negative binomial prediction)."""
    observed = counts.to_numpy(dtype=np.int64)
    variance = forecast.variance()
    lower, upper = interval(forecast.mean, variance, coverage=coverage)
    return score_frame(
        counts,
        expected=forecast.mean,
        lower=lower,
        upper=upper,
        p_high=tail_high(observed, forecast.mean, variance),
        p_low=tail_low(observed, forecast.mean, variance),
        score=normal_score(observed, forecast.mean, variance),
    )


def score_frame(
    counts: pd.DataFrame,
    *,
    expected: np.ndarray,
    lower: np.ndarray,
    upper: np.ndarray,
    p_high: np.ndarray,
    p_low: np.ndarray,
    score: np.ndarray,
    alarm: np.ndarray | None = None,
) -> pd.DataFrame:
    """Return the long frame of arrays shaped (days, series), ordered by series, then day.

    Where there is no low tail, ``p_value`` is the high one. `alarm` is by default that more than
    `upper` were observed.
    """
    n_days, n_series = counts.shape
    observed = counts.to_numpy(dtype=np.int64)
    wide = {
        "observed": observed,
        "expected": expected,
        "lower": lower,
        "upper": upper,
        "p_high": p_high,
        "p_low": p_low,
        "p_value": np.where(np.isnan(p_low), p_high, two_sided(p_high, p_low, expected)),
        "score": score,
        "alarm": observed > upper if alarm is None else alarm,
    }
    frame = pd.DataFrame({name: values.T.reshape(-1) for name, values in wide.items()})
    frame.insert(
        0,
        "series",
        pd.Series(np.repeat(np.asarray(counts.columns, dtype=object), n_days), dtype="str"),
    )
    frame.insert(1, "date", np.tile(counts.index.to_numpy(), n_series))
    return frame


def _check_steps(days: pd.DatetimeIndex, bucket: Bucket) -> None:
    """Refuse missing buckets, and weeks that start on another weekday."""
    grid = pd.date_range(days[0], days[-1], freq=bucket.step)
    off = days.difference(grid)
    if len(off):
        raise InputError(
            f"日期 {bucket.says(off[0])} 与第一{bucket.unit} {bucket.says(days[0])} "
            "不在同一星期几；每周请用同一天表示。"
        )
    missing = grid.difference(days)
    if len(missing):
        raise InputError(
            f"计数缺少 {len(missing)} {bucket.unit}（第一{bucket.unit}是 "
            f"{bucket.says(missing[0])}）；没有事件的{_QUIET[bucket.code]}请填 0。"
        )


def _check_values(counts: pd.DataFrame, bucket: Bucket) -> None:
    kinds = list(counts.dtypes)
    countable = {
        kind: pd.api.types.is_numeric_dtype(kind) and not pd.api.types.is_bool_dtype(kind)
        for kind in set(kinds)  # thousands of series have one
    }
    for key, kind in zip(counts.columns, kinds, strict=True):
        if not isinstance(key, str):
            raise InputError(f"序列的名称 {key!r} 应为文字。")
        if not countable[kind]:
            raise InputError(f"序列“{key}”的计数不是数字（{kind}）；应为整数。")
    values = counts.to_numpy(dtype=float, na_value=np.nan)
    for bad, why in (
        (np.isnan(values), "是空值（NaN）；没有事件请填 0，没有数据请剔除该序列"),
        (np.isinf(values), "是无穷大；应为整数"),
        (values < 0, "是负数；计数不能小于 0"),
        (values != np.floor(values), "不是整数；请传入件数而不是比率"),
    ):
        if bad.any():
            row, col = (int(n) for n in np.argwhere(bad)[0])
            what = "" if np.isnan(values[row, col]) else f" {values[row, col]:g}"
            raise InputError(
                f"序列“{counts.columns[col]}”在 {bucket.says(counts.index[row])} "
                f"的计数{what}{why}。"
            )
