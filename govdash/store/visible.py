"""What a viewer may see, as a condition on rows with an area and a unit."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import ColumnElement, false, or_, true

from govdash.core.filters import Scope, path_range


def visible(scope: Scope, area_path: Any, unit_code: Any = None) -> ColumnElement[bool]:  # noqa: ANN401
    """Within the areas of `scope`, or with one of its units; rows in no area need the whole city.

    Both columns are mapped attributes; SQLAlchemy has no public type for them that holds here.
    """
    if scope.whole_city:
        return true()
    conditions: list[ColumnElement[bool]] = [
        area_path.between(*path_range(path)) for path in scope.areas
    ]
    if unit_code is not None and scope.units:
        conditions.append(unit_code.in_(scope.units))
    return or_(*conditions) if conditions else false()


def within(area_path: Any, areas: Iterable[str]) -> ColumnElement[bool]:  # noqa: ANN401
    """In one of these areas or below it; everywhere when none is named."""
    ranges = [area_path.between(*path_range(path)) for path in areas]
    return or_(*ranges) if ranges else true()


def of_kind(category: Any, keys: Iterable[str]) -> ColumnElement[bool]:  # noqa: ANN401
    """Of one of these categories or below (``A-06`` holds ``A-06001``); any when none is named."""
    begins = [category.startswith(key, autoescape=True) for key in keys]
    return or_(*begins) if begins else true()
