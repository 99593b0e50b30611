"""Times as people and systems write them."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from govdash.ingest.times import read_times

SHANGHAI, NEW_YORK = ZoneInfo("Asia/Shanghai"), ZoneInfo("America/New_York")


def read(text: str, *formats: str, zone: ZoneInfo = SHANGHAI, **more: bool):
    told = read_times(pd.Series([text], dtype="str"), formats, zone, **more)
    return None if told.unreadable[0] else told.times.iloc[0]


@pytest.mark.parametrize(
    ("text", "utc"),
    [
        ("2026-06-10 10:30:00", "2026-06-10T02:30"),
        ("2026-06-10T10:30:00.123", "2026-06-10T02:30:00.123"),
        ("2026/6/10 9:05", "2026-06-10T01:05"),
        ("2026年6月10日10点", "2026-06-10T02:00"),
        ("2026年6月10日 星期三 10时30分", "2026-06-10T02:30"),
        ("２０２６年６月１日", "2026-05-31T16:00"),
        ("2026-6-1 下午 3:05", "2026-06-01T07:05"),
        ("2026-6-1 下午15:05", "2026-06-01T07:05"),
        ("2026-6-1 上午 9:05:30", "2026-06-01T01:05:30"),
        ("20260610", "2026-06-09T16:00"),
        ("2026-06-10T02:30:00Z", "2026-06-10T02:30"),
        ("2026-06-10 10:30:00 +08:00", "2026-06-10T02:30"),
        ("2026-06-09 22:30:00-0400", "2026-06-10T02:30"),
    ],
)
def test_a_time_is_read_whatever_its_writing(text: str, utc: str):
    assert read(text) == pd.Timestamp(utc, tz="UTC")


@pytest.mark.parametrize("text", ["昨天", "2026-13-01", "99/99/9999", "3047010038", "1", "12:30"])
def test_what_is_no_time_is_said_to_be_none(text: str):
    assert read(text) is None


def test_the_profile_settles_whether_day_or_month_comes_first():
    assert read("03/04/2026", "%d/%m/%Y") == pd.Timestamp("2026-04-02T16:00Z")
    assert read("03/04/2026", "%m/%d/%Y") == pd.Timestamp("2026-03-03T16:00Z")
    assert read("03/04/2026", day_first=True) == pd.Timestamp("2026-04-02T16:00Z")
    assert read("03/04/2026") == pd.Timestamp("2026-03-03T16:00Z")
    assert read("13/04/2026") == pd.Timestamp("2026-04-12T16:00Z")


def test_numbers_are_times_only_where_the_profile_says_so():
    assert read("46183.4375", "excel") == pd.Timestamp("2026-06-10T02:30Z")
    assert read("1781058600", "epoch_s") == pd.Timestamp("2026-06-10T02:30Z")
    assert read("1781058600000", "epoch_ms") == pd.Timestamp("2026-06-10T02:30Z")
    assert read("46183.4375") is None


def test_the_hour_that_comes_twice_never_makes_a_case_close_before_it_opens():
    opened = read("2019-11-03 01:50:00", zone=NEW_YORK)
    closed = read("2019-11-03 01:10:00", zone=NEW_YORK, later=True)
    assert (closed - opened).total_seconds() == 20 * 60


def test_the_hour_that_never_was_moves_on_and_is_told():
    told = read_times(pd.Series(["2019-03-10 02:30:00"], dtype="str"), (), NEW_YORK)
    assert told.times.iloc[0] == pd.Timestamp("2019-03-10T07:00Z")
    assert told.in_gap.tolist() == [True]


FIRST, LAST = datetime(1971, 1, 1), datetime(2098, 1, 1)  # noqa: DTZ001  # hypothesis wants them bare


@settings(deadline=None, max_examples=60)
@given(st.datetimes(FIRST, LAST), st.sampled_from([SHANGHAI, NEW_YORK]))
def test_iso_times_with_an_offset_mean_the_same_instant_in_any_zone(
    naive: datetime, zone: ZoneInfo
):
    moment = naive.replace(tzinfo=UTC)
    for text in (moment.isoformat(), moment.astimezone(zone).isoformat(sep=" ")):
        assert read(text, zone=zone) == pd.Timestamp(moment)


@settings(deadline=None, max_examples=25)
@given(st.lists(st.text(max_size=30), max_size=8))
def test_no_text_breaks_the_reader(texts: list[str]):
    told = read_times(pd.Series(texts, dtype="str"), ["%m/%d/%Y", "excel", "epoch_ms"], SHANGHAI)
    assert len(told.times) == len(texts)
    for text, time, unreadable in zip(texts, told.times, told.unreadable, strict=True):
        assert unreadable == (bool(text.strip()) and pd.isna(time))
