"""Hours by weekday, days by week."""

from datetime import date

import pandas as pd

from govdash.aggregate.heat import calendar_heat, weekly_heat
from govdash.core.filters import Period

NINE_DAYS = Period(date(2026, 6, 1), date(2026, 6, 9))  # two Mondays, two Tuesdays


def test_the_weekly_heat_has_every_hour_of_every_weekday():
    counts = pd.DataFrame(
        {"weekday": [0, 0, 6], "hour": [8, 8, 23], "channel": list("abc"), "n": [3, 1, 2]}
    )
    table = weekly_heat(counts, NINE_DAYS)
    assert table.shape == (7, 24)
    assert (table.loc[0, 8], table.loc[6, 23], table.to_numpy().sum()) == (4, 2, 6)


def test_the_mean_heat_divides_by_how_often_the_weekday_occurred():
    counts = pd.DataFrame({"weekday": [0, 2], "hour": [8, 8], "n": [4, 4]})
    table = weekly_heat(counts, NINE_DAYS, mean=True)
    assert (table.loc[0, 8], table.loc[2, 8]) == (2.0, 4.0)
    one_day = weekly_heat(counts, Period(date(2026, 6, 1), date(2026, 6, 1)), mean=True)
    assert one_day.loc[0, 8] == 4.0
    assert one_day.loc[2].isna().all()


def test_the_weekly_heat_of_nothing_is_all_zeros():
    nothing = pd.DataFrame({"weekday": [], "hour": [], "n": []}).astype("int64")
    table = weekly_heat(nothing, NINE_DAYS)
    assert table.shape == (7, 24)
    assert table.to_numpy().sum() == 0


def test_the_calendar_has_each_day_once_under_its_monday():
    daily = pd.Series([5, 7], index=pd.to_datetime(["2026-06-02", "2026-06-08"]))
    table = calendar_heat(daily, NINE_DAYS)
    assert table["n"].tolist() == [0, 5, 0, 0, 0, 0, 0, 7, 0]
    assert table["weekday"].tolist() == [0, 1, 2, 3, 4, 5, 6, 0, 1]
    assert table["week"].dt.day.tolist() == [1] * 7 + [8] * 2
