"""时间线 as it is drawn: counts against their expected band, lanes, and the week."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any, Final, cast

import pandas as pd
import streamlit as st

from govdash.aggregate.series import Grain, bucket_start
from govdash.core.filters import EventQuery, Period
from govdash.figures import charts
from govdash.lake import queries
from govdash.report import timeline
from govdash.web import cache, filters, mapparts
from govdash.web.page import Page
from govdash.web.parts import card_title, empty, number, show

DAYS_OF_WEEK: Final = 7  # a shorter period has no weekly rhythm; the stretch around it has
CHART: Final = {"displayModeBar": False}
AUTO: Final = "auto"
LANE_WORDS: Final[Mapping[timeline.Lane, str]] = {"facet": "要素", "channel": "渠道"}


def screen(page: Page, query: EventQuery) -> None:
    """Draw the page; what is brushed becomes the period of the filter."""
    with st.container(key="card_band", height=400, border=False):
        grain = _grain(query)
        stretch = timeline.around(query.filter.period, grain, today=page.today)
        wide = query.with_period(stretch)
        _band(page, query, wide, grain)
    left, right = st.columns([1.6, 1])
    with left, st.container(key="card_lanes", height=300, border=False):
        _lanes(page, query, grain)
    with right, st.container(key="card_week", height=300, border=False):
        _week(page, query if query.filter.period.n_days >= DAYS_OF_WEEK else wide)


def _grain(query: EventQuery) -> Grain:
    with st.container(horizontal=True, vertical_alignment="center", key="gd_band_head"):
        show(
            card_title(
                "事件走势",
                "阴影 = 由前 8 期推出的预期区间，▲▼ = 高于或低于预期；横向框选一段时间即按它筛选",
            )
        )
        chosen = st.segmented_control(
            "粒度",
            [AUTO, *timeline.GRAINS],
            default=AUTO,
            required=True,
            key="grain",
            bind="query-params",
            format_func=lambda code: "自动" if code == AUTO else f"按{timeline.GRAINS[code]}",
            label_visibility="collapsed",
        )
    if chosen in (AUTO, None):
        return timeline.grain_for(query.filter.period)
    return cast("Grain", chosen)


def _band(page: Page, query: EventQuery, wide: EventQuery, grain: Grain) -> None:
    until = page.wall_clock().floor("h")
    told = page.cached(timeline.course, wide, grain=grain, until=until)
    if not told["n"].sum():
        mapparts.nothing(page, query, key="timeline_latest")
        return
    period, stretch = query.filter.period, wide.filter.period
    named = cache.calendar(page.settings).holidays(stretch.first, stretch.last)
    fine = grain in ("hour", "day")  # a week or a month isn't a holiday
    if fine:
        told = timeline.without_holidays(told, named)
    figure = charts.band_chart(
        told,
        page.palette,
        grain=grain,
        chosen=charts.Span(period.first, period.last),
        holidays=timeline.holidays(named) if fine else (),
    )
    key = f"band_{grain}_{stretch.first}_{stretch.last}"

    def brushed() -> None:
        span = _brushed_days(st.session_state.get(key))
        if span:
            first, last = max(span[0], stretch.first), min(span[1], stretch.last)
            if first <= last:
                brush = Period(first, last, period.zone_name)
                filters.put(query.filter.with_period(brush), today=page.today)

    st.plotly_chart(
        figure,
        key=key,
        theme=None,
        config=CHART,
        height="stretch",
        on_select=brushed,
        selection_mode="box",
    )
    ends = told["bucket"].dt.date
    mine = told[(ends >= bucket_start(period.first, grain)) & (ends <= period.last)]
    odd, known = int(mine["flag"].sum()), int(mine["expected"].notna().sum())
    total = page.cached(queries.total, query)
    words = f"所选时段共 {number(total)} 件；{known} 个时段有预期，其中 {odd} 个超出"
    if fine and named:
        words += "（节假日不作比较）"
    show(card_title("", words))


def _brushed_days(state: Any) -> tuple[date, date] | None:  # noqa: ANN401 - Streamlit's own type
    """Return the local days under the box that was drawn, if one was."""
    boxes = ((state or {}).get("selection") or {}).get("box") or []
    if not boxes:
        return None
    first, last = sorted(pd.Timestamp(str(x)) for x in boxes[0]["x"][:2])
    # A brush that ends at midnight doesn't reach into the next day.
    return first.date(), max(first, last - timedelta(seconds=1)).date()


def _lanes(page: Page, query: EventQuery, grain: Grain) -> None:
    with st.container(horizontal=True, vertical_alignment="center", key="gd_lanes_head"):
        show(card_title("分道", "每道各有高度；右侧为合计（件）"))
        by = st.segmented_control(
            "分道依据",
            list(LANE_WORDS),
            default="facet",
            required=True,
            key="lane",
            bind="query-params",
            format_func=lambda code: f"按{LANE_WORDS[code]}",
            label_visibility="collapsed",
        )
    lane: timeline.Lane = "channel" if by == "channel" else "facet"
    told = page.cached(timeline.lanes, query, grain=grain, by=lane)
    if not told["n"].any():
        show(empty("这段时间没有事件", "换一个时间范围或条件试试。"))
        return
    names = {code.value: code.label for code in timeline.LANES[lane]}
    figure = charts.lanes(told, page.palette, names=names, grain=grain)
    st.plotly_chart(figure, key="lanes", theme=None, config=CHART, height="stretch")


def _week(page: Page, query: EventQuery) -> None:
    period = query.filter.period
    show(
        card_title(
            "一周规律",
            f"{period.first:%Y-%m-%d} 至 {period.last:%Y-%m-%d}，每小时平均件数，色深 = 多",
        )
    )
    told = page.cached(timeline.week, query)
    if not told.to_numpy().any():
        show(empty("这段时间没有事件", "换一个时间范围或条件试试。"))
        return
    figure = charts.week_heat(told, page.palette)
    st.plotly_chart(figure, key="week", theme=None, config=CHART, height="stretch")
