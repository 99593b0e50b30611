"""What areas, categories and channels are called on the screen, and the numbers of things."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Self
from zoneinfo import ZoneInfo

from govdash.core.times import local_day
from govdash.core.vocab import Channel
from govdash.store import Session, areas, categories, counters
from govdash.store.underlying import CHANNEL

_DIRECTION: Final = {"high": "异常偏高", "low": "异常偏低"}


@dataclass(frozen=True, slots=True)
class Names:
    """Chinese names by area path and by category key or major."""

    areas: Mapping[str, str]
    categories: Mapping[str, str]

    @classmethod
    def load(cls, session: Session) -> Self:
        """Read every name."""
        known = categories.categories(session)
        majors = dict(zip(known["major"], known["major_name"], strict=True))
        return cls(
            areas.names(session), majors | dict(zip(known["key"], known["name"], strict=True))
        )

    def area(self, path: str | None) -> str:
        """Return an area's own name; 未落格 for none."""
        return "未落格" if path is None else self.areas.get(path, path)

    def whole_area(self, path: str | None) -> str:
        """Return an area's name after its parents', the city left out: ``临江区·东关街道``."""
        if path is None:
            return "未落格"
        codes = path.strip("/").split("/")
        paths = ["/" + "/".join(codes[: n + 1]) + "/" for n in range(len(codes))]
        return "·".join(self.area(above) for above in paths[1:] or paths)

    def category(self, key: str) -> str:
        """Return the name of a category, a major, all (``*``) or a channel (``@sensor``)."""
        if key == "*":
            return "全部类别"
        if key.startswith(CHANNEL):
            code = key.removeprefix(CHANNEL)
            return f"“{Channel(code).label}”渠道" if code in set(Channel) else code
        return self.categories.get(key, key)

    def alert_title(self, area_path: str | None, category: str, direction: str) -> str:
        """Return the title of an alert: where, what, which way."""
        where = self.whole_area(area_path)
        return f"{where} {self.category(category)}{_DIRECTION[direction]}"


def day_number(session: Session, prefix: str, *, at: datetime, zone: ZoneInfo) -> str:
    """Return the next number of the local day: ``JC-20261122-0001``."""
    day = f"{prefix}-{local_day(at, zone):%Y%m%d}"
    return f"{day}-{counters.take(session, day):04d}"
