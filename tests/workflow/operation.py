"""Two years of a city's work on its cases, at random from a seed: people and the worker."""

import heapq
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np

from govdash.access import User
from govdash.core.errors import GovDashError
from govdash.core.vocab import Asked, CaseState, Disposition, WhyNot
from govdash.core.vocab import CaseAction as A
from govdash.core.vocab import CaseState as S
from govdash.store import Session, Store, casework
from govdash.store.models import Case
from govdash.taxonomy import parse_limit
from govdash.workflow import asking, cases, feedback, supervision
from govdash.workflow.flow import CASE_FLOW
from govdash.workflow.forms import NewCase, StepForm

START = datetime(2024, 3, 1, 8, tzinfo=ZoneInfo("Asia/Shanghai"))
DAYS = 730
LIMITS = [parse_limit(text) for text in ("2紧急工作时", "4工作时", "1工作日", "3工作日", "7自然日")]
UNITS = ("U-STREET", "U-DIST", "U-CITY", None)
WORKER_EVERY = timedelta(days=3)  # seldom: that must not matter
AT_ONCE = 100  # actions in one transaction; each has a savepoint of its own
#: How often each action is tried where it is possible; what is not named, once.
WEIGHT = {
    A.ACCEPT: 20, A.DISPATCH: 20, A.START: 20, A.RESOLVE: 9, A.VERIFY: 9, A.CLOSE: 20,
    A.RESUME: 2, A.HOLD: 1, A.UNMERGE: 1, A.REOPEN: 1, A.REOPEN_UNSOLVED: 1,
}  # fmt: skip


@dataclass
class Operation:
    """Plays the city: `people` take turns, so that nobody decides their own request."""

    store: Store
    people: tuple[User, User, User]
    category: str
    area: str
    seed: int

    def run(self, n_cases: int) -> datetime:
        """Open `n_cases` over two years and work on them; return the last moment."""
        rng = np.random.default_rng(self.seed)
        openings = np.sort(rng.uniform(0, DAYS, n_cases))
        agenda = [(START + timedelta(days=float(d)), n, 0) for n, d in enumerate(openings)]
        heapq.heapify(agenda)
        self.rng, self.n, self.worker_at = rng, n_cases, START
        end = START + timedelta(days=DAYS)
        while agenda and agenda[0][0] < end:
            with self.store.write() as session:
                for _ in range(AT_ONCE):
                    if not agenda or agenda[0][0] >= end:
                        break
                    at, _, case_id = heapq.heappop(agenda)
                    at = at.replace(microsecond=0)
                    self._worker(session, at)
                    case_id = case_id or self._open(session, at)
                    if (wait := self._act(session, case_id, at)) is not None:
                        self.n += 1
                        heapq.heappush(agenda, (at + wait, self.n, case_id))
        return end

    def _worker(self, session: Session, at: datetime) -> None:
        if at >= self.worker_at:
            cases.resume_due(session, at=at)
            self.worker_at = at + WORKER_EVERY

    def _open(self, session: Session, at: datetime) -> int:
        rng = self.rng
        new = NewCase(
            title="案件", category=self.category, area_path=self.area,
            limit=LIMITS[rng.integers(len(LIMITS))], unit_code=UNITS[rng.integers(len(UNITS))],
        )  # fmt: skip
        return cases.open_case(session, new, actor=self.people[0], at=at).id

    def _act(self, session: Session, case_id: int, at: datetime) -> timedelta | None:
        """Do one thing with a case, possible or not; return when somebody looks again."""
        rng, actor = self.rng, self.people[self.rng.integers(3)]
        case = session.get_one(Case, case_id)
        point = session.begin_nested()
        try:
            self._one(session, case, actor, at)
            session.flush()
        except GovDashError:
            point.rollback()
        else:
            point.commit()
        session.expire_all()
        state = session.get_one(Case, case_id).state
        if state in {S.REJECTED, S.CANCELLED}:
            return None
        if state in {S.CLOSED, S.MERGED}:
            return timedelta(days=float(rng.uniform(1, 9))) if rng.random() < 0.7 else None
        return timedelta(hours=float(rng.exponential(2 if rng.random() < 0.85 else 60)))

    def _one(self, session: Session, case: Case, actor: User, at: datetime) -> None:
        rng, luck = self.rng, self.rng.random()
        if case.state is S.CLOSED:  # then people look back
            luck = luck * 0.5 if luck < 0.3 else luck
        if luck < 0.04:
            asking.ask(
                session, case.id, list(Asked)[rng.integers(2)], reason="等待配件到货", actor=actor,
                at=at,
            )  # fmt: skip
        elif luck < 0.10:
            self._decide(session, case, actor, at)
        elif luck < 0.12:
            supervision.urge(session, case.id, reason="", actor=actor, at=at)
        elif luck < 0.13:
            due = at + timedelta(days=1)
            supervision.supervise(session, case.id, reason="批示", due_at=due, actor=actor, at=at)
        elif luck < 0.20 or (case.state in {S.CLOSED, S.MERGED} and luck < 0.8):
            solved = bool(rng.random() < 0.8)
            feedback.record(
                session, case.id, solved=solved, satisfaction=int(rng.integers(1, 6)), note="",
                reason=None if solved else WhyNot.AGAIN, reopen=not solved and rng.random() < 0.5,
                actor=actor, at=at,
            )  # fmt: skip
        elif luck < 0.24:
            action = list(A)[rng.integers(len(A))]  # whatever: most are refused
            self._step(session, case, action, actor, at)
        else:
            possible = [action for state, action in CASE_FLOW if state is case.state]
            weights = np.array([WEIGHT.get(action, 1) for action in possible], float)
            if possible:
                action = possible[rng.choice(len(possible), p=weights / weights.sum())]
                self._step(session, case, action, actor, at)

    def _step(self, session: Session, case: Case, action: A, actor: User, at: datetime) -> None:
        rng = self.rng
        form = StepForm(
            note="说明", unit_code=UNITS[rng.integers(3)], register_condition="属实",
            result="已处置", close_condition="已恢复", disposition=Disposition.REAL_ACTED,
            handler="甲", verifier="乙",
            until=at + timedelta(days=float(rng.uniform(0.1, 40))),
        )  # fmt: skip
        if action is A.MERGE:
            others = casework_open(session, case.id)
            form = replace(form, leading=others[rng.integers(len(others))] if others else case.id)
        when = at - timedelta(hours=3) if rng.random() < 0.02 else at  # some come late
        cases.take_step(session, case.id, action, actor=actor, at=when, form=form)

    def _decide(self, session: Session, case: Case, actor: User, at: datetime) -> None:
        waiting = casework.requests(session, actor.scope, case_id=case.id, undecided=True)
        for request in waiting["id"]:
            asking.decide(
                session, int(request), grant=bool(self.rng.random() < 0.8), note="情况属实",
                actor=actor, at=at,
            )  # fmt: skip


def casework_open(session: Session, but: int) -> list[int]:
    """Return some open cases that another could be merged into."""
    rows = session.query(Case.id).filter(
        Case.state.in_([S.RECEIVED, S.ACCEPTED, S.DISPATCHED, S.IN_PROGRESS, CaseState.RETURNED]),
        Case.id != but,
    )
    return [row[0] for row in rows.order_by(Case.id.desc()).limit(6)]
