"""How often things happen by day and hour: week, season, holiday, weather and growth."""

from typing import Final

import chinese_calendar
import numpy as np
import pandas as pd
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_WEEK: Final = {  # Monday … Sunday
    "flat": (1.04, 1.0, 1.0, 1.0, 1.0, 0.98, 0.98),
    "weekday": (1.16, 1.08, 1.06, 1.06, 1.08, 0.84, 0.72),
    "weekend": (0.92, 0.88, 0.88, 0.92, 1.02, 1.22, 1.16),
}
#: Day of the year of the height, and how far above the mean it goes.
_SEASON: Final = {
    "flat": (0, 0.0), "summer": (208, 0.38), "winter": (15, 0.4), "spring": (110, 0.25),
    "autumn": (318, 0.4), "festival": (10, 0.15),
}  # fmt: skip
#: On a day off that is not an ordinary weekend.
_HOLIDAY: Final = {"flat": 0.92, "weekday": 0.62, "weekend": 1.28}
#: Days off: inspectors and offices work less, so less is seen by them.
_CHANNEL_OFF: Final = {"grid": 0.58, "department": 0.12, "hotline": 0.9, "app": 1.05}
_GROWTH: Final = {"app": 0.14, "hotline": 0.03, "sensor": 0.10, "camera": 0.12}
_HOURS: Final = {  # relative weight of the hours 0 … 23
    "flat": (3, 2, 2, 2, 2, 3, 4, 5, 6, 6, 6, 6, 5, 5, 6, 6, 6, 6, 6, 5, 5, 5, 4, 3),
    "day": (1, 0, 0, 0, 0, 1, 3, 6, 10, 12, 11, 9, 6, 7, 9, 10, 9, 7, 5, 4, 3, 2, 1, 1),
    "morning": (0, 0, 0, 0, 1, 4, 9, 14, 12, 9, 7, 5, 4, 4, 4, 4, 4, 4, 3, 2, 2, 1, 1, 0),
    "rush": (1, 0, 0, 0, 0, 1, 4, 12, 13, 8, 5, 5, 5, 4, 4, 5, 8, 13, 13, 8, 5, 3, 2, 1),
    "meals": (1, 0, 0, 0, 0, 0, 1, 3, 3, 3, 5, 11, 11, 6, 3, 3, 5, 10, 13, 11, 8, 4, 2, 1),
    "evening": (4, 2, 1, 1, 0, 0, 1, 2, 2, 2, 2, 3, 3, 3, 3, 3, 4, 6, 10, 14, 16, 15, 11, 7),
    "night": (11, 9, 7, 6, 6, 6, 5, 3, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 3, 4, 6, 9, 13, 13),
    "patrol": (0, 0, 0, 0, 0, 0, 0, 2, 13, 16, 15, 9, 2, 3, 13, 15, 12, 7, 2, 1, 1, 0, 0, 0),
    "office": (0, 0, 0, 0, 0, 0, 0, 0, 3, 14, 16, 10, 1, 1, 10, 16, 14, 6, 0, 0, 0, 0, 0, 0),
}
#: Channels whose people keep hours of their own.
CHANNEL_HOURS: Final = {"grid": "patrol", "department": "office"}
#: Trouble from rain lasts into the next day.
_CARRY: Final = 0.35


def calendar(days: pd.DatetimeIndex) -> pd.DataFrame:
    """Return ``off`` (no working day), ``holiday`` and ``spring`` (Spring Festival) for each day.

    Beyond the last year that the calendar package knows, weekends alone are days off.
    """
    rows: list[tuple[bool, bool, bool]] = []
    for day in days:
        try:
            off, name = chinese_calendar.get_holiday_detail(day.date())
        except NotImplementedError:
            off, name = day.weekday() >= 5, None
        rows.append((off, off and name is not None, off and name == "Spring Festival"))
    return pd.DataFrame(rows, columns=["off", "holiday", "spring"], index=days)


def day_factors(mix: pd.DataFrame, sky: pd.DataFrame, days: pd.DatetimeIndex) -> Floats:
    """Return how many times the average each series has on each day, shape (series, days).

    Parameters
    ----------
    mix : DataFrame, one row per series (category × channel)
        ``key``, ``channel``, ``week``, ``season``, ``rain``, ``heat``, ``wind``, ``cold``.
    sky : DataFrame from `weather`, indexed by `days`
    """
    cal = calendar(days)
    weekday = np.where(cal["off"] & (days.day_of_week < 5), 6, days.day_of_week)
    weekday = np.where(~cal["off"] & (days.day_of_week >= 5), 0, weekday)  # 调休 working days
    week = np.array([np.array(_WEEK[w])[weekday] for w in mix["week"]])
    peak = np.array([_SEASON[s][0] for s in mix["season"]])[:, None]
    height = np.array([_SEASON[s][1] for s in mix["season"]])[:, None]
    season = 1 + height * np.cos(2 * np.pi * (days.day_of_year.to_numpy()[None] - peak) / 365.25)
    factor = week * season
    for coefficient, driver in (
        ("rain", "wet"),
        ("heat", "hot"),
        ("wind", "windy"),
        ("cold", "icy"),
    ):
        strength = sky[driver].to_numpy()
        if driver == "wet":
            strength = strength + _CARRY * np.concatenate([[0.0], strength[:-1]])
        pull = mix[coefficient].to_numpy(dtype=float)[:, None]
        up = 1 + np.maximum(pull, 0) * strength
        factor *= up / (1 + np.maximum(-pull, 0) * strength * 1.5)
    ice = sky["snow"].to_numpy() + 0.6 * np.concatenate([[0.0], sky["snow"].to_numpy()[:-1]])
    factor *= np.where(mix["key"].to_numpy()[:, None] == "A-10001", 1 + 60 * ice, 1.0)
    holiday = np.array([_HOLIDAY[w] for w in mix["week"]])[:, None]
    factor *= np.where(cal["holiday"].to_numpy()[None], holiday, 1.0)
    site = mix["key"].str.startswith("A-08").to_numpy()[:, None]
    litter = mix["key"].isin(["A-06042", "A-06028"]).to_numpy()[:, None]
    spring = np.where(site, 0.12, np.where(litter, 1.5, 0.72))
    factor *= np.where(cal["spring"].to_numpy()[None], spring, 1.0)
    less = mix["channel"].map(_CHANNEL_OFF).fillna(1.0).to_numpy(dtype=float)[:, None]
    factor *= np.where(cal["off"].to_numpy()[None], less, 1.0)
    years = (np.arange(len(days)) - len(days)) / 365.25
    growth = mix["channel"].map(_GROWTH).fillna(0.02).to_numpy(dtype=float)[:, None]
    return factor * np.exp(growth * years[None])


def hours(profile: str) -> Floats:
    """Return the share of each hour of the day, summing to 1."""
    weight = np.array(_HOURS[profile], dtype=float)
    return weight / weight.sum()
