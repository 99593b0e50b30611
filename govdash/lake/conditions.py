"""What a query means: small named conditions, composed from an `EventQuery`."""

from collections.abc import Iterable
from datetime import datetime
from functools import reduce
from operator import or_

import ibis
import ibis.expr.types as ir

from govdash.core.filters import Box, EventQuery, Period, Scope, path_range
from govdash.lake.schema import EVENTS, Expr

_EVERYTHING: Expr = ibis.literal(value=True)
_NOTHING: Expr = ibis.literal(value=False)
MAJOR_LENGTH = 4  # "A-06" of "A-06001"


def matching(query: EventQuery, *, as_of: datetime | None = None) -> ir.Table:
    """Return the events of `query`, as they are known now or were known at `as_of`."""
    chosen = query.filter
    wanted = [known(as_of), within(chosen.period), visible(query.scope)]
    if chosen.areas:
        wanted.append(inside(chosen.areas))
    if chosen.categories:
        wanted.append(of_category(chosen.categories))
    if chosen.channels:
        wanted.append(EVENTS.channel.isin([c.value for c in chosen.channels]))
    if chosen.facets:
        wanted.append(EVENTS.facet.isin([f.value for f in chosen.facets]))
    if chosen.units:
        wanted.append(EVENTS.unit_code.isin(chosen.units))
    if chosen.text:
        wanted.append(says(chosen.text))
    if chosen.box:
        wanted.append(in_box(chosen.box))
    if chosen.unplaced:
        wanted.append(EVENTS.area_path.isnull())
    return EVENTS.filter(wanted)


def known(as_of: datetime | None = None) -> Expr:
    """Keep current versions only, or those that were current at `as_of`."""
    if as_of is None:
        return EVENTS.superseded_at.isnull()
    ended_later = EVENTS.superseded_at.isnull() | (EVENTS.superseded_at > as_of)
    return (EVENTS.recorded_at <= as_of) & ended_later


def within(period: Period) -> Expr:
    """Keep what was reported in the local days of `period`."""
    return (EVENTS.reported_at >= period.start) & (EVENTS.reported_at < period.end)


def visible(scope: Scope) -> Expr:
    """Keep what the viewer may see: own areas or own units; nothing at all for an empty scope."""
    if scope.whole_city:
        return _EVERYTHING
    mine: list[Expr] = []
    if scope.areas:
        mine.append(inside(scope.areas))
    if scope.units:
        mine.append(EVENTS.unit_code.isin(scope.units).fill_null(False))
    return any_of(mine)


def inside(paths: Iterable[str]) -> Expr:
    """Keep what lies in one of the areas or below: ranges of text, as the store has them."""
    ranges = (EVENTS.area_path.between(*path_range(path)) for path in paths)
    return any_of(ranges).fill_null(False)  # an event in no area is inside none


def of_category(keys: Iterable[str]) -> Expr:
    """Keep one of the categories ("A-06001") or any category of a major ("A-06")."""
    told = list(keys)
    majors = [key for key in told if len(key) == MAJOR_LENGTH]
    return EVENTS.category.isin(told) | major().isin(majors)


def major() -> Expr:
    """Return the major part of a category key."""
    return EVENTS.category.substr(0, MAJOR_LENGTH)


def says(text: str) -> Expr:
    """Keep where title, text or address holds `text` literally; Latin letters in either case."""
    cased = text.lower() != text.upper()
    fields = (EVENTS.title, EVENTS.text, EVENTS.address)
    if cased:
        return any_of(field.lower().contains(text.lower()) for field in fields)
    return any_of(field.contains(text) for field in fields)


def in_box(box: Box) -> Expr:
    """Keep points inside the rectangle, its edges included."""
    return EVENTS.lon.between(box.west, box.east) & EVENTS.lat.between(box.south, box.north)


def any_of(conditions: Iterable[Expr]) -> Expr:
    """Join with "or"; of nothing, nothing is true."""
    return reduce(or_, conditions, _NOTHING)
