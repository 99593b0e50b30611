"""Rules as versioned rows: the current version of each, and every one before it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select

from govdash.store.engine import Session
from govdash.store.models import Rule


def current(session: Session) -> Sequence[Rule]:
    """Return the current version of every rule by code, switched off ones included."""
    return session.scalars(select(Rule).where(Rule.current).order_by(Rule.code)).all()


def get(session: Session, code: str, version: int) -> Rule | None:
    """Return one version of a rule."""
    return session.get(Rule, (code, version))


def versions(session: Session, code: str) -> Sequence[Rule]:
    """Return every version of a rule, newest first."""
    return session.scalars(
        select(Rule).where(Rule.code == code).order_by(Rule.version.desc())
    ).all()


def put_version(
    session: Session,
    *,
    code: str,
    name: str,
    detector: str,
    parameters: dict[str, Any],
    enabled: bool,
    changed_by: str,
    at: datetime,
) -> tuple[Rule, bool]:
    """Make a version of a rule current; (the rule, whether it is new).

    What equals the current version is that version, so the same files load any number of times.
    """
    versions = session.scalars(
        select(Rule).where(Rule.code == code).order_by(Rule.version).with_for_update()
    ).all()
    now = next((rule for rule in versions if rule.current), None)
    told = (name, detector, parameters, enabled)
    if now is not None and (now.name, now.detector, now.parameters, now.enabled) == told:
        return now, False
    if now is not None:
        now.current = False
    rule = Rule(
        code=code,
        version=versions[-1].version + 1 if versions else 1,
        name=name,
        detector=detector,
        parameters=parameters,
        enabled=enabled,
        current=True,
        changed_by=changed_by,
        changed_at=at,
    )
    session.add(rule)
    session.flush()
    return rule, True
