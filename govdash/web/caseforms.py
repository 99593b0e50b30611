"""What can be done with a case: the buttons of its state, and the drawer that each step needs."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

import streamlit as st

from govdash.access import User
from govdash.core.errors import GovDashError
from govdash.core.permissions import Permission
from govdash.core.vocab import CaseAction, CaseState, Disposition
from govdash.store import Session
from govdash.web import acting, callform, casemore, stepfields, workparts
from govdash.web.caseform import Choices, case_fields, new_case
from govdash.web.page import Page
from govdash.web.parts import el, plain, show
from govdash.web.twins import ask as ask_of_twins
from govdash.workflow import cases, feedback
from govdash.workflow.beside import Beside
from govdash.workflow.board import CaseLife
from govdash.workflow.flow import CASE_FLOW

#: Steps taken with one click: they need no words and can be undone by the next step.
DIRECT: Final = frozenset({CaseAction.START, CaseAction.RESUME, CaseAction.VERIFY})
#: Steps that end a case without a result; they ask twice.
FINAL: Final = frozenset({CaseAction.CANCEL, CaseAction.REJECT})
FORWARD: Final = frozenset(
    {
        CaseAction.ACCEPT,
        CaseAction.DISPATCH,
        CaseAction.START,
        CaseAction.RESOLVE,
        CaseAction.VERIFY,
        CaseAction.CLOSE,
        CaseAction.RESUME,
    }
)
CASE: Final = "case"  # URL parameter: the case that is looked at
#: What the fields of a step are called in the log.
TOLD: Final = {
    "register_condition": "立案条件",
    "close_condition": "结案条件",
    "result": "处置结果",
    "handler": "处置人",
    "verifier": "核查人",
    "leading": "主案件",
    "rule": "路由规则",
}


def told(step: Mapping[str, Any], zone: ZoneInfo) -> list[str]:
    """Say what was filled in at a step."""
    detail = step["detail"]
    said = [f"{label}：{detail[name]}" for name, label in TOLD.items() if detail.get(name)]
    if until := detail.get("until"):
        said.append(f"挂账至：{datetime.fromisoformat(until).astimezone(zone):%Y-%m-%d %H:%M}")
    if code := detail.get("disposition"):
        said.append(f"监测提示结论：{Disposition(code).label}")
    return [step["note"], *said] if step["note"] else said


def actions(page: Page, life: CaseLife, beside: Beside) -> None:
    """Draw the buttons of what the flow allows now and the user may do; others don't exist."""
    row = life.row
    state = CaseState(row["state"])
    with st.container(key="gw_actions", horizontal=True, gap="small", vertical_alignment="center"):
        allowed = [a for a in life.actions if _may(page.user, CASE_FLOW[state, a].needs, row)]
        for action in allowed:
            needs_form = action not in DIRECT
            st.button(
                action.label,
                key=f"gw_do_{action.value}_{row['id']}_{row['version']}",
                type="primary" if action in FORWARD else "secondary",
                on_click=acting.open_drawer if needs_form else _take,
                args=(f"case_{action.value}", row["version"], CASE, row["id"])
                if needs_form
                else (page, row["id"], action, row["version"]),
            )
        askable = state in feedback.ASKABLE and _may(page.user, Permission.FEEDBACK_WRITE, row)
        if askable:
            st.button(
                "回访",
                key=f"gw_do_call_{row['id']}_{row['version']}",
                icon=":material/call:",
                on_click=acting.open_drawer,
                args=("case_call", row["version"], CASE, row["id"]),
            )
        casemore.buttons(row, beside)
        if not (allowed or askable or beside.asks or beside.puts):
            st.caption(
                "流程已结束，没有可做的操作。" if not life.actions else "您没有处理此案件的权限。"
            )


def drawers(page: Page, life: CaseLife, beside: Beside, choices: Choices) -> None:
    """Open the drawer that the URL names, when its step is possible now."""
    row = life.row
    casemore.drawers(page, row, beside)
    for action in life.actions:
        name = f"case_{action.value}"
        if action not in DIRECT and acting.drawer_open(name):
            _step_drawer(
                action.label, page, life, action, acting.seen_version(name, row["version"]), choices
            )
            return
    if acting.drawer_open("case_call") and CaseState(row["state"]) in feedback.ASKABLE:
        callform.drawer(page, life.row)


def new_case_drawer(page: Page, choices: Choices) -> None:
    """Register a case by hand."""
    _new_drawer(page, choices)


def _may(user: User, permission: Permission, row: Mapping[str, Any]) -> bool:
    """As the workflow asks: the permission, and the case's area or one's own unit."""
    mine = row["unit_code"] in user.scope.units and user.holds(permission)
    return mine or user.may(permission, area=row["area_path"])


def _take(page: Page, case_id: int, action: CaseAction, version: int) -> None:
    def act(session: Session, user: User, at: datetime) -> str:
        case = cases.take_step(session, case_id, action, actor=user, at=at, seen_version=version)
        return f"案件 {case.number}：{action.label}，现为“{case.state.label}”。"

    st.query_params[CASE] = str(case_id)
    acting.perform(page, act, did=f"case.{action.value}", subject=f"case:{case_id}")


def _step_drawer(
    title: str, page: Page, life: CaseLife, action: CaseAction, version: int, choices: Choices
) -> None:
    st.dialog(title, position="right", width="medium", on_dismiss=acting.close_drawer)(_step_form)(
        page, life, action, version, choices
    )


def _step_form(
    page: Page, life: CaseLife, action: CaseAction, version: int, choices: Choices
) -> None:
    row = life.row
    show(workparts.paragraph(el("b", row["number"]), " ", row["title"]))
    needs = CASE_FLOW[CaseState(row["state"]), action].requires
    key = f"gw_form_{action.value}_{row['id']}"
    with st.form(key, border=False):
        form = stepfields.fields(page, needs, life, choices, key=key)
        sure = action not in FINAL or st.checkbox(
            f"确认{action.label}：案件到此结束，不能恢复", key=f"{key}_sure"
        )
        sent = st.form_submit_button(f"确认{action.label}", type="primary")
    if not sent:
        return
    if not sure:
        st.error(f"请先勾选“确认{action.label}”。")
        return

    def act(session: Session, user: User, at: datetime) -> str:
        case = cases.take_step(
            session, row["id"], action, actor=user, at=at, form=form, seen_version=version
        )
        return f"案件 {case.number}：{action.label}，现为“{case.state.label}”。"

    acting.finish(page, act, did=f"case.{action.value}", subject=f"case:{row['id']}")


@st.dialog("登记案件", position="right", width="medium", on_dismiss=acting.close_drawer)
def _new_drawer(page: Page, choices: Choices) -> None:
    with st.form("gw_new_case", border=False):
        typed = case_fields(choices, None, key="gw_new")
        twins = ask_of_twins(page, typed, None, key="gw_new")
        sent = st.form_submit_button("登记", type="primary")
    if not sent or twins.undecided:
        return
    try:
        new = new_case(typed, None)
    except GovDashError as error:
        st.error(plain(error), icon=":material/error:")
        return
    made: list[int] = []

    def act(session: Session, user: User, at: datetime) -> str:
        case = cases.open_case(session, new, actor=user, at=at, leading=twins.leading)
        made.append(case.id)
        if twins.leading:
            return f"已登记案件 {case.number}，{twins.offered[twins.leading]}。"
        due = workparts.clock_time(case.due_at, page.zone, now=at)
        return f"已登记案件 {case.number}，到期 {due}。"

    acting.finish(
        page, act, did="case.open", subject="case:new", then=lambda: acting.look_at(CASE, made[-1])
    )
