"""What a person chose, as it stands in the URL: presets, parameters and chips. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Final

from govdash.core.errors import InputError
from govdash.core.filters import EventFilter, Period
from govdash.core.shapes import words_of


@dataclass(frozen=True, slots=True)
class Preset:
    """A period that moves with the day: its code in the URL, its label, its length."""

    code: str
    label: str
    days: int

    def period(self, today: date, zone_name: str) -> Period:
        """Return the days that end with `today`."""
        return Period.last_days(self.days, until=today, zone_name=zone_name)


PRESETS: Final = (
    Preset("today", "今日", 1),
    Preset("7d", "近7天", 7),
    Preset("30d", "近30天", 30),
    Preset("1y", "近一年", 365),
)
CUSTOM: Final = "自定义"
#: URL parameters that make up the filter; all others belong to single pages.
KEYS: Final = (
    "period",
    "from",
    "to",
    "area",
    "category",
    "channel",
    "facet",
    "unit",
    "q",
    "box",
    "shape",
    "hours",
    "unplaced",
)


@dataclass(frozen=True, slots=True)
class Chip:
    """One part of the choice in words, with the URL parameter and value that hold it."""

    text: str
    key: str
    value: str


def preset_of(code: str) -> Preset | None:
    """Return the preset of a URL code, if it is one."""
    return next((preset for preset in PRESETS if preset.code == code), None)


def read(params: Mapping[str, str], *, today: date, zone_name: str, default: Preset) -> EventFilter:
    """Read the filter from URL parameters; without a period it is the page's `default`.

    Raises
    ------
    InputError
        When a part cannot be read; the message names it.
    """
    preset = preset_of(params.get("period", "")) or default
    return EventFilter.from_params(params, default=preset.period(today, zone_name))


def check_areas(chosen: EventFilter, areas: Mapping[str, str]) -> None:
    """Refuse an area that is not there: its empty page would read as "all is well".

    Raises
    ------
    InputError
        When a path of the choice is none of `areas`.
    """
    for path in chosen.areas:
        if path not in areas:
            raise InputError(f"链接里的区域“{path}”不存在，可能已调整；请重新选择区域。")


def check_categories(chosen: EventFilter, categories: Mapping[str, str]) -> None:
    """Refuse a category that is not there, and none below it, for the same reason.

    Raises
    ------
    InputError
        When a key of the choice is the beginning of none of `categories`.
    """
    for key in chosen.categories:
        if not any(known.startswith(key) for known in categories):
            raise InputError(f"链接里的类别“{key}”不存在；请重新选择类别。")


def write(chosen: EventFilter, *, today: date) -> dict[str, str]:
    """Write the filter as URL parameters; a period that is a preset keeps moving with the day."""
    params = chosen.to_params()
    for preset in PRESETS:
        if chosen.period == preset.period(today, chosen.period.zone_name):
            del params["from"], params["to"]
            return {"period": preset.code, **params}
    return params


def label(period: Period, *, today: date) -> str:
    """Say a period in words: ``近7天``, ``6月3日``, ``5月1日至6月3日``."""
    for preset in PRESETS:
        if period == preset.period(today, period.zone_name):
            return preset.label
    if period.first == today - timedelta(days=1) == period.last:
        return "昨日"
    whole = _whole(period)
    if whole:
        return whole
    years = period.first.year != today.year or period.last.year != today.year
    if period.n_days == 1:
        return _day(period.first, year=years)
    again = years and period.last.year != period.first.year
    return f"{_day(period.first, year=years)}至{_day(period.last, year=again)}"


def _whole(period: Period) -> str:
    """Return the name of a whole month or year, or nothing."""
    first, after = period.first, period.last + timedelta(days=1)
    if first.day != 1 or after.day != 1:
        return ""
    months = (after.year - first.year) * 12 + after.month - first.month
    if months == 1:
        return f"{first.year}年{first.month}月"
    return f"{first.year}年" if months == 12 and first.month == 1 else ""


def _day(day: date, *, year: bool) -> str:
    return f"{day.year}年{day.month}月{day.day}日" if year else f"{day.month}月{day.day}日"


def chips(
    chosen: EventFilter, areas: Mapping[str, str], categories: Mapping[str, str]
) -> list[Chip]:
    """Say every part of the choice but the period in words, one chip each."""
    found = [Chip(f"区域：{areas.get(path, path)}", "area", path) for path in chosen.areas]
    found += [Chip(f"类别：{categories.get(k, k)}", "category", k) for k in chosen.categories]
    found += [Chip(f"渠道：{channel.label}", "channel", channel) for channel in chosen.channels]
    found += [Chip(f"要素：{facet.label}", "facet", facet) for facet in chosen.facets]
    found += [Chip(f"单位：{unit}", "unit", unit) for unit in chosen.units]
    if chosen.text:
        found.append(Chip(f"含“{chosen.text}”", "q", chosen.text))
    if chosen.box:
        found.append(Chip("地图范围内", "box", ""))
    if chosen.shape:
        found.append(Chip(words_of(chosen.shape), "shape", ""))
    if chosen.hours:
        found.append(Chip(f"每天 {chosen.hours.words}", "hours", ""))
    if chosen.unplaced:
        found.append(Chip("未落格", "unplaced", ""))
    return found


def without(chosen: EventFilter, chip: Chip) -> EventFilter:
    """Return the choice without the part that `chip` stands for."""
    match chip.key:
        case "area":
            return replace(chosen, areas=_less(chosen.areas, chip.value))
        case "category":
            return replace(chosen, categories=_less(chosen.categories, chip.value))
        case "channel":
            return replace(chosen, channels=_less(chosen.channels, chip.value))
        case "facet":
            return replace(chosen, facets=_less(chosen.facets, chip.value))
        case "unit":
            return replace(chosen, units=_less(chosen.units, chip.value))
        case "q":
            return replace(chosen, text="")
        case "box":
            return replace(chosen, box=None)
        case "shape":
            return replace(chosen, shape=None)
        case "hours":
            return replace(chosen, hours=None)
        case _:
            return replace(chosen, unplaced=False)


def _less(values: tuple[str, ...], value: str) -> tuple:  # type: ignore[type-arg]  # any codes
    return tuple(kept for kept in values if kept != value)
