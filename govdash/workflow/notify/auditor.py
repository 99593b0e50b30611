"""The auditor: whether every living alert and case has a valid next step, and somebody to take it.

It reads and reports; it repairs nothing (`escalation.adopt` takes in what has no escalation).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import pandas as pd

from govdash.core.filters import Scope
from govdash.core.vocab import CaseState, Handling, Level, Signal
from govdash.language.masking import mask
from govdash.store import Session, alerts, cases, escalations
from govdash.workflow.notify import chains
from govdash.workflow.notify.chains import ChainStep
from govdash.workflow.notify.targets import People

#: The escalation looks every ten seconds; what is late by more is not looked at any more.
_ACTS: Final = ChainStep(when="entered", to=("responsible",))
STALLED: Final = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Gap:
    """Something living without a valid next step."""

    kind: str  # "alert" or "case"
    id: int
    number: str
    title: str
    why: str

    @property
    def link(self) -> str:
        """Where it is looked at."""
        page = "alerts" if self.kind == "alert" else "cases"
        return f"/{page}?{self.kind}={self.id}"


def audit(session: Session, scope: Scope, *, at: datetime) -> list[Gap]:
    """Return what lives inside a scope and has no valid next step."""
    people = People(session)
    found: list[Gap] = []
    for row in _rows(escalations.living_alerts(session, scope)):
        why = _of_alert(session, row, people, scope, at=at)
        if why:
            found.append(Gap("alert", row["id"], row["number"], row["title"], why))
    for row in _rows(escalations.living_cases(session, scope)):
        why = _of_case(session, row, people, scope, at=at)
        if why:
            found.append(Gap("case", row["id"], row["number"], mask(row["title"]), why))
    return found


def _of_alert(
    session: Session, row: Mapping[str, Any], people: People, scope: Scope, *, at: datetime
) -> str:
    """Say what an alert lacks; empty when all is well."""
    if not pd.isna(row["leader_id"]):
        return ""  # its leader is told of
    if row["handling"] is Handling.LINKED:
        return "" if row["has_case"] else "已转案件，但没有在办的案件"
    if row["handling"] is Handling.ACKNOWLEDGED:
        return "" if row["acknowledged_until"] is not None else "签收没有到期时间"
    if row["signal"] is Signal.PENDING or _closes_itself(row):
        return ""
    if why := _of_escalation(row, at=at):
        return why
    known = chains.in_force()
    chain = known.get(row["chain"])
    if chain is None or chain.about != "alert":
        return f"规则写的升级链“{row['chain']}”不存在，按默认的走"
    alert = alerts.get(session, row["id"], scope)
    steps = [step for step in chain.steps if step.applies(row["level"])]
    if alert is None or any(people.of(step, alert) for step in steps):
        return ""
    return "升级链上没有人可以通知"


def _of_case(
    session: Session, row: Mapping[str, Any], people: People, scope: Scope, *, at: datetime
) -> str:
    """Say what a case lacks; empty when all is well."""
    if row["state"] is CaseState.ON_HOLD and row["started_at"] is not None:
        return ""
    if why := _of_escalation(row, at=at):
        return why
    case = cases.get(session, row["id"], scope)
    if case is None:
        return ""
    if not people.of(_ACTS, case):
        return f"“{row['state'].label}”状态下没有人可以办理"
    return ""


def _of_escalation(row: Mapping[str, Any], *, at: datetime) -> str:
    if row["started_at"] is None:
        return "没有升级任务（稍后自动补上；一直没有请看定时任务）"
    if row["ended_at"] is not None:
        return "升级任务已结束，但还没有人处理"
    if row["next_at"] is None:
        return "没有下一步"
    if at - row["next_at"] > STALLED:
        return "到了时间没有走下一步；请看定时任务"
    return ""


def _closes_itself(row: Mapping[str, Any]) -> bool:
    """Whether an alert has cleared and needs nobody: it is closed by the clock."""
    unseen = Level(row["level"]).is_severe and row["handled_at"] is None
    return row["signal"] is Signal.CLEARED and not unseen


def _rows(table: pd.DataFrame) -> Iterator[Mapping[str, Any]]:
    names = [str(name) for name in table.columns]
    for values in table.itertuples(index=False):
        yield dict(zip(names, values, strict=True))
