"""The working calendar of a city: which days and hours count, exactly and in logarithmic time."""

from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any, Final, Literal, Self, cast
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import chinese_calendar  # pyright: ignore[reportMissingTypeStubs]  # it has none
import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from govdash.core.errors import InputError
from govdash.core.times import aware_utc, days_between

#: The package knows whole years only; its own check is by year.
_PACKAGE_DAYS: Final = cast("dict[date, str]", chinese_calendar.holidays)
_PACKAGE_WORKED: Final = cast("dict[date, str]", chinese_calendar.workdays)
PACKAGE_YEARS: Final = (min(_PACKAGE_DAYS).year, max(_PACKAGE_DAYS).year)
#: The package names holidays in English and knows their Chinese.
_CHINESE: Final = {
    str(h.value): str(getattr(h, "chinese", h.value)) for h in chinese_calendar.Holiday
}
#: Sums of working time start in this year, so that only the years in between are laid out.
_ORIGIN: Final = 2024
#: A deadline further away is a slip of the pen.
_FAR_YEARS: Final = 200
_MICROSECOND: Final = timedelta(microseconds=1)


def _minutes(text: Any) -> Any:  # noqa: ANN401 - whatever the file holds
    """Read ``08:00`` (up to ``24:00``) as minutes after midnight; leave the rest to be refused."""
    hours, colon, minutes = str(text).partition(":")
    if not (colon and hours.isdigit() and minutes.isdigit() and int(minutes) < 60):
        return text
    return int(hours) * 60 + int(minutes)


_Minutes = Annotated[int, BeforeValidator(_minutes), Field(ge=0, le=1440)]


class _File(BaseModel):
    """A calendar as it is written in ``data/calendars``."""

    model_config = ConfigDict(extra="forbid")

    name: str
    label: str
    zone: str
    hours: list[tuple[_Minutes, _Minutes]] = Field(min_length=1)
    weekend: set[Annotated[int, Field(ge=1, le=7)]] = Field(max_length=6)
    package: Literal["chinesecalendar"] | None = None
    days_off: dict[date, str] = {}
    days_worked: dict[date, str] = {}
    statutory: dict[date, str] = {}


@dataclass(frozen=True)
class WorkCalendar:
    """Working days and hours. All instants are aware; days are local to `zone`."""

    name: str
    label: str
    zone: ZoneInfo
    hours: tuple[tuple[timedelta, timedelta], ...]  # after local midnight, in order
    weekend: frozenset[int]  # ISO weekdays
    by_package: bool
    days_off: Mapping[date, str]
    days_worked: Mapping[date, str]
    statutory: Mapping[date, str]
    _years: dict[int, list[int]] = field(
        default_factory=dict[int, list[int]], repr=False, compare=False
    )
    _sums: dict[int, int] = field(default_factory=lambda: {_ORIGIN: 0}, repr=False, compare=False)

    @classmethod
    def load(cls, data_dir: Path, name: str = "cn") -> Self:
        """Read and check ``calendars/<name>.yaml``.

        Raises
        ------
        InputError
            When there is no such calendar, or its file cannot be used.
        """
        folder = data_dir / "calendars"
        path = folder / f"{name}.yaml"
        if not path.is_file():
            known = "、".join(sorted(file.stem for file in folder.glob("*.yaml"))) or "（无）"
            raise InputError(f"没有名为“{name}”的工作日历；可用：{known}。")
        try:
            read = _File.model_validate(yaml.safe_load(path.read_text("utf-8")))
            zone = ZoneInfo(read.zone)
        except (yaml.YAMLError, ValidationError, ZoneInfoNotFoundError, ValueError) as error:
            raise InputError(f"工作日历 {path.name} 写法不对：{error}") from error
        hours = tuple(
            (timedelta(minutes=start), timedelta(minutes=end)) for start, end in sorted(read.hours)
        )
        ends = [moment for span in hours for moment in span]
        if ends != sorted(set(ends)):
            raise InputError(f"工作日历 {path.name} 的上班时段重叠或颠倒，请更正 hours。")
        return cls(
            name=read.name,
            label=read.label,
            zone=zone,
            hours=hours,
            weekend=frozenset(read.weekend),
            by_package=read.package is not None,
            days_off=read.days_off,
            days_worked=read.days_worked,
            statutory=read.statutory,
        )

    @property
    def day_length(self) -> timedelta:
        """Working time of one working day (工作日), 8 h by default."""
        return sum((end - start for start, end in self.hours), timedelta())

    def is_workday(self, day: date) -> bool:
        """Whether people work on a local `day`; 调休 included as far as it is known."""
        if day in self.days_worked:
            return True
        if day in self.days_off:
            return False
        if self._in_package(day):
            return day in _PACKAGE_WORKED or (day.weekday() < 5 and day not in _PACKAGE_DAYS)
        return day.isoweekday() not in self.weekend and day not in self.statutory

    def holiday(self, day: date) -> str | None:
        """Return the Chinese name of a day off; None on working days and plain weekends."""
        if self.is_workday(day):
            return None
        if day in self.days_off:
            return self.days_off[day]
        if self._in_package(day):
            named = _PACKAGE_DAYS.get(day)
            return None if named is None else _CHINESE.get(named, named)
        return self.statutory.get(day)

    def holidays(self, first: date, last: date) -> dict[date, str]:
        """Return the named holidays from `first` to `last`, both included."""
        named = {day: self.holiday(day) for day in days_between(first, last)}
        return {day: name for day, name in named.items() if name}

    def worked_weekends(self, first: date, last: date) -> frozenset[date]:
        """Return the weekend days from `first` to `last` on which people work (调休)."""
        return frozenset(
            day
            for day in days_between(first, last)
            if day.isoweekday() in self.weekend and self.is_workday(day)
        )

    def note(self, day: date) -> str:
        """Say what is not known about a day; empty when the arrangement is official."""
        if (
            not self.by_package
            or self._in_package(day)
            or day in self.days_off
            or day in self.days_worked
        ):
            return ""
        first, last = PACKAGE_YEARS
        if day.year < first:
            return f"{day.year} 年早于节假日数据的第一年 {first}，只按周末计算。"
        if not any(known.year == day.year for known in self.statutory):
            return f"{day.year} 年的节假日尚无数据（官方安排至 {last} 年），只按周末计算。"
        return f"{day.year} 年的调休尚未公布（官方安排至 {last} 年），按周末和法定放假日计算。"

    def notes(self, first: date, last: date) -> str:
        """Return what is not known about the years from `first` to `last`, each said once."""
        days = [first, *(date(year, 1, 1) for year in range(first.year + 1, last.year + 1))]
        return "".join(dict.fromkeys(note for day in days if (note := self.note(day))))

    def worked(self, moment: datetime) -> int:
        """Return the working microseconds from an arbitrary origin to `moment`.

        Only differences mean something: ``worked(b) - worked(a)`` is the working time from a to b.
        """
        local = aware_utc(moment).astimezone(self.zone)
        day = local.date()
        before = self._sum_to(day.year) + self._days_of(day.year)[day.timetuple().tm_yday - 1]
        if not self.is_workday(day):
            return before
        within = sum(
            max(0, (min(aware_utc(moment), end) - start) // _MICROSECOND)
            for start, end in self._spans(day)
        )
        return before + within

    def moment_after(self, start: datetime, worked: int) -> datetime:
        """Return the first instant with `worked` > 0 microseconds of working time since `start`.

        Raises
        ------
        InputError
            When it lies more than two centuries away.
        """
        target = self.worked(start) + worked
        year = aware_utc(start).astimezone(self.zone).year
        last = min(year + _FAR_YEARS, 9998)
        while self._sum_to(year + 1) < target:
            year += 1
            if year > last:
                raise InputError("时限太长，到期在两百年之后；请检查时限。")
        left = target - self._sum_to(year)
        n = bisect_left(self._days_of(year), left) - 1
        left -= self._days_of(year)[n]
        for begin, end in self._spans(date(year, 1, 1) + timedelta(days=n)):
            length = (end - begin) // _MICROSECOND
            if left <= length:
                return begin + left * _MICROSECOND
            left -= length
        raise AssertionError("a day holds the working time that its year table gives it")

    def _in_package(self, day: date) -> bool:
        return self.by_package and PACKAGE_YEARS[0] <= day.year <= PACKAGE_YEARS[1]

    def _spans(self, day: date) -> list[tuple[datetime, datetime]]:
        """Return the working hours of a working `day` as instants in UTC."""
        midnight = datetime.combine(day, datetime.min.time())
        return [
            (self._instant(midnight + start), self._instant(midnight + end))
            for start, end in self.hours
        ]

    def _instant(self, local: datetime) -> datetime:
        """Return when clocks show a time; one that they leap over is the moment of the leap.

        One that they show twice is the first.
        """
        shown = local.replace(tzinfo=self.zone)
        later = shown.astimezone(UTC)
        if later.astimezone(self.zone).replace(tzinfo=None) == local:
            return later
        after = shown.replace(fold=1)
        earlier = after.astimezone(UTC)  # the leap lies in between
        seconds = range(int((later - earlier).total_seconds()))

        def leapt(second: int) -> bool:
            moment = (earlier + timedelta(seconds=second)).astimezone(self.zone)
            return moment.utcoffset() == after.utcoffset()

        return earlier + timedelta(seconds=bisect_left(seconds, True, key=leapt))

    def _days_of(self, year: int) -> list[int]:
        """Return the working microseconds of `year` before each of its days, and the total."""
        if year not in self._years:
            sums = [0]
            for day in days_between(date(year, 1, 1), date(year, 12, 31)):
                spans = self._spans(day) if self.is_workday(day) else []
                sums.append(sums[-1] + sum((end - start) // _MICROSECOND for start, end in spans))
            self._years[year] = sums
        return self._years[year]

    def _sum_to(self, year: int) -> int:
        """Return the working microseconds from the origin to the start of `year`."""
        step = 1 if year >= _ORIGIN else -1
        for known in range(_ORIGIN, year, step):
            if known + step not in self._sums:
                counted = known if step == 1 else known - 1
                self._sums[known + step] = self._sums[known] + step * self._days_of(counted)[-1]
        return self._sums[year]
