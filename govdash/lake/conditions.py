"""What a query means: small named conditions, composed from an `EventQuery`."""

from collections.abc import Iterable
from datetime import datetime
from functools import reduce
from math import cos, pi, radians, sin
from operator import add, or_

import ibis
import ibis.expr.types as ir

from govdash.core.filters import Box, EventQuery, Hours, Period, Scope, path_range
from govdash.core.shapes import EARTH_METRES, Circle, Ring, Shape
from govdash.lake.moments import local
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
    if chosen.shape:
        wanted.append(in_shape(chosen.shape))
    if chosen.hours:
        wanted.append(in_hours(chosen.hours, chosen.period))
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


def in_shape(shape: Shape) -> Expr:
    """Keep points inside what was drawn."""
    return near(shape) if isinstance(shape, Circle) else in_ring(shape)


def near(circle: Circle) -> Expr:
    """Keep points within the circle, its edge included, by the great circle.

    Formula: haversine (Sinnott 1984): d = 2 R asin sqrt(sin²(Δlat/2) + cos lat₁ cos lat₂
    sin²(Δlon/2)); compared as sines, so that no root is taken.
    """
    lat = EVENTS.lat * (pi / 180)
    up = ((EVENTS.lat - circle.lat) * (pi / 360)).sin()
    across = ((EVENTS.lon - circle.lon) * (pi / 360)).sin()
    chord = up * up + across * across * lat.cos() * cos(radians(circle.lat))
    return chord <= sin(circle.metres / EARTH_METRES / 2) ** 2


def in_ring(ring: Ring) -> Expr:
    """Keep points from which a line to the east meets the ring an odd number of times.

    Formula: crossing number (Shimrat 1962; Hormann & Agathos 2001); a side holds its lower end.
    """
    ends = zip(ring.corners, (*ring.corners[1:], ring.corners[0]), strict=True)
    crossed: list[Expr] = [
        (
            ((EVENTS.lat < south) != (EVENTS.lat < north))
            & (EVENTS.lon < west + (EVENTS.lat - south) * ((east - west) / (north - south)))
        ).cast("int32")
        for (west, south), (east, north) in ends
        if south != north
    ]
    around = Box(
        *(min(corner[axis] for corner in ring.corners) for axis in (0, 1)),
        *(max(corner[axis] for corner in ring.corners) for axis in (0, 1)),
    )
    times: Expr = reduce(add, crossed, ibis.literal(0))
    return in_box(around) & (times % 2 == 1)


def in_hours(hours: Hours, period: Period) -> Expr:
    """Keep what was reported in these hours of the local day."""
    first, last = (int(moment.timestamp() * 1_000_000) for moment in (period.start, period.end))
    hour = local(EVENTS.reported_at, period.zone, first=first, last=last).hour()
    inside = (hour >= hours.first) & (hour < hours.end)
    return inside if hours.end > hours.first else (hour >= hours.first) | (hour < hours.end)


def any_of(conditions: Iterable[Expr]) -> Expr:
    """Join with "or"; of nothing, nothing is true."""
    return reduce(or_, conditions, _NOTHING)
