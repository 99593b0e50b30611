"""What people do with an alert (监测提示): acknowledge, dismiss, link to a case and close with it.

What is done with a leader is done with those of its members (`grouping`) that stand as it stood
and lie in the actor's scope; the journal has one line, which names them.

The machine's part, raising and clearing, is `signals`; `raise_alert` can be had from here too.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from govdash.access import User
from govdash.core.errors import Conflict, InputError, NotFound
from govdash.core.permissions import Permission
from govdash.core.vocab import Disposition, Handling
from govdash.store import Session, journal
from govdash.store import alerts as rows
from govdash.store.models import Alert
from govdash.workflow import alertlog, quality
from govdash.workflow import rules as rule_book
from govdash.workflow.flow import AlertAction, next_handling
from govdash.workflow.signals import fingerprint, raise_alert

__all__ = [
    "acknowledge",
    "close",
    "dismiss",
    "fingerprint",
    "link",
    "raise_alert",
    "release",
]


WITH_LEADER: Final = "随同一事项的牵头提示一并处理"


def acknowledge(
    session: Session,
    alert_id: int,
    *,
    actor: User,
    at: datetime,
    note: str = "",
    seen_version: int | None = None,
) -> Alert:
    """签收: somebody looks after the alert from now on, for as long as its rule lets it wait."""
    before = _standing(_locked(session, alert_id, actor))
    done = AlertAction.ACKNOWLEDGE
    alert, *led = _handled(session, alert_id, done, actor, at, note, seen_version)
    detail = _numbers(led)
    _record(session, alert, done.value, actor=actor, at=at, note=note, before=before, detail=detail)
    return alert


def dismiss(
    session: Session,
    alert_id: int,
    disposition: Disposition,
    *,
    note: str,
    actor: User,
    at: datetime,
    seen_version: int | None = None,
) -> Alert:
    """排除: a person says what the alert was, without a case."""
    before = _standing(_locked(session, alert_id, actor))
    alert, *led = _handled(
        session, alert_id, AlertAction.DISMISS, actor, at, note, seen_version, disposition
    )
    wrong = _wrong_data(session, alert, disposition, note=note, actor=actor, at=at)
    _record(
        session,
        alert,
        AlertAction.DISMISS.value,
        actor=actor,
        at=at,
        note=note,
        before=before,
        detail={"disposition": disposition.value} | _numbers(led) | wrong,
    )
    return alert


def link(
    session: Session, alert_id: int, *, actor: User, at: datetime, seen_version: int | None = None
) -> Alert:
    """转案件: the alert now belongs to a case. A part of opening it, which writes the journal."""
    return _handled(session, alert_id, AlertAction.OPEN_CASE, actor, at, "", seen_version)[0]


def close(
    session: Session,
    alert_id: int,
    disposition: Disposition,
    *,
    note: str,
    actor: User,
    at: datetime,
) -> Alert:
    """Close a linked alert with its case. A part of closing it, which writes the journal.

    Whoever may close the case does this too, also where the alert is of a wider area.
    """
    alert = _with_case(session, alert_id)
    if alert.handling is not Handling.LINKED:
        raise Conflict(
            f"监测提示 {alert.number} 已是“{alert.handling.label}”，不能随案件关闭；请刷新后再看。"
        )
    detail = _said(disposition)
    for one, said in _group(session, alert, actor, note):
        values = {"handling": Handling.CLOSED, "disposition": disposition}
        values |= _touched(one, actor, at, said)
        alertlog.people(session, one, "close", values, actor=actor, at=at, note=said, detail=detail)
    _wrong_data(session, alert, disposition, note=note, actor=actor, at=at)
    return alert


def release(session: Session, alert_id: int, *, reason: str, actor: User, at: datetime) -> Alert:
    """Give an alert back to the board when its case ends without a result."""
    alert = _with_case(session, alert_id)
    if alert.handling is Handling.LINKED:
        for one, said in _group(session, alert, actor, reason):
            values = {"handling": Handling.NEW} | _touched(one, actor, at, "")
            alertlog.people(session, one, "release", values, actor=actor, at=at, note=said)
    return alert


def _handled(
    session: Session,
    alert_id: int,
    action: AlertAction,
    actor: User,
    at: datetime,
    note: str,
    seen_version: int | None,
    disposition: Disposition | None = None,
) -> list[Alert]:
    """Check and take one action of a person; the log with it, not the journal.

    Returns the alert, and after it the members that were handled with it.
    """
    alert = _locked(session, alert_id, actor)
    actor.require(Permission.ALERT_HANDLE, area=alert.area_path)
    if seen_version is not None and seen_version != alert.version:
        raise Conflict(
            f"监测提示 {alert.number} 刚被{alert.handler or '他人'}更新为“{alert.handling.label}”；"
            "请刷新后再操作，您填写的内容没有丢失。"
        )
    handling = next_handling(alert.handling, action)
    detail = _said(disposition)
    together = _group(session, alert, actor, note)
    for one, said in together:
        until = None
        if handling is Handling.ACKNOWLEDGED:
            until = at + timedelta(hours=_acknowledge_hours(session, one))
        values = {"handling": handling, "disposition": disposition, "acknowledged_until": until}
        values |= _touched(one, actor, at, said)
        alertlog.people(
            session, one, action.value, values, actor=actor, at=at, note=said, detail=detail
        )
    return [one for one, _ in together]


def _wrong_data(
    session: Session, alert: Alert, said: Disposition, *, note: str, actor: User, at: datetime
) -> dict[str, Any]:
    """Open a task at the source when the data were wrong; name it in the journal's line."""
    if said is not Disposition.DATA_ERROR:
        return {}
    task = quality.open_for(session, alert, note=note, actor=actor, at=at)
    return {"quality_task": task.number}


def _numbers(led: Sequence[Alert]) -> dict[str, Any]:
    """Name the members in the journal's line."""
    return {"members": [one.number for one in led]} if led else {}


def _group(session: Session, alert: Alert, actor: User, note: str) -> list[tuple[Alert, str]]:
    """Return the alert and what is done with it, each with its note.

    A member's says nothing of the leader: who sees the member need not see the leader's area.
    """
    with_it = [
        (one, WITH_LEADER)
        for one in rows.members(session, alert.id)
        if one.handling is alert.handling and actor.scope.covers(one.area_path)
    ]
    return [(alert, note), *with_it]


def _locked(session: Session, alert_id: int, actor: User) -> Alert:
    alert = rows.for_update(session, alert_id)
    if alert is None or not actor.scope.covers(alert.area_path):
        raise NotFound(f"没有编号为 {alert_id} 的监测提示，或不在您的管辖范围内。")
    return alert


def _with_case(session: Session, alert_id: int) -> Alert:
    alert = rows.for_update(session, alert_id)
    if alert is None:
        raise NotFound(f"没有编号为 {alert_id} 的监测提示。")
    return alert


def _acknowledge_hours(session: Session, alert: Alert) -> float:
    rule = rule_book.get(session, alert.rule_code, alert.rule_version)
    return rule.parameters.acknowledge_hours[alert.level]


def _touched(alert: Alert, actor: User, at: datetime, note: str) -> dict[str, Any]:
    if alert.handled_at is not None and at < alert.handled_at:
        raise InputError("操作时间早于上一次处理时间；请检查系统时钟。")
    told = "\n".join(text for text in (alert.note, note) if text)
    return {"handler": actor.name, "handled_at": at, "note": told}


def _said(disposition: Disposition | None) -> dict[str, Any]:
    return {"disposition": disposition.value} if disposition else {}


def _record(
    session: Session,
    alert: Alert,
    did: str,
    *,
    actor: User,
    at: datetime,
    note: str,
    before: dict[str, Any],
    detail: dict[str, Any] | None = None,
) -> None:
    journal.record(
        session,
        actor=actor.login,
        did=f"alert.{did}",
        subject=f"alert:{alert.id}",
        at=at,
        note=note,
        detail={"number": alert.number} | (detail or {}),
        before=before,
        after=_standing(alert),
    )


def _standing(alert: Alert) -> dict[str, Any]:
    """Return what the journal says of an alert before and after."""
    found = alert.disposition.value if alert.disposition else None
    return {"handling": alert.handling.value, "disposition": found}
