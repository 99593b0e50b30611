"""态势总览 as it is drawn: one screen that keeps itself fresh and filters by what is clicked."""

from datetime import timedelta
from typing import Final

import pandas as pd
import streamlit as st

from govdash.access import query_for
from govdash.aggregate.series import Grain
from govdash.core.filters import EventFilter, EventQuery, Period
from govdash.core.permissions import Permission
from govdash.figures import charts
from govdash.report import arrivals, overview, performance, timeline, why
from govdash.store import performance as case_store
from govdash.web import cache, mapparts, overviewmap, summaries, tiles, workparts
from govdash.web.page import Page
from govdash.web.parts import card_title, el, empty, show

REFRESH_SECONDS: Final = 15
#: Rates need some cases to mean anything, so they look back at least this far.
RATE_DAYS: Final = 30
#: As many odd points are named as fit beside their curve.
NAMED: Final = 2
CHART: Final = {"displayModeBar": False}


@st.fragment(run_every=REFRESH_SECONDS)
def live(opened: Page) -> None:
    """Draw everything below the filter bar, again and again, with the user checked each time."""
    with opened.refresh() as page:
        query = page.query()
        alerts = mapparts.open_alerts(page, query)
        since = _rate_period(query).start
        cases = overview.cases(page.session, query, since=since)
        _tiles(page, query, cases, alerts)
        if not page.user.holds(Permission.CASE_READ):
            cases = cases.head(0)  # figures of them are the city's, rows are not
        left, right = st.columns([1.72, 1])
        card_map = left.container(key="card_map", height=400, border=False)
        card_work = right.container(key="card_work", height=400, border=False)
        first, second, third = st.columns([1.42, 1, 1])
        card_course = first.container(key="card_course", height=300, border=False)
        card_facets = second.container(key="card_facets", height=300, border=False)
        card_streets = third.container(key="card_streets", height=300, border=False)
        # Words first: the browser is busy for a second or so with the chart's library and the
        # map's, and would paint nothing that came after them.
        with card_work:
            _work(page, cases, alerts)
        with card_streets:
            summaries.streets(page, query, cases)
        with card_facets:
            summaries.facets(page, query, until=full_hour(page))
        with card_course:
            _course(page, query)
        with card_map:
            overviewmap.draw(page, query, cases, alerts)


def full_hour(page: Page) -> pd.Timestamp:
    """Return the last full hour on the city's clock, naive: caches live until the next one."""
    return page.wall_clock().floor("h")


def _rate_period(query: EventQuery) -> Period:
    period = query.filter.period
    first = min(period.first, period.last - timedelta(days=RATE_DAYS - 1))
    return Period(first, period.last, period.zone_name)


def _tiles(page: Page, query: EventQuery, cases: pd.DataFrame, alerts: pd.DataFrame) -> None:
    period = _rate_period(query)
    areas = query.filter.areas
    said = case_store.said(page.session, query.scope, areas=areas, since=period.start)
    tiles.strip(
        page,
        tiles.Told(
            label=page.period_label(query),
            stretch=f"近{period.n_days}天" if period.last == page.today else "期内",
            tally=page.cached(overview.tally, query, until=full_hour(page)),
            mover=page.cached(why.mover, query, until=full_hour(page)),
            cases=performance.figures(cases, said, at=page.now),
            before=cache.past_rates(page.store, query.with_period(period.previous())),
            year=cache.past_rates(page.store, query.with_period(period.year_before())),
            course=performance.course(cases, days=14, at=page.now, zone=page.zone),
            n_content=int((said["satisfaction"] >= performance.CONTENT).sum()),
        ),
        alerts,
        cases,
    )


def _work(page: Page, cases: pd.DataFrame, alerts: pd.DataFrame) -> None:
    late = performance.overdue(cases, at=page.now)
    lists = ["预警"] if page.user.holds(Permission.ALERT_READ) else []
    lists += ["超期工单"] if page.user.holds(Permission.CASE_READ) else []
    if not lists:
        show(card_title("待处理"))
        show(empty("没有可看的", "您的角色不看监测提示和案件。"))
        return
    with st.container(horizontal=True, vertical_alignment="center", key="gd_work_head"):
        counts = " · ".join(f"{name} {len(alerts if name == '预警' else late)}" for name in lists)
        show(card_title("待处理", f"{counts}，急的在前"))
        which = st.segmented_control(
            "列表",
            lists,
            default=lists[0],
            required=True,
            key="list",
            bind="query-params",  # the words alone: with a count in them the link would not last
            label_visibility="collapsed",
        )
    if which == "预警":
        summaries.alert_list(page, overview.due(page.session, alerts, page.user.scope))
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
    notes = summaries.oddity_notes(page, query, told, grain=grain, limit=NAMED)
    if hourly:
        # A chart is drawn anew when anything in it changes: the line of now moves in steps.
        now = page.wall_clock().floor("10min")
        figure = charts.day_curve(told, page.palette, now=now, notes=notes, size=page.text_size)
    else:
        figure = charts.band_chart(
            told, page.palette, grain=grain, notes=notes, size=page.text_size
        )
        figure.update_layout(dragmode=False)
    st.plotly_chart(figure, key="overview_course", theme=None, config=CHART, height="stretch")


def freshness(page: Page) -> None:
    """Say beside the title whose situation this is, and how fresh the data of each source is."""
    if page.beside:
        with page.beside:
            _freshness(page)


@st.fragment(run_every=60)
def _freshness(opened: Page) -> None:
    with opened.refresh() as page:
        period = Period.last_days(
            arrivals.LEARNED_DAYS, until=page.today, zone_name=page.settings.timezone
        )
        learned = query_for(page.user, EventFilter(period))
        minute = page.now.replace(second=0, microsecond=0)
        told = page.cached(arrivals.sources, learned, at=minute)
        if not told:
            show(el("span", "还没有数据", cls="gd-say"))
            return
        names = cache.source_names(page.settings)
        late = [source for source in told if source.late]
        words = [f"数据更新 {page.clock(max(source.last for source in told))}"]
        words.append(f"接入 {len(told) - len(late)}/{len(told)} 源")
        words += [
            f"{names.get(source.code) or source.code}延迟 "
            f"{workparts.span((page.now - source.last).total_seconds())}"
            for source in late[:2]
        ]
        every = "\n".join(
            f"{names.get(s.code) or s.code}：最近 {page.clock(s.last)}{'，延迟' if s.late else ''}"
            for s in told
        )
        show(
            el(
                "span",
                el("b", summaries.place_words(page)),
                el("i", cls="gd-dot bad" if late else "gd-dot"),
                " · ".join(words),
                cls="gd-say",
                title=every,
            )
        )
