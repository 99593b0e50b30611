"""The escalation of a case: who is to act in each state, and who hears of time running out.

Called with every step of a case, in the same transaction; and by the clock.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from govdash.core.vocab import CaseAction, CaseState, Clock, Party
from govdash.store import Session, cases
from govdash.store import escalations as rows
from govdash.store.models import Case, ClockInterval, Escalation
from govdash.taxonomy import Limit
from govdash.workflow import clocks, timing
from govdash.workflow.deadlines import Deadlines, in_force
from govdash.workflow.flow import CASE_FLOW, STAGE
from govdash.workflow.notify import chains, planning, wording
from govdash.workflow.notify.chains import Chain, ChainStep
from govdash.workflow.notify.targets import People, Recipient

_AGAIN: Final = "again"
#: Marks of the whole case outlive its states; those of a stage do not.
_WHOLE: Final = "case_"
#: At the very moment of its deadline a case is not late yet.
_PAST: Final = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Mark:
    """One step of the chain on this case: its name, and when it is due."""

    name: str
    step: ChainStep
    due: datetime


def stepped(
    session: Session,
    case: Case,
    action: CaseAction | None,
    came_from: CaseState | None,
    *,
    at: datetime,
) -> None:
    """Begin, end or move on the escalation of a case after one of its steps, and tell of it."""
    kept = rows.of_case(session, case.id)
    standing = f"{case.state.value}|{case.unit_code or ''}"
    if kept is None:
        kept = Escalation(case_id=case.id, episode=0, standing="", told=[], gap="")
    anew = kept.ended_at is not None or kept.standing != standing
    if anew:
        kept.episode += 1
        kept.told = [mark for mark in kept.told if mark.startswith(_WHOLE)]
        kept.started_at, kept.standing = at, standing
    kept.chain, kept.why, kept.ended_at = chains.CASE, f"案件{case.state.label}", None
    rows.add(session, kept)
    people = People(session, parties=_parties(action, came_from))
    if case.state in STAGE:
        advance(session, kept, case, people, at=at)
        return
    kept.ended_at, kept.next_at, kept.gap = at, None, ""
    for step in chain_of(kept).steps:
        if anew and step.when == "entered":
            _tell(session, kept, case, people.of(step, case), people, moment="ended", at=at)
    session.flush()


def say(session: Session, case: Case, moment: str, number: int, *, at: datetime) -> None:
    """Tell whoever has a case that it is urged, watched or let go (a mark of this `number`)."""
    kept = rows.of_case(session, case.id)
    if kept is None:
        return
    people = People(session)
    step = ChainStep(when="entered", to=("responsible",), by=("inbox", "email"))
    recipients = people.of(step, case)
    _tell(session, kept, case, recipients, people, moment=moment, at=at, mark=f"{moment}-{number}")


def _parties(action: CaseAction | None, came_from: CaseState | None) -> tuple[Party, ...]:
    """Return whom the table tells of a step; of a new case those who accept it."""
    if action is None or came_from is None:
        return (Party.DUTY,)
    step = CASE_FLOW.get((came_from, action))
    return step.tells if step else ()


def _tell(
    session: Session,
    kept: Escalation,
    case: Case,
    recipients: Sequence[Recipient],
    people: People,
    *,
    moment: str,
    at: datetime,
    mark: str = "",
) -> None:
    planning.tell_case(
        session, kept, case, recipients, people,
        moment=moment, mark=mark or moment, why=wording.CASE_MOMENTS[moment],
        due_at=at, at=at, deadlines=in_force(),
    )  # fmt: skip


def adopt(session: Session, case: Case, *, at: datetime) -> None:
    """Begin the escalation of an open case that has none; what lies behind counts as told."""
    kept = rows.of_case(session, case.id)
    if case.state not in STAGE:
        return
    if kept is None:
        kept = Escalation(case_id=case.id, episode=0, standing="", told=[], gap="")
    kept.episode += 1
    kept.chain, kept.why, kept.ended_at = chains.CASE, f"案件{case.state.label}", None
    kept.started_at, kept.standing = at, f"{case.state.value}|{case.unit_code or ''}"
    deadlines = in_force()
    marks = _marks(session, kept, case, at=at, deadlines=deadlines)
    kept.told = [mark.name for mark in marks if mark.due <= at]
    rows.add(session, kept)
    advance(session, kept, case, People(session), at=at, deadlines=deadlines)


def advance(
    session: Session,
    escalation: Escalation,
    case: Case,
    people: People,
    *,
    at: datetime,
    deadlines: Deadlines | None = None,
) -> int:
    """Tell what is due; whoever hears of several things at once hears the gravest alone."""
    counted = deadlines or in_force()
    marks = _marks(session, escalation, case, at=at, deadlines=counted)
    due = [m for m in marks if m.due <= at and m.name not in escalation.told]
    reached: set[tuple[str, str]] = set()
    new = 0
    past = {m.step.when for m in marks if m.due <= at}
    for mark in reversed(due):  # in the order of the chain: the gravest stands last
        if mark.step.when.replace("amber", "red") in past - {mark.step.when}:
            continue  # near is no news once it is late
        recipients = people.of(mark.step, case)
        fresh = [one for one in recipients if (one.login, one.channel) not in reached]
        reached |= {(one.login, one.channel) for one in fresh}
        new += planning.tell_case(
            session, escalation, case, fresh, people,
            moment=mark.step.when, mark=mark.name,
            why=_why(mark, case),
            due_at=mark.due, at=at, deadlines=counted,
        )  # fmt: skip
    if due:
        escalation.told = [*escalation.told, *(mark.name for mark in due)]
        gravest = due[-1].step
        if gravest.when != "entered":  # the table need not tell anybody of a step
            found = bool(people.of(gravest, case))
            escalation.gap = "" if found else f"没有人可以通知：{people.words(gravest)}"
        escalation.next_at = None  # the repeating begins after what was told now
    ahead = [mark.due for mark in marks if mark.due > at and mark.name not in escalation.told]
    if ahead:
        escalation.next_at = min(ahead)
        session.flush()
        return new
    return new + _again(session, escalation, case, people, at=at, deadlines=counted)


def _again(
    session: Session,
    escalation: Escalation,
    case: Case,
    people: People,
    *,
    at: datetime,
    deadlines: Deadlines,
) -> int:
    """Repeat the last step of the chain while the case stays open; not while it is on hold."""
    chain = chain_of(escalation)
    repeat, step = chain.again(None), chain.steps[-1]
    assert repeat is not None  # noqa: S101  # nosec B101 # a chain without one is not loaded
    n = sum(mark.startswith(f"{_AGAIN}-") for mark in escalation.told)
    due = escalation.next_at if _AGAIN in escalation.told else None
    new = 0
    if due is not None and due <= at:
        new = planning.tell_case(
            session, escalation, case, people.of(step, case), people,
            moment=_AGAIN, mark=f"{_AGAIN}-{n + 1}", why=wording.CASE_MOMENTS[_AGAIN],
            due_at=due, at=at, deadlines=deadlines,
        )  # fmt: skip
        escalation.told = [*escalation.told, f"{_AGAIN}-{n + 1}"]
    if due is None or due <= at:
        if _AGAIN not in escalation.told:
            escalation.told = [*escalation.told, _AGAIN]
        paused = any(not one.running and one.ended_at is None for one in _ledger(session, case))
        escalation.next_at = None if paused else clocks.due_at(repeat, at, deadlines.calendar)
    session.flush()
    return new


def chain_of(escalation: Escalation) -> Chain:
    """Return the chain of a case's escalation."""
    known = chains.in_force()
    chain = known.get(escalation.chain)
    return chain if chain is not None and chain.about == "case" else known[chains.CASE]


def _marks(
    session: Session,
    escalation: Escalation,
    case: Case,
    *,
    at: datetime,
    deadlines: Deadlines,
) -> list[Mark]:
    """Return the steps of the chain that have a moment on the clocks as they run now."""
    ledger = _ledger(session, case)
    found: list[Mark] = []
    for step in chain_of(escalation).steps:
        moment = _moment(step, escalation, case, ledger, at=at, deadlines=deadlines)
        if moment is None:
            continue
        name, due = moment
        if (wait := step.wait(None)) is not None:
            due = clocks.due_at(wait, due, deadlines.calendar)
        found.append(Mark(f"{name}+{wait or 0}", step, due))
    return found


def _moment(
    step: ChainStep,
    escalation: Escalation,
    case: Case,
    ledger: Sequence[ClockInterval],
    *,
    at: datetime,
    deadlines: Deadlines,
) -> tuple[str, datetime] | None:
    """Return the name and the moment of a step; None while its clock has no limit or stands."""
    if step.when == "entered":
        return "entered", escalation.started_at
    clock = STAGE[case.state] if step.when.startswith("stage") else Clock.CASE
    if not any(interval.clock is clock for interval in ledger):
        return None
    reading = timing.read(ledger, clock, at=at, calendar=deadlines.calendar)
    if reading.limit is None or reading.due_at is None:
        return None
    due = reading.due_at + _PAST
    if step.when.endswith("amber"):
        due = _amber(reading, reading.limit, at=at, deadlines=deadlines)
    return f"{step.when}@{reading.limit}", due


def _amber(
    reading: timing.Reading, limit: Limit, *, at: datetime, deadlines: Deadlines
) -> datetime:
    """Return when the share of yellow is or was used, counted from what is used at a moment."""
    share = Limit(limit.amount * clocks.YELLOW_FROM, limit.unit)
    left = clocks.length(share, deadlines.calendar) - timedelta(seconds=reading.elapsed_seconds)
    if left <= timedelta():
        return at
    hours = Limit(left / clocks.length(Limit(1, limit.unit), deadlines.calendar), limit.unit)
    return clocks.due_at(hours, at, deadlines.calendar)


def _ledger(session: Session, case: Case) -> Sequence[ClockInterval]:
    return cases.ledger(session, case.id)


def _why(mark: Mark, case: Case) -> str:
    """Say why a mark is told: the state that was reached, or the limit that is or was used."""
    if mark.step.when == "entered":
        return f"案件走到“{case.state.label}”"
    limit = mark.name.partition("@")[2].partition("+")[0]
    later = f"，又过了 {mark.step.wait(None)}" if mark.step.wait(None) else ""
    return f"{wording.CASE_MOMENTS[mark.step.when]}，时限 {limit}{later}"
