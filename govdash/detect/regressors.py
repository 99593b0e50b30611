"""The design of the baseline: which columns describe a day, and how far each may reach.

Columns: constant; seven weekdays (shrunken deviations, none on holidays, which are days of their
own kind, and the mean working day on worked weekends); any holiday, the first day after one, and
each holiday by name; trend in years, zero at the end of the history and held there ahead; annual
harmonics.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np
import pandas as pd

#: Trend and level are told apart only over a quarter; a season only over a whole year.
TREND_FROM: Final = 90
SEASON_FROM: Final = 365
#: With two years each harmonic is seen twice and a third one pays; with one year it fits noise.
TWO_YEARS: Final = 730

#: Prior standard deviations on the log scale. 0.5: a weekday, holiday or season effect of
#: x1.6 or /1.6 is ordinary, x2.7 is rare; a long series overrules them, a series of 20 events
#: hardly moves from a flat line. The constant's prior lies on the series' own mean: 1.0 matters
#: only to series with next to no events.
_SD_CONSTANT: Final = 1.0
_SD_EFFECT: Final = 0.5
_SD_TREND: Final = 0.3  # a year: x1.35 is ordinary

_YEAR: Final = 365.2425
_EPOCH: Final = pd.Timestamp("2000-01-01")


@dataclass(frozen=True)
class Regressors:
    """Which columns a history of some length can carry; makes the same ones for later days."""

    until: pd.Timestamp  # last learned day: the trend's zero
    trend: bool
    harmonics: int
    holidays: Mapping[date, str] | None
    holiday_names: tuple[str, ...]
    workdays: frozenset[date]

    @classmethod
    def for_history(
        cls,
        days: pd.DatetimeIndex,
        holidays: Mapping[date, str] | None,
        workdays: Collection[date] = (),
    ) -> "Regressors":
        """Choose the columns that `days` of history can carry."""
        n = len(days)
        seen = {holidays[day] for day in days.date if day in holidays} if holidays else set()
        return cls(
            until=days[-1],
            trend=n >= TREND_FROM,
            harmonics=3 if n >= TWO_YEARS else 2 if n >= SEASON_FROM else 0,
            holidays=holidays,
            holiday_names=tuple(sorted(seen)),
            workdays=frozenset(workdays),
        )

    @property
    def note(self) -> str:
        """What was left out because the history is short, in Chinese; empty when nothing was."""
        if not self.trend:
            return f"历史不足 {TREND_FROM} 天：只用平均水平和星期，不计趋势和季节。"
        if not self.harmonics:
            return f"历史不足 {SEASON_FROM} 天：不计年内季节。"
        return ""

    def matrix(self, days: pd.DatetimeIndex) -> np.ndarray:
        """Return the design, shape (days, columns)."""
        columns = [np.ones(len(days))]
        holiday, after, named = self._holidays(days)
        columns += list(self._weekdays(days, holiday).T)
        if self.holidays is not None:
            columns += [holiday.astype(float), after.astype(float), *named]
        if self.trend:
            years = (days - self.until).days.to_numpy() / _YEAR
            columns.append(np.minimum(years, 0.0))
        angle = 2.0 * np.pi * (days - _EPOCH).days.to_numpy() / _YEAR
        for k in range(1, self.harmonics + 1):
            columns += [np.cos(k * angle), np.sin(k * angle)]
        return np.column_stack(columns)

    def prior_sd(self) -> np.ndarray:
        """Return the prior standard deviation of each column's coefficient."""
        n_holiday = 0 if self.holidays is None else 2 + len(self.holiday_names)
        sds = [_SD_CONSTANT, *[_SD_EFFECT] * (7 + n_holiday)]
        if self.trend:
            sds.append(_SD_TREND)
        for k in range(1, self.harmonics + 1):
            sds += [_SD_EFFECT / k] * 2
        return np.array(sds)

    def _weekdays(self, days: pd.DatetimeIndex, holiday: np.ndarray) -> np.ndarray:
        """One of seven columns is 1; a worked weekend day is a fifth of each of Monday-Friday."""
        of = np.eye(7)[days.day_of_week.to_numpy()]
        if self.workdays:
            of[[day in self.workdays for day in days.date]] = [0.2] * 5 + [0.0] * 2
        of[holiday] = 0.0
        return of

    def _holidays(self, days: pd.DatetimeIndex) -> tuple[np.ndarray, np.ndarray, list[np.ndarray]]:
        known = self.holidays
        if known is None:
            never = np.zeros(len(days), dtype=bool)
            return never, never, []
        names = [known.get(day) for day in days.date]
        before = [known.get(day) for day in (days - pd.Timedelta(days=1)).date]
        holiday = np.array([name is not None for name in names], dtype=bool)
        after = np.array([name is not None for name in before], dtype=bool) & ~holiday
        named = [
            np.array([name == wanted for name in names], dtype=float)
            for wanted in self.holiday_names
        ]
        return holiday, after, named
