"""态势总览 as it is drawn: one screen that keeps itself fresh and filters by what is clicked."""

from dataclasses import replace
from datetime import timedelta
from typing import Final

import pandas as pd
import streamlit as st

from govdash.aggregate.series import Grain
from govdash.core.filters import EventQuery, Period
from govdash.figures import charts, maps
from govdash.report import map as map_report
from govdash.report import overview, performance, timeline
from govdash.store import performance as case_store
from govdash.web import cache, citymap, mapparts, summaries, tiles
from govdash.web.page import Page
from govdash.web.parts import card_title, el, empty, show

REFRESH_SECONDS: Final = 15
#: Rates need some cases to mean anything, so they look back at least this far.
RATE_DAYS: Final = 30
CHART: Final = {"displayModeBar": False}


@st.fragment(run_every=REFRESH_SECONDS)
def live(opened: Page) -> None:
    """Draw everything below the filter bar, again and again, with the user checked each time."""
    with opened.refresh() as page:
        query = page.query()
        alerts = overview.open_alerts(page.session, query)
        cases = _cases(page, query)
        _tiles(page, query, cases, alerts)
        left, right = st.columns([1.72, 1])
        with left, st.container(key="card_map", height=400, border=False):
            _map(page, query, alerts)
        with right, st.container(key="card_work", height=400, border=False):
            _work(page, cases, alerts)
        first, second, third, fourth = st.columns([1.3, 0.82, 0.9, 1.05])
        with first, st.container(key="card_course", height=300, border=False):
            _course(page, query)
        with second, st.container(key="card_facets", height=300, border=False):
            summaries.facets(page, query, until=full_hour(page))
        with third, st.container(key="card_top", height=300, border=False):
            summaries.categories(page, query)
        with fourth, st.container(key="card_streets", height=300, border=False):
            summaries.streets(page, query, cases)


def full_hour(page: Page) -> pd.Timestamp:
    """Return the last full hour on the city's clock, naive: caches live until the next one."""
    return page.wall_clock().floor("h")


def _rate_period(query: EventQuery) -> Period:
    period = query.filter.period
    first = min(period.first, period.last - timedelta(days=RATE_DAYS - 1))
    return Period(first, period.last, period.zone_name)


def _cases(page: Page, query: EventQuery) -> pd.DataFrame:
    since = _rate_period(query).start
    areas = query.filter.areas
    found = case_store.lifelines(page.session, query.scope, areas=areas, since=since)
    mine = overview.concerned(found, replace(query.filter, areas=()))
    return found[mine].reset_index(drop=True)


def _tiles(page: Page, query: EventQuery, cases: pd.DataFrame, alerts: pd.DataFrame) -> None:
    period = _rate_period(query)
    areas = query.filter.areas
    said = case_store.said(page.session, query.scope, areas=areas, since=period.start)
    tiles.strip(
        page,
        label=page.period_label(query),
        stretch=f"近{period.n_days}天" if period.last == page.today else "期内",
        tally=page.cached(overview.tally, query, until=full_hour(page)),
        told=performance.figures(cases, said, at=page.now),
        course=performance.course(cases, days=14, at=page.now, zone=page.zone),
        alerts=alerts,
    )


def _map(page: Page, query: EventQuery, alerts: pd.DataFrame) -> None:
    places = cache.area_places(page.store)
    levels = mapparts.levels(places)
    box = map_report.city_box(places, query.scope)
    if not levels or box is None:
        show(card_title("事件分布"))
        show(empty("还没有区域", "用 govdash import-areas 导入区划后，这里会出现地图。"))
        return
    level = levels[-1]
    layer = mapparts.area_layer(page, query, places, level)
    note = f"颜色 = {layer['label']}数（按{level.label}）；标记 = 未处理的预警；点击区域筛选"
    show(card_title("事件分布", note))
    pick = citymap.draw(
        citymap.Drawing(
            bounds=maps.bounds_of(box),
            areas=layer,
            outline=citymap.geo_url(f"areas/{mapparts.outline(places, level).value}.geojson"),
            chosen=query.filter.areas,
            focus=mapparts.focus(places, query.filter.areas),
            alerts=mapparts.alert_marks(alerts, places),
            layers=mapparts.drawn_layers(page),
        ),
        page.palette,
        key="overview_map",
        tiles=page.settings.tile_url,
    )
    show(mapparts.legend(layer["breaks"], page.palette))
    if pick:
        mapparts.follow(page, query, pick)


def _work(page: Page, cases: pd.DataFrame, alerts: pd.DataFrame) -> None:
    late = performance.overdue(cases, at=page.now)
    with st.container(horizontal=True, vertical_alignment="center", key="gd_work_head"):
        show(card_title("待处理", "按级别、时间排序"))
        which = st.segmented_control(
            "列表",
            ["预警", "超期工单"],
            default="预警",
            required=True,
            key="overview_work",
            format_func=lambda name: f"{name} {len(alerts if name == '预警' else late)}",
            label_visibility="collapsed",
        )
    if which == "预警":
        summaries.alert_list(page, alerts)
    else:
        summaries.late_list(page, late)


def _course(page: Page, query: EventQuery) -> None:
    period = query.filter.period
    hourly = period.n_days == 1
    grain: Grain = "hour" if hourly else timeline.grain_for(period)
    told = page.cached(timeline.course, query, grain=grain, until=full_hour(page))
    if grain in ("hour", "day"):
        named = cache.calendar(page.settings).holidays(period.first, period.last)
        told = timeline.without_holidays(told, named)
    unit = "每小时" if hourly else f"每{timeline.GRAINS[grain]}"
    note = f"实线 = 实际（{unit}），阴影 = 前 8 周同期的预期区间"
    show(card_title(f"{page.period_label(query)}走势", note))
    if not told["n"].sum() and not told["expected"].sum():
        mapparts.nothing(page, query, key="overview_latest")
        return
    if hourly:
        # A chart is drawn anew when anything in it changes: the line of now moves in steps.
        figure = charts.day_curve(told, page.palette, now=page.wall_clock().floor("10min"))
    else:
        figure = charts.band_chart(told, page.palette, grain=grain)
        figure.update_layout(dragmode=False)
    st.plotly_chart(figure, key="overview_course", theme=None, config=CHART, height="stretch")


def freshness(page: Page) -> None:
    """Say beside the title how fresh the data is."""
    told = overview.sources(page.lake, page.user.scope)
    if told.empty:
        page.say(el("span", "还没有数据", cls="gd-say"))
        return
    newest = pd.Timestamp(told["last_received_at"].max()).to_pydatetime()
    page.say(
        el(
            "span",
            el("i", cls="gd-dot"),
            f"数据更新 {page.clock(newest)} · 接入 {told['source'].nunique()} 个来源",
            cls="gd-say",
        )
    )
