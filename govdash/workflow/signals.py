"""The machine's part of an alert (监测提示): raised, updated, faded; never what people wrote.

The machine writes level, evidence and signal; people write handling, disposition and note. The one
place where they meet: an acknowledged alert that gets worse is brought back to 待签收, with the
reason in its log. A linked one stays with its case, which somebody is working on.
"""

import hashlib
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final
from zoneinfo import ZoneInfo

from govdash.access import SYSTEM
from govdash.core.filters import LOCAL_TZ
from govdash.core.vocab import Handling, Level, Signal
from govdash.detect import Finding
from govdash.store import Session
from govdash.store import alerts as rows
from govdash.store.models import Alert
from govdash.workflow.naming import Names, day_number
from govdash.workflow.rules import Rule

_DAY: Final = timedelta(days=1)
#: What is told of a finding in the log; the rest of the evidence moves with every late event.
_TOLD: Final = ("level", "window_first", "window_last", "observed")


class Outcome(StrEnum):
    """What a finding did."""

    RAISED = "raised"
    UPDATED = "updated"
    NOTED = "noted"  # on an alert that people have ended
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
    knows changes nothing. Within the rule's cool-down after people ended an alert, the same
    matter is only noted there, unless it is worse; later a new alert knows its predecessor.
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
        resting = at < ended + rule.parameters.cool_down_days * _DAY
        if resting and level.rank >= before.level.rank:
            return _note_again(session, before, finding, at=at)
    new = _new(session, finding, rule, level, mark, before, at=at, zone=zone, names=names)
    return new, Outcome.RAISED


def hold(session: Session, alert: Alert, *, at: datetime) -> None:
    """Keep an alert alive: something inside of it is still seen."""
    if at <= alert.last_seen_at:
        return
    back = alert.signal is not Signal.FIRING
    rows.write_signal(session, alert, {"last_seen_at": at, "signal": Signal.FIRING})
    if back:
        _log(session, alert, "signal", at=at, detail={"signal": Signal.FIRING.value})


def advance_signal(session: Session, alert: Alert, *, at: datetime, clear_after_days: int) -> bool:
    """Let an alert that this tick did not see fade: clearing at once, cleared after some days.

    A function of the moment and the last sighting, so the same tick twice changes nothing more.
    Returns whether anything changed.
    """
    if at <= alert.last_seen_at:
        return False
    gone = at >= alert.last_seen_at + clear_after_days * _DAY
    signal = Signal.CLEARED if gone else Signal.CLEARING
    if signal is alert.signal or alert.signal is Signal.CLEARED:
        return False
    cleared = at if gone else None
    rows.write_signal(session, alert, {"signal": signal, "cleared_at": cleared})
    _log(session, alert, "signal", at=at, detail={"signal": signal.value})
    return True


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
        first_seen_at=at,
        last_seen_at=at,
        **_seen(finding, level),
    )
    session.add(alert)
    _log(session, alert, "raise", at=at, detail=_told(finding, rule, level))
    return alert


def _update(
    session: Session, alert: Alert, finding: Finding, rule: Rule, level: Level, *, at: datetime
) -> tuple[Alert, Outcome]:
    worse = level.rank < alert.level.rank
    seen = _seen(finding, level)
    changed = {name: value for name, value in seen.items() if getattr(alert, name) != value}
    back = alert.signal is not Signal.FIRING
    told = {"signal": Signal.FIRING, "cleared_at": None, "last_seen_at": at}
    rows.write_signal(session, alert, changed | told)
    news = back or any(name in changed for name in _TOLD)
    if news:
        _log(session, alert, "update", at=at, detail=_told(finding, rule, level))
    if worse and alert.handling is Handling.ACKNOWLEDGED:
        alert.handling = Handling.NEW
        reason = f"升级为{level.label}色，请重新签收"
        _log(session, alert, "reopen", at=at, note=reason, detail={"level": level.value})
    return alert, Outcome.UPDATED if news else Outcome.SAME


def _note_again(
    session: Session, alert: Alert, finding: Finding, *, at: datetime
) -> tuple[Alert, Outcome]:
    """Note on an ended alert that the same is still seen; once a day is enough."""
    if finding.at_day == alert.window_last:
        return alert, Outcome.SAME
    rows.write_signal(session, alert, {"last_seen_at": at, "window_last": finding.at_day})
    _log(session, alert, "seen_again", at=at, detail={"day": finding.at_day.isoformat()})
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


def _log(
    session: Session,
    alert: Alert,
    did: str,
    *,
    at: datetime,
    note: str = "",
    detail: dict[str, Any] | None = None,
) -> None:
    rows.add_step(session, alert, at=at, actor=SYSTEM.login, did=did, note=note, detail=detail)
