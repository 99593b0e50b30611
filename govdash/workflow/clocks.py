"""Case clocks: when a limit is due and how much of it is used, exactly, by day arithmetic.

紧急工作时 and 自然日 run continuously (hours of 60 minutes, days of 24 hours); 工作时 and 工作日
run only in the working hours of the calendar, a 工作日 being those of one day (480 minutes by
default). Pauses do not count. A limit is due at the first instant at which all of it has been
used: two working hours that begin at 16:00 are due at 18:00, not at 08:00 of the next day.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from govdash.core.errors import InputError
from govdash.core.times import aware_utc
from govdash.core.vocab import Labelled, LimitUnit
from govdash.taxonomy import Limit
from govdash.workflow.calendar import WorkCalendar

#: From when to when a clock stood still; no end: it still does.
Pause = tuple[datetime, datetime | None]

_MICROSECOND: Final = timedelta(microseconds=1)
_FOREVER: Final = datetime.max.replace(tzinfo=UTC)
_WORKING: Final = frozenset({LimitUnit.WORK_HOUR, LimitUnit.WORK_DAY})
#: Yellow from three quarters of the limit on: the usual early-warning mark of supervision.
YELLOW_FROM: Final = 0.75


class Lamp(Labelled):
    """How much of the time is used: the lamp beside a deadline."""

    GREEN = "green", "正常"
    YELLOW = "yellow", "临期"
    RED = "red", "超期"
    OFF = "off", "不计时"


def due_at(
    limit: Limit, start: datetime, calendar: WorkCalendar, *, pauses: Sequence[Pause] = ()
) -> datetime:
    """Return the first instant, in UTC, at which all of `limit` has been used since `start`.

    Raises
    ------
    InputError
        When a pause without an end comes first (then there is no deadline yet), a pause ends
        before it begins, a time has no zone, or the limit reaches beyond two centuries.
    """
    left = _microseconds(limit, calendar)
    at = aware_utc(start)
    for begin, end in _merged(pauses, after=at):
        run = _counted(limit.unit, at, begin, calendar)
        if left <= run:
            break
        if end == _FOREVER:
            raise InputError("时钟正在暂停，恢复之前没有到期时间。")
        left -= run
        at = end
    if limit.unit in _WORKING:
        return calendar.moment_after(at, left)
    try:
        return at + left * _MICROSECOND
    except OverflowError:
        raise InputError(f"时限 {limit} 太长；请检查时限。") from None


def elapsed(
    unit: LimitUnit,
    start: datetime,
    at: datetime,
    calendar: WorkCalendar,
    pauses: Sequence[Pause] = (),
) -> timedelta:
    """Return the time that a clock of `unit` counts from `start` to `at`; zero before `start`."""
    begin, until = aware_utc(start), aware_utc(at)
    if until <= begin:
        return timedelta()
    total = _counted(unit, begin, until, calendar)
    for pause_begin, pause_end in _merged(pauses, after=begin):
        if pause_begin < until:
            total -= _counted(unit, pause_begin, min(pause_end, until), calendar)
    return total * _MICROSECOND


def elapsed_seconds(
    limit_unit: LimitUnit,
    start: datetime,
    at: datetime,
    calendar: WorkCalendar,
    pauses: Sequence[Pause] = (),
) -> float:
    """Return `elapsed` in seconds."""
    return elapsed(limit_unit, start, at, calendar, pauses).total_seconds()


def remaining_seconds(
    limit: Limit,
    start: datetime,
    at: datetime,
    calendar: WorkCalendar,
    pauses: Sequence[Pause] = (),
) -> float:
    """Return what is left of `limit` at a moment, in seconds of its clock; negative when late."""
    used = elapsed(limit.unit, start, at, calendar, pauses)
    return (length(limit, calendar) - used).total_seconds()


def length(limit: Limit, calendar: WorkCalendar) -> timedelta:
    """Return a limit as time on its own clock: 1 工作日 is 8 h of working time by default."""
    return _microseconds(limit, calendar) * _MICROSECOND


def lamp(used: float | None) -> Lamp:
    """Return the lamp for a used share of the limit; None (no limit) switches it off."""
    if used is None:
        return Lamp.OFF
    if used > 1:
        return Lamp.RED
    return Lamp.YELLOW if used >= YELLOW_FROM else Lamp.GREEN


def _microseconds(limit: Limit, calendar: WorkCalendar) -> int:
    unit = {
        LimitUnit.URGENT_HOUR: timedelta(hours=1),
        LimitUnit.WORK_HOUR: timedelta(hours=1),
        LimitUnit.WORK_DAY: calendar.day_length,
        LimitUnit.CALENDAR_DAY: timedelta(days=1),
    }[limit.unit]
    try:
        whole = round(limit.amount * (unit // _MICROSECOND))
    except (OverflowError, ValueError):
        whole = 0
    if whole < 1:
        raise InputError(f"时限 {limit} 不成立；应为大于 0 的数。")
    return whole


def _counted(unit: LimitUnit, begin: datetime, end: datetime, calendar: WorkCalendar) -> int:
    """Return the microseconds that count from `begin` to `end` >= `begin`."""
    if unit in _WORKING:
        return calendar.worked(end) - calendar.worked(begin)
    return (end - begin) // _MICROSECOND


def _merged(pauses: Sequence[Pause], *, after: datetime) -> list[tuple[datetime, datetime]]:
    """Return the pauses in order, without overlaps, cut to what lies after a moment."""
    given: list[tuple[datetime, datetime]] = []
    for begin, end in pauses:
        start, stop = aware_utc(begin), _FOREVER if end is None else aware_utc(end)
        if stop < start:
            raise InputError(f"暂停的结束 {stop.isoformat()} 早于开始 {start.isoformat()}。")
        if stop > max(start, after):
            given.append((max(start, after), stop))
    merged: list[tuple[datetime, datetime]] = []
    for start, stop in sorted(given):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], stop))
        else:
            merged.append((start, stop))
    return merged
