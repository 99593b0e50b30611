"""Local days and aware instants: stored in UTC, cut into days in the city's zone."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from govdash.core.errors import InputError

DEFAULT_TIMEZONE = "Asia/Shanghai"


def aware_utc(moment: datetime) -> datetime:
    """Return `moment` in UTC, or raise `InputError` when it has no zone."""
    if moment.tzinfo is None:
        raise InputError(f"时间 {moment.isoformat()} 没有时区；请写明，例如 +08:00。")
    return moment.astimezone(UTC)


def local_day(moment: datetime, zone: ZoneInfo) -> date:
    """Return the calendar day of an aware `moment` in the city's `zone`."""
    return aware_utc(moment).astimezone(zone).date()


def day_start(day: date, zone: ZoneInfo) -> datetime:
    """Return the first instant of a local `day`, in UTC."""
    return datetime.combine(day, time.min, tzinfo=zone).astimezone(UTC)


def days_between(first: date, last: date) -> list[date]:
    """Return every day from `first` to `last`, both included."""
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]
