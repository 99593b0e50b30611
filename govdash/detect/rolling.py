"""Rolling z: how many standard deviations a day lies from the mean of the last weeks.

The plain method that others are measured against: no weekday, no season, normal tails.
"""

from dataclasses import dataclass, field
from typing import Self

import numpy as np
import pandas as pd
from scipy import stats

from govdash.detect.buckets import Bucket, bucket_of
from govdash.detect.contract import check_counts, check_later, score_frame


@dataclass
class RollingZ:
    """Score days against mean and standard deviation of the last `window` learned days.

    Parameters
    ----------
    window : int
        Days looked back on; 28 holds every weekday four times.
    guard : int
        Last days of the history that are not learned from.
    coverage : float
        Of the interval mean ± z sd, cut at zero and rounded outwards to whole events.

    The standard deviation is at least that of a Poisson count with the same mean, and at least
    half an event: a series of zeros has no spread of its own.
    """

    window: int = 28
    guard: int = 7
    coverage: float = 0.95

    learned_until_: pd.Timestamp = field(init=False, repr=False, compare=False)
    note_: str = field(init=False, repr=False, compare=False)
    _bucket: Bucket = field(init=False, repr=False, compare=False)
    _learned: pd.Index = field(init=False, repr=False, compare=False)
    _mean: np.ndarray = field(init=False, repr=False, compare=False)
    _sd: np.ndarray = field(init=False, repr=False, compare=False)

    @property
    def min_days(self) -> int:
        """Shortest history: a full window before the guard."""
        return self.window + self.guard

    def fit(self, counts: pd.DataFrame) -> Self:
        """Learn mean and spread of the last `window` days before the guard."""
        self._bucket = bucket_of(counts)
        check_counts(counts, needs=self.min_days, bucket=self._bucket)
        end = len(counts) - self.guard
        recent = counts.to_numpy(dtype=float)[end - self.window : end]
        self._learned = counts.columns
        self.learned_until_ = pd.DatetimeIndex(counts.index)[end - 1]
        self.note_ = ""
        self._mean = recent.mean(axis=0)
        self._sd = np.sqrt(np.maximum(recent.var(axis=0, ddof=1), np.maximum(self._mean, 0.25)))
        return self

    def score(self, counts: pd.DataFrame) -> pd.DataFrame:
        """Return one row per series and day (`contract.SCORE_COLUMNS`); ``score`` is z."""
        check_later(counts, self._learned, self.learned_until_, bucket=self._bucket)
        chosen = self._learned.get_indexer(counts.columns)
        observed = counts.to_numpy(dtype=float)
        mean = np.broadcast_to(self._mean[chosen], observed.shape)
        sd = np.broadcast_to(self._sd[chosen], observed.shape)
        z = (observed - mean) / sd
        reach = stats.norm.isf((1.0 - self.coverage) / 2.0)
        return score_frame(
            counts,
            expected=np.maximum(mean, np.finfo(float).tiny),
            lower=np.maximum(np.ceil(mean - reach * sd), 0.0),
            upper=np.floor(mean + reach * sd),
            p_high=stats.norm.sf(z),
            p_low=stats.norm.cdf(z),
            score=z,
        )
