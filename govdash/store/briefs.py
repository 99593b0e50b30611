"""Reports as kept: drafts under a lock, lists without their text, what a schedule has made."""

from collections.abc import Sequence
from typing import Final

import pandas as pd
from sqlalchemy import func, select, update

from govdash.core.filters import Scope
from govdash.core.vocab import BriefKind, BriefState
from govdash.store.engine import Session
from govdash.store.models import Brief
from govdash.store.visible import visible

COLUMNS: Final = (
    "id", "number", "official", "kind", "area_path", "first_day", "last_day", "as_of", "state",
    "note", "written_by", "written_at", "signed_by", "settled_at", "version",
)  # fmt: skip


def add(session: Session, brief: Brief) -> None:
    """Keep a new report."""
    session.add(brief)
    session.flush()


def for_update(session: Session, brief_id: int) -> Brief | None:
    """Return a report as it is now, locked until the transaction ends."""
    return session.get(Brief, brief_id, populate_existing=True, with_for_update=True)


def get(session: Session, brief_id: int, scope: Scope) -> Brief | None:
    """Return a report of an area inside the scope; one of the whole city needs all of it."""
    return session.scalar(
        select(Brief).where(Brief.id == brief_id, visible(scope, Brief.area_path))
    )


def listed(
    session: Session,
    scope: Scope,
    *,
    kinds: Sequence[BriefKind] = (),
    states: Sequence[BriefState] = (),
    limit: int = 200,
) -> pd.DataFrame:
    """Return reports inside the scope, those of the newest days first: columns `COLUMNS`."""
    asked = select(*(getattr(Brief, name) for name in COLUMNS)).where(
        visible(scope, Brief.area_path)
    )
    if kinds:
        asked = asked.where(Brief.kind.in_(kinds))
    if states:
        asked = asked.where(Brief.state.in_(states))
    found = session.execute(asked.order_by(Brief.last_day.desc(), Brief.id.desc()).limit(limit))
    return pd.DataFrame([tuple(row) for row in found], columns=list(COLUMNS), dtype=object)


def of_occasion(session: Session, occasion: str) -> int | None:
    """Return the id of the report that a schedule made on an occasion; None: not yet."""
    return session.scalar(select(Brief.id).where(Brief.occasion == occasion))


def newest_occasion(session: Session, begins: str) -> str | None:
    """Return the newest occasion that begins so; they end with a day, and so are in order."""
    return session.scalar(
        select(func.max(Brief.occasion)).where(Brief.occasion.startswith(begins, autoescape=True))
    )


def take_copy(session: Session, brief_id: int) -> int:
    """Count one more copy and return which it is."""
    return session.execute(
        update(Brief)
        .where(Brief.id == brief_id)
        .values(copies=Brief.copies + 1)
        .returning(Brief.copies)
        .execution_options(synchronize_session=False)
    ).scalar_one()
