"""回访任务: which reporters are still to be called, and about what."""

from datetime import datetime
from typing import Final

import pandas as pd
from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import aliased

from govdash.core.filters import Scope
from govdash.store.engine import Session
from govdash.store.models import CallTask, Case
from govdash.store.visible import visible

COLUMNS: Final = (
    "id", "case_id", "case_number", "about_id", "number", "title", "category", "area_path",
    "unit_code", "state", "closed_at", "made_at", "due_at",
)  # fmt: skip


def open_of(session: Session, case_id: int) -> CallTask | None:
    """Return the call that is to be made to whoever reported a case."""
    return session.scalar(select(CallTask).where(CallTask.case_id == case_id, *_open()))


def drop(
    session: Session, *, at: datetime, about_id: int | None = None, case_id: int | None = None
) -> None:
    """Drop the open calls about a leading case, or to the reporter of one case."""
    chosen = select(CallTask).where(*_open())
    if about_id is not None:
        chosen = chosen.where(CallTask.about_id == about_id)
    if case_id is not None:
        chosen = chosen.where(CallTask.case_id == case_id)
    for task in session.scalars(chosen):
        task.dropped_at = at


def listed(session: Session, scope: Scope, *, limit: int = 500) -> pd.DataFrame:
    """Return the calls to be made inside the scope, the next deadline first (`COLUMNS`).

    ``case_number`` is the case of the reporter, ``number`` and what follows the leading case; both
    lie inside the scope: who calls must know whom, and what was done.
    """
    theirs = aliased(Case)
    found = session.execute(
        select(
            CallTask.id, CallTask.case_id, theirs.number, CallTask.about_id, Case.number,
            Case.title, Case.category, Case.area_path, Case.unit_code, Case.state,
            Case.closed_at, CallTask.made_at, CallTask.due_at,
        )
        .join(Case, Case.id == CallTask.about_id)
        .join(theirs, theirs.id == CallTask.case_id)
        .where(visible(scope, Case.area_path, Case.unit_code))
        .where(visible(scope, theirs.area_path, theirs.unit_code), *_open())
        .order_by(CallTask.due_at, CallTask.id)
        .limit(limit)
    )  # fmt: skip
    return pd.DataFrame([tuple(row) for row in found], columns=list(COLUMNS), dtype=object)


def _open() -> tuple[ColumnElement[bool], ...]:
    return CallTask.done_at.is_(None), CallTask.dropped_at.is_(None)
