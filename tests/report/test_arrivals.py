"""A source is late by its own rhythm: what would be long for one is usual for another."""

from datetime import timedelta
from math import log

import pandas as pd
import pytest

from govdash.report.arrivals import silence

#: Four whole weeks from a Monday; the last moment is the following Monday.
DAYS = pd.date_range("2026-06-01", periods=28)
NOW = pd.Timestamp("2026-06-29 12:00")


def hours(days: pd.DatetimeIndex, *clock: int) -> pd.DatetimeIndex:
    return pd.DatetimeIndex([day + timedelta(hours=hour) for day in days for hour in clock])


def test_what_comes_in_half_of_the_hours_is_silent_for_three_once_in_eight():
    """Ten of twenty working days are active in each hour seen, 21 with today: rate -ln(11/21)."""
    working = DAYS[DAYS.dayofweek < 5]
    active = hours(working[::2], *range(24))
    told = silence(active, NOW - timedelta(hours=3), NOW)
    assert told == pytest.approx((11 / 21) ** 3)
    assert silence(active, NOW - timedelta(minutes=30), NOW) == pytest.approx((11 / 21) ** 0.5)


def test_offices_that_are_silent_on_weekends_are_not_late_on_monday_morning():
    working = DAYS[DAYS.dayofweek < 5]
    active = hours(working, 9, 10, 11, 14, 15, 16)
    friday = pd.Timestamp("2026-06-26 17:00")
    assert silence(active, friday, pd.Timestamp("2026-06-29 09:00")) == 1.0
    assert silence(active, friday, NOW) < 0.001


def test_a_source_without_any_rhythm_is_never_late():
    assert silence(pd.DatetimeIndex([]), NOW - timedelta(days=900), NOW) == 1.0


def test_years_of_silence_are_certain():
    assert silence(hours(DAYS, 9), NOW - timedelta(days=3000), NOW) < 1e-5
    assert log(silence(hours(DAYS, 9), NOW - timedelta(days=3000), NOW)) < -13
