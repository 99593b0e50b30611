"""Exact explanation: the factors of one bucket multiply to what was expected of it."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from govdash.core.errors import InputError
from govdash.detect.native.state import State


@dataclass(frozen=True)
class Factors:
    """What one bucket's expectation is made of.

    Attributes
    ----------
    level : float
        Events of an average bucket in the middle of the history.
    recent : float
        Recent level over it.
    trend, season, weekday, holiday, hour, shock : float
        1 where the effect is not there.
    expected : float
        Their product, exactly the mean the bucket is scored with.
    """

    level: float
    recent: float
    trend: float
    season: float
    weekday: float
    holiday: float
    hour: float
    shock: float
    expected: float


def factors(state: State, series: str, bucket: pd.Timestamp) -> Factors:
    """Return the factors of a bucket that `state` still holds.

    Raises
    ------
    InputError
        When the series is unknown, or the bucket is not among those kept.
    """
    if series not in state.series:
        raise InputError(f"序列“{series}”没有学习过基线；请检查名称。")
    row = state.row_of(bucket)
    column = state.series.index(series)
    calendar, parent = state.parent.calendar, state.parent
    when = pd.DatetimeIndex([bucket])
    effects = calendar.matrix(when)[0] * parent.fit.coefficients[column]
    parts = {name: float(np.exp(effects[own].sum())) for name, own in calendar.groups().items()}
    plain = float(parent.mean(when)[0, column])
    hour = plain / float(np.exp(parent.fit.log_mean(calendar.matrix(when))[0, column]))
    base, mean = state.level.base[row, column], state.level.mean[row, column]
    return Factors(
        **parts,
        recent=float(mean / base),
        hour=hour,
        shock=float(base / plain),
        expected=float(mean),
    )
