"""合并: several reports of one matter as a cluster with one leading case, and out of it again."""

from datetime import datetime
from typing import Any

from govdash.core.errors import InputError, Refused
from govdash.core.vocab import CASE_ENDS, Clock
from govdash.store import Session
from govdash.store import cases as rows
from govdash.store.models import Case, ClockInterval
from govdash.workflow import timing
from govdash.workflow.deadlines import Deadlines


def check(session: Session, case: Case, leading_id: int) -> None:
    """Refuse a leading case that cannot lead."""
    if leading_id == case.id:
        raise InputError(f"案件 {case.number} 不能并入自己；请选择另一件作为主案件。")
    leading = rows.for_update(session, leading_id)
    if leading is not None and leading.state in CASE_ENDS:
        raise Refused(
            f"案件 {leading.number} 已是“{leading.state.label}”，不能作为主案件；请选择在办的案件。"
        )


def join(session: Session, case: Case, leading: Case) -> dict[str, Any]:
    """Put a case, and those that it leads itself, under the leading one."""
    members = rows.members(session, case.id)
    rows.take_back(session, case.id)
    for member in members:
        member.leading_id = leading.id
    case.leading_id = leading.id
    return {"leading": leading.number, "brings": [member.number for member in members]}


def leave(case: Case, leading: Case | None) -> dict[str, Any]:
    """Take a case out of its cluster; the others stay."""
    case.leading_id = None
    return {"leading": leading.number if leading else None}


def lend(session: Session, leading: Case, *, at: datetime, deadlines: Deadlines) -> None:
    """Let the leading case count from the earliest start of its cluster, as long as it is open.

    It takes over, until its own first moment, the run and pause intervals of the case that began
    first. They say whose they are, and go with it.
    """
    if leading.state in CASE_ENDS:
        return
    session.flush()
    rows.take_back(session, leading.id)
    own = _whole(rows.ledger(session, leading.id))
    if not own:
        return
    first = own[0].started_at
    ledgers = [_whole(rows.ledger(session, m.id)) for m in rows.members(session, leading.id)]
    begun = [ledger for ledger in ledgers if ledger and ledger[0].started_at < first]
    if begun:
        earliest = min(begun, key=lambda ledger: ledger[0].started_at)
        for interval in earliest:
            if interval.started_at < first:
                session.add(_lent(interval, leading, until=first))
        session.flush()
    ledger = rows.ledger(session, leading.id)
    leading.due_at = timing.read(ledger, Clock.CASE, at=at, calendar=deadlines.calendar).due_at


def _whole(ledger: list[ClockInterval]) -> list[ClockInterval]:
    """Return a case's own intervals of the whole-case clock."""
    return [i for i in ledger if i.clock is Clock.CASE and i.lent_by is None]


def _lent(interval: ClockInterval, leading: Case, *, until: datetime) -> ClockInterval:
    ended = until if interval.ended_at is None else min(interval.ended_at, until)
    limit = timing.whole_limit(leading)
    return ClockInterval(
        case_id=leading.id,
        clock=Clock.CASE,
        running=interval.running,
        started_at=interval.started_at,
        ended_at=ended,
        limit_amount=limit.amount if limit else None,
        limit_unit=limit.unit if limit else None,
        lent_by=interval.case_id,
    )
