"""The weather of the demo city: one simulated chain of days, whatever part of it is asked for."""

from datetime import date
from typing import Final

import numpy as np
import pandas as pd

#: Every chain starts here, so that a day has the same weather in any window.
_FIRST: Final = date(2015, 1, 1)
#: Chance of rain by month when the day before was dry (a plum-rain climate).
_WET: Final = (0.16, 0.18, 0.24, 0.25, 0.26, 0.36, 0.30, 0.28, 0.22, 0.15, 0.14, 0.12)
_MEAN_MM: Final = (4, 5, 7, 8, 10, 16, 15, 13, 9, 6, 5, 4)


def weather(days: pd.DatetimeIndex, *, seed: int) -> pd.DataFrame:
    """Return the weather of local `days` (naive, midnight), indexed by day.

    Columns: ``temperature`` (°C, daily mean), ``rain`` (mm), ``wind`` (m/s), and the drivers of
    events, zero on an ordinary day: ``wet`` (1 = 25 mm), ``hot`` (1 = 33 °C), ``windy`` (1 = 10
    m/s), ``icy`` (1 = −3 °C at night), ``snow`` (0 or 1).
    """
    every = pd.date_range(_FIRST, days.max(), freq="D")
    rng = np.random.default_rng([seed, 11])
    n = len(every)
    month = every.month.to_numpy() - 1
    swing = np.cos(2 * np.pi * (every.day_of_year.to_numpy() - 203) / 365.25)
    shock, luck = rng.normal(0, 1.9, 40_000)[:n], rng.random((40_000, 3))[:n]
    drift, wet = np.zeros(n), np.zeros(n, dtype=bool)
    chance = np.array(_WET)[month]
    for i in range(1, n):
        drift[i] = 0.75 * drift[i - 1] + shock[i]
        wet[i] = luck[i, 0] < chance[i] + 0.28 * wet[i - 1]
    rain = np.where(wet, -np.log1p(-luck[:, 1]) * np.array(_MEAN_MM)[month], 0.0)
    # A typhoon about 1.5 times a year, July to September, felt for two days.
    storm = (luck[:, 2] < 0.016) & np.isin(month, (6, 7, 8))
    storm |= np.roll(storm, 1)
    rain = rain + storm * (45 + 50 * luck[:, 1])
    wind = 2.2 + 2.6 * luck[:, 2] ** 2 + 1.6 * luck[:, 0] ** 3 + storm * 9.0
    wind += np.where((rain > 30) & ~storm, 3.5, 0.0)
    temperature = 16.8 + 12.2 * swing + drift - np.where(rain > 5, 2.0, 0.0)
    table = pd.DataFrame(
        {
            "temperature": temperature.round(1),
            "rain": rain.round(1),
            "wind": wind.round(1),
            "wet": np.minimum(rain / 25.0, 4.0),
            "hot": np.clip((temperature - 28.0) / 5.0, 0.0, 2.0),
            "windy": np.clip((wind - 5.0) / 5.0, 0.0, 2.5),
            "icy": np.clip((2.0 - (temperature - 4.0)) / 5.0, 0.0, 2.0),
            "snow": ((rain > 1.0) & (temperature < 1.5)).astype(float),
        },
        index=every,
    )
    return table.loc[days]
