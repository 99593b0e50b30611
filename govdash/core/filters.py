"""What a person chose to see (`EventFilter`), and what they may see of it (`Scope`).

An `EventFilter` lives in URLs and saved views. A `Scope` comes from the signed-in user only.
Store and lake accept nothing but the two together, an `EventQuery`, which `govdash.access`
alone makes; a layout test holds that.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Self, TypeVar
from zoneinfo import ZoneInfo

from govdash.core.errors import InputError
from govdash.core.shapes import Shape, read_shape, write_shape
from govdash.core.times import DEFAULT_TIMEZONE, day_start, days_between
from govdash.core.vocab import Channel, Facet

LOCAL_TZ = ZoneInfo(DEFAULT_TIMEZONE)
E = TypeVar("E", Channel, Facet)

#: Years that a period may lie in; at the ends of the calendar no zone can be reckoned.
EARLIEST, LATEST = 1900, 2200
#: Last code point of the path range: a path is digits, letters and "/", all below "~".
PATH_END = "~"


@dataclass(frozen=True, slots=True, order=True)
class Period:
    """Whole local days, both ends included, in the city's zone."""

    first: date
    last: date
    zone_name: str = DEFAULT_TIMEZONE

    def __post_init__(self) -> None:
        """Refuse a period that ends before it begins, or of years that nobody means."""
        if self.last < self.first:
            raise InputError(f"时间范围的结束日 {self.last} 早于开始日 {self.first}，请调换。")
        if self.first.year < EARLIEST or self.last.year > LATEST:
            raise InputError(f"时间范围应在 {EARLIEST} 年至 {LATEST} 年之间，请检查年份。")

    @property
    def zone(self) -> ZoneInfo:
        """The city's zone."""
        return ZoneInfo(self.zone_name)

    @property
    def start(self) -> datetime:
        """First instant inside, UTC."""
        return day_start(self.first, self.zone)

    @property
    def end(self) -> datetime:
        """First instant after, UTC (half-open)."""
        return day_start(self.last + timedelta(days=1), self.zone)

    @property
    def n_days(self) -> int:
        """Number of days, at least 1."""
        return (self.last - self.first).days + 1

    def days(self) -> list[date]:
        """Every day, in order."""
        return days_between(self.first, self.last)

    def previous(self) -> "Period":
        """环比: as many days immediately before."""
        return replace(
            self,
            first=self.first - timedelta(days=self.n_days),
            last=self.first - timedelta(days=1),
        )

    def year_before(self) -> "Period":
        """同比: the same dates a year earlier; 29 February becomes 28 February."""

        def back(day: date) -> date:
            try:
                return day.replace(year=day.year - 1)
            except ValueError:
                return day.replace(year=day.year - 1, day=28)

        return replace(self, first=back(self.first), last=back(self.last))

    @classmethod
    def last_days(cls, n: int, *, until: date, zone_name: str = DEFAULT_TIMEZONE) -> "Period":
        """Return the `n` days ending with `until`."""
        return cls(until - timedelta(days=n - 1), until, zone_name)


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle in WGS-84 degrees."""

    west: float
    south: float
    east: float
    north: float


@dataclass(frozen=True, slots=True)
class Hours:
    """A stretch of every local day: hours from `first` (0…23) until `end` (1…24), that one out.

    With an `end` not after `first` it runs over midnight: 22 to 6 is the night.
    """

    first: int
    end: int

    def __post_init__(self) -> None:
        """Refuse hours that no day has, and a stretch of no length or of the whole day."""
        if not (0 <= self.first <= 23 and 1 <= self.end <= 24) or self.n in {0, 24}:
            raise InputError(f"时段 {self.first}-{self.end} 不成立；应如 9-17，跨夜如 22-6。")

    @property
    def n(self) -> int:
        """How many hours of a day."""
        return self.end - self.first if self.end > self.first else self.end + 24 - self.first

    @property
    def words(self) -> str:
        """Say it in words: ``9–17 时``."""
        return f"{self.first}–{self.end} 时"


@dataclass(frozen=True, slots=True)
class EventFilter:
    """What a person chose. Empty tuples mean "all"; frozen and hashable, so it keys caches."""

    period: Period
    areas: tuple[str, ...] = ()  # area paths, e.g. "/310000/310109/"
    categories: tuple[str, ...] = ()  # category keys ("A-06001") or majors ("A-06")
    channels: tuple[Channel, ...] = ()
    facets: tuple[Facet, ...] = ()
    units: tuple[str, ...] = ()
    text: str = ""
    box: Box | None = None
    shape: Shape | None = None  # drawn on the map
    hours: Hours | None = None  # of the local day
    unplaced: bool = False  # only events in no area (未落格)

    def with_period(self, period: Period) -> Self:
        """Return the same choice over another `period`."""
        return replace(self, period=period)

    def to_params(self) -> dict[str, str]:
        """Write the filter as URL parameters; empty parts are left out."""
        params = {"from": self.period.first.isoformat(), "to": self.period.last.isoformat()}
        lists = {
            "area": self.areas,
            "category": self.categories,
            "channel": self.channels,
            "facet": self.facets,
            "unit": self.units,
        }
        params |= {name: ",".join(values) for name, values in lists.items() if values}
        if self.text:
            params["q"] = self.text
        if self.box:
            b = self.box
            params["box"] = f"{b.west:.6f},{b.south:.6f},{b.east:.6f},{b.north:.6f}"
        if self.shape:
            params["shape"] = write_shape(self.shape)
        if self.hours:
            params["hours"] = f"{self.hours.first}-{self.hours.end}"
        if self.unplaced:
            params["unplaced"] = "1"
        return params

    @classmethod
    def from_params(cls, params: Mapping[str, str], *, default: Period) -> Self:
        """Read a filter from URL parameters; what is absent is "all", the period `default`.

        Raises
        ------
        InputError
            When a part cannot be read; the message names it.
        """
        return cls(
            period=_read_period(params, default),
            areas=_split(params.get("area", "")),
            categories=_split(params.get("category", "")),
            channels=tuple(
                _code(Channel, part, "渠道") for part in _split(params.get("channel", ""))
            ),
            facets=tuple(_code(Facet, part, "要素") for part in _split(params.get("facet", ""))),
            units=_split(params.get("unit", "")),
            text=params.get("q", "").strip()[:200],
            box=read_box(params.get("box", "")),
            shape=read_shape(params.get("shape", "")),
            hours=_read_hours(params.get("hours", "")),
            unplaced=params.get("unplaced", "") == "1",
        )


def _split(text: str) -> tuple[str, ...]:
    return tuple(sorted({part.strip() for part in text.split(",") if part.strip()}))


def _code(codes: type[E], part: str, what: str) -> E:
    try:
        return codes(part)
    except ValueError:
        known = "、".join(c.value for c in codes)
        raise InputError(f"链接里的{what}“{part}”不认识；可用：{known}。") from None


def _read_period(params: Mapping[str, str], default: Period) -> Period:
    try:
        first = date.fromisoformat(params["from"]) if "from" in params else default.first
        last = date.fromisoformat(params["to"]) if "to" in params else default.last
    except ValueError:
        raise InputError("链接里的日期写法不对；应为 2026-01-31 这样的形式。") from None
    return Period(first, last, default.zone_name)


def _read_hours(text: str) -> Hours | None:
    if not text:
        return None
    first, _, end = text.partition("-")
    if not (first.isascii() and first.isdigit() and end.isascii() and end.isdigit()):
        raise InputError("链接里的时段写法不对；应如 9-17，跨夜如 22-6。")
    return Hours(int(first[:3]), int(end[:3]))


def read_box(text: str) -> Box | None:
    """Read ``west,south,east,north``; an empty text is none.

    Raises
    ------
    InputError
        When it is no rectangle of the world.
    """
    if not text:
        return None
    try:
        west, south, east, north = (float(part) for part in text.split(","))
    except ValueError:
        raise InputError("链接里的地图范围写法不对；应为 西,南,东,北 四个数。") from None
    if not (-180 <= west < east <= 180 and -90 <= south < north <= 90):
        raise InputError("链接里的地图范围不成立；请重新在地图上选取。")
    return Box(west, south, east, north)


@dataclass(frozen=True, slots=True)
class Scope:
    """What a viewer may see: areas by path, and units. Empty means nothing at all."""

    areas: tuple[str, ...]
    units: tuple[str, ...] = ()
    whole_city: bool = False

    def covers(self, area_path: str | None) -> bool:
        """Whether an area lies inside; events in no area need the whole city."""
        if self.whole_city:
            return True
        if area_path is None:
            return False
        return any(area_path.startswith(mine) for mine in self.areas)

    def holds(self, other: "Scope") -> bool:
        """Whether all that `other` shows lies inside."""
        if self.whole_city:
            return True
        return (
            not other.whole_city
            and all(self.covers(area) for area in other.areas)
            and set(other.units) <= set(self.units)
        )


@dataclass(frozen=True, slots=True)
class EventQuery:
    """A filter together with the viewer's scope; made by `govdash.access` alone."""

    filter: EventFilter
    scope: Scope

    def with_period(self, period: Period) -> Self:
        """Return the same query over another `period`; the scope stays."""
        return replace(self, filter=self.filter.with_period(period))

    def with_filter(self, chosen: EventFilter) -> Self:
        """Return another choice within the same scope."""
        return replace(self, filter=chosen)


def path_range(path: str) -> tuple[str, str]:
    """Return the closed text range that holds `path` and all below it.

    ``/1/`` gives (``/1/``, ``/1/~``): ``/1/2/`` is inside, ``/10/`` is not.
    """
    if not (path.startswith("/") and path.endswith("/")):
        raise InputError(f"区域路径“{path}”应以“/”开头和结尾。")
    return path, path + PATH_END
