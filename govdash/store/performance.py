"""How cases went: when they were opened, due and closed, and what citizens said afterwards."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

import pandas as pd
from sqlalchemy import or_, select

from govdash.core.filters import Scope
from govdash.core.vocab import CaseState
from govdash.store.engine import Session
from govdash.store.models import Case, Feedback
from govdash.store.visible import visible, within

#: A case that was never worked on, or is worked on as another, says nothing about how cases go.
WITHDRAWN: Final = (CaseState.REJECTED, CaseState.CANCELLED, CaseState.MERGED)
CASE_COLUMNS: Final = (
    "id",
    "number",
    "title",
    "area_path",
    "category",
    "unit_code",
    "state",
    "lon",
    "lat",
    "opened_at",
    "due_at",
    "closed_at",
    "exempt",
)
SAID_COLUMNS: Final = ("case_id", "area_path", "solved", "satisfaction", "called_at")


def lifelines(
    session: Session,
    scope: Scope,
    *,
    areas: Sequence[str] = (),
    since: datetime,
    until: datetime | None = None,
) -> pd.DataFrame:
    """Return every open case, and those closed at `since` or later; withdrawn ones are left out.

    With `until` those alone that were closed from `since` to before it: how cases went then.
    Columns `CASE_COLUMNS`; ``state`` as a code, times aware UTC (NaT: none).
    """
    ended = Case.closed_at >= since
    wanted = or_(Case.closed_at.is_(None), ended) if until is None else ended
    asked = (
        select(*(getattr(Case, name) for name in CASE_COLUMNS))
        .where(visible(scope, Case.area_path, Case.unit_code), within(Case.area_path, areas))
        .where(Case.state.not_in(WITHDRAWN), wanted)
        .order_by(Case.due_at.is_(None), Case.due_at, Case.id)
    )
    found = session.execute(asked if until is None else asked.where(Case.closed_at < until))
    table = pd.DataFrame([tuple(row) for row in found], columns=list(CASE_COLUMNS), dtype=object)
    table["state"] = [str(state) for state in table["state"]]
    for name in ("opened_at", "due_at", "closed_at"):
        table[name] = pd.to_datetime(table[name], utc=True)
    return table.astype({"lon": float, "lat": float})


def said(
    session: Session,
    scope: Scope,
    *,
    areas: Sequence[str] = (),
    since: datetime,
    until: datetime | None = None,
) -> pd.DataFrame:
    """Return the last answer of each citizen who was called back from `since` to before `until`."""
    asked = (
        select(
            Feedback.case_id,
            Case.area_path,
            Feedback.solved,
            Feedback.satisfaction,
            Feedback.called_at,
        )
        .join(Case, Case.id == Feedback.case_id)
        .where(visible(scope, Case.area_path, Case.unit_code), within(Case.area_path, areas))
        .where(Feedback.called_at >= since)
        .order_by(Feedback.called_at, Feedback.id)
    )
    found = session.execute(asked if until is None else asked.where(Feedback.called_at < until))
    table = pd.DataFrame([tuple(row) for row in found], columns=list(SAID_COLUMNS), dtype=object)
    return table.drop_duplicates("case_id", keep="last").reset_index(drop=True)
