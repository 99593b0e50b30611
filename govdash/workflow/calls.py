"""回访任务: when a case is closed, everybody who reported it is to be called and told."""

from datetime import datetime
from typing import Any

from govdash.core.vocab import CaseAction
from govdash.store import Session
from govdash.store import calls as tasks
from govdash.store import cases as rows
from govdash.store.models import CallTask, Case
from govdash.taxonomy import parse_limit
from govdash.workflow import clocks
from govdash.workflow.deadlines import Deadlines
from govdash.workflow.practice import Practice


def follow(
    session: Session,
    case: Case,
    action: CaseAction,
    *,
    at: datetime,
    deadlines: Deadlines,
    rules: Practice,
) -> dict[str, Any]:
    """Make or drop the calls that follow from a step; say for the journal how many.

    Closing asks for one call for each reporter of the cluster. What is taken up again is not
    told as done: its calls are dropped, and made anew at the next closing.
    """
    if action is CaseAction.CLOSE:
        due = clocks.due_at(parse_limit(rules.call_within), at, deadlines.calendar)
        told = [one for one in (case, *rows.members(session, case.id)) if _has_reporter(one)]
        for one in told:
            session.add(CallTask(case_id=one.id, about_id=case.id, made_at=at, due_at=due))
        session.flush()
        return {"calls": len(told)}
    if action in {CaseAction.REOPEN, CaseAction.REOPEN_UNSOLVED}:
        tasks.drop(session, about_id=case.id, at=at)
    elif action is CaseAction.UNMERGE:
        tasks.drop(session, case_id=case.id, at=at)
    return {}


def done(session: Session, case_id: int, *, at: datetime) -> None:
    """Say that the reporter of a case has been called."""
    task = tasks.open_of(session, case_id)
    if task is not None:
        task.done_at = at


def _has_reporter(case: Case) -> bool:
    """Whether somebody told of it; what the system noticed has nobody to call."""
    return case.event_id is not None or case.alert_id is None
