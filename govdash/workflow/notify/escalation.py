"""Escalation by the clock: takes every step that is due, and takes in what has no escalation."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from govdash.core.errors import NotFound
from govdash.store import Session, Store
from govdash.store import escalations as rows
from govdash.store.models import Escalation
from govdash.workflow.notify import alertsteps, casesteps, suppression
from govdash.workflow.notify.targets import People

BATCH: Final = 200  # looked at in one transaction


@dataclass(frozen=True, slots=True)
class Escalated:
    """What a run of the escalation did."""

    looked: int = 0
    intended: int = 0
    adopted: int = 0

    def __str__(self) -> str:
        """Say it in Chinese, for logs and the status page."""
        told = f"升级 {self.looked} 项，新通知 {self.intended} 条"
        return f"{told}，补上 {self.adopted} 项" if self.adopted else told


def escalate(store: Store, *, at: datetime) -> Escalated:
    """Take every step that is due; two runs at once take each step once."""
    looked = intended = adopted = 0
    while True:
        with store.write() as session:
            taken = adopt(session, at=at)
        adopted += taken
        if taken < BATCH:
            break
    with store.write() as session:
        intended += suppression.unmuted(session, at=at)
    while True:
        with store.write() as session:
            due = rows.due(session, at=at, limit=BATCH)
            people = People(session)
            intended += sum(_step(session, one, people, at=at) for one in due)
            looked += len(due)
        if len(due) < BATCH:
            return Escalated(looked, intended, adopted)


def adopt(session: Session, *, at: datetime) -> int:
    """Begin escalations for what waits and has none; return how many."""
    alerts, cases = rows.without(session, limit=BATCH)
    for alert in alerts:
        alertsteps.adopt(session, alert, at=at)
    for case in cases:
        casesteps.adopt(session, case, at=at)
    return sum(map(alertsteps.waits, alerts)) + len(cases)


def _step(session: Session, one: Escalation, people: People, *, at: datetime) -> int:
    if one.alert_id is not None:
        alert = rows.alert_of(session, one)
        if alert is None:
            raise NotFound(f"没有编号为 {one.alert_id} 的监测提示。")
        if not alertsteps.waits(alert):
            one.ended_at, one.next_at = at, None
            return 0
        return alertsteps.advance(session, one, alert, people, at=at)
    case = rows.case_of(session, one)
    if case is None:
        raise NotFound(f"没有编号为 {one.case_id} 的案件。")
    return casesteps.advance(session, one, case, people, at=at)
