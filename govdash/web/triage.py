"""The pieces of 预警中心: trays, list, one alert with its evidence, course and log."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
import streamlit as st

from govdash.core.filters import EventQuery
from govdash.core.vocab import Disposition, Level
from govdash.figures.course import course as course_figure
from govdash.report import triage
from govdash.report.triage import Tray
from govdash.web import acting, rows, triageforms, workparts
from govdash.web.page import Page
from govdash.web.parts import Html, card_title, empty, number, show
from govdash.workflow import board
from govdash.workflow.board import AlertLife

KEY = triageforms.ALERT
NOTICE = (
    "监测提示（系统）由模型根据数据给出，供研判参考，不是法定预警；需要发布预警的，"
    "由主管部门按程序办理。"
)
TEN_YEARS = 3650  # days; evidence goes no further
SHARES = 8  # the parts that add most; the rest add little


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
    show(triageforms.heading(row))
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
    triageforms.actions(page, life)
    triageforms.drawers(page, life)


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
    frame = page.cached(triage.course, asked, data_dir=page.settings.data)
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
