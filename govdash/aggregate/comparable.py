"""With which earlier period a period is compared: 环比 and 同比 with the calendar right."""

from calendar import monthrange
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import Final

from govdash.core.filters import Period

#: 春节, the first day of the lunar year (Purple Mountain Observatory's calendar).
SPRING: Final[Mapping[int, date]] = {
    date.fromisoformat(day).year: date.fromisoformat(day)
    for day in (
        "2015-02-19", "2016-02-08", "2017-01-28", "2018-02-16", "2019-02-05", "2020-01-25",
        "2021-02-12", "2022-02-01", "2023-01-22", "2024-02-10", "2025-01-29", "2026-02-17",
        "2027-02-06", "2028-01-26", "2029-02-13", "2030-02-03", "2031-01-23", "2032-02-11",
        "2033-01-31", "2034-02-19", "2035-02-08", "2036-01-28", "2037-02-15", "2038-02-04",
        "2039-01-24", "2040-02-12",
    )
}  # fmt: skip


def previous(period: Period) -> Period:
    """Return the period before (环比).

    Whole calendar months are compared with as many whole months before (March, 31 days, with
    February, 28), the beginning of a month with the same days of the month before, anything else
    with as many days immediately before.
    """
    if period.first.day != 1:
        return period.previous()
    months = 1 + _months(period.last) - _months(period.first)
    whole = period.last.day == monthrange(period.last.year, period.last.month)[1]
    if not whole and months > 1:
        return period.previous()
    first = _of(_months(period.first) - months, 1)
    last = period.first - timedelta(days=1) if whole else _of(_months(first), period.last.day)
    return replace(period, first=first, last=last)


def year_before(period: Period, *, lunar: bool = False) -> Period:
    """Return the same period a year earlier (同比).

    Whole months stay whole (February 2025 for February 2024 has 28 days). With `lunar` the days
    lie as far from 春节 as now: 2026-02-10 to 02-24 (a week around 02-17) is compared with
    2025-01-22 to 02-05 (a week around 01-29). Years outside `SPRING` are compared by date.
    """
    year = period.first.year
    if lunar and year in SPRING and year - 1 in SPRING:
        back = SPRING[year] - SPRING[year - 1]
        return replace(period, first=period.first - back, last=period.last - back)
    before = period.year_before()
    if period.last.day == monthrange(period.last.year, period.last.month)[1]:
        end = monthrange(before.last.year, before.last.month)[1]
        return replace(before, last=before.last.replace(day=end))
    return before


def words(period: Period, *, lunar: bool) -> str:
    """Say how 同比 was aligned, for a chart."""
    before = year_before(period, lunar=lunar)
    how = "按春节对齐" if lunar else "按公历"
    return f"同比{how}：{before.first} 至 {before.last}"


def _months(day: date) -> int:
    return day.year * 12 + day.month - 1


def _of(months: int, day: int) -> date:
    """Return a day of the month so many months after year 0; clipped to the month's end."""
    year, month = divmod(months, 12)
    return date(year, month + 1, min(day, monthrange(year, month + 1)[1]))
