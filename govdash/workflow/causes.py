"""The alerts behind a case: they end with it, or come back when it ends without a result."""

from collections.abc import Sequence
from datetime import datetime

from govdash.access import SYSTEM, User
from govdash.core.vocab import CaseState
from govdash.store import Session, caseload
from govdash.store import alerts as rows
from govdash.store.models import Case
from govdash.workflow import alerts
from govdash.workflow.forms import StepForm


def waiting(session: Session, case: Case) -> Sequence[int]:
    """Return the alerts that end with a case, its own and those of the cases merged into it."""
    return [alert_id for alert_id, _ in caseload.waiting_alerts(session, case.id, SYSTEM.scope)]


def end(
    session: Session,
    case: Case,
    waits: Sequence[int],
    form: StepForm,
    *,
    actor: User,
    at: datetime,
) -> None:
    """Close alerts with their case, or give them back; those of a merged case wait for its leader.

    Everything merged is of one matter, so that one disposition is said of all. What is said of the
    case stays with alerts of areas around it: who sees another one need not see the case.
    """
    for alert_id in waits if case.state is not CaseState.MERGED else ():
        if case.state is CaseState.CLOSED and form.disposition is not None:
            near = _around(session, alert_id, case)
            note = f"案件 {case.number} 结案：{case.result}" if near else "随并案的案件结案"
            alerts.close(session, alert_id, form.disposition, note=note, actor=actor, at=at)
        elif case.state is not CaseState.CLOSED:
            near = _around(session, alert_id, case)
            said = f"案件 {case.number} {case.state.label}：{form.note.strip()}"
            reason = said if near else f"关联的案件{case.state.label}"
            alerts.release(session, alert_id, reason=reason, actor=actor, at=at)


def _around(session: Session, alert_id: int, case: Case) -> bool:
    """Whether whoever sees an alert sees the case too: its area holds that of the case."""
    alert = rows.get(session, alert_id, SYSTEM.scope)
    return alert is not None and (case.area_path or "").startswith(alert.area_path or "")
