"""Turns that cases of the demo city take beside their road: doubles, more time, marks, files."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

import numpy as np

from govdash.access import SYSTEM, User
from govdash.core.vocab import CASE_ENDS, Asked, CaseAction, Mark, Mute, Shown
from govdash.demo.agenda import Action, Agenda
from govdash.demo.pictures import picture
from govdash.store import Session, cases, casework, evidence
from govdash.store.models import Case
from govdash.workflow import asking, attachments, supervision
from govdash.workflow import cases as work
from govdash.workflow.forms import NewCase
from govdash.workflow.notify import muting

#: How often each turn is taken, of the cases that come to where it begins.
_DOUBLED, _EXTENDED, _APPEALED, _SHOWN = 0.07, 0.1, 0.5, 0.4
_GRANTED: Final = 0.75
#: A second report lies some metres from the first: within the city's distance for doubles.
_ASIDE: Final = 0.00015  # degrees
#: What cases with pictures are called: something lies about, and is gone afterwards.
_PICTURED: Final = ("垃圾", "渣土", "堆放", "不洁")


class Turns:
    """Puts turns on the agenda as cases come to where they begin."""

    def __init__(
        self,
        agenda: Agenda,
        phrases: Mapping[str, Any],
        rng: np.random.Generator,
        staff: Mapping[str, User],
        folder: Path,
    ) -> None:
        self.opened = 0
        self._agenda, self._phrases, self._rng = agenda, phrases, rng
        self._staff, self._folder = staff, folder

    def after(
        self,
        session: Session,
        case: Case,
        action: CaseAction | None,
        *,
        lingers: bool,
        at: datetime,
    ) -> None:
        """Take the turns that begin with a step of a case; None is its registration.

        For one that `lingers` nobody goes on from here: its unit asks for more time.
        """
        if action is None and self._rng.random() < _DOUBLED:
            self._double(case, at)
        elif action is CaseAction.START:
            if self._rng.random() < _EXTENDED or lingers:
                left = lingers and case.id % 2 == 0  # some of these wait for a decision too
                self._ask(session, case, Asked.EXTENSION, at, decided=not left)
            self._watch(case)
        elif action is CaseAction.RESOLVE and any(word in case.title for word in _PICTURED):
            again = evidence.n_files(session, case.id) > 0  # the first try was sent back
            if not again and self._rng.random() < _SHOWN:
                self._show(session, case, at)
        elif action is CaseAction.CLOSE and self._rng.random() < _APPEALED:
            self._ask(session, case, Asked.APPEAL, at, decided=True)

    def plan_activities(self, session: Session, *, district: str, street: str) -> None:
        """Put a planned event, a maintenance and a silence into the calendar of the city."""
        end, day = self._agenda.end, timedelta(days=1)
        for mute in (
            muting.NewMute(
                kind=Mute.PLANNED, starts_at=end + 2 * day, ends_at=end + 3 * day,
                reason="赛事已报备，沿线人流、停车增加", name="城市半程马拉松", area_path=district,
            ),
            muting.NewMute(
                kind=Mute.MAINTENANCE, starts_at=end - day / 4, ends_at=end + day / 4,
                reason="传感器固件升级，读数可能中断", name="物联设备升级", area_path=district,
                category="P-02",
            ),
            muting.NewMute(
                kind=Mute.SILENCE, starts_at=end - day / 8, ends_at=end + day,
                reason="夜间施工已获许可，噪声来件增多属预期", area_path=street, category="A-08",
            ),
        ):  # fmt: skip
            muting.add(session, mute, actor=self._staff["watch"], at=end)

    def _double(self, case: Case, at: datetime) -> None:
        """Have the same matter reported once more, and merged when it is registered."""
        first = case.id
        again = NewCase(
            title=f"再次反映：{case.title}"[:120],
            description=case.description,
            category=case.category,
            area_path=case.area_path,
            address=case.address,
            lon=None if case.lon is None else case.lon + _ASIDE,
            lat=case.lat,
            unit_code=case.unit_code,
            urgency=case.urgency,
        )

        def register(session: Session, when: datetime) -> None:
            leading = cases.get(session, first, SYSTEM.scope)
            if leading is not None and leading.state not in CASE_ENDS:
                actor = self._staff["register"]
                work.open_case(session, again, actor=actor, at=when, leading=first)
                self.opened += 1

        self._later(at, 0.3, 3.0, register)

    def _ask(
        self, session: Session, case: Case, kind: Asked, at: datetime, *, decided: bool
    ) -> None:
        if asking.refusal(session, case, kind, at=at):
            return
        reason = self._say("hold" if kind is Asked.EXTENSION else "appeal")
        asked = asking.ask(
            session, case.id, kind, reason=reason, actor=self._staff["handle"], at=at
        )
        if not decided:
            return
        number, case_id = asked.id, case.id
        grant = bool(self._rng.random() < _GRANTED)

        def decide(who: str) -> Action:
            def act(session: Session, when: datetime) -> None:
                waits = casework.requests_of(session, case_id, kind, states=casework.UNDECIDED)
                now = cases.get(session, case_id, SYSTEM.scope)
                if not waits or now is None:
                    return
                can = kind is Asked.APPEAL or now.state in asking.EXTENDABLE
                said = self._say("grant" if grant and can else "deny")
                actor = self._staff[who]
                asking.decide(session, number, grant=grant and can, note=said, actor=actor, at=when)

            return act

        self._later(at, 0.5, 5.0, decide("dispatch"))
        if kind is Asked.APPEAL:
            self._later(at, 6.0, 20.0, decide("watch"))

    def _watch(self, case: Case) -> None:
        """Have somebody look when a case is due: one that is late is urged, or watched."""
        if case.due_at is None:
            return
        case_id, urged = case.id, bool(self._rng.random() < 0.5)

        def look(session: Session, when: datetime) -> None:
            now = cases.get(session, case_id, SYSTEM.scope)
            known = casework.newest_mark(session, case_id, tuple(Mark))
            if now is None or now.state in CASE_ENDS or known is not None:
                return
            if now.due_at is None or now.due_at > when:  # on hold, or given more time
                return
            said: dict[str, Any] = {"actor": self._staff["watch"], "at": when}
            if urged:
                supervision.urge(session, case_id, reason=self._say("urge"), **said)
            else:
                due = when + timedelta(days=1)
                supervision.supervise(
                    session, case_id, reason=self._say("supervise"), due_at=due, **said
                )

        self._later(case.due_at, 0.5, 6.0, look)

    def _show(self, session: Session, case: Case, at: datetime) -> None:
        for shown in (Shown.BEFORE, Shown.AFTER):
            attachments.attach(
                session, self._folder, case.id, shown=shown, name=f"{shown.label}.jpg",
                content=picture(case.id, littered=shown is Shown.BEFORE),
                actor=self._staff["handle"], at=at,
            )  # fmt: skip

    def _later(self, at: datetime, low: float, high: float, action: Action) -> None:
        self._agenda.add(at + timedelta(hours=float(self._rng.uniform(low, high))), action)

    def _say(self, pool: str) -> str:
        said = self._phrases[pool]
        return str(said[int(self._rng.integers(len(said)))])
