"""Cases among others: in a cluster, near one another, on their way to units, as a unit's load."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

import pandas as pd
from sqlalchemy import and_, case, func, or_, select
from sqlalchemy.orm import aliased

from govdash.core.filters import Scope
from govdash.core.vocab import CASE_ENDS, Handling
from govdash.store.engine import Session
from govdash.store.models import Alert, Case, Event
from govdash.store.visible import visible

_SOON: Final = timedelta(days=1)


def cluster(session: Session, case_id: int, scope: Scope) -> pd.DataFrame:
    """Return the other cases of a case's cluster inside the scope, the leading one first.

    Columns ``id``, ``number``, ``title``, ``state``, ``opened_at``, ``leading_id``.
    """
    mine = select(Case.leading_id).where(
        Case.id == case_id, visible(scope, Case.area_path, Case.unit_code)
    )
    leading = session.scalar(mine)
    head = leading if leading is not None else case_id
    columns = (Case.id, Case.number, Case.title, Case.state, Case.opened_at, Case.leading_id)
    found = session.execute(
        select(*columns)
        .where(or_(Case.id == head, Case.leading_id == head), Case.id != case_id)
        .where(visible(scope, Case.area_path, Case.unit_code))
        .order_by(Case.leading_id.is_not(None), Case.id)
    )
    names = [column.key for column in columns]
    return pd.DataFrame([tuple(row) for row in found], columns=names, dtype=object)


def waiting_alerts(session: Session, case_id: int, scope: Scope) -> Sequence[tuple[int, str]]:
    """Return the alerts inside the scope that end with a case: ids and numbers.

    Its own and those of the cases merged into it, as long as it is their newest case.
    """
    newer = aliased(Case)
    found = session.execute(
        select(Alert.id, Alert.number)
        .join(Case, Case.alert_id == Alert.id)
        .where(or_(Case.id == case_id, Case.leading_id == case_id))
        .where(Alert.handling == Handling.LINKED, visible(scope, Alert.area_path))
        .where(~select(newer.id).where(newer.alert_id == Alert.id, newer.id > Case.id).exists())
        .order_by(Alert.id)
    )
    return [(alert_id, number) for alert_id, number in found]


def open_around(
    session: Session,
    scope: Scope,
    *,
    category: str,
    box: tuple[float, float, float, float],
    since: datetime,
    until: datetime,
) -> pd.DataFrame:
    """Return the open cases of a category in a box (west, south, east, north) inside the scope.

    Opened from `since` to `until`, both included. Columns ``id``, ``number``, ``title``,
    ``state``, ``area_path``, ``address``, ``opened_at``, ``lon``, ``lat``.
    """
    west, south, east, north = box
    columns = (
        Case.id, Case.number, Case.title, Case.state, Case.area_path, Case.address,
        Case.opened_at, Case.lon, Case.lat,
    )  # fmt: skip
    found = session.execute(
        select(*columns)
        .where(Case.state.not_in(CASE_ENDS), Case.category == category)
        .where(Case.opened_at.between(since, until))
        .where(Case.lon.between(west, east), Case.lat.between(south, north))
        .where(visible(scope, Case.area_path, Case.unit_code))
    )
    names = [column.key for column in columns]
    return pd.DataFrame([tuple(row) for row in found], columns=names, dtype=object)


def routed(
    session: Session,
    scope: Scope,
    *,
    case_id: int | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
) -> pd.DataFrame:
    """Return what routing looks at, of cases inside the scope, and the unit that has them.

    Of one case, or of those opened in a half-open stretch; ``channel`` is that of its event.
    """
    columns = (Case.number, Case.category, Case.area_path, Case.alert_id, Case.unit_code)
    chosen = (
        select(*columns, Event.channel)
        .outerjoin(Event, and_(Event.event_id == Case.event_id, Event.superseded_at.is_(None)))
        .where(visible(scope, Case.area_path, Case.unit_code))
    )
    if case_id is not None:
        chosen = chosen.where(Case.id == case_id)
    if since is not None:
        chosen = chosen.where(Case.opened_at >= since)
    if until is not None:
        chosen = chosen.where(Case.opened_at < until)
    found = session.execute(chosen.order_by(Case.id))
    names = [*(column.key for column in columns), "channel"]
    return pd.DataFrame([tuple(row) for row in found], columns=names, dtype=object)


def workload(session: Session, scope: Scope, *, at: datetime) -> pd.DataFrame:
    """Return how many open cases inside the scope each unit has, and how many are late.

    Columns ``unit_code``, ``n``, ``overdue``, ``soon`` (due within a day); cases without a unit
    under None.
    """
    late = func.sum(case((Case.due_at < at, 1), else_=0))
    soon = func.sum(case((Case.due_at.between(at, at + _SOON), 1), else_=0))
    found = session.execute(
        select(Case.unit_code, func.count(), late, soon)
        .where(Case.state.not_in(CASE_ENDS), visible(scope, Case.area_path, Case.unit_code))
        .group_by(Case.unit_code)
        .order_by(late.desc(), func.count().desc(), Case.unit_code)
    )
    columns = ["unit_code", "n", "overdue", "soon"]
    return pd.DataFrame([tuple(row) for row in found], columns=columns, dtype=object)


def channel_of(session: Session, event_id: str, scope: Scope) -> str | None:
    """Return the channel of an event inside the scope, None without one."""
    return session.scalar(
        select(Event.channel).where(
            Event.event_id == event_id,
            Event.superseded_at.is_(None),
            visible(scope, Event.area_path, Event.unit_code),
        )
    )
