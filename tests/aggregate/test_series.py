"""Gap-free counts."""

from datetime import date

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from govdash.aggregate.series import buckets, daily_counts, fill, only, so_far, top
from govdash.core.errors import InputError
from govdash.core.filters import Period

WEEK = Period(date(2026, 6, 1), date(2026, 6, 7))  # Monday to Sunday


def at(*moments: str) -> pd.DatetimeIndex:
    return pd.DatetimeIndex(moments).as_unit("us")


def test_daily_counts_are_by_local_day_and_a_quiet_day_is_a_zero():
    """16:30 UTC is half past midnight in Shanghai: two events of the 2nd, one of the 4th."""
    events = pd.DataFrame(
        {
            "reported_at": pd.to_datetime(
                ["2026-06-01 16:30", "2026-06-02 15:59", "2026-06-04 00:00", "2026-07-01 00:00"],
                utc=True,
            ),
            "channel": ["hotline", "grid", "grid", "app"],
        }
    )
    found = daily_counts(events, Period(date(2026, 6, 1), date(2026, 6, 4)), by="channel")
    assert found["hotline"].tolist() == [0, 1, 0, 0]
    assert found["grid"].tolist() == [0, 1, 0, 1]
    assert found["app"].tolist() == [0, 0, 0, 0]
    assert found.index.tolist() == list(pd.date_range("2026-06-01", "2026-06-04"))


def test_daily_counts_refuse_times_without_a_zone():
    events = pd.DataFrame({"reported_at": at("2026-06-01"), "channel": ["grid"]})
    with pytest.raises(InputError, match="没有时区"):
        daily_counts(events, WEEK, by="channel")


@pytest.mark.parametrize(
    ("grain", "n", "first", "last"),
    [
        ("hour", 7 * 24, "2026-06-01 00:00", "2026-06-07 23:00"),
        ("day", 7, "2026-06-01", "2026-06-07"),
        ("week", 1, "2026-06-01", "2026-06-01"),
        ("month", 1, "2026-06-01", "2026-06-01"),
    ],
)
def test_a_week_has_its_buckets(grain: str, n: int, first: str, last: str):
    found = buckets(WEEK, grain)
    assert (len(found), found[0], found[-1]) == (n, pd.Timestamp(first), pd.Timestamp(last))


def test_a_week_or_month_that_the_period_only_touches_has_its_bucket():
    """Wednesday 29 April to Monday 4 May: weeks of 27 April and 4 May, months April and May."""
    period = Period(date(2026, 4, 29), date(2026, 5, 4))
    assert buckets(period, "week").tolist() == list(at("2026-04-27", "2026-05-04"))
    assert buckets(period, "month").tolist() == list(at("2026-04-01", "2026-05-01"))


def test_filling_adds_up_other_groups_and_puts_zeros_into_gaps():
    counts = pd.DataFrame(
        {
            "bucket": at("2026-06-02", "2026-06-02", "2026-06-05", "2026-06-09"),
            "channel": ["grid", "grid", "app", "app"],
            "facet": ["thing", "place", "thing", "thing"],
            "n": [2, 3, 4, 5],
        }
    )
    assert fill(counts, WEEK, grain="day")["n"].tolist() == [0, 5, 0, 0, 4, 0, 0]
    table = fill(counts, WEEK, grain="day", by="channel")
    assert table.columns.tolist() == ["app", "grid"]
    assert table["grid"].tolist() == [0, 5, 0, 0, 0, 0, 0]
    assert table["app"].tolist() == [0, 0, 0, 0, 4, 0, 0]


def test_filling_keeps_events_without_a_group():
    counts = pd.DataFrame(
        {"bucket": at("2026-06-02", "2026-06-03"), "grid": ["/1/", None], "n": [2, 3]}
    )
    table = fill(counts.astype({"grid": "str"}), WEEK, grain="day", by="grid")
    assert table.to_numpy().sum() == 5
    assert table.columns.isna().tolist() == [False, True]


@given(
    first=st.dates(date(2023, 1, 1), date(2026, 1, 1)),
    n_days=st.integers(1, 90),
    told=st.lists(st.tuples(st.integers(0, 89), st.integers(1, 9)), max_size=20),
    grain=st.sampled_from(["day", "week", "month"]),
)
def test_filling_loses_nothing_and_leaves_no_gap(
    first: date, n_days: int, told: list[tuple[int, int]], grain: str
):
    start = pd.Timestamp(first)
    period = Period(first, (start + pd.Timedelta(days=n_days - 1)).date())
    days = [start + pd.Timedelta(days=day % n_days) for day, _ in told]
    series = pd.DatetimeIndex(days)
    starts = {
        "day": series,
        "week": series - pd.to_timedelta(series.day_of_week, unit="D"),
        "month": series - pd.to_timedelta(series.day - 1, unit="D"),
    }
    counts = pd.DataFrame(
        {"bucket": pd.DatetimeIndex(starts[grain]).as_unit("us"), "n": [n for _, n in told]}
    )
    table = fill(counts, period, grain=grain)
    assert table["n"].sum() == counts["n"].sum()
    assert table["n"].dtype == "int64"
    assert table.index.is_monotonic_increasing
    assert table.index.is_unique
    gaps = table.index.to_series().diff().dropna()
    longest = {"day": 1, "week": 7, "month": 31}[grain]
    assert gaps.empty or gaps.max() <= pd.Timedelta(days=longest)


def test_the_curve_of_a_day_begins_again_at_midnight():
    hours = pd.date_range("2026-06-01 22:00", periods=4, freq="h")
    found = so_far(pd.DataFrame({"n": [1, 2, 3, 4]}, index=hours))
    assert found["n"].tolist() == [1, 3, 3, 7]


def test_the_top_is_by_number_then_name_and_the_rest_is_one_row():
    counts = pd.DataFrame({"by": ["c", "a", "b", "d", None, "c"], "n": [3, 4, 4, 1, 2, 2]})
    found = top(counts, by="by", limit=2)
    assert found["by"].tolist() == ["c", "a", "其他"]
    assert found["n"].tolist() == [5, 4, 7]
    assert found["share"].tolist() == [5 / 16, 4 / 16, 7 / 16]


def test_the_top_of_nothing_is_empty_and_a_rest_of_nothing_is_not_shown():
    nothing = pd.DataFrame({"by": pd.Series([], dtype="str"), "n": pd.Series([], dtype="int64")})
    assert top(nothing, by="by", limit=3).empty
    assert top(pd.DataFrame({"by": ["a"], "n": [2]}), by="by", limit=3)["by"].tolist() == ["a"]


@given(
    st.lists(st.tuples(st.sampled_from("abcdef"), st.integers(0, 50)), max_size=30),
    st.integers(1, 7),
)
def test_the_top_adds_up_to_everything(told: list[tuple[str, int]], limit: int):
    counts = pd.DataFrame(told, columns=["by", "n"]).astype({"by": "str", "n": "int64"})
    found = top(counts, by="by", limit=limit)
    assert found["n"].sum() == counts["n"].sum()
    assert len(found) <= limit + 1
    named = found[found["by"] != "其他"]["n"]
    assert named.is_monotonic_decreasing


def test_only_the_known_groups_come_in_their_order_with_zeros():
    counts = pd.DataFrame({"facet": ["thing", "person", "thing"], "n": [1, 2, 3]})
    found = only(counts, ["person", "place", "thing"], by="facet")
    assert found.to_numpy().tolist() == [["person", 2], ["place", 0], ["thing", 4]]
