"""Cases of the demo city: how each walks from registering to its end, at the pace of people."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from govdash.access import SYSTEM, User
from govdash.core.vocab import CaseAction, CaseState, Disposition, LimitUnit, Urgency, WhyNot
from govdash.demo.agenda import Agenda
from govdash.demo.turns import Turns
from govdash.store import Session, events
from govdash.store.event_rows import event_id
from govdash.store.models import Alert, Case
from govdash.workflow import cases, feedback, suggestion
from govdash.workflow.forms import NewCase, StepForm

A, S = CaseAction, CaseState

#: Who does each kind of step. They take part in the record and cannot sign in.
STAFF: Final = {
    "watch": "值班长 沈岚", "register": "受理员 何敏", "dispatch": "派遣员 陆川",
    "handle": "处置人员 石磊", "verify": "核查员 苏晴", "call": "回访员 白露",
}  # fmt: skip

#: Hours until somebody takes the usual next step, shortest and longest.
_PAUSE: Final = {
    S.RECEIVED: (0.05, 0.7), S.ACCEPTED: (0.05, 0.5), S.RETURNED: (0.3, 2.0),
    S.DISPATCHED: (0.1, 1.0), S.ON_HOLD: (20.0, 70.0), S.RESOLVED_CLAIMED: (0.2, 2.0),
    S.REWORK: (0.2, 1.5), S.VERIFIED: (0.05, 0.5),
}  # fmt: skip
_USUAL: Final = {
    S.RECEIVED: A.ACCEPT, S.ACCEPTED: A.DISPATCH, S.RETURNED: A.DISPATCH, S.DISPATCHED: A.START,
    S.IN_PROGRESS: A.RESOLVE, S.ON_HOLD: A.RESUME, S.RESOLVED_CLAIMED: A.VERIFY, S.REWORK: A.START,
    S.VERIFIED: A.CLOSE,
}  # fmt: skip
#: Hours on the wall that one of each limit unit lasts, roughly.
_HOURS: Final = {
    LimitUnit.URGENT_HOUR: 1.0, LimitUnit.WORK_HOUR: 1.1, LimitUnit.WORK_DAY: 18.0,
    LimitUnit.CALENDAR_DAY: 24.0,
}  # fmt: skip
#: How many of the newest cases are left waiting in each open state, so that every board has some.
_LEFT_IN_EACH: Final = 4
#: Reporters of cases that were closed before are nearly all called.
_CALLED_WITHIN: Final = timedelta(days=3)
_LONGEST_HOLD: Final = timedelta(days=30)
#: Why a citizen says that it is not solved.
WHY: Final = (WhyNot.PARTLY, WhyNot.AGAIN, WhyNot.NOT_DONE, WhyNot.ANSWER)
_OPENING, _CLOSING = 8, 21  # hours of the day in which cases that are not urgent move


@dataclass
class Fate:
    """What becomes of a case."""

    pace: float = 0.6  # share of the limit that handling takes
    end: CaseAction | None = None  # 不予立案 or 作废 instead of the usual way
    returns: int = 0
    reworks: int = 0
    holds: int = 0
    stops_in: CaseState | None = None  # nobody goes on from there
    hurried: bool = False
    late: bool = False  # handled after its deadline
    disposition: Disposition | None = None  # of the alert it came from


def people() -> Mapping[str, User]:
    """Return who does the work, by what they do; each may do everything everywhere."""
    return {
        role: User(f"demo.{role}", name, SYSTEM.permissions, SYSTEM.scope)
        for role, name in STAFF.items()
    }


class Casework:
    """Opens cases and puts their steps on the agenda."""

    def __init__(
        self,
        agenda: Agenda,
        phrases: Mapping[str, Any],
        rng: np.random.Generator,
        turns: Turns,
        *,
        zone: ZoneInfo,
    ) -> None:
        self.opened = 0
        self._turns = turns
        self._agenda, self._phrases, self._rng, self._zone = agenda, phrases, rng, zone
        self.staff = people()

    def plan(self, reports: pd.DataFrame) -> None:
        """Put the opening of a case for each report on the agenda, in the order of time."""
        open_states = list(_USUAL)
        fates = [self._fate() for _ in range(len(reports))]
        newest = range(len(reports) - _LEFT_IN_EACH * len(open_states), len(reports))
        for k, n in enumerate(i for i in newest if i >= 0):
            fates[n] = _stopping(open_states[k % len(open_states)])
        for fate, row in zip(fates, reports.to_dict("records"), strict=True):
            told = {str(name): value for name, value in row.items()}
            soon = timedelta(hours=float(self._rng.uniform(0.03, 0.5)))
            when = told["received_at"].to_pydatetime() + soon

            def opening(
                session: Session, when: datetime, told: dict[str, Any] = told, fate: Fate = fate
            ) -> None:
                self._open(session, when, told, fate)

            self._agenda.add(self._by_day(when, hurried=fate.hurried), opening)

    def open_from_alert(
        self, session: Session, alert: Alert, disposition: Disposition, when: datetime
    ) -> None:
        """Make a case from an alert as the form proposes it, and let it walk."""
        new = suggestion.suggest(session, alert, self.staff["watch"].scope)
        actor = self.staff["watch"]
        case = cases.open_from_alert(session, alert.id, new, actor=actor, at=when)
        self.opened += 1
        fate = self._fate()
        fate.end, fate.disposition = None, disposition
        self._go_on(case, fate, when)

    def _fate(self) -> Fate:
        rng = self._rng
        luck = rng.random()
        fate = Fate(
            pace=float(np.exp(rng.normal(-1.05, 0.5))),
            returns=int(rng.random() < 0.05),
            reworks=int(rng.random() < 0.07),
            holds=int(rng.random() < 0.04),
        )
        if luck < 0.03:
            fate.end = A.REJECT
        elif luck < 0.045:
            fate.end = A.CANCEL
        elif luck < 0.13:
            fate.pace *= 5.0  # these will be overdue
        elif luck < 0.155:
            fate.stops_in = S.IN_PROGRESS
        return fate

    def _open(self, session: Session, when: datetime, told: dict[str, Any], fate: Fate) -> None:
        """Open a case from a report as it stands in the store: masked."""
        id_ = event_id(told["source"], told["source_id"])
        event = events.get_event(session, id_, SYSTEM.scope)
        new = NewCase(
            title=event.title or event.text[:40],
            description=event.text,
            category=event.category,
            area_path=event.area_path,
            address=event.address,
            lon=event.lon,
            lat=event.lat,
            unit_code=event.unit_code,
            urgency=Urgency(event.urgency),
            event_id=id_,
        )
        case = cases.open_case(session, new, actor=self.staff["register"], at=when)
        self.opened += 1
        if fate.end is None:  # what others were merged into is not turned away
            self._turns.after(session, case, None, lingers=False, at=when)
        self._go_on(case, fate, when)

    def _go_on(self, case: Case, fate: Fate, when: datetime) -> None:
        """Put the next step of a case on the agenda."""
        id_, state = case.id, case.state
        old = self._agenda.end - when > _CALLED_WITHIN
        if state is S.CLOSED and self._rng.random() < (0.95 if old else 0.5):
            late = fate.late
            self._agenda.add(
                self._by_day(when + timedelta(hours=float(self._rng.uniform(3, 40)))),
                lambda session, at: self._call(session, at, id_, late=late),
            )
        action = _next(case, fate, when)
        if action is None or state is fate.stops_in:
            return
        low, high = _PAUSE.get(state, (0.2, 1.0))
        allowed = _allowed(case)
        haste = 1.0 if state is S.ON_HOLD else min(max(allowed / 12.0, 0.05), 1.0)
        hours = float(self._rng.uniform(low, high)) * haste
        if action is A.RESOLVE:
            hours = 0.05 + fate.pace * allowed
        if fate.hurried:
            hours = min(hours, 0.3)
        by_the_hour = case.limit_unit is LimitUnit.URGENT_HOUR  # its clock runs at night too
        urgent = case.urgency is not Urgency.NORMAL or fate.hurried or by_the_hour
        then = self._by_day(when + timedelta(hours=hours), hurried=urgent)

        def step(session: Session, at: datetime) -> None:
            form = self._form(action, fate, unit=case_unit, at=at)
            actor = self.staff[_WHO[action]]
            moved = cases.take_step(session, id_, action, actor=actor, at=at, form=form)
            _spend(fate, action)
            if action is A.RESOLVE:
                fate.late = moved.due_at is not None and at > moved.due_at
            lingers = moved.state is fate.stops_in
            self._turns.after(session, moved, action, lingers=lingers, at=at)
            self._go_on(moved, fate, at)

        case_unit = case.unit_code
        self._agenda.add(then, step)

    def _form(self, action: CaseAction, fate: Fate, *, unit: str | None, at: datetime) -> StepForm:
        say = self._say
        if action is A.ACCEPT:
            return StepForm(register_condition=say("register"))
        if action is A.DISPATCH:
            return StepForm(unit_code=unit)
        if action is A.RESOLVE:
            return StepForm(result=say("result"), handler=self.staff["handle"].name)
        if action is A.HOLD:
            return StepForm(note=say("hold"), until=at + _LONGEST_HOLD)
        if action is A.CLOSE:
            return StepForm(close_condition=say("close"), disposition=fate.disposition)
        return StepForm(note=say(action.value) if action.value in self._phrases else "")

    def _call(self, session: Session, at: datetime, case_id: int, *, late: bool) -> None:
        solved = bool(self._rng.random() < (0.78 if late else 0.93))
        spread = (0.25, 0.3, 0.25, 0.12, 0.08) if late else (0.52, 0.3, 0.11, 0.05, 0.02)
        satisfaction = int(self._rng.choice([5, 4, 3, 2, 1], p=spread)) if solved else 2
        reason = None if solved else WHY[case_id % len(WHY)]
        pool = "feedback_good" if satisfaction >= 4 else "feedback_bad"
        feedback.record(
            session, case_id, solved=solved, satisfaction=satisfaction, reason=reason,
            note=self._say(pool), actor=self.staff["call"],
            at=at,
        )  # fmt: skip

    def _say(self, pool: str) -> str:
        said: Sequence[str] = self._phrases[pool]
        return said[int(self._rng.integers(len(said)))]

    def _by_day(self, when: datetime, *, hurried: bool = False) -> datetime:
        """Move what falls into the night to the next morning."""
        local = when.astimezone(self._zone)
        if hurried or _OPENING <= local.hour < _CLOSING:
            return when
        day = local if local.hour < _OPENING else local + timedelta(days=1)
        morning = day.replace(hour=_OPENING, minute=0, second=0, microsecond=0)
        wait = timedelta(minutes=float(self._rng.uniform(1, 70)))
        return morning.astimezone(when.tzinfo) + wait


_WHO: Final = {
    A.ACCEPT: "register", A.REJECT: "register", A.DISPATCH: "dispatch", A.CANCEL: "dispatch",
    A.HOLD: "dispatch", A.RESUME: "dispatch", A.START: "handle", A.RETURN: "handle",
    A.RESOLVE: "handle", A.VERIFY: "verify", A.SEND_BACK: "verify", A.CLOSE: "watch",
}  # fmt: skip


def _next(case: Case, fate: Fate, when: datetime) -> CaseAction | None:
    """Return the next action of a case, None at its end."""
    state = case.state
    if state is S.RECEIVED and fate.end is A.REJECT:
        return A.REJECT
    if state is S.ACCEPTED and fate.end is A.CANCEL:
        return A.CANCEL
    if state is S.DISPATCHED and fate.returns:
        return A.RETURN
    margin = timedelta(hours=0.4 if fate.hurried else 2.0)  # who is overdue may not be put on hold
    overdue = case.due_at is not None and when + margin > case.due_at
    if state is S.IN_PROGRESS and fate.holds and not overdue:
        return A.HOLD
    if state is S.RESOLVED_CLAIMED and fate.reworks:
        return A.SEND_BACK
    return _USUAL.get(state)


def _allowed(case: Case) -> float:
    """Hours on the wall that the case's limit gives, roughly; a working day without one."""
    if case.limit_unit is None or case.limit_amount is None:
        return _HOURS[LimitUnit.WORK_DAY]
    return case.limit_amount * _HOURS[LimitUnit(case.limit_unit)]


def _spend(fate: Fate, action: CaseAction) -> None:
    """Count off a side step that was taken."""
    fate.returns -= action is A.RETURN
    fate.holds -= action is A.HOLD
    fate.reworks -= action is A.SEND_BACK


def _stopping(state: CaseState) -> Fate:
    """Return a fate that comes to `state` quickly and stays there."""
    return Fate(
        pace=0.05,
        returns=int(state is S.RETURNED),
        reworks=int(state is S.REWORK),
        holds=int(state is S.ON_HOLD),
        stops_in=state,
        hurried=True,
    )
