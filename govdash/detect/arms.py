"""The methods that the native detector is measured against, each as one score per cell and day."""

from collections.abc import Callable
from typing import Final

import numpy as np
import pandas as pd

from govdash.detect.classics.farrington import farrington
from govdash.detect.classics.seasons import years_back
from govdash.detect.classics.settings import setting_named
from govdash.detect.evaluate import ArmScores

#: The window of ``rolling-z`` (`rolling.RollingZ`): every weekday four times, before a guard.
_WINDOW, _GUARD = 28, 7
#: Former years that Farrington's method looks back on, where there are so many.
_YEARS: Final = 3
_YEAR_WEEKS: Final = 52
#: Weeks on each side of the same week of a former year.
_HALF_WIDTH: Final = 3
_TINY: Final = 1e-300

#: Scores of days × series: (scored days, series), higher = more unusual.
Scorer = Callable[[pd.DataFrame, int], ArmScores]


def rolling_z(counts: pd.DataFrame, start: int) -> ArmScores:
    """Score each day from position `start` by its z against 28 days before a guard of 7.

    As `rolling.RollingZ`, learned anew every day.
    """
    values = counts.to_numpy(dtype=float)
    zero = np.zeros((1, values.shape[1]))
    sums = np.concatenate([zero, np.cumsum(values, axis=0)])
    squares = np.concatenate([zero, np.cumsum(values**2, axis=0)])
    until = np.arange(start, len(values)) - _GUARD
    mean = (sums[until] - sums[until - _WINDOW]) / _WINDOW
    spread = (squares[until] - squares[until - _WINDOW]) / _WINDOW - mean**2
    spread *= _WINDOW / (_WINDOW - 1)
    z = (values[start:] - mean) / np.sqrt(np.maximum(spread, np.maximum(mean, 0.25)))
    return ArmScores(z, np.ones(z.shape, dtype=np.int64))


def same_weekday_farrington(counts: pd.DataFrame, start: int) -> ArmScores:
    """Score each day by -log10 of Farrington's p-value, each weekday as a weekly series.

    Setting ``noufaily`` over as many former years as there are (at most 3), without the rule of
    five cases in four weeks, which would silence most streets.
    """
    days = pd.DatetimeIndex(counts.index)
    values = counts.to_numpy(np.int64)
    score = np.full((len(days) - start, values.shape[1]), np.nan)
    setting = setting_named("noufaily")
    years = farrington_years(start)
    for weekday in range(7):
        own = np.flatnonzero(days.day_of_week == weekday)
        at = np.flatnonzero(own >= start)
        if not len(at):
            continue
        with np.errstate(all="ignore"):  # series of zeros
            told = farrington(values[own], years_back(days[own], at, years), setting)
        score[own[at] - start] = -np.log10(np.maximum(told.p_high, _TINY))
    return ArmScores(score, np.ones(score.shape, dtype=np.int64))


def farrington_years(start: int) -> int:
    """Return how many former years `start` days of history hold; 0: too short for the method."""
    return min((start // 7 - _HALF_WIDTH - 1) // _YEAR_WEEKS, _YEARS)
