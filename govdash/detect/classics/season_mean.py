"""The in-control mean of the charts (CUSUM, GLR): a trend and a season, learned once.

Weeks: one annual harmonic of 52 weeks. Days: one annual harmonic and the weekday. Hours: three
harmonics of the day and the weekday; a year of hours is seldom there. The mean is extrapolated
from the history, so it holds for about as long again as was learned.
"""

from dataclasses import dataclass, field
from typing import Final, Self

import numpy as np
import pandas as pd

from govdash.detect.buckets import Bucket
from govdash.detect.classics.negbin import fit_negbin

#: Shortest history in buckets: two seasons of weeks and days, eight weeks of hours.
SHORTEST: Final = {"W": 104, "D": 730, "H": 1344}
#: A series with fewer events for each coefficient gets its plain mean: a season read off three
#: events explodes when it is extrapolated.
_EVENTS_EACH: Final = 5
#: Log means beyond the largest learned one by this are an extrapolated trend, not an expectation.
_REACH: Final = np.log(3.0)


@dataclass
class SeasonMean:
    """Negative-binomial mean of every series.

    Parameters
    ----------
    bucket : Bucket
        Chooses the seasons: of the year, and of the week for days, of the day and week for hours.

    Attributes
    ----------
    alpha : array (series,)
        Over-dispersion: variance = m + alpha m².
    simple : array of bool (series,)
        Series with too few events for a season: their plain mean, as Poisson.
    """

    bucket: Bucket
    alpha: np.ndarray = field(init=False)
    simple: np.ndarray = field(init=False)

    def fit(self, counts: np.ndarray, moments: pd.DatetimeIndex) -> Self:
        """Learn from `counts` (buckets, series) at `moments` (buckets,)."""
        self._start = moments[0]
        self._scale = len(counts)
        design = self._design(moments)
        total = counts.sum(axis=0)
        self.simple = total < _EVENTS_EACH * design.shape[1]
        self._plain = (total + 0.5) / len(counts)
        self.alpha = np.zeros(counts.shape[1])
        if not self.simple.all():
            self._fit = fit_negbin(counts[:, ~self.simple].astype(float), design)
            self.alpha[~self.simple] = self._fit.alpha
            self._most = np.log(self._fit.mean(design).max(axis=0)) + _REACH
        return self

    def mean(self, moments: pd.DatetimeIndex) -> np.ndarray:
        """Return the mean at `moments`, shape (buckets, series)."""
        mean = np.tile(self._plain, (len(moments), 1))
        if not self.simple.all():
            fitted = self._fit.mean(self._design(moments))
            mean[:, ~self.simple] = np.minimum(fitted, np.exp(self._most))
        return mean

    def _design(self, moments: pd.DatetimeIndex) -> np.ndarray:
        n = np.rint(np.asarray((moments - self._start) / self.bucket.step))
        columns = [np.ones(len(n)), n / self._scale - 0.5]
        year = {"W": 52.0, "D": 365.25}.get(self.bucket.code)
        if year is not None:
            columns += _harmonic(n / year)
        if self.bucket.code == "H":
            for order in (1, 2, 3):
                columns += _harmonic(order * moments.hour.to_numpy() / 24.0)
        if self.bucket.code != "W":
            weekday = moments.day_of_week.to_numpy()
            columns += [(weekday == day).astype(float) for day in range(1, 7)]
        return np.stack(columns, axis=1)


def _harmonic(turns: np.ndarray) -> list[np.ndarray]:
    return [np.sin(2.0 * np.pi * turns), np.cos(2.0 * np.pi * turns)]
