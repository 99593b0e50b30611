"""What a step asks for and writes on the case: fields, moments, names."""

from datetime import datetime
from typing import Final

from govdash.access import User
from govdash.core.errors import InputError, Refused
from govdash.core.vocab import CaseAction, CaseState
from govdash.store import Session
from govdash.store import cases as rows
from govdash.store.models import Case
from govdash.workflow import merging
from govdash.workflow.flow import Need, Step
from govdash.workflow.forms import StepForm
from govdash.workflow.practice import Practice

#: Names of handlers and verifiers are kept to this length.
_NAME: Final = 60


def check(step: Step, case: Case, form: StepForm, *, alert_waits: bool) -> None:
    """Refuse a step whose needed fields are empty; unit and result may stand on the case."""
    given = {
        Need.NOTE: form.note.strip(),
        Need.UNIT: form.unit_code or case.unit_code,
        Need.REGISTER_CONDITION: form.register_condition.strip(),
        Need.CLOSE_CONDITION: form.close_condition.strip(),
        Need.RESULT: form.result.strip() or case.result,
        Need.DISPOSITION: form.disposition or not alert_waits,
        Need.UNTIL: form.until,
        Need.LEADING: form.leading,
    }
    missing = [need.label for need in step.requires if not given[need]]
    if missing:
        raise InputError(f"还需填写：{'、'.join(missing)}。")


def check_moment(
    session: Session,
    case: Case,
    action: CaseAction,
    form: StepForm,
    *,
    at: datetime,
    rules: Practice,
) -> None:
    """Refuse what the table allows, but not now: a second hold, a reopening after its window."""
    if why := refusal(session, case, action, at=at, rules=rules):
        raise Refused(why)
    if action is CaseAction.HOLD and form.until is not None:
        if form.until <= at:
            raise InputError("挂账的结束时间须晚于现在。")
        if form.until - at > rules.longest_hold:
            raise InputError(f"挂账最长 {rules.hold_days} 天；请选早一些的结束日期。")
    if action is CaseAction.MERGE and form.leading is not None:
        merging.check(session, case, form.leading)


def refusal(
    session: Session, case: Case, action: CaseAction, *, at: datetime, rules: Practice
) -> str:
    """Say why a step that the table allows cannot be taken at a moment; empty when it can."""
    if action is CaseAction.HOLD:
        if case.due_at is not None and at > case.due_at:
            return f"案件 {case.number} 已超期，不能挂账；请尽快处置。"
        if rows.times_taken(session, case.id, CaseAction.HOLD):
            return f"案件 {case.number} 已挂账过一次，不能再次挂账。"
    elif action is CaseAction.REOPEN and case.closed_at is not None:
        if at - case.closed_at > rules.reopen_within:
            return (
                f"案件 {case.number} 结案已超过 {rules.reopen_days} 天，不能重新办理；"
                "请另行登记案件。"
            )
    elif action is CaseAction.REOPEN_UNSOLVED:
        call = rows.newest_call(session, case.id)
        if call is None or call.solved or (case.closed_at and call.called_at < case.closed_at):
            return f"案件 {case.number} 结案后没有“未解决”的回访；请先回访，或由派遣员重新办理。"
    elif action in {CaseAction.REJECT, CaseAction.CANCEL} and rows.n_members(session, case.id):
        return f"有案件并入了 {case.number}，不能{action.label}；请先取消合并，或办理结案。"
    return ""


def apply(
    session: Session,
    case: Case,
    action: CaseAction,
    form: StepForm,
    *,
    actor: User,
    at: datetime,
) -> None:
    """Write on the case what the form says."""
    case.hold_until = form.until if case.state is CaseState.ON_HOLD else None
    if action is CaseAction.ACCEPT:
        case.register_condition = form.register_condition.strip()
    elif action is CaseAction.DISPATCH:
        case.unit_code = form.unit_code or case.unit_code
        unit_name(session, case.unit_code or "")
        case.handler = None
    elif action is CaseAction.START:
        unit = unit_name(session, case.unit_code) if case.unit_code else actor.name
        case.handler = (form.handler.strip() or case.handler or unit)[:_NAME]
    elif action is CaseAction.RESOLVE:
        case.handler = (form.handler.strip() or case.handler or actor.name)[:_NAME]
        case.result = form.result.strip() or case.result
    elif action is CaseAction.VERIFY:
        case.verifier = (form.verifier.strip() or actor.name)[:_NAME]
        if case.verifier == case.handler:
            raise Refused(f"核查人不能是处置人“{case.handler}”；请由他人核查。")
    elif action in {CaseAction.SEND_BACK, CaseAction.REOPEN, CaseAction.REOPEN_UNSOLVED}:
        case.result, case.verifier = "", None  # the work is to be shown anew
        case.close_condition, case.closed_at = "", None
    elif action is CaseAction.CLOSE:
        case.close_condition = form.close_condition.strip()
        case.result = form.result.strip() or case.result
        case.closed_at = at


def unit_name(session: Session, code: str) -> str:
    """Return the name of a unit.

    Raises
    ------
    InputError
        When there is none.
    """
    name = rows.unit_name(session, code)
    if name is None:
        raise InputError(f"单位“{code}”不存在；请从单位表中选择。")
    return name
