"""The machine's part of an alert (监测提示): raised, updated, faded; never what people wrote.

The machine writes level, evidence and signal; people write handling, disposition and note. Where
they meet, the reason is in the log: an acknowledged alert that gets worse or whose 签收 ran out,
and an ended one that is there again, are brought back to 待签收; what has cleared and needs nobody
is closed. A linked one stays with its case, which somebody is working on.
"""

import hashlib
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final
from zoneinfo import ZoneInfo

from govdash.access import SYSTEM
from govdash.core.filters import LOCAL_TZ
from govdash.core.vocab import Disposition, Handling, Level, Signal
from govdash.detect import Finding
from govdash.store import Session
from govdash.store import alerts as rows
from govdash.store.models import Alert
from govdash.workflow import alertlog
from govdash.workflow.naming import Names, day_number
from govdash.workflow.rules import Rule

_DAY: Final = timedelta(days=1)
_HOUR: Final = timedelta(hours=1)
#: Levels that are kept until somebody has looked, whatever becomes of the signal.
SEVERE: Final = tuple(level for level in Level if level.is_severe)
#: With these a person has said that the same again within the cool-down is no news.
_SETTLED: Final = (
    Disposition.EXPECTED_EVENT,
    Disposition.FALSE_ALARM,
    Disposition.DATA_ERROR,
    Disposition.DUPLICATE,
)
#: What is told of a finding in the log; the rest of the evidence moves with every late event.
_TOLD: Final = ("level", "window_first", "window_last", "observed")


class Outcome(StrEnum):
    """What a finding did."""

    RAISED = "raised"
    UPDATED = "updated"
    NOTED = "noted"  # on an alert that people have ended
    REGRESSED = "regressed"  # an ended alert is back
    SAME = "same"


def fingerprint(rule_code: str, category: str, area_path: str | None, direction: str) -> str:
    """Return what two findings share when they are the same matter."""
    told = "\x1f".join((rule_code, category, area_path or "", direction))
    return hashlib.blake2b(told.encode(), digest_size=16).hexdigest()


def raise_alert(
    session: Session,
    finding: Finding,
    rule: Rule,
    *,
    at: datetime,
    zone: ZoneInfo = LOCAL_TZ,
    names: Names | None = None,
) -> Alert:
    """Write a finding into the open alert of its fingerprint, or make a new alert.

    Any number of identical calls at once make one alert. A finding older than what the alert
    knows changes nothing. Within the rule's cool-down the same matter brings the ended alert back;
    where a person has said that it is nothing (`_SETTLED`), it is only noted there, unless it is
    worse. Later a new alert knows its predecessor.
    """
    return report(session, finding, rule, at=at, zone=zone, names=names)[0]


def report(
    session: Session,
    finding: Finding,
    rule: Rule,
    *,
    at: datetime,
    zone: ZoneInfo = LOCAL_TZ,
    names: Names | None = None,
) -> tuple[Alert, Outcome]:
    """Do what `raise_alert` does, and say what it was."""
    rows.lock_raising(session)
    mark = fingerprint(rule.code, finding.category, finding.area_path, finding.direction)
    level = rule.level_of(finding) or Level.BLUE
    before = rows.newest_of(session, mark)
    if before is not None:
        if at < before.last_seen_at:
            return before, Outcome.SAME
        if before.handling in rows.OPEN:
            return _update(session, before, finding, rule, level, at=at)
        ended = before.handled_at or before.last_seen_at
        if at < ended + rule.parameters.cool_down_days * _DAY:
            if level.rank >= before.level.rank and before.disposition in _SETTLED:
                return _note_again(session, before, finding, at=at)
            return _regress(session, before, finding, rule, level, at=at)
    new = _new(session, finding, rule, level, mark, before, at=at, zone=zone, names=names)
    return new, Outcome.RAISED


def hold(session: Session, alert: Alert, *, at: datetime) -> None:
    """Keep an alert alive: something inside of it is still seen."""
    if at <= alert.last_seen_at:
        return
    told = {"signal": Signal.FIRING, "cleared_at": None}
    if alert.signal is Signal.PENDING:  # it waits for what it says itself
        told = {}
    alertlog.machine(session, alert, "signal", told, at=at, seen_at=at, detail=_signal(told))


def advance_signal(session: Session, alert: Alert, *, at: datetime, clear_after_days: int) -> bool:
    """Let an alert that this tick did not see fade: clearing at once, cleared after some days.

    One whose data were away is clearing first, however long ago it was seen. One that was not
    confirmed is over at once. A function of the moment and the last sighting, so the same tick
    twice changes nothing more. Returns whether anything changed.
    """
    if at <= alert.last_seen_at or alert.signal is Signal.CLEARED:
        return False
    gone = at >= alert.last_seen_at + clear_after_days * _DAY and alert.signal is not Signal.STALE
    signal = Signal.CLEARED if gone or alert.signal is Signal.PENDING else Signal.CLEARING
    told = {"signal": signal, "cleared_at": at if signal is Signal.CLEARED else None}
    if signal is alert.signal:
        return False
    note = ""
    if signal is Signal.CLEARED and is_unseen(alert):
        note = f"{alert.level.label}色提示已消退，但还没有人看过；在有人处理之前一直保留"
    return alertlog.machine(session, alert, "signal", told, at=at, note=note, detail=_signal(told))


def stall(session: Session, alert: Alert, *, at: datetime) -> bool:
    """Say that the data an alert rests on have stopped: it is neither going on nor over."""
    if alert.signal in {Signal.STALE, Signal.CLEARED} or at <= alert.last_seen_at:
        return False
    told = {"signal": Signal.STALE}
    return alertlog.machine(session, alert, "signal", told, at=at, detail=_signal(told))


def lapse(session: Session, alert: Alert, rule: Rule, *, at: datetime) -> bool:
    """Do what is due when time has passed and nobody did anything; return whether it was.

    A 签收 that has run out brings the alert back to 待签收. What has cleared and needs nobody is
    closed without a verdict (未判定); a severe one that nobody has looked at is kept.
    """
    if (
        alert.handling is Handling.ACKNOWLEDGED
        and alert.acknowledged_until is not None
        and alert.acknowledged_until <= at
    ):
        why = f"{alert.handler}的签收已到期，还没有转案件或排除，请重新签收"
        alertlog.back(session, alert, "expire", why, at=at)
        return True
    due = alert.cleared_at is not None and (
        at >= alert.cleared_at + rule.parameters.close_after_days * _DAY
    )
    if due and alert.handling is Handling.NEW and not is_unseen(alert):
        values = {
            "handling": Handling.CLOSED,
            "disposition": Disposition.UNKNOWN,
            "handler": SYSTEM.name,
            "handled_at": at,
        }
        why = f"消退已满 {rule.parameters.close_after_days} 天，没有人处理，自动关闭"
        detail = {"disposition": Disposition.UNKNOWN.value}
        alertlog.people(
            session, alert, "auto_close", values, actor=SYSTEM, at=at, note=why, detail=detail
        )
        return True
    return False


def is_unseen(alert: Alert) -> bool:
    """Whether a severe alert has never been looked at by a person (`SEVERE`)."""
    return (
        alert.level in SEVERE
        and alert.handling is Handling.NEW
        and alert.handled_at is None
        and alert.signal is not Signal.PENDING
    )


def _new(
    session: Session,
    finding: Finding,
    rule: Rule,
    level: Level,
    mark: str,
    before: Alert | None,
    *,
    at: datetime,
    zone: ZoneInfo,
    names: Names | None,
) -> Alert:
    words = names or Names.load(session)
    alert = Alert(
        number=day_number(session, "JC", at=at, zone=zone),
        fingerprint=mark,
        rule_code=rule.code,
        rule_version=rule.version,
        predecessor_id=before.id if before else None,
        title=words.alert_title(finding.area_path, finding.category, finding.direction),
        direction=finding.direction,
        category=finding.category,
        area_path=finding.area_path,
        signal=Signal.PENDING if rule.parameters.confirm_hours else Signal.FIRING,
        handling=Handling.NEW,
        note="",
        first_seen_at=at,
        last_seen_at=at,
        **_seen(finding, level),
    )
    alertlog.born(session, alert, at=at, detail=_told(finding, rule, level))
    return alert


def _update(
    session: Session, alert: Alert, finding: Finding, rule: Rule, level: Level, *, at: datetime
) -> tuple[Alert, Outcome]:
    worse = level.rank < alert.level.rank
    confirmed = at >= alert.first_seen_at + rule.parameters.confirm_hours * _HOUR
    waits = alert.signal is Signal.PENDING and not confirmed
    seen = _seen(finding, level) | {
        "signal": Signal.PENDING if waits else Signal.FIRING,
        "cleared_at": None,
    }
    news = alert.signal is not seen["signal"] or any(
        seen[name] != getattr(alert, name) for name in _TOLD
    )
    did = "update" if news else "evidence"
    detail = _told(finding, rule, level) if news else None
    alertlog.machine(session, alert, did, seen, at=at, seen_at=at, detail=detail)
    if worse and alert.handling is Handling.ACKNOWLEDGED:
        alertlog.back(session, alert, "reopen", f"升级为{level.label}色，请重新签收", at=at)
    return alert, Outcome.UPDATED if news else Outcome.SAME


def _regress(
    session: Session, alert: Alert, finding: Finding, rule: Rule, level: Level, *, at: datetime
) -> tuple[Alert, Outcome]:
    """Bring an ended alert back: the same matter is there again within the cool-down."""
    ended = alert.disposition.label if alert.disposition else ""
    worse = level.rank < alert.level.rank
    seen = _seen(finding, level) | {"signal": Signal.FIRING, "cleared_at": None}
    detail = _told(finding, rule, level)
    alertlog.machine(session, alert, "update", seen, at=at, seen_at=at, detail=detail)
    how = f"再次出现并升级为{level.label}色" if worse else "再次出现"
    why = f"以“{ended}”结束后，{rule.parameters.cool_down_days} 天内{how}，请重新签收"
    alertlog.back(session, alert, "regress", why, at=at)
    return alert, Outcome.REGRESSED


def _note_again(
    session: Session, alert: Alert, finding: Finding, *, at: datetime
) -> tuple[Alert, Outcome]:
    """Note on an ended alert that the same is still seen; once a day is enough."""
    if finding.at_day == alert.window_last:
        return alert, Outcome.SAME
    told = {"window_last": finding.at_day}
    detail = {"day": finding.at_day.isoformat()}
    alertlog.machine(session, alert, "seen_again", told, at=at, seen_at=at, detail=detail)
    return alert, Outcome.NOTED


def _seen(finding: Finding, level: Level) -> dict[str, Any]:
    """Return the columns that the machine writes."""
    seen = finding.evidence
    return {
        "level": level,
        "window_first": finding.window_start,
        "window_last": finding.window_end,
        "observed": float(seen.observed),
        "expected": float(seen.expected),
        "p_value": float(seen.p_value),
        "evidence": seen.to_dict(),
    }


def _told(finding: Finding, rule: Rule, level: Level) -> dict[str, Any]:
    return {
        "rule": f"{rule.code}@{rule.version}",
        "level": level.value,
        "observed": finding.evidence.observed,
        "expected": round(finding.evidence.expected, 2),
        "window": [finding.window_start.isoformat(), finding.window_end.isoformat()],
    }


def _signal(told: dict[str, Any]) -> dict[str, Any]:
    return {"signal": told["signal"].value} if "signal" in told else {}
