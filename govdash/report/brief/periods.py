"""The kinds of reports, the stretches they are of, and what each is compared with."""

from datetime import date, timedelta
from typing import Final

from govdash.core.filters import Period
from govdash.core.vocab import BriefKind

BACK: Final = 8  # earlier stretches that say what is usual, as many weeks as an expected band has
_WEEK: Final = 7
_DECEMBER: Final = 12


def last_whole(kind: BriefKind, *, today: date, zone_name: str) -> Period:
    """Return the newest stretch of a kind that is over: yesterday, last week, last month.

    A week begins on Monday. A special report has none of its own; it gets the last seven days.
    """
    match kind:
        case BriefKind.DAY:
            return Period(today - timedelta(days=1), today - timedelta(days=1), zone_name)
        case BriefKind.WEEK:
            last = today - timedelta(days=today.weekday() + 1)
            return Period(last - timedelta(days=_WEEK - 1), last, zone_name)
        case BriefKind.MONTH:
            last = today.replace(day=1) - timedelta(days=1)
            return Period(last.replace(day=1), last, zone_name)
        case BriefKind.SPECIAL:
            return Period.last_days(_WEEK, until=today - timedelta(days=1), zone_name=zone_name)


def whole(kind: BriefKind, day: date, *, zone_name: str) -> Period:
    """Return the stretch of a kind that holds `day`."""
    match kind:
        case BriefKind.DAY | BriefKind.SPECIAL:
            return Period(day, day, zone_name)
        case BriefKind.WEEK:
            first = day - timedelta(days=day.weekday())
            return Period(first, first + timedelta(days=_WEEK - 1), zone_name)
        case BriefKind.MONTH:
            return Period(day.replace(day=1), month_end(day), zone_name)


def before(period: Period, kind: BriefKind) -> Period:
    """Return what 环比 compares with: the calendar month before, or as many days just before."""
    if kind is BriefKind.MONTH:
        last = period.first - timedelta(days=1)
        return Period(last.replace(day=1), last, period.zone_name)
    return period.previous()


def earlier(period: Period, kind: BriefKind) -> list[tuple[Period, float]]:
    """Return `BACK` earlier stretches with the same weekdays, newest first, and how to scale each.

    A day is compared with the same weekday of the weeks before, a week with weeks, a month with
    months (scaled to as many days), other stretches with those a whole number of weeks before.
    """
    found: list[tuple[Period, float]] = []
    if kind is BriefKind.MONTH:
        month = period
        for _ in range(BACK):
            month = before(month, kind)
            found.append((month, period.n_days / month.n_days))
        return found
    step = -(-period.n_days // _WEEK) * _WEEK
    for back in range(1, BACK + 1):
        off = timedelta(days=back * step)
        found.append((Period(period.first - off, period.last - off, period.zone_name), 1.0))
    return found


def month_end(day: date) -> date:
    """Return the last day of a day's month."""
    if day.month == _DECEMBER:
        return date(day.year, _DECEMBER, 31)
    return day.replace(month=day.month + 1, day=1) - timedelta(days=1)
