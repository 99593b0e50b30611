"""Escalations as kept: that of an alert or a case, those that are due, those that are missing."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Final

import pandas as pd
from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import aliased

from govdash.core.filters import Scope
from govdash.core.vocab import CASE_ENDS, Handling, Level, Signal
from govdash.store.engine import Session
from govdash.store.models import Alert, Case, Escalation, Notification
from govdash.store.visible import visible

ALERT_COLUMNS: Final = (
    "id", "number", "title", "level", "signal", "handling", "handled_at", "acknowledged_until",
    "area_path", "leader_id",
)  # fmt: skip
CASE_COLUMNS: Final = ("id", "number", "title", "state", "unit_code", "area_path", "due_at")
OWN_COLUMNS: Final = ("chain", "started_at", "next_at", "ended_at", "gap")


def of_alert(session: Session, alert_id: int) -> Escalation | None:
    """Return the escalation of an alert, locked until the transaction ends."""
    return _locked(session, Escalation.alert_id == alert_id)


def of_case(session: Session, case_id: int) -> Escalation | None:
    """Return the escalation of a case, locked until the transaction ends."""
    return _locked(session, Escalation.case_id == case_id)


def add(session: Session, escalation: Escalation) -> None:
    """Keep a new escalation."""
    session.add(escalation)
    session.flush()


def due(session: Session, *, at: datetime, limit: int) -> Sequence[Escalation]:
    """Return those to be looked at now, locked; one that another worker holds is left to it."""
    waiting = (
        select(Escalation)
        .where(Escalation.ended_at.is_(None), Escalation.next_at <= at)
        .order_by(Escalation.next_at, Escalation.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
        .execution_options(populate_existing=True)
    )
    return session.scalars(waiting).all()


def without(session: Session, *, limit: int) -> tuple[Sequence[Alert], Sequence[Case]]:
    """Return alerts that wait and open cases that have no open escalation."""
    open_ones = Escalation.ended_at.is_(None)
    alerts = (
        select(Alert)
        .outerjoin(Escalation, (Escalation.alert_id == Alert.id) & open_ones)
        .where(Alert.handling == Handling.NEW, Alert.signal != Signal.PENDING)
        .where(Escalation.id.is_(None))
        .where(
            or_(
                Alert.signal != Signal.CLEARED,
                Alert.level.in_([level for level in Level if level.is_severe])
                & Alert.handled_at.is_(None),
            )
        )
    )
    cases = (
        select(Case)
        .outerjoin(Escalation, (Escalation.case_id == Case.id) & open_ones)
        .where(Case.state.not_in(CASE_ENDS), Escalation.id.is_(None))
    )
    return (
        session.scalars(alerts.order_by(Alert.id).limit(limit)).all(),
        session.scalars(cases.order_by(Case.id).limit(limit)).all(),
    )


def told_of(session: Session, alert_id: int) -> Sequence[Notification]:
    """Return what was to be said of an alert, oldest first."""
    every = select(Notification).where(Notification.alert_id == alert_id)
    return session.scalars(every.order_by(Notification.id)).all()


def alert_of(session: Session, escalation: Escalation) -> Alert | None:
    """Return the alert of an escalation as it is now."""
    return session.get(Alert, escalation.alert_id, populate_existing=True)


def leader_of(session: Session, alert: Alert) -> Alert | None:
    """Return the alert that leads another's group; None when it stands by itself."""
    return None if alert.leader_id is None else session.get(Alert, alert.leader_id)


def case_of(session: Session, escalation: Escalation) -> Case | None:
    """Return the case of an escalation as it is now."""
    return session.get(Case, escalation.case_id, populate_existing=True)


def of_alert_now(session: Session, alert_id: int) -> tuple[Alert, Escalation] | None:
    """Return an alert and its escalation as they are now; None when it has none."""
    both = select(Alert, Escalation).join(Escalation, Escalation.alert_id == Alert.id)
    found = session.execute(both.where(Alert.id == alert_id)).one_or_none()
    return None if found is None else (found[0], found[1])


def of_case_now(session: Session, case_id: int) -> tuple[Case, Escalation] | None:
    """Return a case and its escalation as they are now; None when it has none."""
    both = select(Case, Escalation).join(Escalation, Escalation.case_id == Case.id)
    found = session.execute(both.where(Case.id == case_id)).one_or_none()
    return None if found is None else (found[0], found[1])


def living_alerts(session: Session, scope: Scope) -> pd.DataFrame:
    """Return alerts inside the scope that people have not ended, each with its escalation.

    `ALERT_COLUMNS`, ``has_case`` (an open one, or one merged into an open one) and `OWN_COLUMNS`;
    the latter are empty where there is none.
    """
    leading = aliased(Case)
    followed = (
        select(Case.id)
        .outerjoin(leading, leading.id == Case.leading_id)
        .where(Case.alert_id == Alert.id)
        .where(or_(Case.state.not_in(CASE_ENDS), leading.state.not_in(CASE_ENDS)))
    )
    chosen = (
        select(
            *(getattr(Alert, name) for name in ALERT_COLUMNS),
            followed.exists(),
            *(getattr(Escalation, name) for name in OWN_COLUMNS),
        )
        .outerjoin(Escalation, Escalation.alert_id == Alert.id)
        .where(Alert.handling.in_([Handling.NEW, Handling.ACKNOWLEDGED, Handling.LINKED]))
        .where(visible(scope, Alert.area_path))
        .order_by(Alert.id)
    )
    return _table(session.execute(chosen), (*ALERT_COLUMNS, "has_case", *OWN_COLUMNS))


def living_cases(session: Session, scope: Scope) -> pd.DataFrame:
    """Return open cases inside the scope, each with its escalation.

    `CASE_COLUMNS` and `OWN_COLUMNS`; the latter are empty where there is none.
    """
    chosen = (
        select(
            *(getattr(Case, name) for name in CASE_COLUMNS),
            *(getattr(Escalation, name) for name in OWN_COLUMNS),
        )
        .outerjoin(Escalation, Escalation.case_id == Case.id)
        .where(Case.state.not_in(CASE_ENDS), visible(scope, Case.area_path, Case.unit_code))
        .order_by(Case.id)
    )
    return _table(session.execute(chosen), (*CASE_COLUMNS, *OWN_COLUMNS))


def _table(found: Iterable[Any], names: Sequence[str]) -> pd.DataFrame:
    return pd.DataFrame([tuple(row) for row in found], columns=list(names), dtype=object)


def _locked(session: Session, which: ColumnElement[bool]) -> Escalation | None:
    session.flush()
    wanted = select(Escalation).where(which).with_for_update()
    return session.scalar(wanted.execution_options(populate_existing=True))
