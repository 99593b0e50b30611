"""The calendar of a series: which columns describe a bucket, and how far each effect may reach.

A bucket is an hour, a day or a week. Columns come in named groups (level, trend, season, weekday,
holiday); on the log scale they add, so the factors of a group multiply exactly to the expected
value. What repeats within a day is not a column but a table of factors (`hours`).
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final, Literal

import numpy as np
import pandas as pd

Frequency = Literal["H", "D", "W"]

#: Buckets a year holds; the unit of the trend, and what lengths of history are counted in.
BUCKETS_PER_DAY: Final = {"H": 24.0, "D": 1.0, "W": 1.0 / 7.0}
_YEAR: Final = 365.2425
#: Weekly figures are often made on a year of 52 weeks (the same week of every year), which slips
#: against the sun by 1.24 days a year: two weeks in twelve years. Neither suits every series.
WEEK_YEARS: Final = (364.0, _YEAR)

#: Days of history from which effects can be told apart: a weekday seen four times, a trend over a
#: quarter, a season over a whole year, its third harmonic over two.
WEEKDAY_FROM: Final = 28
TREND_FROM: Final = 90
SEASON_FROM: Final = 365
TWO_YEARS: Final = 728  # 104 weeks

#: Prior standard deviations on the log scale. 0.5: an effect of ×1.6 is ordinary, ×2.7 is rare;
#: a long series overrules it, one of 20 events hardly leaves the flat line. The constant is the
#: level in the middle of the history (the trend is centred); its prior lies on the mean.
_SD_CONSTANT: Final = 1.0
_SD_EFFECT: Final = 0.5
_SD_TREND: Final = 0.3  # a year: ×1.35 is ordinary
#: The trend goes on for so many days beyond the history (guard and some weeks to the next refit),
#: then stays: a straight line on the log scale explodes when followed for a year.
TREND_AHEAD: Final = 56.0

_EPOCH: Final = pd.Timestamp("2000-01-01")


@dataclass(frozen=True)
class Calendar:
    """Which columns a history can carry; makes the same ones for later buckets.

    Attributes
    ----------
    freq : {"H", "D", "W"}
    first, last : Timestamp
        First and last bucket learned from; the trend is zero in their middle.
    weekdays, trend : bool
    harmonics : int
        Annual harmonics.
    years : tuple of float
        Lengths of the year, in days, offered to each series (it takes one).
    holidays : mapping of date to name, or None
    holiday_names : tuple of str
        Those seen in the history: each has a deviation of its own.
    workdays : frozenset of date
        Worked weekend days.
    """

    freq: Frequency
    first: pd.Timestamp
    last: pd.Timestamp
    weekdays: bool
    trend: bool
    harmonics: int
    years: tuple[float, ...]
    holidays: Mapping[date, str] | None
    holiday_names: tuple[str, ...]
    workdays: frozenset[date]

    @classmethod
    def for_history(
        cls,
        buckets: pd.DatetimeIndex,
        freq: Frequency,
        *,
        holidays: Mapping[date, str] | None = None,
        workdays: Collection[date] = (),
    ) -> "Calendar":
        """Choose the columns that the history `buckets` can carry.

        Parameters
        ----------
        buckets : DatetimeIndex
            Gap-free, of length `freq`.
        freq : {"H", "D", "W"}
        holidays : mapping of date to name, optional
            As in `Native`; not used by weeks, nor by a history too short for weekdays.
        workdays : collection of date
            Worked weekend days.
        """
        span = len(buckets) / BUCKETS_PER_DAY[freq]
        weekdays = freq != "W" and span >= WEEKDAY_FROM
        known = holidays if freq != "W" and weekdays else None
        seen = set(known).intersection(buckets.date) if known else set()
        harmonics = 0 if span < SEASON_FROM else 3 if span >= TWO_YEARS and freq != "W" else 2
        return cls(
            freq=freq,
            first=buckets[0],
            last=buckets[-1],
            weekdays=weekdays,
            trend=span >= TREND_FROM,
            harmonics=harmonics,
            years=WEEK_YEARS if freq == "W" and harmonics else (_YEAR,),
            holidays=known,
            holiday_names=tuple(sorted({known[day] for day in seen})) if known else (),
            workdays=frozenset(workdays),
        )

    @property
    def note(self) -> str:
        """What was left out because the history is short, in Chinese; empty when nothing was."""
        if self.freq != "W" and not self.weekdays:
            return f"历史不足 {WEEKDAY_FROM} 天：收缩到平均水平，不计星期、趋势和季节。"
        if not self.trend:
            return f"历史不足 {TREND_FROM} 天：不计趋势和季节。"
        if not self.harmonics:
            return f"历史不足 {SEASON_FROM} 天：不计年内季节。"
        return ""

    def groups(self) -> dict[str, list[int]]:
        """Return the columns of each group of effects; season holds every offered year."""
        sizes = {
            "level": 1,
            "trend": int(self.trend),
            "weekday": 7 * self.weekdays,
            "holiday": 0 if self.holidays is None else 2 + len(self.holiday_names),
            "season": 2 * self.harmonics * len(self.years),
        }
        ends = np.cumsum([0, *sizes.values()])
        return {
            name: list(range(begin, end))
            for name, begin, end in zip(sizes, ends[:-1], ends[1:], strict=True)
        }

    def columns_of_year(self, year: int) -> list[int]:
        """Return the columns a series uses that takes the `year`-th of the offered years."""
        groups = self.groups()
        width = 2 * self.harmonics
        own = groups["season"][year * width : (year + 1) * width]
        return [n for name, cols in groups.items() if name != "season" for n in cols] + own

    def matrix(self, buckets: pd.DatetimeIndex) -> np.ndarray:
        """Return the design, shape (buckets, columns)."""
        columns = [np.ones(len(buckets))]
        days = (buckets - self.first) / pd.Timedelta(days=1)
        if self.trend:
            span = (self.last - self.first) / pd.Timedelta(days=1)
            columns.append((np.minimum(days.to_numpy(), span + TREND_AHEAD) - span / 2) / _YEAR)
        holiday, after, named = self._holidays(buckets)
        if self.weekdays:
            columns += list(self._weekdays(buckets, holiday).T)
        if self.holidays is not None:
            columns += [holiday.astype(float), after.astype(float), *named]
        since = ((buckets.normalize() - _EPOCH) / pd.Timedelta(days=1)).to_numpy()
        for year in self.years:
            for k in range(1, self.harmonics + 1):
                angle = 2.0 * np.pi * k * since / year
                columns += [np.cos(angle), np.sin(angle)]
        return np.column_stack(columns)

    def prior_sd(self) -> np.ndarray:
        """Return the prior standard deviation of each column's coefficient."""
        sds = [_SD_CONSTANT] + [_SD_TREND] * self.trend + [_SD_EFFECT] * (7 * self.weekdays)
        sds += [_SD_EFFECT] * len(self.groups()["holiday"])
        for _ in self.years:
            for k in range(1, self.harmonics + 1):
                sds += [_SD_EFFECT / k] * 2
        return np.array(sds)

    def _weekdays(self, buckets: pd.DatetimeIndex, holiday: np.ndarray) -> np.ndarray:
        """One of seven columns is 1; a worked weekend day is a fifth of each of Monday-Friday."""
        of = np.eye(7)[buckets.day_of_week.to_numpy()]
        if self.workdays:
            of[[day in self.workdays for day in buckets.date]] = [0.2] * 5 + [0.0] * 2
        of[holiday] = 0.0
        return of

    def _holidays(
        self, buckets: pd.DatetimeIndex
    ) -> tuple[np.ndarray, np.ndarray, list[np.ndarray]]:
        known = self.holidays
        if known is None:
            never = np.zeros(len(buckets), dtype=bool)
            return never, never, []
        names = [known.get(day) for day in buckets.date]
        before = [known.get(day) for day in (buckets - pd.Timedelta(days=1)).date]
        holiday = np.array([name is not None for name in names], dtype=bool)
        after = np.array([name is not None for name in before], dtype=bool) & ~holiday
        named = [
            np.array([name == wanted for name in names], dtype=float)
            for wanted in self.holiday_names
        ]
        return holiday, after, named
