"""Series keys: one text for an area and a category, and who contains whom.

``/310000/310109/|A-06001``: the category is a key (``A-06001``), a major (``A-06``), ``*`` for
all, or ``@sensor`` for all that one channel reports (to see it fall silent). The area path is
delimited on both sides, so containment is a prefix.
"""

from collections.abc import Iterator
from typing import Final, NamedTuple

from govdash.core.errors import InputError

ALL: Final = "*"
CHANNEL: Final = "@"
_SEPARATOR: Final = "|"
#: Letter, hyphen, two digits: ``A-06`` of ``A-06001``.
_MAJOR_LENGTH: Final = 4


class SeriesKey(NamedTuple):
    """An area and a category."""

    area_path: str
    category: str

    def __str__(self) -> str:
        """Return the column label."""
        return make_key(self.area_path, self.category)


def make_key(area_path: str, category: str = ALL) -> str:
    """Return the column label of an area and a category."""
    if _SEPARATOR in area_path or _SEPARATOR in category:
        raise InputError(f"区域“{area_path}”或类别“{category}”中不能有“{_SEPARATOR}”。")
    return f"{area_path}{_SEPARATOR}{category}"


def split_key(key: str) -> SeriesKey:
    """Return area and category of a column label; raise `InputError` when it is none."""
    area_path, separator, category = key.partition(_SEPARATOR)
    if not separator or not category or _SEPARATOR in category:
        raise InputError(f"序列“{key}”应写成“区域路径|类别”，例如“/310000/|A-06001”。")
    return SeriesKey(area_path, category)


def area_contains(outer: str, inner: str) -> bool:
    """Whether the area `inner` is `outer` or lies inside it."""
    return inner.startswith(outer)


def category_contains(outer: str, inner: str) -> bool:
    """Whether the category `inner` is `outer` or belongs to it."""
    return outer in (ALL, inner) or (major_of(inner) == outer)


def major_of(category: str) -> str:
    """Return the major of a category key (``A-06`` of ``A-06001``); others are their own."""
    return category if category.startswith((ALL, CHANNEL)) else category[:_MAJOR_LENGTH]


def parent_area(area_path: str) -> str:
    """Return the path one level up; empty above the top (``/1/2/`` gives ``/1/``)."""
    above = area_path.rstrip("/").rpartition("/")[0]
    return f"{above}/" if above else ""


def ancestors(key: SeriesKey) -> Iterator[SeriesKey]:
    """Every series that contains `key`, itself left out, nearest area first."""
    categories = dict.fromkeys((key.category, major_of(key.category), ALL))
    area = key.area_path
    while area:
        for category in categories:
            if (area, category) != key:
                yield SeriesKey(area, category)
        area = parent_area(area)


def contains(outer: SeriesKey, inner: SeriesKey) -> bool:
    """Whether every event of the series `inner` is one of `outer` (or is it)."""
    return area_contains(outer.area_path, inner.area_path) and category_contains(
        outer.category, inner.category
    )


def related(one: SeriesKey, other: SeriesKey) -> bool:
    """Whether areas are nested and categories are nested, each in either direction."""
    areas = area_contains(one.area_path, other.area_path) or area_contains(
        other.area_path, one.area_path
    )
    categories = category_contains(one.category, other.category) or category_contains(
        other.category, one.category
    )
    return areas and categories
