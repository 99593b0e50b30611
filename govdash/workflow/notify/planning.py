"""Writes what is to be said into the ledger, for a subject, a moment and its recipients."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from govdash.store import Session
from govdash.store import notifications as rows
from govdash.store.models import Alert, Case, Escalation
from govdash.workflow.deadlines import Deadlines
from govdash.workflow.notify import wording
from govdash.workflow.notify.targets import People, Recipient

STEP = "alert.step"
CLEARED = "alert.cleared"
CASE = "case"  # begins the topics of cases


def tell_alert(
    session: Session,
    escalation: Escalation,
    alert: Alert,
    recipients: Iterable[Recipient],
    *,
    mark: str,
    why: str,
    topic: str,
    due_at: datetime,
    at: datetime,
) -> int:
    """Intend a message about an alert for each recipient; return how many are new."""
    plain: dict[str, Any] = {
        "topic": topic,
        "why": why,
        "title": wording.alert_title(alert),
        "body": wording.alert_body(alert, why),
        "link": wording.alert_link(alert),
        "level": alert.level,
        "alert_id": alert.id,
        "episode": escalation.episode,
        "area_path": alert.area_path,
        "created_at": at,
        "due_at": due_at,
    }
    start = f"a{alert.id}:{escalation.episode}:{mark}"
    return rows.add(session, [plain | _to(one, start) for one in recipients])


def tell_case(
    session: Session,
    escalation: Escalation,
    case: Case,
    recipients: Iterable[Recipient],
    people: People,
    *,
    moment: str,
    mark: str,
    why: str,
    due_at: datetime,
    at: datetime,
    deadlines: Deadlines,
) -> int:
    """Intend a message about a case for each recipient; return how many are new."""
    unit = people.units.get(case.unit_code or "", ("", None))[0]
    plain: dict[str, Any] = {
        "topic": f"{CASE}.{moment}",
        "why": why,
        "title": wording.case_title(case, moment),
        "body": wording.case_body(case, unit=unit, zone=deadlines.calendar.zone),
        "link": wording.case_link(case),
        "case_id": case.id,
        "episode": escalation.episode,
        "area_path": case.area_path,
        "unit_code": case.unit_code,
        "created_at": at,
        "due_at": due_at,
    }
    start = f"c{case.id}:{escalation.episode}:{mark}"
    return rows.add(session, [plain | _to(one, start) for one in recipients])


def _to(one: Recipient, start: str) -> dict[str, str]:
    return {
        "key": f"{start}:{one.login}:{one.channel}",
        "recipient": one.login,
        "target": one.words,
        "channel": one.channel,
    }
