"""The lower half of 时间线: lanes, the life of one alert, and two calendars of heat."""

from collections.abc import Mapping
from typing import Final, cast

import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from govdash.aggregate.series import Grain
from govdash.core.filters import EventQuery
from govdash.core.permissions import Permission
from govdash.core.vocab import Level
from govdash.figures import charts, moments
from govdash.report import incident, timeline
from govdash.web.page import Page
from govdash.web.parts import card_title, empty, show

CHART: Final = {"displayModeBar": False}
LIFE: Final = "life"
LANE_WORDS: Final[Mapping[str, str]] = {"facet": "按要素", "channel": "按渠道", LIFE: "一事经过"}
WEEK: Final = "week"
DAYS: Final = "days"
HEAT_WORDS: Final = {WEEK: "一周规律", DAYS: "日历"}


def lanes(page: Page, query: EventQuery, grain: Grain, alerts: pd.DataFrame) -> None:
    """Draw a lane for each facet or channel, or everything that happened with one alert."""
    words = {
        code: word
        for code, word in LANE_WORDS.items()
        if code != LIFE or page.user.holds(Permission.ALERT_READ)
    }
    with st.container(horizontal=True, vertical_alignment="center", key="gd_lanes_head"):
        title = st.container()
        by = st.segmented_control(
            "分道依据",
            list(words),
            default="facet",
            required=True,
            key="lane",
            bind="query-params",
            format_func=lambda code: words[code],
            label_visibility="collapsed",
        )
    if by == LIFE:
        _life(page, query, alerts, title)
        return
    with title:
        show(card_title("分道", "每道各有高度；右侧为合计（件）"))
    lane = cast("timeline.Lane", by or "facet")
    told = page.cached(timeline.lanes, query, grain=grain, by=lane)
    if not told["n"].any():
        show(empty("这段时间没有事件", "换一个时间范围或条件试试。"))
        return
    names = {code.value: code.label for code in timeline.LANES[lane]}
    figure = charts.lanes(told, page.palette, names=names, grain=grain, size=page.text_size)
    st.plotly_chart(figure, key="lanes", theme=None, config=CHART, height="stretch")


def _life(page: Page, query: EventQuery, alerts: pd.DataFrame, title: DeltaGenerator) -> None:
    with title:
        show(card_title("一事经过", "事件 → 预警 → 案件 → 回访"))
    if alerts.empty:
        show(empty("这段时间没有预警", "换一个时间范围或条件试试。"))
        return
    named = {
        str(row["id"]): f"{Level(row['level']).shape} {row['title']}（{row['number']}）"
        for row in alerts.sort_values("case_id", na_position="last", kind="stable").to_dict(
            "records"
        )
    }
    chosen = st.selectbox(
        "预警",
        list(named),
        key="life",
        bind="query-params",
        format_func=lambda number: named[number],
        label_visibility="collapsed",
    )
    told = incident.life(page.session, page.lake, query, int(chosen), at=page.now)
    figure = moments.life(
        told.events,
        [(one.at, one.kind.value, one.label, one.who) for one in told.moments],
        page.palette,
        zone=page.zone,
    )
    st.plotly_chart(figure, key=f"life_{chosen}", theme=None, config=CHART, height="stretch")


def heat(page: Page, query: EventQuery, wide: EventQuery) -> None:
    """Draw when in the week things happen, or how many on each day of the calendar."""
    with st.container(horizontal=True, vertical_alignment="center", key="gd_heat_head"):
        title = st.container()
        which = st.segmented_control(
            "热力",
            list(HEAT_WORDS),
            default=WEEK,
            required=True,
            key="heat",
            bind="query-params",
            format_func=lambda code: HEAT_WORDS[code],
            label_visibility="collapsed",
        )
    asked = wide if which == DAYS or query.filter.period.n_days < len(charts.WEEKDAYS) else query
    period = asked.filter.period
    what = "每日件数" if which == DAYS else "每小时平均件数"
    with title:
        note = f"{period.first:%m-%d} 至 {period.last:%m-%d}，{what}，色深 = 多"
        show(card_title(HEAT_WORDS[which or WEEK], note))
    if which == DAYS:
        told = page.cached(timeline.days, asked)
        figure = (
            moments.calendar(told, page.palette, size=page.text_size) if told["n"].any() else None
        )
    else:
        table = page.cached(timeline.week, asked)
        figure = (
            charts.week_heat(table, page.palette, size=page.text_size)
            if table.to_numpy().any()
            else None
        )
    if figure is None:
        show(empty("这段时间没有事件", "换一个时间范围或条件试试。"))
        return
    st.plotly_chart(figure, key=f"heat_{which}", theme=None, config=CHART, height="stretch")
