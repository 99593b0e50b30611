"""The escalation of an alert: it begins when the alert waits for somebody, and ends when not.

Called with every step of an alert's log, in the same transaction; and by the clock.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from govdash.core.vocab import Handling, NoticeState, Signal
from govdash.store import Session, rules
from govdash.store import escalations as rows
from govdash.store.models import Alert, Escalation
from govdash.workflow import clocks
from govdash.workflow.deadlines import Deadlines, in_force
from govdash.workflow.notify import chains, planning, wording
from govdash.workflow.notify.chains import Chain, ChainStep
from govdash.workflow.notify.config import HOOK
from govdash.workflow.notify.targets import People, Recipient

#: Steps of the log with which an alert waits anew, whatever was told before.
_ANEW: Final = frozenset({"raise", "reopen", "regress", "expire", "release"})
_TOLD: Final = frozenset({NoticeState.SENT, NoticeState.SUPPRESSED})


def waits(alert: Alert) -> bool:
    """Whether an alert waits for somebody: what has cleared does only when it is severe."""
    if alert.handling is not Handling.NEW or alert.signal is Signal.PENDING:
        return False
    unseen = alert.level.is_severe and alert.handled_at is None
    return alert.signal is not Signal.CLEARED or unseen


def stepped(session: Session, alert: Alert, did: str, *, at: datetime) -> None:
    """Begin, end or leave the escalation of an alert after a step of its log."""
    kept = rows.of_alert(session, alert.id)
    if waits(alert):
        worse = kept is not None and kept.level is not None and alert.level.rank < kept.level.rank
        if kept is None or kept.ended_at is not None or did in _ANEW or worse:
            begin(session, alert, kept, did, at=at)
    elif kept is not None and kept.ended_at is None:
        kept.ended_at, kept.next_at = at, None
    if kept is not None and alert.signal is Signal.CLEARED and alert.cleared_at == at:
        _tell_cleared(session, kept, alert, at=at)
    session.flush()


def begin(
    session: Session, alert: Alert, kept: Escalation | None, did: str, *, at: datetime
) -> None:
    """Begin the escalation of an alert anew, and take its first step."""
    rule = rules.get(session, alert.rule_code, alert.rule_version)
    named = str((rule.parameters if rule else {}).get("escalation") or chains.ALERT)
    why = wording.WAITS.get(did if kept else "raise", wording.WAITS["raise"])
    if kept is None:
        kept = Escalation(alert_id=alert.id, episode=0, standing="", gap="")
    kept.episode += 1
    kept.chain = named
    kept.level, kept.why = alert.level, why
    kept.started_at, kept.told, kept.next_at, kept.ended_at, kept.gap = at, [], at, None, ""
    rows.add(session, kept)
    advance(session, kept, alert, People(session), at=at)


def adopt(session: Session, alert: Alert, *, at: datetime) -> None:
    """Begin the escalation of an alert that has none: it was there before there were any.

    The first step counts as taken.
    """
    kept = rows.of_alert(session, alert.id)
    if not waits(alert):
        return
    if kept is None:
        kept = Escalation(alert_id=alert.id, episode=0, standing="", gap="")
    kept.episode += 1
    kept.chain, kept.level, kept.why = chains.ALERT, alert.level, wording.WAITS["adopt"]
    kept.started_at, kept.told, kept.ended_at, kept.gap = at, ["step-0"], None, ""
    kept.next_at = at
    rows.add(session, kept)
    advance(session, kept, alert, People(session), at=at)


def advance(
    session: Session,
    escalation: Escalation,
    alert: Alert,
    people: People,
    *,
    at: datetime,
    deadlines: Deadlines | None = None,
) -> int:
    """Take the steps that are due; a step that reaches nobody hands on to the next at once."""
    counted = deadlines or in_force()
    chain = chain_of(escalation)
    new, handed_on = 0, False
    steps = [(n, step) for n, step in enumerate(chain.steps) if step.applies(alert.level)]
    last = escalation.started_at
    for n, step in steps:
        mark = f"step-{n}"
        last = due = _after(step, escalation, alert, counted)
        if mark in escalation.told:
            continue
        if due > at and not handed_on:
            escalation.next_at = due
            return new
        told, found = _take(
            session, escalation, alert, step, people,
            n=n, due_at=min(due, at), at=at,
        )  # fmt: skip
        new += told
        handed_on = not found
        escalation.told = [*escalation.told, mark]
        _note_gap(escalation, people, step, found=found)
    return new + _again(
        session, escalation, alert, steps[-1][1], people, last=last, at=at, deadlines=counted
    )


def heard_elsewhere(leader: Alert | None, login: str, channel: str, people: People) -> bool:
    """Whether a recipient hears of the leader of a group, and need not hear of its members."""
    if leader is None:
        return False
    if not login:
        hooks = {HOOK + hook.code: hook for hook in people.known.hooks}
        return channel in hooks and hooks[channel].takes(leader.area_path)
    person = people.audience.people.get(login)
    return person is not None and person.sees(leader.area_path)


def chain_of(escalation: Escalation) -> Chain:
    """Return the chain of an alert's escalation; one that is gone is replaced by the usual."""
    known = chains.in_force()
    chain = known.get(escalation.chain)
    return chain if chain is not None and chain.about == "alert" else known[chains.ALERT]


def _take(
    session: Session,
    escalation: Escalation,
    alert: Alert,
    step: ChainStep,
    people: People,
    *,
    n: int,
    due_at: datetime,
    at: datetime,
) -> tuple[int, bool]:
    recipients = people.of(_routed(session, alert, step) if n == 0 else step, alert)
    fresh = _unheard(session, alert, recipients, people)
    waited = "" if n == 0 else f"；至今无人处理，升级到第 {n + 1} 步"
    new = planning.tell_alert(
        session, escalation, alert, fresh,
        mark=f"step-{n}", why=escalation.why + waited, topic=planning.STEP,
        due_at=due_at, at=at,
    )  # fmt: skip
    return new, bool(recipients)


def _again(
    session: Session,
    escalation: Escalation,
    alert: Alert,
    step: ChainStep,
    people: People,
    *,
    last: datetime,
    at: datetime,
    deadlines: Deadlines,
) -> int:
    """Repeat the last step, however often, until somebody does something."""
    repeat = chain_of(escalation).again(alert.level)
    assert repeat is not None  # noqa: S101  # nosec B101 # a chain without one is not loaded
    n = sum(mark.startswith("again-") for mark in escalation.told)
    due = escalation.next_at if n or "again" in escalation.told else None
    if due is None:  # all steps were taken just now: the first repeat lies ahead
        escalation.told = [*escalation.told, "again"]
        start = max(last, escalation.started_at)
        escalation.next_at = clocks.due_at(repeat, max(start, at), deadlines.calendar)
        return 0
    if due > at:
        return 0
    recipients = people.of(step, alert)
    new = planning.tell_alert(
        session, escalation, alert, _unheard(session, alert, recipients, people),
        mark=f"again-{n + 1}", why=f"{escalation.why}；升级链已走完，仍无人处理，再次提醒",
        topic=planning.STEP, due_at=due, at=at,
    )  # fmt: skip
    escalation.told = [*escalation.told, f"again-{n + 1}"]
    escalation.next_at = clocks.due_at(repeat, at, deadlines.calendar)
    _note_gap(escalation, people, step, found=bool(recipients))
    return new


def _unheard(
    session: Session, alert: Alert, recipients: Sequence[Recipient], people: People
) -> list[Recipient]:
    """Leave out who hears of the leader of the alert's group."""
    leader = rows.leader_of(session, alert)
    return [
        one for one in recipients if not heard_elsewhere(leader, one.login, one.channel, people)
    ]


def _after(step: ChainStep, escalation: Escalation, alert: Alert, deadlines: Deadlines) -> datetime:
    wait = step.wait(alert.level)
    if wait is None:
        return escalation.started_at
    return clocks.due_at(wait, escalation.started_at, deadlines.calendar)


def _routed(session: Session, alert: Alert, step: ChainStep) -> ChainStep:
    """Return the first step as the rule routes it: to others than the chain says, if it does."""
    rule = rules.get(session, alert.rule_code, alert.rule_version)
    route = tuple((rule.parameters if rule else {}).get("route") or ())
    return step.model_copy(update={"to": route}) if route else step


def _note_gap(escalation: Escalation, people: People, step: ChainStep, *, found: bool) -> None:
    escalation.gap = "" if found else f"没有人可以通知：{people.words(step)}"


def _tell_cleared(session: Session, escalation: Escalation, alert: Alert, *, at: datetime) -> None:
    """Say that it is over to whoever was told that it began, or was not told for a silence."""
    told = [
        row
        for row in rows.told_of(session, alert.id)
        if row.topic == planning.STEP and row.episode == escalation.episode and row.state in _TOLD
    ]
    recipients = {
        (row.recipient, row.channel): Recipient(row.recipient, row.channel, row.target)
        for row in told
    }
    planning.tell_alert(
        session, escalation, alert, recipients.values(),
        mark=f"cleared-{at:%Y%m%d%H%M%S}", why="已消退", topic=planning.CLEARED,
        due_at=at, at=at,
    )  # fmt: skip
