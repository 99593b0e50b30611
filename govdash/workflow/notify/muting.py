"""What people do about silences, maintenance and planned events: make, extend, end them."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from govdash.access import User
from govdash.core.errors import Conflict, InputError, NotFound
from govdash.core.permissions import Permission
from govdash.core.vocab import Mute
from govdash.store import Session, areas, journal, rules
from govdash.store import suppressions as rows
from govdash.store.models import Suppression
from govdash.workflow.naming import Names
from govdash.workflow.notify import suppression


@dataclass(frozen=True, slots=True, kw_only=True)
class NewMute:
    """A silence, maintenance or planned event before it exists."""

    kind: Mute
    starts_at: datetime
    ends_at: datetime
    reason: str
    name: str = ""
    area_path: str | None = None
    category: str | None = None
    rule_code: str | None = None


def add(session: Session, new: NewMute, *, actor: User, at: datetime) -> Suppression:
    """Make one; the actor owns it.

    Raises
    ------
    Refused
        When the actor may not, there.
    InputError
        When something is missing, unknown, too wide or too long; the message says what.
    """
    actor.require(Permission.SILENCE_EDIT, area=new.area_path)
    _check(session, new, at=at)
    made = Suppression(
        kind=new.kind,
        name=new.name.strip(),
        area_path=new.area_path,
        category=new.category,
        rule_code=new.rule_code,
        starts_at=new.starts_at,
        ends_at=new.ends_at,
        owner=actor.login,
        reason=new.reason.strip(),
        created_at=at,
    )
    rows.add(session, made)
    _record(session, made, "add", actor=actor, at=at, note=made.reason, before=None)
    return made


def extend(
    session: Session,
    suppression_id: int,
    ends_at: datetime,
    *,
    reason: str,
    actor: User,
    at: datetime,
    seen_version: int | None = None,
) -> Suppression:
    """Let one go on until a later moment, with a reason of its own."""
    kept = _open(session, suppression_id, actor=actor, at=at, seen_version=seen_version)
    before = _standing(kept)
    if not reason.strip():
        raise InputError("请写明延长的理由。")
    if ends_at <= kept.ends_at:
        raise InputError("新的结束时间应晚于原来的；要提前结束，请用“结束”。")
    _check_length(kept.kind, at, ends_at)
    kept.ends_at = ends_at
    session.flush()
    _record(session, kept, "extend", actor=actor, at=at, note=reason, before=before)
    return kept


def end(
    session: Session,
    suppression_id: int,
    *,
    actor: User,
    at: datetime,
    seen_version: int | None = None,
) -> Suppression:
    """End one before its time; what still waits is told then."""
    kept = _open(session, suppression_id, actor=actor, at=at, seen_version=seen_version)
    before = _standing(kept)
    kept.ended_at, kept.ended_by = at, actor.login
    session.flush()
    _record(session, kept, "end", actor=actor, at=at, note="", before=before)
    return kept


def _open(
    session: Session,
    suppression_id: int,
    *,
    actor: User,
    at: datetime,
    seen_version: int | None,
) -> Suppression:
    kept = rows.for_update(session, suppression_id)
    if kept is None or not actor.scope.covers(kept.area_path):
        raise NotFound(f"没有编号为 {suppression_id} 的静默或计划，或不在您的管辖范围内。")
    actor.require(Permission.SILENCE_EDIT, area=kept.area_path)
    if seen_version is not None and seen_version != kept.version:
        raise Conflict("这条静默或计划刚被他人修改过；请刷新后再操作，您填写的内容没有丢失。")
    if kept.ended_at is not None or kept.ends_at <= at:
        raise Conflict("这条静默或计划已经结束；需要的话请新建一条。")
    return kept


def _check(session: Session, new: NewMute, *, at: datetime) -> None:
    if not new.reason.strip():
        raise InputError("请写明理由；被静默的人会看到。")
    if new.kind is Mute.PLANNED and not new.name.strip():
        raise InputError("请写明活动的名称。")
    if new.kind is Mute.SILENCE and not (new.area_path or new.category or new.rule_code):
        raise InputError("不能静默全市的全部提示；请至少限定区域、类别、规则之一。")
    if new.ends_at <= new.starts_at or new.ends_at <= at:
        raise InputError("结束时间应晚于开始时间，也晚于现在。")
    _check_length(new.kind, max(new.starts_at, at), new.ends_at)
    names = Names.load(session)
    if new.area_path is not None and new.area_path not in areas.names(session):
        raise InputError(f"区域“{new.area_path}”不存在；请从列表中选择。")
    if new.category is not None and new.category not in names.categories:
        raise InputError(f"类别“{new.category}”不存在；请从列表中选择。")
    if new.rule_code is not None and new.rule_code not in {r.code for r in rules.current(session)}:
        raise InputError(f"规则“{new.rule_code}”不存在；请从列表中选择。")


def _check_length(kind: Mute, start: datetime, end_: datetime) -> None:
    longest = suppression.in_force().longest_days[kind]
    if end_ - start > timedelta(days=longest):
        raise InputError(f"{kind.label}最长 {longest} 天；到期前可以延长。")


def _record(
    session: Session,
    kept: Suppression,
    did: str,
    *,
    actor: User,
    at: datetime,
    note: str,
    before: dict[str, Any] | None,
) -> None:
    journal.record(
        session,
        actor=actor.login,
        did=f"silence.{did}",
        subject=f"silence:{kept.id}",
        at=at,
        note=note.strip(),
        detail={"kind": kept.kind.value},
        before=before,
        after=_standing(kept),
    )


def _standing(kept: Suppression) -> dict[str, Any]:
    """Return what the journal says of one before and after."""
    return {
        "area_path": kept.area_path,
        "category": kept.category,
        "rule": kept.rule_code,
        "starts_at": kept.starts_at.isoformat(),
        "ends_at": kept.ends_at.isoformat(),
        "ended": kept.ended_at is not None,
    }
