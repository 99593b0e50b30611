"""Cases (案件): opened by people, walked along `flow.CASE_FLOW` to an end, every step recorded."""

from datetime import datetime
from typing import Any, Final

from govdash.access import User
from govdash.core.errors import Conflict, InputError, NotFound, Refused
from govdash.core.permissions import Permission
from govdash.core.vocab import CaseAction, CaseState
from govdash.store import Session, journal
from govdash.store import cases as rows
from govdash.store.models import Alert, Case, CaseStep
from govdash.taxonomy import Limit
from govdash.workflow import alerts, timing
from govdash.workflow.deadlines import Deadlines, in_force
from govdash.workflow.flow import Effect, Need, Step, next_step
from govdash.workflow.forms import NewCase, StepForm
from govdash.workflow.naming import day_number
from govdash.workflow.suggestion import suggest

__all__ = ["NewCase", "StepForm", "open_case", "open_from_alert", "suggest", "take_step"]

#: Names of handlers and verifiers are kept to this length.
_NAME: Final = 60


def open_case(
    session: Session,
    new: NewCase,
    *,
    actor: User,
    at: datetime,
    deadlines: Deadlines | None = None,
) -> Case:
    """Register a case; it waits for 立案 and its clocks run. Without a limit, its category's holds.

    Raises
    ------
    InputError
        When the title is empty, or category or unit is unknown.
    """
    case = _open(session, new, None, actor=actor, at=at, deadlines=deadlines or in_force())
    _record(session, case, "open", actor=actor, at=at, note="", detail={})
    return case


def open_from_alert(
    session: Session,
    alert_id: int,
    new: NewCase,
    *,
    actor: User,
    at: datetime,
    seen_version: int | None = None,
    deadlines: Deadlines | None = None,
) -> Case:
    """Make a case from an alert, which is linked to it until the case ends.

    Raises
    ------
    IllegalTransition
        When the alert has been made into a case or ended already.
    Conflict
        When somebody changed the alert since `seen_version`.
    """
    alert = alerts.link(session, alert_id, actor=actor, at=at, seen_version=seen_version)
    case = _open(session, new, alert, actor=actor, at=at, deadlines=deadlines or in_force())
    _record(session, case, "open", actor=actor, at=at, note="", detail={"alert": alert.number})
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
        When a field that the step needs is empty; the message names it.
    """
    form = form or StepForm()
    case = _locked(session, case_id, actor)
    if seen_version is not None and seen_version != case.version:
        raise Conflict(
            f"案件 {case.number} 刚被他人更新为“{case.state.label}”；"
            "请刷新后再操作，您填写的内容没有丢失。"
        )
    step = next_step(case.state, action)
    _require(actor, step.needs, case)
    newest = rows.last_step(session, case_id)
    if newest is not None and at < newest.at:
        raise InputError("操作时间早于上一步的时间；请检查系统时钟。")
    _check_fields(step, case, form)
    if action is CaseAction.HOLD:
        _check_hold(session, case, at)
    came_from, before = case.state, _standing(case)
    case.state = step.to
    _apply(session, case, action, form, actor=actor, at=at)
    timing.move(session, case, step.effect, at=at, deadlines=deadlines or in_force())
    _add_step(session, case, action, came_from, form, actor=actor, at=at)
    _tell_alert(session, case, step, form, actor=actor, at=at)
    detail = {"from": came_from.value, "to": case.state.value}
    _record(
        session, case, action.value,
        actor=actor, at=at, note=form.note, detail=detail, before=before,
    )  # fmt: skip
    return case


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
    if new.unit_code is not None:
        _unit_name(session, new.unit_code)
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
        unit_code=new.unit_code,
        urgency=new.urgency,
        state=CaseState.RECEIVED,
        limit_amount=limit.amount if limit else None,
        limit_unit=limit.unit if limit else None,
        opened_at=at,
    )
    session.add(case)
    timing.move(session, case, Effect.RUN, at=at, deadlines=deadlines)
    _add_step(session, case, None, None, StepForm(), actor=actor, at=at)
    return case


def _locked(session: Session, case_id: int, actor: User) -> Case:
    case = rows.for_update(session, case_id)
    if case is None or not (
        actor.scope.covers(case.area_path) or case.unit_code in actor.scope.units
    ):
        raise NotFound(f"没有编号为 {case_id} 的案件，或不在您的管辖范围内。")
    return case


def _require(actor: User, permission: Permission, case: Case) -> None:
    """Check the permission; a member of the case's unit need not hold its area."""
    if not (case.unit_code in actor.scope.units and actor.holds(permission)):
        actor.require(permission, area=case.area_path)


def _check_fields(step: Step, case: Case, form: StepForm) -> None:
    """Refuse a step whose needed fields are empty; unit and result may stand on the case."""
    given = {
        Need.NOTE: form.note.strip(),
        Need.UNIT: form.unit_code or case.unit_code,
        Need.REGISTER_CONDITION: form.register_condition.strip(),
        Need.CLOSE_CONDITION: form.close_condition.strip(),
        Need.RESULT: form.result.strip() or case.result,
        Need.DISPOSITION: form.disposition or case.alert_id is None,
    }
    missing = [need.label for need in step.requires if not given[need]]
    if missing:
        raise InputError(f"还需填写：{'、'.join(missing)}。")


def _check_hold(session: Session, case: Case, at: datetime) -> None:
    if case.due_at is not None and at > case.due_at:
        raise Refused(f"案件 {case.number} 已超期，不能挂账；请尽快处置。")
    if rows.times_taken(session, case.id, CaseAction.HOLD):
        raise Refused(f"案件 {case.number} 已挂账过一次，不能再次挂账。")


def _apply(
    session: Session,
    case: Case,
    action: CaseAction,
    form: StepForm,
    *,
    actor: User,
    at: datetime,
) -> None:
    """Write on the case what the form says."""
    if action is CaseAction.ACCEPT:
        case.register_condition = form.register_condition.strip()
    elif action is CaseAction.DISPATCH:
        case.unit_code = form.unit_code or case.unit_code
        _unit_name(session, case.unit_code or "")
        case.handler = None
    elif action is CaseAction.START:
        unit = _unit_name(session, case.unit_code) if case.unit_code else actor.name
        case.handler = (form.handler.strip() or case.handler or unit)[:_NAME]
    elif action is CaseAction.RESOLVE:
        case.handler = (form.handler.strip() or case.handler or actor.name)[:_NAME]
        case.result = form.result.strip() or case.result
    elif action is CaseAction.VERIFY:
        case.verifier = (form.verifier.strip() or actor.name)[:_NAME]
        if case.verifier == case.handler:
            raise Refused(f"核查人不能是处置人“{case.handler}”；请由他人核查。")
    elif action is CaseAction.SEND_BACK:
        case.result, case.verifier = "", None  # the work is to be shown anew
    elif action is CaseAction.CLOSE:
        case.close_condition = form.close_condition.strip()
        case.result = form.result.strip() or case.result
        case.closed_at = at


def _tell_alert(
    session: Session, case: Case, step: Step, form: StepForm, *, actor: User, at: datetime
) -> None:
    """End the alert with its case, or give it back when the case ends without a result."""
    if case.alert_id is None or step.effect is not Effect.STOP:
        return
    if case.state is CaseState.CLOSED and form.disposition is not None:
        note = f"案件 {case.number} 结案：{case.result}"
        alerts.close(session, case.alert_id, form.disposition, note=note, actor=actor, at=at)
    elif case.state is not CaseState.CLOSED:
        reason = f"案件 {case.number} {case.state.label}：{form.note.strip()}"
        alerts.release(session, case.alert_id, reason=reason, actor=actor, at=at)


def _unit_name(session: Session, code: str) -> str:
    name = rows.unit_name(session, code)
    if name is None:
        raise InputError(f"单位“{code}”不存在；请从单位表中选择。")
    return name


def _add_step(
    session: Session,
    case: Case,
    action: CaseAction | None,
    came_from: CaseState | None,
    form: StepForm,
    *,
    actor: User,
    at: datetime,
) -> None:
    newest = rows.last_step(session, case.id)
    told: dict[str, Any] = {
        "register_condition": form.register_condition.strip(),
        "close_condition": form.close_condition.strip(),
        "result": form.result.strip(),
        "disposition": form.disposition.value if form.disposition else "",
        "handler": case.handler if action in {CaseAction.START, CaseAction.RESOLVE} else "",
        "verifier": case.verifier if action is CaseAction.VERIFY else "",
    }
    session.add(
        CaseStep(
            case_id=case.id,
            seq=newest.seq + 1 if newest else 1,
            action=action,
            from_state=came_from.value if came_from else None,
            to_state=case.state,
            actor=actor.login,
            at=at,
            unit_code=case.unit_code,
            note=form.note.strip(),
            detail={name: value for name, value in told.items() if value},
        )
    )
    session.flush()


def _record(
    session: Session,
    case: Case,
    did: str,
    *,
    actor: User,
    at: datetime,
    note: str,
    detail: dict[str, Any],
    before: dict[str, Any] | None = None,
) -> None:
    journal.record(
        session,
        actor=actor.login,
        did=f"case.{did}",
        subject=f"case:{case.id}",
        at=at,
        note=note.strip(),
        detail={"number": case.number} | detail,
        before=before,
        after=_standing(case),
    )


def _standing(case: Case) -> dict[str, Any]:
    """Return what the journal says of a case before and after: no person data."""
    due = case.due_at.isoformat() if case.due_at else None
    return {"state": case.state.value, "unit_code": case.unit_code, "due_at": due}
