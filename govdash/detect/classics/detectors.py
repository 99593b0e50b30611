"""The classics that look at years or keep a chart, as detectors: Farrington, CUSUM, GLR."""

from dataclasses import dataclass, field
from typing import Final, Literal, Self

import numpy as np
import pandas as pd

from govdash.core.errors import InputError
from govdash.detect.buckets import Bucket
from govdash.detect.classics import cusum as chart
from govdash.detect.classics import glr as ratio
from govdash.detect.classics.farrington import farrington
from govdash.detect.classics.history import Remembered, high_side_frame
from govdash.detect.classics.season_mean import SHORTEST, SeasonMean
from govdash.detect.classics.seasons import years_back
from govdash.detect.classics.settings import Setting, setting_named

#: Years of a history too short for five: Farrington et al. (1996) ask for no fewer to see a trend.
_SHORT_YEARS: Final = 3
#: From seven years of counts on, five are looked back on and two can be scored.
_LONG: Final = 7
_HALF_WIDTH: Final = 3


@dataclass(frozen=True)
class Span:
    """How long a series is, in buckets, and how much of it lies `before` a start that was told."""

    buckets: int
    before: int | None = None


@dataclass
class Farrington(Remembered):
    """Score buckets against the same time of former years; see `farrington`.

    Parameters
    ----------
    setting : ``orig``, ``flexdefault``, ``noufaily`` or ``muan``
        See `settings`. ``noufaily`` keeps its nominal rate best and finds most.
    alpha : float, optional
        One-sided rate of false alarms, instead of the setting's.
    years : int, optional
        Former years looked back on, instead of the setting's (3 for ``orig``, else 5).
    half_width : int
        Buckets on each side of the same one of a former year.
    years_by : ``date`` or ``steps``
        A year back is the same date, or `Bucket.per_year` buckets where dates mean nothing.
    compat_score : bool
        See `farrington.farrington`.

    ``expected`` and ``upper`` are NaN where fewer than 5 events came in the last four buckets:
    then there is no alarm. ``score`` above 1 is above the limit.
    """

    setting: str = "noufaily"
    alpha: float | None = None
    years: int | None = None
    half_width: int = _HALF_WIDTH
    years_by: Literal["date", "steps"] = "date"
    compat_score: bool = False

    def __post_init__(self) -> None:
        """Refuse settings that there are not, and fewer years than one."""
        setting_named(self.setting)
        if self.years is not None and self.years < 1:
            raise InputError(f"回看年数 {self.years} 应为不小于 1 的整数。")

    @property
    def coverage(self) -> float:
        """Share of the central prediction interval that ends at the limit."""
        return 1.0 - 2.0 * (self._setting.alpha if self.alpha is None else self.alpha)

    @property
    def min_days(self) -> int:
        """Shortest history: all the years, and the half window before the first."""
        return self._years * self._bucket().per_year + self.half_width

    def fit(self, counts: pd.DataFrame) -> Self:
        """Keep `counts`; see `contract`."""
        bucket = self._bucket(counts)
        if bucket.code == "H" and self._setting.seasons > 1:
            raise InputError(
                f"Farrington 的 {self.setting} 设定把一年分成十段，不分一天里的钟点，"
                "不能用于每小时计数；请改用 orig 或 flexdefault。"
            )
        self._remember(counts, needs=self._years * bucket.per_year + self.half_width)
        return self

    def score(self, counts: pd.DataFrame) -> pd.DataFrame:
        """Return one row per series and bucket (`contract.SCORE_COLUMNS`)."""
        course = self._continued(counts)
        at = np.arange(course.first, len(course.counts))
        if self.years_by == "date":
            centres = years_back(course.moments, at, self._years)
        else:
            centres = at[:, None] - course.bucket.per_year * np.arange(self._years + 1)
        weeks = pd.Timedelta(weeks=self._setting.excluded_weeks)
        found = farrington(
            course.counts,
            centres,
            self._setting,
            half_width=self.half_width,
            excluded=round(weeks / course.bucket.step),
            alpha=self.alpha,
            compat_score=self.compat_score,
        )
        return high_side_frame(
            counts,
            expected=found.expected,
            upper=found.upper,
            score=found.score,
            alarm=found.alarm,
            p_high=found.p_high,
        )

    @property
    def _setting(self) -> Setting:
        return setting_named(self.setting)

    @property
    def _years(self) -> int:
        return self._setting.years if self.years is None else self.years


def years_for(setting: str, span: Span, per_year: int) -> int:
    """Return how many years to look back on: the setting's, or three in a shorter series.

    Five years leave nothing to score of a series of six; from seven on they do.
    """
    full = setting_named(setting).years
    before = span.buckets if span.before is None else span.before
    long = span.buckets >= _LONG * per_year and before >= full * per_year + _HALF_WIDTH
    return full if long else min(full, _SHORT_YEARS)


def learned_for(span: Span, bucket: Bucket) -> int | None:
    """Return how many buckets a chart learns from, where no start is told: four years of weeks."""
    four = 4 * bucket.per_year
    weeks = bucket.code == "W" and span.before is None and span.buckets >= four + bucket.per_year
    return four if weeks else None


@dataclass
class _Chart(Remembered):
    """A chart over the mean learned from the history, starting anew after it."""

    learn: int | None = None

    _season: SeasonMean = field(init=False, repr=False, compare=False)
    #: No interval belongs to a chart; what asks for one gets the usual.
    coverage: float = field(init=False, default=0.95, repr=False, compare=False)

    @property
    def min_days(self) -> int:
        """Shortest history: `learn`, or two seasons."""
        return SHORTEST[self._bucket().code] if self.learn is None else self.learn

    def fit(self, counts: pd.DataFrame) -> Self:
        """Learn the mean of every series from `counts`; see `season_mean`."""
        bucket = self._bucket(counts)
        self._remember(counts, needs=self.learn or SHORTEST[bucket.code])
        self._season = SeasonMean(bucket).fit(
            counts.to_numpy(np.int64), pd.DatetimeIndex(counts.index)
        )
        simple = int(self._season.simple.sum())
        if simple:
            self.note_ = f"{simple} 个序列事件太少，按固定均值。"
        return self

    def _expected(self, counts: pd.DataFrame) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return counts, mean and over-dispersion of what is to be scored."""
        course = self._continued(counts)
        chosen = self.history_.columns.get_indexer(counts.columns)
        mean = self._season.mean(course.moments[course.first :])[:, chosen]
        return course.counts[course.first :].astype(float), mean, self._season.alpha[chosen]


@dataclass
class Cusum(_Chart):
    """Score buckets with Rossi's CUSUM; see `cusum`.

    Parameters
    ----------
    k, h : float
        Reference value and limit, in standard deviations.
    learn : int, optional
        Shortest history in buckets, by default two seasons.
    compat_score : bool
        ``score`` is then ``upper``, as a widely used program publishes the chart.

    ``score`` is the sum S, ``upper`` the count with which it would reach h. There is no p-value.
    """

    k: float = chart.REFERENCE
    h: float = chart.LIMIT
    compat_score: bool = False

    def score(self, counts: pd.DataFrame) -> pd.DataFrame:
        """Return one row per series and bucket (`contract.SCORE_COLUMNS`)."""
        observed, mean, _ = self._expected(counts)
        found = chart.cusum(observed, mean, k=self.k, h=self.h)
        return high_side_frame(
            counts,
            expected=mean,
            upper=found.upper,
            score=found.upper if self.compat_score else found.statistic,
            alarm=found.alarm,
        )


@dataclass
class GlrNegbin(_Chart):
    """Score buckets with the likelihood ratio of Höhle and Paul; see `glr`.

    Parameters
    ----------
    limit : float
        Of the ratio; 5 in Höhle and Paul's examples.
    window : int, optional
        Longest stretch looked at, in buckets; None: all since the start or the last alarm.
    learn : int, optional
        Shortest history in buckets, by default two seasons.

    ``score`` is the ratio. There is no p-value, and no limit for the single count.
    """

    limit: float = ratio.LIMIT
    window: int | None = None

    def score(self, counts: pd.DataFrame) -> pd.DataFrame:
        """Return one row per series and bucket (`contract.SCORE_COLUMNS`)."""
        observed, mean, alpha = self._expected(counts)
        found = ratio.glr(observed, mean, alpha, limit=self.limit, window=self.window)
        return high_side_frame(
            counts,
            expected=mean,
            upper=np.full(counts.shape, np.nan),
            score=found.statistic,
            alarm=found.alarm,
        )
