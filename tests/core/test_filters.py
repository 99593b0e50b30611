"""What a person chose survives the URL; a scope is never read from one."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from govdash.core.errors import InputError
from govdash.core.filters import Box, EventFilter, Hours, Period, Scope, path_range
from govdash.core.shapes import Circle, Ring
from govdash.core.vocab import Channel, Facet

JUNE = Period(date(2026, 6, 1), date(2026, 6, 30))

days = st.dates(date(2000, 1, 1), date(2100, 12, 31))
periods = st.tuples(days, days).map(lambda pair: Period(min(pair), max(pair)))
words = st.text(
    st.characters(codec="utf-8", exclude_characters=",", categories=["L", "N"]),
    min_size=1,
    max_size=8,
)
filters = st.builds(
    EventFilter,
    period=periods,
    areas=st.sets(words, max_size=3).map(lambda s: tuple(sorted(s))),
    categories=st.sets(words, max_size=3).map(lambda s: tuple(sorted(s))),
    channels=st.sets(st.sampled_from(Channel), max_size=3).map(lambda s: tuple(sorted(s))),
    facets=st.sets(st.sampled_from(Facet), max_size=3).map(lambda s: tuple(sorted(s))),
    text=words,
    shape=st.none()
    | st.builds(
        Circle,
        st.floats(-180, 180).map(lambda x: round(x, 6)),
        st.floats(-90, 90).map(lambda x: round(x, 6)),
        st.integers(1, 50_000),
    )
    | st.just(Ring(((113.1, 30.2), (113.5, 30.9), (113.0, 30.5)))),
    hours=st.sampled_from([None, Hours(0, 6), Hours(22, 6), Hours(23, 24)]),
    unplaced=st.booleans(),
)


@given(filters)
def test_a_filter_comes_back_from_its_url_unchanged(chosen: EventFilter):
    assert EventFilter.from_params(chosen.to_params(), default=JUNE) == chosen


def test_a_box_comes_back_from_its_url():
    chosen = EventFilter(JUNE, box=Box(113.1, 30.2, 113.5, 30.9))
    assert EventFilter.from_params(chosen.to_params(), default=JUNE) == chosen


def test_an_empty_url_means_everything_in_the_default_period():
    assert EventFilter.from_params({}, default=JUNE) == EventFilter(JUNE)


@pytest.mark.parametrize(
    ("params", "said"),
    [
        ({"from": "2026-13-01"}, "日期"),
        ({"from": "2026-07-02", "to": "2026-07-01"}, "早于"),
        ({"channel": "pigeon"}, "pigeon"),
        ({"facet": "x"}, "要素"),
        ({"box": "1,2,3"}, "地图范围"),
        ({"box": "10,0,5,1"}, "地图范围"),
        ({"box": "nan,0,5,1"}, "地图范围"),
        ({"shape": "1,2"}, "3 至 60 个角"),
        ({"shape": "1,2,0"}, "半径"),
        ({"shape": "200,2,500"}, "经纬度"),
        ({"shape": "1,nan;2,2;3,1"}, "经纬度"),
        ({"shape": "1,2;2,2;3"}, "选区"),
        ({"shape": "1,2;2,x;3,3"}, "写法"),
        ({"shape": ";".join(["1,2"] * 61)}, "60 个角"),
        ({"hours": "9"}, "时段"),
        ({"hours": "9-9"}, "时段"),
        ({"hours": "0-24"}, "时段"),
        ({"hours": "25-26"}, "时段"),
    ],
)
def test_what_cannot_be_read_from_a_url_is_named(params: dict[str, str], said: str):
    with pytest.raises(InputError, match=said):
        EventFilter.from_params(params, default=JUNE)


def test_a_url_cannot_widen_the_scope():
    chosen = EventFilter.from_params({"scope": "/1/", "whole_city": "1"}, default=JUNE)
    assert chosen == EventFilter(JUNE)


def test_a_period_is_whole_local_days_half_open_in_utc():
    assert JUNE.start == datetime(2026, 5, 31, 16, tzinfo=UTC)
    assert JUNE.end == datetime(2026, 6, 30, 16, tzinfo=UTC)
    assert JUNE.n_days == len(JUNE.days()) == 30


def test_the_previous_period_is_as_long_and_ends_the_day_before():
    assert JUNE.previous() == Period(date(2026, 5, 2), date(2026, 5, 31))


def test_a_year_before_the_leap_day_is_the_28th():
    leap = Period(date(2024, 2, 29), date(2024, 2, 29))
    assert leap.year_before() == Period(date(2023, 2, 28), date(2023, 2, 28))


@given(periods)
def test_the_days_of_a_period_tile_it_exactly(period: Period):
    if period.n_days > 800:
        period = Period.last_days(800, until=period.last)
    assert len(period.days()) == period.n_days
    assert period.previous().end == period.start


def test_the_range_of_a_path_holds_what_is_below_and_nothing_beside():
    low, high = path_range("/1/")
    assert low <= "/1/" <= high
    assert low <= "/1/2/" <= high
    assert not low <= "/10/" <= high
    assert not low <= "/2/" <= high


def test_a_path_without_its_slashes_is_refused():
    with pytest.raises(InputError):
        path_range("310000")


def test_no_scope_covers_nothing_and_unplaced_needs_the_whole_city():
    assert not Scope(areas=()).covers("/1/")
    assert Scope(areas=("/1/",)).covers("/1/2/")
    assert not Scope(areas=("/1/",)).covers("/10/")
    assert not Scope(areas=("/1/",)).covers(None)
    assert Scope(areas=(), whole_city=True).covers(None)
