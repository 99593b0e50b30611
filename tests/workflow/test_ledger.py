"""The ledger of a clock: run, paused, extended, stopped and gone on, against single minutes."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from govdash.core.settings import ROOT
from govdash.core.vocab import Clock, LimitUnit
from govdash.store.models import ClockInterval
from govdash.taxonomy import Limit
from govdash.workflow import timing
from govdash.workflow.calendar import WorkCalendar

MINUTE = timedelta(minutes=1)
#: Around new year, the spring festival, the national day with its swapped Saturday, a leap day,
#: and the two changes of the clock of New York.
STARTS = [
    (2025, 12, 30), (2026, 2, 13), (2026, 9, 29), (2028, 2, 27), (2026, 3, 6), (2026, 10, 30),
]  # fmt: skip
#: What happens after so many minutes: the clock runs, is paused, is off, or its limit grows.
EVENTS = st.lists(
    st.tuples(st.integers(0, 1500), st.sampled_from(["run", "pause", "off", "extend"])),
    max_size=7,
)


@pytest.fixture(scope="module")
def calendars(tmp_path_factory) -> dict[str, WorkCalendar]:
    folder = tmp_path_factory.mktemp("data")
    (folder / "calendars").mkdir()
    told = {
        "name": "ny", "label": "纽约", "zone": "America/New_York", "weekend": [6, 7],
        "hours": [["00:00", "04:00"], ["14:00", "18:00"]],
    }  # fmt: skip
    (folder / "calendars" / "ny.yaml").write_text(yaml.safe_dump(told), "utf-8")
    return {"cn": WorkCalendar.load(ROOT / "data"), "ny": WorkCalendar.load(folder, "ny")}


def laid_out(start, events, limit) -> tuple[list[ClockInterval], datetime]:
    """Return the ledger of what happened, and the moment of the last thing."""
    ledger: list[ClockInterval] = []
    now, state, times = start, "run", 1

    def begin() -> None:
        if state in {"run", "pause"}:
            ledger.append(
                ClockInterval(
                    case_id=1, clock=Clock.CASE, running=state == "run", started_at=now,
                    ended_at=None, limit_amount=limit.amount * times, limit_unit=limit.unit,
                )
            )  # fmt: skip

    begin()
    for minutes, what in events:
        now += minutes * MINUTE
        if ledger[-1].ended_at is None:
            ledger[-1].ended_at = now
        if what == "extend":
            times += state in {"run", "pause"}
        else:
            state = what
        begin()
    return ledger, now


def by_the_minute(ledger, at, unit, calendar) -> int:
    """Count the minutes before `at` in which the clock ran and its unit counts."""
    counted = 0
    for interval in ledger:
        minute = interval.started_at
        while interval.running and minute < min(interval.ended_at or at, at):
            counted += counts(minute, unit, calendar)
            minute += MINUTE
    return counted


def counts(minute, unit, calendar) -> bool:
    if unit in {LimitUnit.URGENT_HOUR, LimitUnit.CALENDAR_DAY}:
        return True
    local = minute.astimezone(calendar.zone)
    since = timedelta(hours=local.hour, minutes=local.minute)
    return calendar.is_workday(local.date()) and any(a <= since < b for a, b in calendar.hours)


@settings(deadline=None, max_examples=60)
@given(
    where=st.sampled_from(["cn", "ny"]), first=st.sampled_from(STARTS), hour=st.integers(0, 23),
    unit=st.sampled_from(list(LimitUnit)), events=EVENTS, rest=st.integers(0, 2000),
)  # fmt: skip
def test_what_a_ledger_says_is_what_its_minutes_add_up_to(
    calendars, where, first, hour, unit, events, rest
):
    calendar = calendars[where]
    start = datetime(*first, hour, tzinfo=calendar.zone).astimezone(UTC)
    limit = Limit(2, unit)
    ledger, last = laid_out(start, events, limit)
    at = last + rest * MINUTE
    told = timing.read(ledger, Clock.CASE, at=at, calendar=calendar)
    assert told.elapsed_seconds == 60 * by_the_minute(ledger, at, unit, calendar)
    assert told.remaining_seconds is not None
    whole = told.elapsed_seconds + told.remaining_seconds
    hours = {LimitUnit.WORK_DAY: calendar.day_length.total_seconds() / 3600}.get(
        unit, 24 if unit is LimitUnit.CALENDAR_DAY else 1
    )
    assert whole == ledger[-1].limit_amount * hours * 3600
    if told.due_at is not None:  # at that moment, and not before, the limit is used up
        then = timing.read(ledger, Clock.CASE, at=told.due_at, calendar=calendar)
        assert then.remaining_seconds == pytest.approx(0, abs=1e-6) or told.due_at < last


@settings(deadline=None, max_examples=40)
@given(
    first=st.sampled_from(STARTS), unit=st.sampled_from(list(LimitUnit)), events=EVENTS,
    steps=st.lists(st.integers(1, 400), min_size=2, max_size=12),
)  # fmt: skip
def test_time_only_goes_on_and_asking_often_changes_nothing(calendars, first, unit, events, steps):
    calendar = calendars["cn"]
    start = datetime(*first, 9, tzinfo=ZoneInfo("Asia/Shanghai")).astimezone(UTC)
    ledger, last = laid_out(start, events, Limit(3, unit))

    def used(at: datetime) -> float:
        return timing.read(ledger, Clock.CASE, at=at, calendar=calendar).elapsed_seconds

    moments = [last]
    for minutes in steps:
        moments.append(moments[-1] + minutes * MINUTE)
    seen = [used(at) for at in moments]
    assert seen == sorted(seen)
    assert [used(at) for at in moments] == seen  # asked again
    parts = [later - earlier for earlier, later in pairwise(seen)]
    assert sum(parts) == pytest.approx(seen[-1] - seen[0])


@settings(deadline=None, max_examples=60)
@given(
    first=st.sampled_from(STARTS), unit=st.sampled_from(list(LimitUnit)),
    amount=st.integers(1, 20), after=st.integers(0, 3000),
)  # fmt: skip
def test_an_extension_is_due_when_a_limit_twice_as_long_had_been_whenever_it_is_granted(
    calendars, first, unit, amount, after
):
    calendar = calendars["cn"]
    start = datetime(*first, 9, tzinfo=ZoneInfo("Asia/Shanghai")).astimezone(UTC)
    extended, _ = laid_out(start, [(after, "extend")], Limit(amount, unit))
    double, _ = laid_out(start, [], Limit(2 * amount, unit))
    at = start + (after + 1) * MINUTE
    due = [
        timing.read(led, Clock.CASE, at=at, calendar=calendar).due_at for led in (extended, double)
    ]
    assert due[0] == due[1] is not None
