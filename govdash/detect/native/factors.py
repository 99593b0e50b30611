"""Exact explanation: the factors of a window multiply to what was expected of it."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from govdash.core.errors import InputError
from govdash.detect.native.state import State


@dataclass(frozen=True)
class Factors:
    """What the expectation of a bucket, or of the window that ends with it, is made of.

    A window of several buckets has no single weekday: a factor is then the ratio of the sums with
    it and without it, the factors taken one after the other in the order below.

    Attributes
    ----------
    level : float
        Events of an average bucket in the middle of the history.
    buckets : float
        Length of the window; 1 for a single bucket.
    recent : float
        Recent level over it.
    trend, season, weekday, holiday, hour, shock : float
        1 where the effect is not there.
    expected : float
        Their product, exactly the mean the window is scored with.
    """

    level: float
    buckets: float
    recent: float
    trend: float
    season: float
    weekday: float
    holiday: float
    hour: float
    shock: float
    expected: float


def factors(state: State, series: str, bucket: pd.Timestamp, *, buckets: int = 1) -> Factors:
    """Return the factors of the window of so many `buckets` that ends with `bucket`.

    Raises
    ------
    InputError
        When the series is unknown, or the window is not among the buckets that `state` holds.
    """
    if series not in state.series:
        raise InputError(f"序列“{series}”没有学习过基线；请检查名称。")
    row = state.row_of(bucket)
    number = state.level.at - (len(state.level.mean) - 1 - row)
    if row < buckets - 1 or state.bucket(number - buckets + 1) < state.parent.calendar.first:
        raise InputError(f"截至 {bucket} 的 {buckets} 个时段超出已评分的时段。")
    column = state.series.index(series)
    calendar, parent = state.parent.calendar, state.parent
    when = state.buckets(number - buckets + 1, buckets)
    rows = slice(row - buckets + 1, row + 1)
    design = calendar.matrix(when)
    effects = design * parent.fit.coefficients[column]
    parts = {name: np.exp(effects[:, own].sum(axis=1)) for name, own in calendar.groups().items()}
    plain = parent.mean(when)[:, column]
    base, mean = state.level.base[rows, column], state.level.mean[rows, column]
    parts["hour"] = plain / np.exp(parent.fit.log_mean(design)[:, column])
    parts["shock"] = base / plain
    parts["recent"] = mean / base
    running = parts.pop("level")
    told = {"level": float(running[0])}
    for name in ("recent", "trend", "season", "weekday", "holiday", "hour", "shock"):
        before, running = running.sum(), running * parts[name]
        told[name] = float(running.sum() / before)
    return Factors(**told, buckets=float(buckets), expected=float(mean.sum()))
