"""What the events under an alert have in common: their usual category and unit, a place.

Each is asked for somebody: events outside the scope of who asks don't speak.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, func, select, true

from govdash.core.filters import Scope, path_range
from govdash.store.engine import Session
from govdash.store.models import Category, Event, Unit
from govdash.store.visible import visible

#: A category that begins so is a channel: ``@sensor`` is everything the sensors sent.
CHANNEL: Final = "@"
_MAJOR_LENGTH: Final = 4  # "A-06"


@dataclass(frozen=True, slots=True)
class Stretch:
    """Events of an area (None: anywhere) and a category, major, all or channel, half-open."""

    area_path: str | None
    category: str
    since: datetime
    until: datetime


def usual_category(session: Session, under: Stretch, scope: Scope) -> str | None:
    """Return the most frequent category key in a stretch of time, None without events."""
    return _most(session, Event.category, _inside(under, scope))


def usual_unit(session: Session, under: Stretch, scope: Scope) -> str | None:
    """Return the known unit that most of these events name, None when none is named."""
    known = Event.unit_code.in_(select(Unit.code))
    return _most(session, Event.unit_code, [*_inside(under, scope), known])


def usual_source(session: Session, under: Stretch, scope: Scope) -> str | None:
    """Return the source that most of these events come from, None without events."""
    return _most(session, Event.source, _inside(under, scope))


def latest_place(session: Session, under: Stretch, scope: Scope) -> tuple[str, float, float] | None:
    """Return (address, lon, lat) of the newest of these events that has a point."""
    newest = (
        select(Event.address, Event.lon, Event.lat)
        .where(*_inside(under, scope), Event.lon.is_not(None))
        .order_by(Event.reported_at.desc())
        .limit(1)
    )
    found = session.execute(newest).one_or_none()
    return None if found is None else (found[0], float(found[1] or 0), float(found[2] or 0))


def first_category(session: Session, category: str) -> str | None:
    """Return the first category key of a major; of all for anything else."""
    keys = select(Category.key).order_by(Category.key).limit(1)
    if len(category) == _MAJOR_LENGTH and not category.startswith(CHANNEL):
        keys = keys.where(Category.major == category)
    return session.scalar(keys)


def _inside(under: Stretch, scope: Scope) -> list[ColumnElement[bool]]:
    path, category = under.area_path, under.category
    area = true() if path is None else Event.area_path.between(*path_range(path))
    if category == "*":
        kind: ColumnElement[bool] = true()
    elif category.startswith(CHANNEL):
        kind = Event.channel == category.removeprefix(CHANNEL)
    elif len(category) == _MAJOR_LENGTH:
        # no range of text: PostgreSQL orders a category by the language of the database
        kind = func.substr(Event.category, 1, _MAJOR_LENGTH) == category
    else:
        kind = Event.category == category
    return [
        visible(scope, Event.area_path, Event.unit_code),
        area,
        kind,
        Event.superseded_at.is_(None),
        Event.reported_at >= under.since,
        Event.reported_at < under.until,
    ]


def _most(session: Session, column: Any, which: list[ColumnElement[bool]]) -> str | None:  # noqa: ANN401
    """Return the most frequent value of a mapped attribute; of equals the first by name."""
    counted = select(column).where(*which).group_by(column)
    return session.scalar(counted.order_by(func.count().desc(), column).limit(1))
