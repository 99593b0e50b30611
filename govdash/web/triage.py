"""The left of 预警中心: the trays, the levels, and the list of alerts."""

from collections.abc import Mapping
from typing import Any

import pandas as pd
import streamlit as st

from govdash.core.filters import EventQuery
from govdash.core.vocab import Handling, Level
from govdash.report import triage
from govdash.report.evidence import amount
from govdash.report.triage import Tray
from govdash.web import acting, keyboard, rows, triageforms, watching, workparts
from govdash.web.keyboard import Key
from govdash.web.page import Page
from govdash.web.parts import Html, card_title, empty, number, show

KEY = triageforms.ALERT
#: The buttons are those of `triageforms`.
KEYS = (
    Key("A", "gw_ack_", "签收"),
    Key("C", "gw_case_", "转案件"),
    Key("D", "gw_dismiss_", "排除"),
)


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
    table = triage.alerts(page.session, query, chosen, levels=levels)
    watching.watch(
        page,
        lambda fresh: triage.alerts(fresh.session, fresh.query(), chosen, levels=levels),
        table,
    )
    return chosen, table


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
                rows.right(triage.age_words(alert["first_seen_at"], page.now), _standing(alert)),
            ],
            chosen=alert["id"] == chosen,
        )
        for alert in workparts.records(table)
    ]
    opened = rows.draw(
        listed,
        key="gw_alerts",
        columns="2.15rem 1fr auto",
        look="cards",
        keys=keyboard.presses(KEYS),
    )
    keyboard.draw(KEYS)
    if opened is not None and int(opened) != chosen:
        acting.look_at(KEY, int(opened))
        st.rerun()
    return chosen


def _nothing(tray: Tray) -> Html:
    if tray is Tray.OPEN:
        return empty("没有待办的监测提示", "系统会按规则定时检测；也可到“系统状态”立即检测。")
    return empty(f"没有{tray.label}的监测提示", "换个时间范围或去掉筛选条件看看。")


def _standing(alert: Mapping[str, Any]) -> str:
    """Say how an alert stands, and with whom while somebody has it."""
    mine = alert["handling"] == Handling.ACKNOWLEDGED.value and alert["handler"]
    return f"{alert['handling_label']} · {alert['handler']}" if mine else alert["handling_label"]


def _meta(alert: Mapping[str, Any]) -> str:
    window = triage.window_words(alert["window_first"], alert["window_last"])
    counts = f"实测 {number(alert['observed'])} / 预期 {amount(alert['expected'])}"
    signal = "消退前无人查看" if alert["unseen"] else alert["signal_label"]
    more = f" · 另 {alert['n_members']} 处" if alert["n_members"] else ""
    return f"{window} · {counts} · {signal}{more}"
