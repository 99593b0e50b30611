"""Cases (案件): opened by people, walked along `flow.CASE_FLOW` to an end, every step recorded."""

from datetime import datetime
from typing import Any

from govdash.access import SYSTEM, User
from govdash.core.errors import Conflict, InputError, NotFound
from govdash.core.permissions import Permission
from govdash.core.vocab import Asked, CaseAction, CaseState
from govdash.store import Session, casework
from govdash.store import cases as rows
from govdash.store.models import Alert, Case
from govdash.taxonomy import Limit
from govdash.workflow import (
    alerts,
    calls,
    caselog,
    causes,
    dispatching,
    filling,
    merging,
    practice,
    timing,
)
from govdash.workflow.deadlines import Deadlines, in_force
from govdash.workflow.flow import Effect, next_step
from govdash.workflow.forms import NewCase, StepForm
from govdash.workflow.naming import day_number
from govdash.workflow.suggestion import suggest

__all__ = [
    "NewCase", "StepForm", "found", "open_case", "open_from_alert", "require", "resume_due",
    "suggest", "take_step", "walk",
]  # fmt: skip


def open_case(
    session: Session,
    new: NewCase,
    *,
    actor: User,
    at: datetime,
    leading: int | None = None,
    deadlines: Deadlines | None = None,
) -> Case:
    """Register a case; it waits for 立案 and its clocks run. Without a limit, its category's holds.

    Without a unit the routing rules choose one: no case is without an owner. With `leading` it is
    one more report of that open case, and merged into it in the same action.

    Raises
    ------
    InputError
        When the title is empty, or category or unit is unknown.
    Refused, NotFound
        When the leading case cannot lead, or is out of scope.
    """
    known = deadlines or in_force()
    if leading is not None:
        found(session, leading, actor)
    case = _open(session, new, None, actor=actor, at=at, deadlines=known)
    merged = _merge(session, case, leading, actor=actor, at=at, deadlines=known)
    caselog.record(session, case, "open", actor=actor, at=at, detail=merged)
    return case


def open_from_alert(
    session: Session,
    alert_id: int,
    new: NewCase,
    *,
    actor: User,
    at: datetime,
    seen_version: int | None = None,
    leading: int | None = None,
    deadlines: Deadlines | None = None,
) -> Case:
    """Make a case from an alert, which is linked to it until the case ends.

    With `leading` it is one more report of that open case, and merged into it in the same action;
    the alert then ends with that one.

    Raises
    ------
    IllegalTransition
        When the alert has been made into a case or ended already.
    Conflict
        When somebody changed the alert since `seen_version`.
    Refused, NotFound
        When the leading case cannot lead, or is out of scope.
    """
    known = deadlines or in_force()
    if leading is not None:
        found(session, leading, actor)
    alert = alerts.link(session, alert_id, actor=actor, at=at, seen_version=seen_version)
    case = _open(session, new, alert, actor=actor, at=at, deadlines=known)
    merged = _merge(session, case, leading, actor=actor, at=at, deadlines=known)
    caselog.record(
        session, case, "open", actor=actor, at=at, detail={"alert": alert.number} | merged
    )
    return case


def take_step(
    session: Session,
    case_id: int,
    action: CaseAction,
    *,
    actor: User,
    at: datetime,
    form: StepForm | None = None,
    seen_version: int | None = None,
    deadlines: Deadlines | None = None,
) -> Case:
    """Move one case along the table: state, clocks, deadline, step, alert and journal together.

    Raises
    ------
    NotFound
        When there is no such case in the actor's scope.
    Conflict
        When somebody changed it since `seen_version`; nothing was overwritten.
    IllegalTransition
        When the table has no such step.
    Refused
        When the actor lacks the permission, or would verify their own work.
    InputError
        When a field that the step needs is empty (the message names it), or the step is older
        than the last one.
    """
    form = form or StepForm()
    known = deadlines or in_force()
    if form.leading is not None:  # two cases change: always lock the older one first
        found(session, min(case_id, form.leading), actor)
    case = found(session, case_id, actor)
    if seen_version is not None and seen_version != case.version:
        raise Conflict(
            f"案件 {case.number} 刚被他人更新为“{case.state.label}”；"
            "请刷新后再操作，您填写的内容没有丢失。"
        )
    if case.hold_until is not None and case.hold_until <= at:
        _resume(session, case, at=at, deadlines=known)
    require(actor, next_step(case.state, action).needs, case)
    came_from, before = case.state, caselog.standing(case)
    detail = walk(session, case, action, form, actor=actor, at=at, deadlines=known)
    caselog.record(
        session, case, action.value,
        actor=actor, at=at, note=form.note, before=before,
        detail={"from": came_from.value, "to": case.state.value} | detail,
    )  # fmt: skip
    return case


def walk(
    session: Session,
    case: Case,
    action: CaseAction,
    form: StepForm,
    *,
    actor: User,
    at: datetime,
    deadlines: Deadlines,
    recorded_at: datetime | None = None,
) -> dict[str, Any]:
    """Take a step of a locked case without the journal, for actions that are more than a step.

    Who may take it has been checked. Returns what the journal should say beside the states.
    `recorded_at`: when a step of an earlier moment is written.
    """
    step = next_step(case.state, action)
    not_before_the_last(session, case, at=at)
    rules = practice.in_force()
    waits = causes.waiting(session, case) if step.effect is Effect.STOP else ()
    filling.check(step, case, form, alert_waits=bool(waits))
    filling.check_moment(session, case, action, form, at=at, rules=rules)
    came_from, detail = case.state, dict[str, Any]()
    leading = None
    if action is CaseAction.MERGE and form.leading is not None:
        leading = found(session, form.leading, actor)
        require(actor, step.needs, leading)
        detail = merging.join(session, case, leading)
    elif action is CaseAction.UNMERGE and case.leading_id is not None:
        leading = rows.for_update(session, case.leading_id)
        detail = merging.leave(case, leading)
    case.state = step.to
    filling.apply(session, case, action, form, actor=actor, at=at)
    timing.move(session, case, step.effect, at=at, deadlines=deadlines)
    if leading is not None:
        merging.lend(session, leading, at=at, deadlines=deadlines)
    caselog.add_step(
        session, case, action, came_from, form, actor=actor, at=at, recorded_at=recorded_at
    )
    if step.effect is Effect.STOP:
        casework.lapse(session, case.id, Asked.EXTENSION)
        causes.end(session, case, waits, form, actor=actor, at=at)
    return detail | calls.follow(session, case, action, at=at, deadlines=deadlines, rules=rules)


def resume_due(session: Session, *, at: datetime, deadlines: Deadlines | None = None) -> int:
    """Resume every case whose hold has come to its end, as of that end; return how many.

    However late this runs, the clocks count from the moment that was promised.
    """
    due = rows.holds_ended(session, at=at)
    for case in due:
        _resume(session, case, at=at, deadlines=deadlines or in_force())
    return len(due)


def found(session: Session, case_id: int, actor: User) -> Case:
    """Return a case of the actor's scope, locked until the transaction ends.

    Raises
    ------
    NotFound
        When there is none.
    """
    case = rows.for_update(session, case_id)
    if case is None or not (
        actor.scope.covers(case.area_path) or case.unit_code in actor.scope.units
    ):
        raise NotFound(f"没有编号为 {case_id} 的案件，或不在您的管辖范围内。")
    return case


def require(actor: User, permission: Permission, case: Case) -> None:
    """Check the permission; a member of the case's unit need not hold its area."""
    if not (case.unit_code in actor.scope.units and actor.holds(permission)):
        actor.require(permission, area=case.area_path)


def not_before_the_last(session: Session, case: Case, *, at: datetime) -> None:
    """Refuse what would have been done before the last step of a case, or of its clocks.

    An extension begins the clocks anew without a step.
    """
    newest = rows.last_step(session, case.id)
    moments = [interval.started_at for interval in rows.ledger(session, case.id)]
    moments += [newest.at] if newest is not None else []
    if moments and at < max(moments):
        raise InputError("操作时间早于上一步的时间；请检查系统时钟。")


def _resume(session: Session, case: Case, *, at: datetime, deadlines: Deadlines) -> None:
    """Take the step that nobody needs to take: the hold ended at the moment that was set."""
    ended, before = case.hold_until or at, caselog.standing(case)
    form = StepForm(note="挂账到期，自动恢复")
    walk(
        session, case, CaseAction.RESUME, form,
        actor=SYSTEM, at=ended, deadlines=deadlines, recorded_at=at,
    )  # fmt: skip
    caselog.record(
        session, case, CaseAction.RESUME.value,
        actor=SYSTEM, at=at, note=form.note, before=before,
        detail={"from": CaseState.ON_HOLD.value, "to": case.state.value, "by_itself": True},
    )  # fmt: skip


def _open(
    session: Session,
    new: NewCase,
    alert: Alert | None,
    *,
    actor: User,
    at: datetime,
    deadlines: Deadlines,
) -> Case:
    area_path = new.area_path or (alert.area_path if alert else None)
    actor.require(Permission.CASE_CREATE, area=area_path)
    category = rows.category(session, new.category)
    if not new.title.strip():
        raise InputError("案件标题为空；请填写是什么问题。")
    if category is None:
        raise InputError(f"类别“{new.category}”不存在；请从类别表中选择。")
    if (new.lon is None) != (new.lat is None):
        raise InputError("经度和纬度须同时填写，或都不填。")
    unit, rule = new.unit_code, ""
    if unit is not None:
        filling.unit_name(session, unit)
    else:
        went = dispatching.propose(
            session, actor.scope, category=new.category, area_path=area_path,
            event_id=new.event_id, alert=alert is not None,
        )  # fmt: skip
        unit, rule = went.unit_code, went.code
    limit = new.limit
    if limit is None and category.limit_amount is not None and category.limit_unit is not None:
        limit = Limit(category.limit_amount, category.limit_unit)
    case = Case(
        number=day_number(session, "AJ", at=at, zone=deadlines.calendar.zone),
        alert_id=alert.id if alert else None,
        event_id=new.event_id,
        title=new.title.strip(),
        description=new.description.strip(),
        category=new.category,
        area_path=area_path,
        address=new.address.strip(),
        lon=new.lon,
        lat=new.lat,
        unit_code=unit,
        urgency=new.urgency,
        state=CaseState.RECEIVED,
        limit_amount=limit.amount if limit else None,
        limit_unit=limit.unit if limit else None,
        opened_at=at,
    )
    session.add(case)
    timing.move(session, case, Effect.RUN, at=at, deadlines=deadlines)
    caselog.add_step(session, case, None, None, StepForm(), actor=actor, at=at, rule=rule)
    return case


def _merge(
    session: Session,
    case: Case,
    leading: int | None,
    *,
    actor: User,
    at: datetime,
    deadlines: Deadlines,
) -> dict[str, Any]:
    """Merge a case that is registered just now, where it is no case of its own."""
    if leading is None:
        return {}
    require(actor, next_step(case.state, CaseAction.MERGE).needs, case)
    form = StepForm(leading=leading, note="登记时并入")
    return walk(session, case, CaseAction.MERGE, form, actor=actor, at=at, deadlines=deadlines)
