"""The clocks, against counting minutes one by one and against examples worked by hand."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import chinese_calendar
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from govdash.core.errors import InputError
from govdash.core.settings import ROOT
from govdash.core.vocab import LimitUnit
from govdash.taxonomy import Limit, parse_limit
from govdash.workflow.calendar import WorkCalendar
from govdash.workflow.clocks import (
    Lamp,
    due_at,
    elapsed,
    elapsed_seconds,
    lamp,
    length,
    remaining_seconds,
)

SHANGHAI = ZoneInfo("Asia/Shanghai")
CALENDAR = WorkCalendar.load(ROOT / "data")
MINUTE = timedelta(minutes=1)
UNHURRIED = settings(deadline=None)  # how long it takes says more about the machine
UNITS = st.sampled_from(list(LimitUnit))
#: Around new year, the spring festival, the national day with its swapped Saturday, past the
#: package's last year; to the second.
MOMENTS = st.one_of(
    *[
        st.datetimes(datetime(*first), datetime(*last))  # noqa: DTZ001  # hypothesis wants them so
        for first, last in (
            ((2025, 12, 28), (2026, 1, 8)),
            ((2026, 2, 10), (2026, 3, 3)),
            ((2026, 9, 18), (2026, 10, 14)),
            ((2026, 12, 25), (2027, 2, 20)),
            ((2028, 2, 25), (2028, 3, 3)),
        )
    ]
).map(lambda naive: naive.replace(microsecond=0, tzinfo=SHANGHAI))
SPANS = st.timedeltas(timedelta(0), timedelta(days=12)).map(
    lambda span: timedelta(seconds=int(span.total_seconds()))
)


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


def works(minute: datetime) -> bool:
    """Whether a minute of the Shanghai wall clock is working time, by the package and the hours."""
    day = minute.date()
    if day.year <= 2026:
        on = chinese_calendar.is_workday(day)
    else:
        on = day.isoweekday() < 6 and day not in CALENDAR.statutory
    return on and (8 <= minute.hour < 12 or 14 <= minute.hour < 18)


def counted_minutes(unit, start, end, pauses=()) -> int:
    """The plain way: look at every minute."""
    total, minute = 0, start
    while minute < end:
        paused = any(begin <= minute < stop for begin, stop in pauses)
        if not paused and (
            unit in {LimitUnit.URGENT_HOUR, LimitUnit.CALENDAR_DAY} or works(minute)
        ):
            total += 1
        minute += MINUTE
    return total


# -- examples by hand --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("limit", "start", "due"),
    [
        ("2工作时", "2026-06-10T09:00", "2026-06-10T11:00"),
        ("2工作时", "2026-06-10T11:00", "2026-06-10T15:00"),  # over noon
        ("2工作时", "2026-06-10T16:00", "2026-06-10T18:00"),  # the last instant of the day
        ("2工作时", "2026-06-10T17:00", "2026-06-11T09:00"),  # over night
        ("2工作时", "2026-06-12T17:00", "2026-06-15T09:00"),  # over the weekend
        ("2工作时", "2026-06-13T10:00", "2026-06-15T10:00"),  # begun on a Saturday
        ("1工作日", "2026-06-10T09:00", "2026-06-11T09:00"),
        ("1工作日", "2026-06-10T08:00", "2026-06-10T18:00"),
        ("1工作日", "2026-09-30T17:00", "2026-10-08T17:00"),  # over the national holiday
        ("3工作日", "2026-09-30T17:00", "2026-10-10T17:00"),  # the Saturday is a swapped workday
        ("1工作日", "2026-02-13T18:00", "2026-02-14T18:00"),  # the Saturday before the festival
        ("2紧急工作时", "2026-10-01T23:00", "2026-10-02T01:00"),
        ("7自然日", "2026-09-30T17:00", "2026-10-07T17:00"),
        ("1自然日", "2028-02-28T12:00", "2028-02-29T12:00"),  # leap day
        ("0.5工作时", "2026-06-10T11:45", "2026-06-10T14:15"),
        ("1工作日", "2026-12-31T17:00", "2027-01-04T17:00"),  # new year's day 2027 is a Friday
    ],
)
def test_a_limit_is_due_when_worked_out_by_hand(limit, start, due):
    asked = parse_limit(limit)
    assert due_at(asked, local(start), CALENDAR) == local(due)
    assert elapsed(asked.unit, local(start), local(due), CALENDAR) == length(asked, CALENDAR)


def test_a_pause_moves_the_deadline_by_the_working_time_that_it_took():
    pauses = [(local("2026-06-10T10:00"), local("2026-06-10T14:30"))]  # two hours and a half
    limit = parse_limit("4工作时")
    assert due_at(limit, local("2026-06-10T09:00"), CALENDAR, pauses=pauses) == local(
        "2026-06-10T17:30"
    )
    assert (
        elapsed_seconds(
            limit.unit, local("2026-06-10T09:00"), local("2026-06-10T16:00"), CALENDAR, pauses
        )
        == 2.5 * 3600
    )


def test_overlapping_pauses_count_once():
    one = (local("2026-06-10T10:00"), local("2026-06-10T11:00"))
    other = (local("2026-06-10T10:30"), local("2026-06-10T11:30"))
    due = due_at(
        parse_limit("1紧急工作时"), local("2026-06-10T09:30"), CALENDAR, pauses=[other, one]
    )
    assert due == local("2026-06-10T12:00")


def test_a_pause_that_still_holds_leaves_no_deadline_unless_the_limit_was_used_before_it():
    held = [(local("2026-06-10T10:00"), None)]
    with pytest.raises(InputError, match="恢复之前没有到期时间"):
        due_at(parse_limit("2工作时"), local("2026-06-10T09:00"), CALENDAR, pauses=held)
    assert due_at(
        parse_limit("1工作时"), local("2026-06-10T09:00"), CALENDAR, pauses=held
    ) == local("2026-06-10T10:00")


def test_hours_that_begin_or_end_where_clocks_leap_hold_what_clocks_show(tmp_path):
    """8 March 2026: after 01:59:59 comes 03:00; 00:00–02:30 lasts two hours, 02:45–05:00 too."""
    (tmp_path / "calendars").mkdir()
    (tmp_path / "calendars" / "leap.yaml").write_text(
        "name: leap\nlabel: L\nzone: America/New_York\nweekend: []\n"
        'hours: [["00:00","02:30"],["02:45","05:00"]]\n',
        "utf-8",
    )
    calendar = WorkCalendar.load(tmp_path, "leap")
    zone = ZoneInfo("America/New_York")
    start = datetime(2026, 3, 8, tzinfo=zone)
    for hours, hour in ((2, 3), (3, 4), (4, 5)):
        due = due_at(parse_limit(f"{hours}工作时"), start, calendar)
        assert due == datetime(2026, 3, 8, hour, tzinfo=zone)
    assert due_at(parse_limit("5工作时"), start, calendar) == datetime(2026, 3, 9, 1, tzinfo=zone)


def test_times_in_any_zone_are_the_same_instants():
    limit = parse_limit("2工作时")
    assert due_at(limit, datetime(2026, 6, 10, 1, 0, tzinfo=UTC), CALENDAR) == local(
        "2026-06-10T11:00"
    )


def test_a_city_with_daylight_saving_keeps_its_working_hours(tmp_path):
    """New York springs forward on Sunday 8 March 2026 at 2 o'clock."""
    (tmp_path / "calendars").mkdir()
    (tmp_path / "calendars" / "ny.yaml").write_text(
        'name: ny\nlabel: NY\nzone: America/New_York\nhours: [["08:00","12:00"]]\nweekend: [6, 7]\n'
    )
    calendar = WorkCalendar.load(tmp_path, "ny")
    zone = ZoneInfo("America/New_York")
    start = datetime(2026, 3, 6, 11, 0, tzinfo=zone)  # Friday
    assert due_at(parse_limit("2工作时"), start, calendar) == datetime(
        2026, 3, 9, 9, 0, tzinfo=zone
    )
    # a calendar day is 24 hours, so the wall clock shows an hour more
    assert due_at(
        parse_limit("1自然日"), datetime(2026, 3, 7, 12, 0, tzinfo=zone), calendar
    ) == datetime(2026, 3, 8, 13, 0, tzinfo=zone)


def test_working_hours_across_the_change_itself_count_the_hours_that_exist(tmp_path):
    (tmp_path / "calendars").mkdir()
    (tmp_path / "calendars" / "night.yaml").write_text(
        'name: night\nlabel: N\nzone: America/New_York\nhours: [["00:00","24:00"]]\nweekend: []\n'
    )
    calendar = WorkCalendar.load(tmp_path, "night")
    zone = ZoneInfo("America/New_York")
    day = (datetime(2026, 3, 8, tzinfo=zone), datetime(2026, 3, 9, tzinfo=zone))
    assert elapsed_seconds(LimitUnit.WORK_HOUR, *day, calendar) == 23 * 3600
    assert due_at(parse_limit("24工作时"), day[0], calendar) == datetime(
        2026, 3, 9, 1, 0, tzinfo=zone
    )


# -- properties ----------------------------------------------------------------------------------


@UNHURRIED
@given(unit=UNITS, start=MOMENTS, one=SPANS, two=SPANS)
def test_elapsed_time_adds_up(unit, start, one, two):
    middle, end = start + one, start + one + two
    assert elapsed(unit, start, end, CALENDAR) == elapsed(unit, start, middle, CALENDAR) + elapsed(
        unit, middle, end, CALENDAR
    )


@UNHURRIED
@given(unit=UNITS, start=MOMENTS, span=SPANS, pause=SPANS, shift=SPANS)
def test_a_pause_takes_out_exactly_its_own_time(unit, start, span, pause, shift):
    end, begin = start + span, start + shift
    stop = begin + pause
    whole = elapsed(unit, start, end, CALENDAR)
    inside = elapsed(unit, min(begin, end), min(stop, end), CALENDAR)
    assert elapsed(unit, start, end, CALENDAR, [(begin, stop)]) == whole - inside


@UNHURRIED
@given(unit=UNITS, start=MOMENTS, amount=st.integers(1, 300), more=st.integers(1, 300))
def test_a_longer_limit_is_due_later(unit, start, amount, more):
    scale = 8 if unit is LimitUnit.WORK_DAY else 1
    short, long = Limit(amount / 10 / scale, unit), Limit((amount + more) / 10 / scale, unit)
    assert due_at(short, start, CALENDAR) < due_at(long, start, CALENDAR)


@UNHURRIED
@given(unit=UNITS, start=MOMENTS, later=SPANS, amount=st.integers(1, 80))
def test_what_starts_later_is_not_due_earlier(unit, start, later, amount):
    limit = Limit(amount / 4, unit)
    assert due_at(limit, start, CALENDAR) <= due_at(limit, start + later, CALENDAR)


@UNHURRIED
@given(unit=UNITS, start=MOMENTS, amount=st.integers(1, 80), pause=SPANS, shift=SPANS)
def test_at_the_deadline_the_limit_is_used_up_and_just_before_it_is_not(
    unit, start, amount, pause, shift
):
    limit = Limit(amount / 4, unit)
    pauses = [(start + shift, start + shift + pause)]
    due = due_at(limit, start, CALENDAR, pauses=pauses)
    assert remaining_seconds(limit, start, due, CALENDAR, pauses) == 0
    assert remaining_seconds(limit, start, due - timedelta(seconds=1), CALENDAR, pauses) > 0


@UNHURRIED
@given(
    unit=UNITS,
    start=MOMENTS.map(lambda m: m.replace(second=0)),
    minutes=st.integers(0, 6 * 24 * 60),
    shift=st.integers(0, 3 * 24 * 60),
    pause=st.integers(0, 3 * 24 * 60),
)
def test_elapsed_time_is_what_counting_minute_by_minute_gives(unit, start, minutes, shift, pause):
    end = start + minutes * MINUTE
    pauses = [(start + shift * MINUTE, start + (shift + pause) * MINUTE)]
    counted = counted_minutes(unit, start, end, pauses)
    assert elapsed_seconds(unit, start, end, CALENDAR, pauses) == counted * 60


@UNHURRIED
@given(
    unit=UNITS,
    start=MOMENTS.map(lambda m: m.replace(second=0)),
    amount=st.integers(1, 30),
    shift=st.integers(0, 600),
    pause=st.integers(0, 2000),
)
def test_the_deadline_is_the_first_minute_that_uses_up_the_limit(unit, start, amount, shift, pause):
    limit = Limit(amount / (10 if unit is LimitUnit.WORK_DAY else 2), unit)
    pauses = [(start + shift * MINUTE, start + (shift + pause) * MINUTE)]
    wanted = round(length(limit, CALENDAR).total_seconds() / 60)
    minute, used = start, 0
    while used < wanted:
        paused = pauses[0][0] <= minute < pauses[0][1]
        continuous = unit in {LimitUnit.URGENT_HOUR, LimitUnit.CALENDAR_DAY}
        used += not paused and (continuous or works(minute))
        minute += MINUTE
    assert due_at(limit, start, CALENDAR, pauses=pauses) == minute


# -- the calendar --------------------------------------------------------------------------------


def test_every_day_of_the_package_is_as_the_package_says():
    for year in (2004, 2020, 2025, 2026):
        day = date(year, 1, 1)
        while day.year == year:
            assert CALENDAR.is_workday(day) == chinese_calendar.is_workday(day), day
            day += timedelta(days=1)


def test_beyond_the_package_the_statutory_days_are_off_and_the_calendar_says_so():
    assert CALENDAR.note(date(2026, 10, 10)) == ""
    assert "2027 年的调休尚未公布" in CALENDAR.note(date(2027, 2, 8))
    assert not CALENDAR.is_workday(date(2027, 2, 8))  # 初三
    assert CALENDAR.holiday(date(2027, 2, 8)) == "春节"
    assert CALENDAR.is_workday(date(2027, 2, 9))
    assert "尚无数据" in CALENDAR.note(date(2099, 1, 1))
    assert "早于" in CALENDAR.note(date(2003, 1, 1))


def test_a_swapped_working_saturday_is_no_holiday_and_a_festival_day_has_its_name():
    assert CALENDAR.is_workday(date(2026, 10, 10))
    assert CALENDAR.holiday(date(2026, 10, 10)) is None
    assert CALENDAR.holiday(date(2026, 10, 1)) == "国庆节"
    assert CALENDAR.holiday(date(2026, 6, 13)) is None  # a plain Saturday


def test_worked_weekends_are_the_swapped_days():
    swapped = CALENDAR.worked_weekends(date(2026, 9, 1), date(2026, 10, 31))
    assert swapped == {date(2026, 9, 20), date(2026, 10, 10)}


def test_a_city_may_add_days_off_and_days_worked(tmp_path):
    (tmp_path / "calendars").mkdir()
    (tmp_path / "calendars" / "own.yaml").write_text(
        "name: own\nlabel: 本市\nzone: Asia/Shanghai\nhours: [['09:00','17:00']]\nweekend: [6, 7]\n"
        "package: chinesecalendar\ndays_off: {2026-06-10: 城市开放日}\n"
        "days_worked: {2026-06-13: 补班}\n"
    )
    own = WorkCalendar.load(tmp_path, "own")
    assert not own.is_workday(date(2026, 6, 10))
    assert own.is_workday(date(2026, 6, 13))
    assert own.holiday(date(2026, 6, 10)) == "城市开放日"
    assert due_at(parse_limit("1工作日"), local("2026-06-09T16:00"), own) == local(
        "2026-06-11T16:00"
    )


@pytest.mark.parametrize(
    "text",
    [
        "name: x",
        "name: x\nlabel: x\nzone: Mars/Olympus\nhours: [['08:00','12:00']]\nweekend: []",
        "name: x\nlabel: x\nzone: UTC\nhours: [['12:00','08:00']]\nweekend: []",
        "name: x\nlabel: x\nzone: UTC\nhours: [['08:00','12:00'],['11:00','13:00']]\nweekend: []",
        "name: x\nlabel: x\nzone: UTC\nhours: [['08:00','12:00']]\nweekend: [8]",
        "name: x\nlabel: x\nzone: UTC\nhours: [['8点','12:00']]\nweekend: []",
        "name: [",
    ],
)
def test_a_calendar_that_cannot_be_used_is_refused_by_name(tmp_path, text):
    (tmp_path / "calendars").mkdir()
    (tmp_path / "calendars" / "bad.yaml").write_text(text)
    with pytest.raises(InputError, match=r"bad\.yaml"):
        WorkCalendar.load(tmp_path, "bad")


def test_an_unknown_calendar_is_refused_with_those_that_exist():
    with pytest.raises(InputError, match="可用：cn"):
        WorkCalendar.load(ROOT / "data", "mars")


def test_naive_times_and_backward_pauses_are_refused():
    with pytest.raises(InputError, match="没有时区"):
        due_at(parse_limit("1工作时"), datetime(2026, 6, 10, 9), CALENDAR)  # noqa: DTZ001
    backward = [(local("2026-06-10T11:00"), local("2026-06-10T10:00"))]
    with pytest.raises(InputError, match="早于开始"):
        due_at(parse_limit("1工作时"), local("2026-06-10T09:00"), CALENDAR, pauses=backward)


@pytest.mark.parametrize("unit", LimitUnit)
def test_a_limit_beyond_two_centuries_is_refused(unit):
    with pytest.raises(InputError, match=r"太长|两百年"):
        due_at(Limit(1e9, unit), local("2026-06-10T09:00"), CALENDAR)


def test_lamps_turn_yellow_at_three_quarters_and_red_only_past_the_deadline():
    assert [lamp(share) for share in (None, 0.0, 0.74, 0.75, 1.0, 1.01)] == [
        Lamp.OFF,
        Lamp.GREEN,
        Lamp.GREEN,
        Lamp.YELLOW,
        Lamp.YELLOW,
        Lamp.RED,
    ]
