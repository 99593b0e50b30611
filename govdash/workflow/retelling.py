"""Case logs told again as occasions: what each case was measured by, as known at a moment.

Pure: `CaseLogs` in, a frame out. It follows `flow.CASE_FLOW` and the clocks as `timing` does, but
from the steps alone, so that what was overwritten since (the ledger, the case row) is not needed.
"""

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise
from typing import Any, Final

import pandas as pd

from govdash.aggregate.indicators import OCCASION_COLUMNS
from govdash.core.vocab import Asked, CaseAction, CaseState, Channel, Clock, LimitUnit
from govdash.store.caselogs import CaseLogs
from govdash.taxonomy import Limit
from govdash.workflow import clocks
from govdash.workflow.deadlines import Deadlines
from govdash.workflow.flow import CASE_FLOW, STAGE, Effect

A, S = CaseAction, CaseState

#: The flags of each basis; a row has False in those of the others.
FLAGS: Final[Mapping[str, tuple[str, ...]]] = {
    "received": ("accepted", "undecided", "merged", "not_grid"),
    "accepted": ("on_time", "kept"),
    "dispatch_due": ("on_time", "accurate"),
    "dispatched": ("returned", "answered", "answer_open", "no_reporter"),
    "handle_due": ("on_time", "done", "late_waiting", "extended", "supervised", "exempt"),
    "verify_due": ("on_time",),
    "close_due": ("on_time", "done", "reworked", "exempt"),
    "called": ("solved", "content", "on_hold", "withdrawn"),
}
_ALL_FLAGS: Final = tuple(dict.fromkeys(flag for flags in FLAGS.values() for flag in flags))
_WITHDRAWN: Final = frozenset({S.REJECTED, S.CANCELLED, S.MERGED})
_HANDLED: Final = frozenset({S.RESOLVED_CLAIMED, S.VERIFIED, S.CLOSED})
#: A stretch in which a clock ran; no end: it runs still.
Run = tuple[datetime, datetime | None]


@dataclass(frozen=True, slots=True)
class Terms:
    """What a city lays down for the counts themselves."""

    response: Limit  # 响应率: signed for within this
    content_from: int  # 满意率: this and above of five


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a log."""

    at: datetime
    action: CaseAction | None
    state: CaseState
    actor: str
    unit: str | None


@dataclass
class Life:
    """One case, as far as it was known."""

    id: int
    row: Mapping[Hashable, Any]
    steps: list[Step]
    extensions: int = 0
    exempt: bool = False
    supervised: bool = False
    lent: list[Run] = field(default_factory=list["Run"])

    @property
    def state(self) -> CaseState:
        """Where it stood."""
        return self.steps[-1].state

    def first(self, *actions: CaseAction) -> Step | None:
        """Return the first step of these actions."""
        return next((step for step in self.steps if step.action in actions), None)

    def last(self, *actions: CaseAction) -> Step | None:
        """Return the last step of these actions."""
        return next((step for step in reversed(self.steps) if step.action in actions), None)

    def runs(self, clock: Clock) -> tuple[list[Run], bool]:
        """Return when a clock ran, and whether it was paused at the last."""
        told: list[Run] = []
        since: datetime | None = None
        came_from: CaseState | None = None
        paused = False
        for step in self.steps:
            effect = Effect.RUN
            if came_from is not None and step.action is not None:
                effect = CASE_FLOW[came_from, step.action].effect
            stage = STAGE.get(step.state)
            wanted = effect is not Effect.STOP and stage is not None
            on = wanted and clock in {Clock.CASE, stage}
            paused = on and effect is Effect.PAUSE
            runs = on and effect is Effect.RUN
            if since is not None and not runs:
                told.append((since, step.at))
                since = None
            elif since is None and runs:
                since = step.at
            came_from = step.state
        return ([*told, (since, None)] if since is not None else told), paused


def retell(logs: CaseLogs, terms: Terms, *, deadlines: Deadlines) -> pd.DataFrame:
    """Return the occasions of the cases inside the scope.

    Returns
    -------
    DataFrame
        `OCCASION_COLUMNS` (``at`` aware UTC; ``person`` a login) and every flag as a bool.
        An occasion that was not due by `logs.known_at` is not among them, nor a case that was
        on hold, rejected, cancelled or merged among what was due.
    """
    lives = _lives(logs)
    _lend(lives, logs)
    rows: list[dict[str, Any]] = []
    for life in lives.values():
        if life.id in logs.inside:
            rows += _occasions(life, terms, deadlines, logs.known_at)
    for call in logs.calls.to_dict("records"):
        life = lives.get(int(call["case_id"]))
        if life is not None and life.id in logs.inside:
            rows.append(_call(life, call, terms))
    table = pd.DataFrame(rows, columns=[*OCCASION_COLUMNS, *_ALL_FLAGS], dtype=object)
    table["at"] = pd.to_datetime(table["at"], utc=True)
    for flag in _ALL_FLAGS:
        table[flag] = table[flag].eq(True)  # a missing flag is no flag
    return table


def _lives(logs: CaseLogs) -> dict[int, Life]:
    steps: dict[int, list[Step]] = {}
    for row in logs.steps.to_dict("records"):
        action = A(row["action"]) if row["action"] is not None else None
        step = Step(
            row["at"].to_pydatetime(), action, S(row["to_state"]), row["actor"], row["unit_code"]
        )
        steps.setdefault(int(row["case_id"]), []).append(step)
    granted = [(int(r["case_id"]), Asked(r["kind"])) for r in logs.granted.to_dict("records")]
    return {
        int(row["id"]): Life(
            int(row["id"]),
            row,
            steps[int(row["id"])],
            extensions=granted.count((int(row["id"]), Asked.EXTENSION)) if granted else 0,
            exempt=(int(row["id"]), Asked.APPEAL) in granted,
            supervised=int(row["id"]) in logs.supervised,
        )
        for row in logs.cases.to_dict("records")
    }  # fmt: skip


def _lend(lives: Mapping[int, Life], logs: CaseLogs) -> None:
    """Let leading cases count from the earliest start of their cluster, as `merging.lend` does."""
    by_number = {str(life.row["number"]): life.id for life in lives.values()}
    leader: dict[int, int] = {}
    states: dict[int, CaseState] = {}
    for row in logs.steps.to_dict("records"):
        case_id, action = int(row["case_id"]), row["action"]
        states[case_id] = S(row["to_state"])
        if action == A.MERGE:
            head = by_number.get(str(row["detail"].get("leading", "")))
            if head is None:  # out of sight since
                continue
            lives[case_id].lent = []
            for member in [case_id, *(m for m, led in leader.items() if led == case_id)]:
                leader[member] = head
        elif action == A.UNMERGE and case_id in leader:
            head = leader.pop(case_id)
        else:
            continue
        if STAGE.get(states.get(head, S.CLOSED)) is not None:
            members = [lives[m] for m, led in leader.items() if led == head]
            lives[head].lent = _borrowed(lives[head], members)


def _borrowed(head: Life, members: Iterable[Life]) -> list[Run]:
    """Return the runs of whichever member began first, until the head's own beginning."""
    begin = head.steps[0].at
    own = [member.runs(Clock.CASE)[0] for member in members]
    earlier = [runs for runs in own if runs and runs[0][0] < begin]
    if not earlier:
        return []
    first = min(earlier, key=lambda runs: runs[0][0])
    return [(a, min(b or begin, begin)) for a, b in first if a < begin]


def _occasions(
    life: Life, terms: Terms, deadlines: Deadlines, known_at: datetime
) -> list[dict[str, Any]]:
    """Return the occasions of one case but for its calls."""
    state, begun = life.state, life.steps[0]
    accepted, withdrawn = life.first(A.ACCEPT), state in _WITHDRAWN
    decided = life.first(A.ACCEPT, A.REJECT)
    rows = [
        _row(
            life, "received", begun.at, decided.actor if decided else None,
            accepted=accepted is not None, merged=state is S.MERGED,
            undecided=accepted is None and state is S.RECEIVED,
            not_grid=life.row["channel"] != Channel.GRID,
        )
    ]  # fmt: skip
    if accepted is not None:
        due = _due(life, Clock.ACCEPT, deadlines, until=accepted.at)
        rows.append(
            _row(
                life, "accepted", accepted.at, accepted.actor,
                on_time=due is not None and accepted.at <= due, kept=state is not S.CANCELLED,
            )
        )  # fmt: skip
        rows += _dispatch_due(life, accepted, deadlines)
    rows += _dispatches(life, terms, deadlines, known_at)
    if not withdrawn:
        rows += _handle_due(life, deadlines, known_at) + _close_due(life, deadlines)
        rows += _verify_due(life, deadlines)
    due_by_now = ("dispatch_due", "handle_due", "verify_due", "close_due")
    return [row for row in rows if row["basis"] not in due_by_now or row["at"] <= known_at]


def _dispatch_due(life: Life, accepted: Step, deadlines: Deadlines) -> list[dict[str, Any]]:
    """Return the first dispatch; who was withdrawn before had none to make."""
    sent = life.first(A.DISPATCH)
    limit = deadlines.stages.get(Clock.DISPATCH)
    if limit is None or (sent is None and life.state in _WITHDRAWN):
        return []
    due = clocks.due_at(limit, accepted.at, deadlines.calendar)
    back = next(
        (s for s in life.steps if s.action in {A.RETURN, A.DISPATCH} and s is not sent), None
    )
    return [
        _row(
            life, "dispatch_due", due, sent.actor if sent else None,
            on_time=sent is not None and sent.at <= due,
            accurate=sent is not None and (back is None or back.action is not A.RETURN),
        )
    ]  # fmt: skip


def _dispatches(
    life: Life, terms: Terms, deadlines: Deadlines, known_at: datetime
) -> list[dict[str, Any]]:
    """Return each time that a case was given to a unit: did it come back, was it signed for."""
    rows: list[dict[str, Any]] = []
    no_reporter = life.row["event_id"] is None and life.row["alert_id"] is not None
    for n, sent in enumerate(life.steps):
        if sent.action is not A.DISPATCH:
            continue
        after = life.steps[n + 1 :]
        stretch = after[: next((k for k, s in enumerate(after) if s.action is A.DISPATCH), None)]
        start = next((step for step in stretch if step.action is A.START), None)
        due = clocks.due_at(terms.response, sent.at, deadlines.calendar)
        rows.append(
            _row(
                life, "dispatched", sent.at, None, unit=sent.unit,
                returned=any(step.action is A.RETURN for step in stretch),
                answered=start is not None and start.at <= due,
                answer_open=start is None and due > known_at,
                no_reporter=no_reporter,
            )
        )  # fmt: skip
    return rows


def _handle_due(life: Life, deadlines: Deadlines, known_at: datetime) -> list[dict[str, Any]]:
    due = _due(life, Clock.HANDLE, deadlines)
    if due is None:
        return []
    resolved = life.last(A.RESOLVE)
    done = life.state in _HANDLED and resolved is not None
    who = life.last(A.RESOLVE, A.START)
    return [
        _row(
            life, "handle_due", due, who.actor if who else None, done=done,
            on_time=done and resolved is not None and resolved.at <= due,
            late_waiting=not done and due < known_at, extended=life.extensions > 0,
            supervised=life.supervised, exempt=life.exempt,
        )
    ]  # fmt: skip


def _close_due(life: Life, deadlines: Deadlines) -> list[dict[str, Any]]:
    due = _due(life, Clock.CASE, deadlines)
    if due is None:
        return []
    closed = life.steps[-1] if life.state is S.CLOSED else None
    return [
        _row(
            life, "close_due", due, None, done=closed is not None,
            on_time=closed is not None and closed.at <= due,
            reworked=life.first(A.SEND_BACK) is not None, exempt=life.exempt,
        )
    ]  # fmt: skip


def _verify_due(life: Life, deadlines: Deadlines) -> list[dict[str, Any]]:
    """Each check that the unit's word asked for: its clock begins anew with each."""
    limit = deadlines.stages.get(Clock.VERIFY)
    rows: list[dict[str, Any]] = []
    for n, step in enumerate(life.steps):
        if step.action is not A.RESOLVE or limit is None:
            continue
        due = clocks.due_at(limit, step.at, deadlines.calendar)
        checked = life.steps[n + 1] if n + 1 < len(life.steps) else None
        rows.append(
            _row(
                life, "verify_due", due, checked.actor if checked else None,
                on_time=checked is not None and checked.at <= due,
            )
        )  # fmt: skip
    return rows


def _call(life: Life, call: Mapping[Hashable, Any], terms: Terms) -> dict[str, Any]:
    return _row(
        life, "called", call["called_at"], None, solved=bool(call["solved"]),
        content=call["satisfaction"] >= terms.content_from, on_hold=life.state is S.ON_HOLD,
        withdrawn=life.state in {S.REJECTED, S.CANCELLED},
    )  # fmt: skip


def _due(
    life: Life, clock: Clock, deadlines: Deadlines, *, until: datetime | None = None
) -> datetime | None:
    """Return when a clock is or was due; None without a limit, or while it is paused.

    `until`: count what the clock ran up to a moment alone (an unmerged case waits once more).
    """
    runs, paused = life.runs(clock)
    if clock is Clock.CASE:
        runs = [*life.lent, *runs]
    if until is not None:
        runs = [run for run in runs if run[0] < until]
    if not runs or paused:
        return None
    limit = deadlines.limit_of(clock, _limit(life))
    if limit is None:
        return None
    gaps: list[clocks.Pause] = [
        (ended, begun) for (_, ended), (begun, _) in pairwise(runs)
        if ended is not None and begun > ended
    ]  # fmt: skip
    return clocks.due_at(limit, runs[0][0], deadlines.calendar, pauses=gaps)


def _limit(life: Life) -> Limit | None:
    """Return the case's limit with its extensions: each adds the original once more."""
    amount, unit = life.row["limit_amount"], life.row["limit_unit"]
    if amount is None or unit is None or amount != amount:
        return None
    return Limit(float(amount) * (1 + life.extensions), LimitUnit(unit))


def _row(
    life: Life,
    basis: str,
    at: datetime,
    person: str | None,
    *,
    unit: str | None = None,
    **flags: bool,
) -> dict[str, Any]:
    """Make one occasion; without a `unit` of its own that of the last dispatch answers for it."""
    sent = life.last(A.DISPATCH)
    return {
        "basis": basis,
        "at": at,
        "case_id": life.id,
        "area_path": life.row["area_path"],
        "unit_code": unit or (sent.unit if sent else life.steps[0].unit),
        "category": life.row["category"],
        "person": person,
        **flags,
    }
