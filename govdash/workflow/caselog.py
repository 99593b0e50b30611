"""The log of a case: its steps, and the journal line of each action."""

from datetime import datetime
from typing import Any

from govdash.access import User
from govdash.core.vocab import CaseAction, CaseState
from govdash.store import Session, journal
from govdash.store import cases as rows
from govdash.store.models import Case, CaseStep
from govdash.workflow.forms import StepForm
from govdash.workflow.notify import casesteps


def add_step(
    session: Session,
    case: Case,
    action: CaseAction | None,
    came_from: CaseState | None,
    form: StepForm,
    *,
    actor: User,
    at: datetime,
    rule: str = "",
    recorded_at: datetime | None = None,
) -> None:
    """Add one step to the log; None is the opening, whose unit a routing `rule` may have chosen.

    `recorded_at`: when it is written, where that is not the moment of the step.
    """
    newest = rows.last_step(session, case.id)
    told: dict[str, Any] = {
        "register_condition": form.register_condition.strip(),
        "close_condition": form.close_condition.strip(),
        "result": form.result.strip(),
        "disposition": form.disposition.value if form.disposition else "",
        "handler": case.handler if action in {CaseAction.START, CaseAction.RESOLVE} else "",
        "verifier": case.verifier if action is CaseAction.VERIFY else "",
        "rule": rule,
        "until": form.until.isoformat() if form.until else "",
        "leading": _number(session, case.leading_id) if action is CaseAction.MERGE else "",
    }
    session.add(
        CaseStep(
            case_id=case.id,
            seq=newest.seq + 1 if newest else 1,
            action=action,
            from_state=came_from.value if came_from else None,
            to_state=case.state,
            actor=actor.login,
            at=at,
            recorded_at=recorded_at,
            unit_code=case.unit_code,
            note=form.note.strip(),
            detail={name: value for name, value in told.items() if value},
        )
    )
    session.flush()
    casesteps.stepped(session, case, action, came_from, at=at)


def record(
    session: Session,
    case: Case,
    did: str,
    *,
    actor: User,
    at: datetime,
    note: str = "",
    detail: dict[str, Any] | None = None,
    before: dict[str, Any] | None = None,
) -> None:
    """Write the journal line of an action on a case."""
    journal.record(
        session,
        actor=actor.login,
        did=f"case.{did}",
        subject=f"case:{case.id}",
        at=at,
        note=note.strip(),
        detail={"number": case.number} | (detail or {}),
        before=before,
        after=standing(case),
    )


def standing(case: Case) -> dict[str, Any]:
    """Return what the journal says of a case before and after: no person data."""
    due = case.due_at.isoformat() if case.due_at else None
    return {"state": case.state.value, "unit_code": case.unit_code, "due_at": due}


def _number(session: Session, case_id: int | None) -> str:
    case = rows.for_update(session, case_id) if case_id is not None else None
    return case.number if case else ""
