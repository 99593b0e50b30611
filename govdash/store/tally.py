"""How many alerts and cases there are, counted for the whole platform; for its monitoring."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select

from govdash.core.vocab import CASE_ENDS, CaseState, Handling, Level
from govdash.store.engine import Session
from govdash.store.models import Alert, Case

SOON = timedelta(hours=24)  # a shift's handover and a night


@dataclass(frozen=True, slots=True)
class Tally:
    """Numbers of the present moment."""

    alerts: dict[tuple[Handling, Level], int]
    cases: dict[CaseState, int]
    cases_overdue: int  # open, their deadline past
    cases_due_soon: int  # open, their deadline within `SOON`


def tally(session: Session, *, at: datetime) -> Tally:
    """Count alerts by handling and level, cases by state, and open cases by their deadline."""
    alerts = session.execute(
        select(Alert.handling, Alert.level, func.count()).group_by(Alert.handling, Alert.level)
    )
    cases = session.execute(select(Case.state, func.count()).group_by(Case.state))
    open_cases = select(func.count()).select_from(Case).where(Case.state.not_in(CASE_ENDS))
    overdue = open_cases.where(Case.due_at < at)
    soon = open_cases.where(Case.due_at >= at, Case.due_at < at + SOON)
    return Tally(
        alerts={(handling, level): n for handling, level, n in alerts},
        cases={row[0]: row[1] for row in cases},
        cases_overdue=session.scalar(overdue) or 0,
        cases_due_soon=session.scalar(soon) or 0,
    )
