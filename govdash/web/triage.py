"""The pieces of 预警中心: trays, list, one alert with evidence and log, what to do with it."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import pandas as pd
import streamlit as st

from govdash.access import User
from govdash.core.filters import EventQuery
from govdash.core.permissions import Permission
from govdash.core.vocab import Disposition, Handling, Level
from govdash.figures.course import course as course_figure
from govdash.report import triage
from govdash.report.triage import Tray
from govdash.store import Session
from govdash.store import alerts as alert_rows
from govdash.web import acting, casework, rows, workparts
from govdash.web.caseform import case_fields, new_case
from govdash.web.page import Page
from govdash.web.parts import Html, card_title, el, empty, level_badge, number, show
from govdash.workflow import alerts, board, cases
from govdash.workflow.board import AlertLife
from govdash.workflow.flow import AlertAction

KEY = "alert"  # URL parameter: the alert that is looked at
NOTICE = (
    "监测提示（系统）由模型根据数据给出，供研判参考，不是法定预警；需要发布预警的，"
    "由主管部门按程序办理。"
)
TEN_YEARS = 3650  # days; evidence goes no further
SHARES = 8  # the parts that add most; the rest add little
#: What a person can say without a case; 属实已处置 is said when a case closes.
DISMISSALS = tuple(d for d in Disposition if d is not Disposition.REAL_ACTED)


def tray_bar(page: Page, query: EventQuery) -> tuple[Tray, pd.DataFrame]:
    """Draw the trays and the levels; return the tray chosen and its alerts."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        tray = st.segmented_control(
            "状态",
            list(Tray),
            default=Tray.OPEN,
            required=True,
            key="tray",
            format_func=lambda tray: tray.label,
            label_visibility="collapsed",
            bind="query-params",
            on_change=acting.look_at_first,
            args=(KEY,),
        )
        levels = st.pills(
            "级别",
            list(Level),
            selection_mode="multi",
            key="gw_levels",
            format_func=lambda level: f"{level.shape} {level.label}",
            label_visibility="collapsed",
        )
    chosen = Tray(tray or Tray.OPEN)
    return chosen, triage.alerts(page.session, query, chosen, levels=levels)


def inbox(page: Page, tray: Tray, table: pd.DataFrame) -> int | None:
    """Draw the list; return the alert that is looked at, by default the first."""
    waits = "按级别、时间排序" if tray is not Tray.ENDED else "所选时间范围内首次发现的"
    cut = "，只列前 500 条" if len(table) >= triage.MOST_ALERTS else ""
    show(card_title(f"{tray.label} {len(table)} 条", waits + cut))
    if table.empty:
        show(_nothing(tray))
        return acting.chosen_id(KEY)
    ids = [int(number) for number in table["id"]]
    chosen = acting.chosen_id(KEY) or ids[0]
    listed = [
        rows.Row(
            str(alert["id"]),
            [
                rows.badge(Level(alert["level"])),
                rows.two(alert["title"], _meta(alert)),
                rows.right(
                    triage.age_words(alert["first_seen_at"], page.now), alert["handling_label"]
                ),
            ],
            chosen=alert["id"] == chosen,
        )
        for alert in workparts.records(table)
    ]
    opened = rows.draw(listed, key="gw_alerts", columns="2.15rem 1fr auto", look="cards")
    if opened is not None and int(opened) != chosen:
        acting.look_at(KEY, int(opened))
        st.rerun()
    return chosen


def alert_card(page: Page, query: EventQuery, alert_id: int | None) -> None:
    """Draw one alert: what, where, why, what happened, what can be done."""
    if alert_id is None:
        show(empty("没有选中监测提示", "左侧列表为空；换个状态或筛选条件看看。"))
        return
    life = board.alert_life(page.session, alert_id, page.user.scope)
    row = life.row
    show(_head(row))
    show(workparts.figures(_figures(page, life)))
    show(workparts.paragraph(row["sentence"] or "（没有文字说明）"))
    _course(page, query, row)
    if life.evidence is not None and life.evidence.shares:
        show(card_title("分布", "实测 / 预期（件），竖线为预期；按增量排序"))
        parts = life.evidence.shares[:SHARES]
        show(workparts.shares((s.name, s.observed, s.expected) for s in parts))
    show(card_title("记录", f"{row['number']} · 规则 {row['rule_name']}"))
    show(workparts.log(_entries(life), page.zone))
    show(workparts.paragraph(NOTICE, cls="note"))
    _actions(page, life)
    _drawers(page, life)


def _nothing(tray: Tray) -> Html:
    if tray is Tray.OPEN:
        return empty("没有待办的监测提示", "系统会按规则定时检测；也可到“系统状态”立即检测。")
    return empty(f"没有{tray.label}的监测提示", "换个时间范围或去掉筛选条件看看。")


def _meta(alert: Mapping[str, Any]) -> str:
    window = _window(alert)
    counts = f"实测 {number(alert['observed'])} / 预期 {number(alert['expected'], digits=1)}"
    return f"{window} · {counts} · {alert['signal_label']}"


def _window(alert: Mapping[str, Any]) -> str:
    first, last = alert["window_first"], alert["window_last"]
    return f"{last:%m-%d}" if first == last else f"{first:%m-%d}～{last:%m-%d}"


def _head(row: Mapping[str, Any]) -> Html:
    return el(
        "div",
        level_badge(Level(row["level"])),
        el("b", row["title"], title=row["title"]),
        el("small", f"监测提示（系统） · {row['handling_label']}"),
        cls="gw-head",
    )


def _figures(page: Page, life: AlertLife) -> Sequence[tuple[str, str, str]]:
    row, evidence = life.row, life.evidence
    days = (row["window_last"] - row["window_first"]).days + 1
    band = f"95% 区间 {evidence.lower:.0f}～{evidence.upper:.0f}" if evidence else ""
    rare = _rarity(evidence.one_in_days) if evidence else ""
    low = row["direction"] == "low"
    seen = workparts.clock_time(row["last_seen_at"], page.zone, now=page.now)
    first = workparts.clock_time(row["first_seen_at"], page.zone, now=page.now)
    return (
        ("实测（件）", number(row["observed"]), f"{_window(row)}，{days} 天"),
        ("预期（件）", number(row["expected"], digits=1), band),
        ("偏低（件）" if low else "偏高（件）", _difference(row), rare),
        ("信号", row["signal_label"], f"最近 {seen}"),
        ("处置", row["disposition_label"] or row["handling_label"], f"首次 {first}"),
    )


def _rarity(days: float) -> str:
    return "十年难得一遇" if days >= TEN_YEARS else f"约 {days:,.0f} 天一遇"


def _difference(row: Mapping[str, Any]) -> str:
    return f"{row['observed'] - row['expected']:+,.1f}"


def _course(page: Page, query: EventQuery, row: Mapping[str, Any]) -> None:
    asked = triage.course_query(
        query,
        area_path=row["area_path"],
        category=row["category"],
        last=row["window_last"],
        today=page.today,
    )
    frame = page.cached(triage.course, asked)
    show(
        card_title("走势", f"{row['area_name']} · {row['category_name']}，每日件数，底色为提示窗口")
    )
    window = (pd.Timestamp(row["window_first"]), pd.Timestamp(row["window_last"]))
    st.plotly_chart(
        course_figure(frame, window, page.palette),
        key=f"gw_course_{row['id']}",
        height=190,
        theme=None,
        config={"displayModeBar": False, "displaylogo": False},
    )


def _entries(life: AlertLife) -> list[workparts.Entry]:
    def said(step: Mapping[str, Any]) -> str:
        code = step["detail"].get("disposition")
        label = f"判定：{Disposition(code).label}。" if code else ""
        return label + step["note"]

    return [
        workparts.Entry(step["at"], step["actor_name"], step["did_label"], said(step))
        for step in workparts.records(life.log)
    ]


def _actions(page: Page, life: AlertLife) -> None:
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
                args=("alert_case", row["version"], KEY, row["id"]),
            )
        if AlertAction.DISMISS in life.actions:
            st.button(
                "排除",
                key=f"gw_dismiss_{here}",
                icon=":material/block:",
                on_click=acting.open_drawer,
                args=("alert_dismiss", row["version"], KEY, row["id"]),
            )


def _why_nothing(row: Mapping[str, Any]) -> str:
    linked = row["handling"] == Handling.LINKED.value
    return "已转案件，随案件办理和关闭。" if linked else "此条已结束，没有可做的操作。"


def _acknowledge(page: Page, alert_id: int, version: int) -> None:
    def act(session: Session, user: User, at: datetime) -> str:
        alert = alerts.acknowledge(session, alert_id, actor=user, at=at, seen_version=version)
        return f"已签收 {alert.number}。"

    st.query_params[KEY] = str(alert_id)
    acting.perform(page, act, did="alert.acknowledge", subject=f"alert:{alert_id}")


def _drawers(page: Page, life: AlertLife) -> None:
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
    show(_head(life.row))
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
        start = cases.suggest(fresh.session, alert) if alert else None
        choices = casework.choices(fresh)
    show(_head(life.row))
    show(workparts.paragraph("类别、单位、时限已按监测提示和历史案例预填，请核对。", cls="note"))
    with st.form(f"gw_case_form_{alert_id}", border=False):
        typed = case_fields(choices, start, key=f"gw_new_{alert_id}")
        sent = st.form_submit_button("立案登记", type="primary")
    if not sent:
        return

    def act(session: Session, user: User, at: datetime) -> str:
        case = cases.open_from_alert(
            session, alert_id, new_case(typed, start), actor=user, at=at, seen_version=version
        )
        due = workparts.clock_time(case.due_at, page.zone, now=at)
        return f"已由 {life.row['number']} 登记案件 {case.number}，到期 {due}。"

    acting.finish(page, act, did="case.open", subject=f"alert:{alert_id}")
