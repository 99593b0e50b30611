"""Two years of a city: the figures of the rows are those of the logs, and clocks are always right.

What the rows say (state, owner, deadline, exemption, clock intervals) is worked out once more from
the logs alone (steps and the journal) by other means, and compared for every case.
"""

from bisect import bisect_right
from collections import defaultdict
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import pairwise
from statistics import mean, median

import pytest
from sqlalchemy import select

from govdash.access import SYSTEM
from govdash.core.vocab import CaseAction as A
from govdash.core.vocab import CaseState as S
from govdash.core.vocab import Clock, Result
from govdash.report import performance
from govdash.store import performance as lifelines
from govdash.store.models import Case, CaseStep, ClockInterval, JournalLine
from govdash.taxonomy import Limit
from govdash.workflow import clocks
from govdash.workflow.deadlines import in_force
from tests.workflow.conftest import CATEGORY, STREET
from tests.workflow.operation import START, Operation

LATER = datetime.max.replace(tzinfo=UTC)
OPEN = {
    S.RECEIVED: Clock.ACCEPT, S.ACCEPTED: Clock.DISPATCH, S.RETURNED: Clock.DISPATCH,
    S.REOPENED: Clock.DISPATCH, S.DISPATCHED: Clock.HANDLE, S.IN_PROGRESS: Clock.HANDLE,
    S.ON_HOLD: Clock.HANDLE, S.REWORK: Clock.HANDLE, S.RESOLVED_CLAIMED: Clock.VERIFY,
    S.VERIFIED: Clock.VERIFY,
}  # fmt: skip


@dataclass
class Told:
    """One case as its log tells it."""

    steps: list[CaseStep] = field(default_factory=list)
    lent: list[tuple[datetime, datetime]] = field(default_factory=list)  # taken over, running
    granted: int = 0
    exempt: bool = False
    due: datetime | None = None

    @property
    def state(self) -> S:
        return self.steps[-1].to_state

    @property
    def closed_at(self) -> datetime | None:
        return self.steps[-1].at if self.state is S.CLOSED else None

    def runs(self, until: datetime) -> list[tuple[datetime, datetime]]:
        """When its whole-case clock ran before a moment, by its states."""
        ends = [step.at for step in self.steps[1:]] + [until]
        return [
            (step.at, min(end, until))
            for step, end in zip(self.steps, ends, strict=True)
            if step.to_state in OPEN and step.to_state is not S.ON_HOLD and step.at < until
        ]


def replay(session, limits: dict[int, Limit]) -> dict[int, Told]:
    """Work every case out from steps and journal, in the order in which they were written."""
    calendar = in_force().calendar
    told: dict[int, Told] = defaultdict(Told)
    leading: dict[int, int] = {}
    numbers: dict[str, int] = {}
    steps = session.scalars(select(CaseStep).order_by(CaseStep.id)).all()
    lines = session.scalars(select(JournalLine).order_by(JournalLine.id)).all()
    by_key = {(step.case_id, step.seq): step for step in steps}
    seen: dict[int, int] = defaultdict(int)
    for line in lines:
        if line.result is not Result.DONE or not line.subject.startswith("case:"):
            continue
        case_id = int(line.subject.removeprefix("case:"))
        numbers[line.detail["number"]] = case_id
        changed = {case_id}
        # A call that reopens walks the leading case, not the one whose reporter spoke.
        walked = numbers[line.detail["reopened"]] if line.detail.get("reopened") else case_id
        is_step = line.did == "case.open" or line.did.removeprefix("case.") in set(A)
        if is_step or line.detail.get("reopened"):
            seen[walked] += 1
            step = by_key[walked, seen[walked]]
            told[walked].steps.append(step)
            changed |= {walked} | merged(step, told, leading, numbers)
        if line.did == "case.grant_extension":
            told[case_id].granted += 1
        if line.did == "case.grant_appeal" and line.detail["state"] == "granted":
            told[case_id].exempt = True
        for number in changed:
            reckon(told[number], limits[number], calendar)
    return told


def merged(step: CaseStep, told, leading: dict[int, int], numbers: dict[str, int]) -> set[int]:
    """Follow a merging or its undoing; return the leading case, whose start may have moved."""
    case_id = step.case_id
    if step.action is A.MERGE:
        head = numbers[step.detail["leading"]]
        leading.update({member: head for member, old in leading.items() if old == case_id})
        leading[case_id], told[case_id].lent = head, []
    elif step.action is A.UNMERGE:
        head = leading.pop(case_id)
    else:
        return set()
    if told[head].state not in OPEN:
        return set()
    first = told[head].steps[0].at
    members = [told[n] for n, of in leading.items() if of == head]
    earlier = [m for m in members if m.steps[0].at < first]
    begun = min(earlier, key=lambda m: m.steps[0].at, default=None)
    told[head].lent = begun.runs(first) if begun else []
    return {head}


def reckon(case: Told, limit: Limit, calendar) -> None:
    """Say when a case is due, as it is last known while it is open."""
    if case.state not in OPEN:
        return
    if case.state is S.ON_HOLD:
        case.due = None
        return
    now = case.steps[-1].at
    runs = case.lent + case.runs(now) + [(now, LATER)]
    runs = [run for run in runs if run[0] < run[1]]
    start = runs[0][0]
    gaps = [(end, begin) for (_, end), (begin, _) in pairwise(runs) if end < begin]
    whole = Limit(limit.amount * (1 + case.granted), limit.unit)
    case.due = clocks.due_at(whole, start, calendar, pauses=gaps)


@pytest.mark.parametrize("n_cases", [300, pytest.param(10_000, marks=pytest.mark.long)])
@pytest.mark.timeout(4 * 3600)
def test_the_rows_are_what_the_logs_add_up_to_and_the_clocks_are_right_at_every_instant(
    city, operator, n_cases
):
    people = (operator, replace(operator, login="sun"), replace(operator, login="li"))
    end = Operation(city, people, CATEGORY, STREET, seed=5).run(n_cases)
    with city.read() as session:
        rows = session.scalars(select(Case)).all()
        limits = {row.id: Limit(row.limit_amount, row.limit_unit) for row in rows}
        told = replay(session, limits)
        assert len(rows) >= n_cases * 0.95
        for row in rows:
            case = told[row.id]
            assert (row.state, row.closed_at) == (case.state, case.closed_at), row.number
            assert row.unit_code == case.steps[-1].unit_code
            assert (row.extensions, row.exempt) == (case.granted, case.exempt), row.number
            assert row.due_at == case.due, row.number
        check_clocks(session, told)
        check_figures(session, told, end)
        happened = {step.action for case in told.values() for step in case.steps}
        assert happened == {None, *A}  # nothing was left out
    assert any(case.granted for case in told.values())
    assert any(case.exempt for case in told.values())
    assert any(case.lent for case in told.values())


def check_clocks(session, told: dict[int, Told]) -> None:
    """An open case has an owner, a case clock and its stage's clock at every instant; else none."""
    ledger: dict[int, list[ClockInterval]] = defaultdict(list)
    for interval in session.scalars(select(ClockInterval)):
        ledger[interval.case_id].append(interval)
    for case_id, case in told.items():
        own = [i for i in ledger[case_id] if i.lent_by is None]
        lent = [i for i in ledger[case_id] if i.lent_by is not None]
        first = case.steps[0].at
        assert all(i.clock is Clock.CASE and i.ended_at <= first for i in lent)
        moments = sorted(
            {i.started_at for i in own}
            | {i.ended_at for i in own if i.ended_at}
            | {step.at for step in case.steps}
        )
        times = [step.at for step in case.steps]
        for n, moment in enumerate(moments):
            after = moments[n + 1] if n + 1 < len(moments) else None
            then = moment + (after - moment) / 2 if after else moment
            step = case.steps[bisect_right(times, then) - 1]
            on = [i for i in own if i.started_at <= then < (i.ended_at or LATER)]
            if step.to_state in OPEN:
                assert step.unit_code is not None
                assert sorted(i.clock for i in on) == sorted([Clock.CASE, OPEN[step.to_state]])
                assert all(i.running is (step.to_state is not S.ON_HOLD) for i in on)
            else:
                assert on == []


def check_figures(session, told: dict[int, Told], end: datetime) -> None:
    """The figures of the performance page, worked out from the logs alone."""
    since = START
    cases = lifelines.lifelines(session, SYSTEM.scope, since=since)
    shown = performance.figures(cases, lifelines.said(session, SYSTEM.scope, since=since), at=end)
    counted = [c for c in told.values() if c.state not in {S.REJECTED, S.CANCELLED, S.MERGED}]
    still = [c for c in counted if c.state in OPEN]
    closed = [c for c in counted if c.state is S.CLOSED]
    promised = [c for c in closed if not c.exempt]
    hours = [(c.closed_at - c.steps[0].at).total_seconds() / 3600 for c in closed]
    answers: dict[str, int] = {}
    for line in session.scalars(
        select(JournalLine).where(JournalLine.did == "feedback.record").order_by(JournalLine.id)
    ):
        answers[line.subject] = line.detail["satisfaction"]
    assert shown.n_open == len(still)
    assert shown.n_overdue == sum(c.due is not None and c.due < end for c in still)
    assert shown.n_closed == len(closed)
    assert shown.on_time == pytest.approx(mean(c.closed_at <= c.due for c in promised))
    assert shown.mean_hours == pytest.approx(mean(hours))
    assert shown.median_hours == pytest.approx(median(hours))
    assert (shown.n_asked, shown.content) == (
        len(answers), pytest.approx(mean(a >= 4 for a in answers.values())),
    )  # fmt: skip
