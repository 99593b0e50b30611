"""Suppressions as kept: for a change, for a list, those that are on, and what derived ones need."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, or_, select

from govdash.core.filters import Scope
from govdash.core.vocab import Mute, Signal
from govdash.store.alerts import OPEN
from govdash.store.engine import Session
from govdash.store.models import Alert, AlertStep, Escalation, Notification, Suppression
from govdash.store.visible import visible


def add(session: Session, suppression: Suppression) -> None:
    """Keep a new suppression."""
    session.add(suppression)
    session.flush()


def for_update(session: Session, suppression_id: int) -> Suppression | None:
    """Return a suppression as it is now, locked until the transaction ends."""
    return session.get(Suppression, suppression_id, populate_existing=True, with_for_update=True)


def listed(
    session: Session,
    scope: Scope,
    *,
    at: datetime,
    kinds: Sequence[Mute] = (),
    over: bool = False,
    limit: int = 200,
) -> Sequence[Suppression]:
    """Return suppressions that concern the scope: those on or ahead by their end, or ended ones.

    One of a wider area concerns who sees a part of it.
    """
    wanted = select(Suppression).where(_concerns(scope))
    if kinds:
        wanted = wanted.where(Suppression.kind.in_(kinds))
    ended = or_(Suppression.ended_at.is_not(None), Suppression.ends_at <= at)
    if over:
        wanted = wanted.where(ended).order_by(Suppression.ends_at.desc(), Suppression.id.desc())
    else:
        wanted = wanted.where(~ended).order_by(Suppression.ends_at, Suppression.id)
    return session.scalars(wanted.limit(limit)).all()


def on(session: Session, *, at: datetime) -> Sequence[Suppression]:
    """Return every suppression that is on at a moment, the one that ends last first."""
    now = select(Suppression).where(
        Suppression.ended_at.is_(None), Suppression.starts_at <= at, Suppression.ends_at > at
    )
    return session.scalars(now.order_by(Suppression.ends_at.desc(), Suppression.id)).all()


def wider(session: Session, alert: Alert) -> Sequence[Alert]:
    """Return living alerts of wider areas, in the same direction, the most severe first."""
    path = alert.area_path or ""
    parts = path.strip("/").split("/")
    above = ["/" + "/".join(parts[:n]) + "/" for n in range(1, len(parts))]
    living = select(Alert).where(
        Alert.area_path.in_(above),
        Alert.direction == alert.direction,
        Alert.signal == Signal.FIRING,
        Alert.handling.in_(OPEN),
        Alert.id != alert.id,
    )
    found = session.scalars(living.order_by(Alert.id)).all()
    return sorted(found, key=lambda one: one.level.rank)


def signal_changes(session: Session, alert_id: int, *, since: datetime) -> list[datetime]:
    """Return when the signal of an alert changed since a moment, oldest first."""
    steps = (
        select(AlertStep)
        .where(AlertStep.alert_id == alert_id, AlertStep.at > since)
        .order_by(AlertStep.id)
    )
    return [step.at for step in session.scalars(steps) if "signal" in step.detail.get("set", {})]


def held_back(session: Session) -> Sequence[tuple[Notification, Alert]]:
    """Return what was not said of alerts whose present escalation is open, newest first."""
    muted = (
        select(Notification, Alert)
        .join(Alert, Alert.id == Notification.alert_id)
        .join(Escalation, Escalation.alert_id == Alert.id)
        .where(
            Notification.state == "suppressed",
            Escalation.ended_at.is_(None),
            Escalation.episode == Notification.episode,
        )
        .order_by(Notification.id.desc())
    )
    return [(row[0], row[1]) for row in session.execute(muted)]


def said_since(session: Session, row: Notification) -> bool:
    """Whether the same recipient has been (or is being) told of the alert after a held-back one."""
    later = select(Notification.id).where(
        Notification.alert_id == row.alert_id,
        Notification.episode == row.episode,
        Notification.recipient == row.recipient,
        Notification.channel == row.channel,
        Notification.id > row.id,
        Notification.state != "suppressed",
    )
    return session.scalar(later.limit(1)) is not None


def _concerns(scope: Scope) -> ColumnElement[bool]:
    """In the scope, or around a part of it."""
    around = {
        "/" + "/".join(parts[:n]) + "/"
        for parts in (path.strip("/").split("/") for path in scope.areas)
        for n in range(1, len(parts))
    }
    inside = visible(scope, Suppression.area_path)
    if not scope.areas:
        return inside
    return or_(inside, Suppression.area_path.in_(around), Suppression.area_path.is_(None))
