"""Versions of the assessment scheme, only ever added."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import func, select

from govdash.store.engine import Session
from govdash.store.models import KpiScheme


def versions(session: Session) -> Sequence[KpiScheme]:
    """Return every version, newest first."""
    return session.scalars(select(KpiScheme).order_by(KpiScheme.version.desc())).all()


def valid(session: Session, day: date, *, known_at: datetime) -> KpiScheme | None:
    """Return the version that held on a day, of those made by `known_at`; None: no version did."""
    held = select(KpiScheme).where(KpiScheme.valid_from <= day, KpiScheme.made_at <= known_at)
    return session.scalar(held.order_by(KpiScheme.version.desc()).limit(1))


def get(session: Session, version: int) -> KpiScheme | None:
    """Return one version."""
    return session.scalar(select(KpiScheme).where(KpiScheme.version == version))


def add(
    session: Session, *, valid_from: date, body: dict[str, Any], note: str, by: str, at: datetime
) -> KpiScheme:
    """Add the next version."""
    newest = session.scalar(select(func.max(KpiScheme.version))) or 0
    made = KpiScheme(
        version=newest + 1, valid_from=valid_from, body=body, note=note, made_by=by, made_at=at
    )
    session.add(made)
    session.flush()
    return made
