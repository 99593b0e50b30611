"""What can be done with an alert: its buttons, and the drawers that dismissing and a case need."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

import streamlit as st

from govdash.access import User
from govdash.core.permissions import Permission
from govdash.core.vocab import Disposition, Handling, Level
from govdash.store import Session
from govdash.store import alerts as alert_rows
from govdash.web import acting, casework, workparts
from govdash.web.caseform import case_fields, new_case
from govdash.web.page import Page
from govdash.web.parts import Html, el, level_badge, show
from govdash.web.twins import ask as ask_of_twins
from govdash.workflow import alerts, board, cases
from govdash.workflow.board import AlertLife
from govdash.workflow.flow import AlertAction

ALERT: Final = "alert"  # URL parameter: the alert that is looked at
#: What a person can say without a case; 属实已处置 is said when a case closes.
DISMISSALS: Final = tuple(d for d in Disposition if d is not Disposition.REAL_ACTED)


def heading(row: Mapping[str, Any]) -> Html:
    """Write what the alert is, and how it stands."""
    return el(
        "div",
        level_badge(Level(row["level"])),
        el("b", row["title"], title=row["title"]),
        el("small", f"监测提示（系统） · {row['handling_label']} · {row['signal_label']}"),
        cls="gw-head",
    )


def entries(life: AlertLife) -> list[workparts.Entry]:
    """Return the log of an alert in words."""

    def said(step: Mapping[str, Any]) -> str:
        code = step["detail"].get("disposition")
        label = f"判定：{Disposition(code).label}。" if code else ""
        return label + step["note"]

    return [
        workparts.Entry(step["at"], step["actor_name"], step["did_label"], said(step))
        for step in workparts.records(life.log)
    ]


def actions(page: Page, life: AlertLife) -> None:
    """Draw the buttons of what can be done now; others don't exist."""
    row = life.row
    with st.container(key="gw_actions", horizontal=True, gap="small", vertical_alignment="center"):
        if row["case_id"] is not None:
            st.page_link(
                casework.case_page(),
                label=f"案件 {row['case_number']}",
                icon=":material/assignment:",
                query_params={casework.KEY: str(row["case_id"])},
            )
        may = page.user.may(Permission.ALERT_HANDLE, area=row["area_path"])
        if not life.actions or not may:
            st.caption(_why_nothing(row) if may else "您没有处理此条的权限。")
            return
        here = f"{row['id']}_{row['version']}"  # a button belongs to the version that it shows
        if AlertAction.ACKNOWLEDGE in life.actions:
            st.button(
                "签收",
                key=f"gw_ack_{here}",
                type="primary",
                icon=":material/done:",
                on_click=_acknowledge,
                args=(page, row["id"], row["version"]),
            )
        if AlertAction.OPEN_CASE in life.actions:
            st.button(
                "转案件",
                key=f"gw_case_{here}",
                icon=":material/assignment_add:",
                on_click=acting.open_drawer,
                args=("alert_case", row["version"], ALERT, row["id"]),
            )
        if AlertAction.DISMISS in life.actions:
            st.button(
                "排除",
                key=f"gw_dismiss_{here}",
                icon=":material/block:",
                on_click=acting.open_drawer,
                args=("alert_dismiss", row["version"], ALERT, row["id"]),
            )
        if row["acknowledged_until"] is not None:
            until = workparts.clock_time(row["acknowledged_until"], page.zone, now=page.now)
            st.caption(f"签收有效至 {until}，到期退回待签收。")


def _why_nothing(row: Mapping[str, Any]) -> str:
    linked = row["handling"] == Handling.LINKED.value
    return "已转案件，随案件办理和关闭。" if linked else "此条已结束，没有可做的操作。"


def _acknowledge(page: Page, alert_id: int, version: int) -> None:
    def act(session: Session, user: User, at: datetime) -> str:
        alert = alerts.acknowledge(session, alert_id, actor=user, at=at, seen_version=version)
        until = workparts.clock_time(alert.acknowledged_until, page.zone, now=at)
        return f"已签收 {alert.number}，有效至 {until}；在此之前转案件或排除。"

    st.query_params[ALERT] = str(alert_id)
    acting.perform(page, act, did="alert.acknowledge", subject=f"alert:{alert_id}")


def drawers(page: Page, life: AlertLife) -> None:
    """Open the drawer that the URL names, when its action is possible now."""
    if acting.drawer_open("alert_dismiss") and AlertAction.DISMISS in life.actions:
        _dismiss_drawer(
            page, life.row["id"], acting.seen_version("alert_dismiss", life.row["version"])
        )
    elif acting.drawer_open("alert_case") and AlertAction.OPEN_CASE in life.actions:
        _case_drawer(page, life.row["id"], acting.seen_version("alert_case", life.row["version"]))


@st.dialog("排除监测提示", position="right", width="medium", on_dismiss=acting.close_drawer)
def _dismiss_drawer(page: Page, alert_id: int, version: int) -> None:
    with page.refresh() as fresh:
        life = board.alert_life(fresh.session, alert_id, fresh.user.scope)
    show(heading(life.row))
    show(workparts.paragraph(life.row["sentence"]))
    with st.form(f"gw_dismiss_form_{alert_id}", border=False):
        disposition = st.selectbox(
            "判定",
            DISMISSALS,
            index=None,
            placeholder="请选择它实际上是什么",
            format_func=lambda code: code.label,
            key=f"gw_dismiss_code_{alert_id}",
        )
        note = st.text_area(
            "理由",
            key=f"gw_dismiss_note_{alert_id}",
            max_chars=500,
            placeholder="怎样核实的、依据是什么",
        )
        sent = st.form_submit_button("确认排除", type="primary")
    if not sent:
        return
    if disposition is None or not note.strip():
        st.error("请选择判定并写明理由；判定会用来校准规则。")
        return

    def act(session: Session, user: User, at: datetime) -> str:
        alert = alerts.dismiss(
            session, alert_id, disposition, note=note, actor=user, at=at, seen_version=version
        )
        return f"已排除 {alert.number}：{disposition.label}。"

    acting.finish(page, act, did="alert.dismiss", subject=f"alert:{alert_id}")


@st.dialog("转为案件", position="right", width="medium", on_dismiss=acting.close_drawer)
def _case_drawer(page: Page, alert_id: int, version: int) -> None:
    with page.refresh() as fresh:
        life = board.alert_life(fresh.session, alert_id, fresh.user.scope)
        alert = alert_rows.get(fresh.session, alert_id, fresh.user.scope)
        start = cases.suggest(fresh.session, alert, fresh.user.scope) if alert else None
        choices = casework.choices(fresh)
    show(heading(life.row))
    show(workparts.paragraph("类别、单位、时限已按监测提示和历史案例预填，请核对。", cls="note"))
    with st.form(f"gw_case_form_{alert_id}", border=False):
        typed = case_fields(choices, start, key=f"gw_new_{alert_id}")
        twins = ask_of_twins(page, typed, start, key=f"gw_new_{alert_id}")
        sent = st.form_submit_button("立案登记", type="primary")
    if not sent:
        return
    if twins.undecided:
        st.error("请先选择是否同一件事：归入在办的案件，还是单独登记。", icon=":material/error:")
        return

    def act(session: Session, user: User, at: datetime) -> str:
        case = cases.open_from_alert(
            session, alert_id, new_case(typed, start),
            actor=user, at=at, seen_version=version, leading=twins.leading,
        )  # fmt: skip
        if twins.leading:
            told = twins.offered[twins.leading]
            return f"已由 {life.row['number']} 登记案件 {case.number}，{told}。"
        due = workparts.clock_time(case.due_at, page.zone, now=at)
        return f"已由 {life.row['number']} 登记案件 {case.number}，到期 {due}。"

    acting.finish(page, act, did="case.open", subject=f"alert:{alert_id}")
