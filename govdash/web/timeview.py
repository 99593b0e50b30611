"""时间线 as it is drawn: counts against their expected band, lanes, and the week."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final, cast

import pandas as pd
import streamlit as st

from govdash.aggregate.series import Grain, bucket_start
from govdash.core.filters import EventQuery, Period
from govdash.core.permissions import Permission
from govdash.core.vocab import Level
from govdash.figures import charts
from govdash.lake import queries
from govdash.report import timeline
from govdash.report.timeline import Comparing
from govdash.web import alertdrawer, cache, filters, mapparts, summaries, timelanes, wall
from govdash.web.page import Page
from govdash.web.parts import card_title, number, show
from govdash.workflow import board

NAMED: Final = 3  # odd points that are named beside the curve
CHART: Final = {"displayModeBar": False}
AUTO: Final = "auto"


def screen(page: Page, query: EventQuery) -> None:
    """Draw the page; what is brushed becomes the period of the filter."""
    with st.container(key="card_band", height=400, border=False):
        grain, beside = _controls(page, query)
        stretch = timeline.around(query.filter.period, grain, today=page.today)
        wide = query.with_period(stretch)
        alerts = _alerts(page, wide)
        _band(page, query, wide, grain, alerts, beside)
    left, right = st.columns([1.6, 1])
    with left, st.container(key="card_lanes", height=300, border=False):
        timelanes.lanes(page, query, grain, alerts)
    with right, st.container(key="card_week", height=300, border=False):
        timelanes.heat(page, query, wide)


def _alerts(page: Page, wide: EventQuery) -> pd.DataFrame:
    """Return the alerts that were first seen in the stretch that is drawn; the worst first."""
    if not page.user.holds(Permission.ALERT_READ):
        return pd.DataFrame(columns=list(board.ALERT_COLUMNS))
    period = wide.filter.period
    return board.alerts(
        page.session,
        wide.scope,
        since=period.start,
        until=period.end,
        areas=wide.filter.areas,
        categories=wide.filter.categories,
        folded=True,
    )


@dataclass(frozen=True, slots=True)
class Beside:
    """What the course is compared with."""

    how: Comparing
    areas: tuple[str, ...] = ()
    words: str = ""


def _controls(page: Page, query: EventQuery) -> tuple[Grain, Beside]:
    with st.container(horizontal=True, vertical_alignment="center", key="gd_band_head"):
        show(
            card_title(
                "事件走势",
                "阴影 = 由前 8 期推出的预期区间，▲▼ = 高于或低于预期"
                + wall.unless("；横向框选一段时间即按它筛选"),
            )
        )
        beside = _beside(page)
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
        return timeline.grain_for(query.filter.period), beside
    return cast("Grain", chosen), beside


def _beside(page: Page) -> Beside:
    """Ask with what to compare; with another area, with which."""
    how = st.selectbox(
        "对比",
        list(Comparing),
        key="compare",
        bind="query-params",
        format_func=lambda one: one.value,
        label_visibility="collapsed",
        width=120,
    )
    if how is not Comparing.AREA:
        return Beside(how, words=how.value)
    areas = {p: n for p, n in page.area_names().items() if page.user.scope.covers(p)}
    path = st.selectbox(
        "对比的区域",
        sorted(areas),
        key="compare_area",
        bind="query-params",
        format_func=lambda path: filters.area_words(path, areas),
        label_visibility="collapsed",
        width=150,
    )
    return Beside(how, (path,), areas[path]) if path else Beside(Comparing.NOTHING)


def _band(
    page: Page,
    query: EventQuery,
    wide: EventQuery,
    grain: Grain,
    alerts: pd.DataFrame,
    beside: Beside,
) -> None:
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
    other = None
    if beside.how is not Comparing.NOTHING:
        other = page.cached(
            timeline.compared, query, grain=grain, until=until, how=beside.how, areas=beside.areas
        )
    figure = charts.band_chart(
        told,
        page.palette,
        grain=grain,
        chosen=charts.Span(period.first, period.last),
        holidays=timeline.holidays(named) if fine else (),
        notes=summaries.oddity_notes(page, wide, told, grain=grain, limit=NAMED),
        beside=other,
        incidents=_incidents(page, alerts),
        size=page.text_size,
    )
    key = f"band_{grain}_{stretch.first}_{stretch.last}"

    def brushed() -> None:
        if (alert := _pressed(st.session_state.get(key))) and alert in set(alerts["id"]):
            st.query_params[alertdrawer.SHOWN] = str(alert)
            return
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
        selection_mode=("box", "points"),
    )
    ends = told["bucket"].dt.date
    mine = told[(ends >= bucket_start(period.first, grain)) & (ends <= period.last)]
    odd, known = int(mine["flag"].sum()), int(mine["expected"].notna().sum())
    total = page.cached(queries.total, query)
    words = f"所选时段共 {number(total)} 件；{known} 个时段有预期，其中 {odd} 个超出"
    if fine and named:
        words += "（节假日不作比较）"
    if other is not None:
        words += f"；虚线 = {beside.words}，共 {number(other['n'].sum())} 件"
    if len(alerts):
        words += f"；图中 {len(alerts)} 条预警标在横轴上" + wall.unless("，点开可看")
    show(card_title("", words))


def _incidents(page: Page, alerts: pd.DataFrame) -> list[tuple[pd.Timestamp, Level, str, str]]:
    return [
        (
            pd.Timestamp(row["first_seen_at"]).tz_convert(page.zone).tz_localize(None),
            Level(row["level"]),
            str(row["title"]),
            str(row["id"]),
        )
        for row in alerts.to_dict("records")
    ]


def _pressed(state: Any) -> int | None:  # noqa: ANN401 - Streamlit's own type
    """Return the number of the alert whose mark was pressed, if one was."""
    selection = (state or {}).get("selection") or {}
    points = [] if selection.get("box") else selection.get("points") or []
    told = points[0].get("customdata") if len(points) == 1 else None
    number = str(told[1]) if isinstance(told, (list, tuple)) and len(told) == 2 else ""
    return int(number) if number.isdigit() else None


def _brushed_days(state: Any) -> tuple[date, date] | None:  # noqa: ANN401 - Streamlit's own type
    """Return the local days under the box that was drawn, if one was."""
    boxes = ((state or {}).get("selection") or {}).get("box") or []
    if not boxes:
        return None
    first, last = sorted(pd.Timestamp(str(x)) for x in boxes[0]["x"][:2])
    # A brush that ends at midnight doesn't reach into the next day.
    return first.date(), max(first, last - timedelta(seconds=1)).date()
