"""The clocks of a case as a ledger of intervals: run, pause, stop, and what they add up to."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from govdash.core.vocab import Clock, LimitUnit
from govdash.store import Session, cases
from govdash.store.models import Case, ClockInterval
from govdash.taxonomy import Limit
from govdash.workflow import clocks
from govdash.workflow.calendar import WorkCalendar
from govdash.workflow.clocks import Lamp
from govdash.workflow.deadlines import Deadlines
from govdash.workflow.flow import STAGE, Effect

#: A clock without a limit still counts; then plain hours say most.
_NO_LIMIT: Final = LimitUnit.URGENT_HOUR


@dataclass(frozen=True, slots=True)
class Reading:
    """One clock of one case at a moment. Seconds are those of the clock's own unit."""

    clock: Clock
    limit: Limit | None
    running: bool
    stopped: bool
    started_at: datetime
    due_at: datetime | None  # None without a limit, while paused and once stopped
    elapsed_seconds: float
    remaining_seconds: float | None  # negative when late
    lamp: Lamp


def limit_of(row: Case | ClockInterval) -> Limit | None:
    """Return the limit of a case or an interval as one value."""
    if row.limit_amount is None or row.limit_unit is None:
        return None
    return Limit(row.limit_amount, row.limit_unit)


def whole_limit(case: Case) -> Limit | None:
    """Return the limit of a case with its extensions: each adds the original once more."""
    limit = limit_of(case)
    return limit and Limit(limit.amount * (1 + case.extensions), limit.unit)


def move(
    session: Session, case: Case, effect: Effect, *, at: datetime, deadlines: Deadlines
) -> None:
    """Bring the clocks of `case` to where its new state wants them, and its deadline with them.

    In an open state the case clock and the clock of the stage are on (running or paused), in an
    end none. What stays as it is keeps its interval.
    """
    session.flush()
    stage = STAGE.get(case.state)
    wanted = {Clock.CASE, stage} if stage and effect is not Effect.STOP else set[Clock]()
    running = effect is Effect.RUN
    before = list(cases.ledger(session, case.id))
    kept: set[Clock] = set()
    for interval in before:
        if interval.ended_at is not None:
            continue
        if interval.clock in wanted and interval.running is running:
            kept.add(interval.clock)
        else:
            interval.ended_at = at
    session.flush()  # ends before beginnings: one open interval for each clock
    before += [
        _begun(session, case, clock, running=running, at=at, deadlines=deadlines)
        for clock in sorted(wanted - kept)
    ]
    session.flush()
    if wanted:
        case.due_at = read(before, Clock.CASE, at=at, calendar=deadlines.calendar).due_at


def relimit(session: Session, case: Case, *, at: datetime, deadlines: Deadlines) -> None:
    """Let the clocks that are on go on under the limits of now: an extension was granted."""
    session.flush()
    ledger = cases.ledger(session, case.id)
    on = [interval for interval in ledger if interval.ended_at is None]
    for interval in on:
        interval.ended_at = at
    session.flush()  # ends before beginnings: one open interval for each clock
    for interval in on:
        clock, running = interval.clock, interval.running
        ledger.append(_begun(session, case, clock, running=running, at=at, deadlines=deadlines))
    session.flush()
    case.due_at = read(ledger, Clock.CASE, at=at, calendar=deadlines.calendar).due_at


def _begun(
    session: Session, case: Case, clock: Clock, *, running: bool, at: datetime, deadlines: Deadlines
) -> ClockInterval:
    limit = deadlines.limit_of(clock, whole_limit(case))
    begun = ClockInterval(
        case_id=case.id,
        clock=clock,
        running=running,
        started_at=at,
        limit_amount=limit.amount if limit else None,
        limit_unit=limit.unit if limit else None,
    )
    session.add(begun)
    return begun


def read(
    intervals: Iterable[ClockInterval], clock: Clock, *, at: datetime, calendar: WorkCalendar
) -> Reading:
    """Read one clock of a case from its ledger.

    The clock runs in its running intervals and stands still between them. Its limit is the
    newest that its intervals name.
    """
    mine = [interval for interval in intervals if interval.clock is clock]
    limit = limit_of(mine[-1])
    newest = mine[-1]
    pauses = _gaps(mine)
    unit = limit.unit if limit else _NO_LIMIT
    stopped = newest.ended_at is not None and newest.ended_at <= at
    used = clocks.elapsed(unit, mine[0].started_at, at, calendar, pauses)
    share = left = due = None
    if limit is not None:
        whole = clocks.length(limit, calendar)
        share = used / whole
        left = (whole - used).total_seconds()
        if newest.running and not stopped:
            due = clocks.due_at(limit, mine[0].started_at, calendar, pauses=pauses)
    return Reading(
        clock=clock,
        limit=limit,
        running=newest.running and not stopped,
        stopped=stopped,
        started_at=mine[0].started_at,
        due_at=due,
        elapsed_seconds=used.total_seconds(),
        remaining_seconds=left,
        lamp=clocks.lamp(share),
    )


def read_all(
    intervals: Sequence[ClockInterval], *, at: datetime, calendar: WorkCalendar
) -> list[Reading]:
    """Read every clock that the case has had, the case clock first."""
    present = {interval.clock for interval in intervals}
    return [read(intervals, clock, at=at, calendar=calendar) for clock in Clock if clock in present]


def _gaps(mine: Sequence[ClockInterval]) -> list[clocks.Pause]:
    """Return when a clock stood still between and after its running intervals."""
    pauses: list[clocks.Pause] = []
    still: datetime | None = mine[0].started_at
    for interval in mine:
        if not interval.running:
            continue
        if still is not None and interval.started_at > still:
            pauses.append((still, interval.started_at))
        still = interval.ended_at
    if still is not None:
        pauses.append((still, None))
    return pauses
