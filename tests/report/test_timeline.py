"""Expectation from earlier weeks, buckets that are not over, holidays that belong together."""

from datetime import date, timedelta

import numpy as np
import pandas as pd

from govdash.core.filters import Period
from govdash.figures.charts import Span
from govdash.report import timeline

ZONE = "Asia/Shanghai"
FIRST = date(2026, 6, 8)  # a Monday
START = pd.Timestamp(FIRST) - pd.Timedelta(weeks=8)


def daily(values) -> pd.Series:
    return pd.Series(
        np.asarray(values, float), index=pd.date_range(START, periods=len(values), freq="D")
    )


def test_a_day_is_compared_with_the_same_weekday_of_eight_weeks():
    weeks = [[4 if week % 2 else 16, *[10] * 6] for week in range(8)]
    counts = daily([n for week in weeks for n in week] + [60] + [10] * 6)
    told = timeline.against(counts, grain="day", first=FIRST, until=pd.Timestamp("2026-06-20"))
    assert told["bucket"].iloc[0] == pd.Timestamp(FIRST)
    assert told["expected"].tolist() == [10.0] * 7
    assert told["flag"].tolist() == [True] + [False] * 6


def test_a_month_is_compared_with_the_eight_before_it():
    counts = pd.Series([10.0] * 8 + [60.0], index=pd.date_range("2025-10-01", periods=9, freq="MS"))
    told = timeline.against(
        counts, grain="month", first=date(2026, 6, 1), until=pd.Timestamp("2026-07-01")
    )
    assert told[["n", "expected", "flag"]].to_dict("list") == {
        "n": [60.0],
        "expected": [10.0],
        "flag": [True],
    }


def test_a_bucket_that_is_not_over_has_no_count_and_no_flag():
    counts = daily([10] * 56 + [10, 0, 0, 0, 0, 0, 0])
    told = timeline.against(
        counts, grain="day", first=FIRST, until=pd.Timestamp("2026-06-09 15:00")
    )
    assert told["n"].iloc[0] == 10
    assert told["n"].iloc[1:].isna().all()
    assert not told["flag"].any()


def test_too_little_history_expects_nothing():
    counts = daily([10] * 63)
    counts.iloc[:35] = float("nan")  # three weeks are left
    told = timeline.against(counts, grain="day", first=FIRST, until=pd.Timestamp("2026-06-20"))
    assert told["expected"].isna().all()
    assert not told["flag"].any()


def test_the_grain_follows_the_length_of_the_period():
    def grain(days: int) -> str:
        return timeline.grain_for(Period(FIRST, FIRST + timedelta(days=days - 1), ZONE))

    assert [grain(n) for n in (1, 3, 4, 120, 121, 730, 731)] == [
        "hour", "hour", "day", "day", "week", "week", "month",
    ]  # fmt: skip


def test_enough_is_drawn_around_a_short_period_and_whole_buckets():
    day = Period(date(2026, 6, 10), date(2026, 6, 10), ZONE)
    hours = timeline.around(day, "hour", today=date(2026, 6, 10))
    assert (hours.first, hours.last) == (date(2026, 6, 4), date(2026, 6, 10))
    later = timeline.around(day, "hour", today=date(2026, 8, 1))
    assert (later.first, later.last) == (date(2026, 6, 5), date(2026, 6, 11))
    assert timeline.around(day, "week", today=day.last).first.weekday() == 0
    assert timeline.around(day, "month", today=day.last).first == date(2024, 6, 1)
    long = Period(date(2025, 1, 1), date(2026, 1, 1), ZONE)
    assert timeline.around(long, "day", today=date(2026, 6, 10)) == long


def test_days_of_one_holiday_are_one_span():
    named = {date(2026, 6, d): "端午节" for d in (19, 20, 21)} | {date(2026, 6, 1): "儿童节"}
    assert timeline.holidays(named) == [
        Span(date(2026, 6, 1), date(2026, 6, 1), "儿童节"),
        Span(date(2026, 6, 19), date(2026, 6, 21), "端午节"),
    ]


def test_a_holiday_is_not_judged_by_ordinary_weeks():
    counts = daily([10] * 56 + [0, 0, 0, 10, 10, 10, 10])
    told = timeline.against(counts, grain="day", first=FIRST, until=pd.Timestamp("2026-06-20"))
    named = {date(2026, 6, 8): "节日", date(2026, 6, 9): "节日"}
    assert told["flag"].sum() == 3
    assert timeline.without_holidays(told, named)["flag"].tolist() == [
        False, False, True, False, False, False, False,
    ]  # fmt: skip
