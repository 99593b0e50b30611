"""A new case as the machine would fill it in from an alert; people look it over and change it."""

from dataclasses import replace
from datetime import timedelta
from typing import Any, Final, cast

from govdash.core.filters import Scope
from govdash.core.times import day_start
from govdash.core.vocab import Level, Urgency
from govdash.detect import split_key
from govdash.store import Session, underlying, units
from govdash.store import cases as rows
from govdash.store.models import Alert
from govdash.store.underlying import Stretch
from govdash.taxonomy import Limit
from govdash.workflow.deadlines import Deadlines, in_force
from govdash.workflow.forms import NewCase

#: What a red or orange alert asks of whoever handles its case.
_URGENCY: Final = {Level.RED: Urgency.CRITICAL, Level.ORANGE: Urgency.URGENT}


def suggest(
    session: Session, alert: Alert, scope: Scope, *, deadlines: Deadlines | None = None
) -> NewCase:
    """Return a case for `alert` with category, unit, limit and place from events in `scope`.

    The category is the most frequent one under the alert's own, the place the newest event of the
    cell with the largest share of the excess, the unit the one that most of these events name,
    else the one that answers for the smallest area around.
    """
    zone = (deadlines or in_force()).calendar.zone
    around = Stretch(
        alert.area_path,
        alert.category,
        since=day_start(alert.window_first, zone),
        until=day_start(alert.window_last + timedelta(days=1), zone),
    )
    cell = _cell(alert)
    key = (
        underlying.usual_category(session, around, scope)
        or underlying.first_category(session, alert.category)
        or alert.category
    )
    category = rows.category(session, alert.category) or rows.category(session, key)
    limit = None
    if category and category.limit_amount is not None and category.limit_unit is not None:
        limit = Limit(category.limit_amount, category.limit_unit)
    place = underlying.latest_place(session, replace(around, area_path=cell), scope)
    address, lon, lat = place or underlying.latest_place(session, around, scope) or ("", None, None)
    return NewCase(
        title=alert.title,
        description=str(alert.evidence.get("sentence", "")),
        category=category.key if category else key,
        area_path=cell,
        address=address,
        lon=lon,
        lat=lat,
        unit_code=underlying.usual_unit(session, around, scope)
        or _covering(session, alert.area_path),
        urgency=_URGENCY.get(alert.level, Urgency.NORMAL),
        limit=limit,
    )


def _cell(alert: Alert) -> str | None:
    """Return the area with the largest share of the excess, the alert's own without shares."""
    shares = cast("list[dict[str, Any]]", alert.evidence.get("shares") or [])
    if not shares or alert.area_path is None:
        return alert.area_path
    key = str(shares[0]["key"])
    path = split_key(key).area_path if "|" in key else key
    return path if path.startswith(alert.area_path) else alert.area_path


def _covering(session: Session, area_path: str | None) -> str | None:
    """Return the unit that answers for the smallest area around `area_path`."""
    around = [
        (-len(str(unit["area_path"])), str(unit["code"]))
        for unit in units.units(session).to_dict("records")
        if unit["area_path"] and (area_path or "").startswith(str(unit["area_path"]))
    ]
    return min(around)[1] if around else None
