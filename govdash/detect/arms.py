"""The methods that are compared on a panel, each as scores that one tracker can judge."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from govdash.detect.bursts import Panel
from govdash.detect.city.cells import CellModel, CellState, advance, learn
from govdash.detect.city.tails import ENOUGH, TRAILING, learn_tails
from govdash.detect.city.watch import Scan, hits, scan_clusters
from govdash.detect.classics.farrington import farrington
from govdash.detect.classics.seasons import years_back
from govdash.detect.classics.settings import setting_named
from govdash.detect.evaluate import Alerts, ArmScores

#: The window of ``rolling-z`` (`rolling.RollingZ`): every weekday four times, before a guard.
_WINDOW, _GUARD = 28, 7
#: Former years that Farrington's method looks back on, where there are so many.
_YEARS: Final = 3
_YEAR_WEEKS: Final = 52
#: Weeks on each side of the same week of a former year.
_HALF_WIDTH: Final = 3
_TINY: Final = 1e-300
#: Days that the first parent model of the scan learns from: every weekday six times.
_SHORTEST: Final = 42
#: Days of history that the scan needs, so that it can say how rare a zone is.
SPACE_TIME_NEEDS: Final = _SHORTEST + CellModel().ring + ENOUGH

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


@dataclass(frozen=True)
class SpaceTime:
    """The scan over neighbouring areas × 1–14 days (`city`), ready for the first day of a period.

    Attributes
    ----------
    start : int
        Position of that day in the panel.
    state : CellState
        What the cells are known for before it.
    maxima : array (days, kinds)
        Largest statistics of the days before it, which tell how rare one is.
    near : array of int32 (areas, k)
    """

    start: int
    state: CellState
    maxima: np.ndarray
    near: np.ndarray

    @classmethod
    def warm(
        cls, panel: Panel, parent: np.ndarray, *, start: int, told: Callable[[], None]
    ) -> "SpaceTime":
        """Learn the days before `start`.

        Parameters
        ----------
        parent : array (days, kinds)
            What the whole city expected of each kind, from the days before; read from `warm_from`.
        told : callable
            Called after each day.
        """
        model, plan = CellModel(), Scan()
        near = np.ascontiguousarray(panel.near, dtype=np.int32)
        begin = warm_from(start) + model.ring
        state = learn(model, panel.counts[:begin], parent[:begin], last_day=begin - 1)
        maxima = []
        for day in range(begin, start):
            state = advance(model, state, panel.counts[day], parent[day])
            maxima.append(scan_clusters(model, state, near, plan)[1])
            told()
        return cls(start, state, np.array(maxima), near)

    def alerts(self, counts: np.ndarray, parent: np.ndarray, *, told: Callable[[], None]) -> Alerts:
        """Return every zone with an excess, -log10 of how rare it is; arrays as the panel's."""
        model, plan, state = CellModel(), Scan(), self.state
        maxima = list(self.maxima)
        found = []
        for day in range(self.start, len(counts)):
            state = advance(model, state, counts[day], parent[day])
            clusters, largest = scan_clusters(model, state, self.near, plan)
            tails = learn_tails(np.array(maxima))
            found += hits(clusters, day=day, longest=model.ring, tails=tails)
            maxima.append(largest)
            told()
        return Alerts(
            kind=np.array([hit.category for hit in found], dtype=np.int64),
            day=np.array([hit.day for hit in found], dtype=np.int64),
            first=np.array([hit.first for hit in found], dtype=np.int64),
            zone=[sum(1 << cell for cell in hit.cells) for hit in found],
            score=np.array([-np.log10(hit.p_value) for hit in found]),
        )


def warm_from(start: int) -> int:
    """Return the position from which `SpaceTime.warm` needs what the city expected."""
    return max(start - TRAILING - CellModel().ring, _SHORTEST)
