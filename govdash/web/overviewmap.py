"""The map of the overview: events by grid, single events, or how punctual the streets are."""

from typing import Any, Final

import pandas as pd
import streamlit as st

from govdash.core.filters import Box, EventQuery
from govdash.core.vocab import AreaLevel
from govdash.figures import maps
from govdash.report import map as map_report
from govdash.report import performance
from govdash.web import alertdrawer, cache, citymap, mapparts, wall
from govdash.web.page import Page
from govdash.web.parts import Html, bars, card_title, el, empty, show

GRID, POINTS, STREETS = "grid", "points", "streets"
MODES: Final = {GRID: "网格热力", POINTS: "事件点", STREETS: "街道效能"}
#: Lower bounds, in percent of cases closed late; the target of 95 % on time is the first.
LATE_STEPS: Final = (6, 11, 21, 31)
HOT: Final = 5
#: Whole cities fit into their card at about this zoom; bins are made for it.
ZOOM: Final = 10.0


def draw(page: Page, query: EventQuery, cases: pd.DataFrame, alerts: pd.DataFrame) -> None:
    """Draw the map with its modes; a click on an area filters, one on an alert opens it."""
    places = cache.area_places(page.store)
    levels = mapparts.levels(places)
    box = map_report.city_box(places, query.scope)
    if not levels or box is None:
        show(card_title("事件分布"))
        show(empty("还没有区域", "用 govdash import-areas 导入区划后，这里会出现地图。"))
        return
    mode = _mode(page, query, levels)
    level = levels[-1] if mode != STREETS else _street_level(levels)
    layer = (
        _punctuality(cases, page, level)
        if mode == STREETS
        else mapparts.area_layer(page, query, places, level)
    )
    pick = citymap.draw(
        citymap.Drawing(
            bounds=maps.bounds_of(box),
            areas=layer if mode != POINTS else layer | {"breaks": []},
            outline=citymap.area_url(mapparts.outline(places, level)),
            chosen=query.filter.areas,
            focus=mapparts.focus(places, query.filter),
            marks=_marks(page, query, box) if mode == POINTS else dict(citymap.NOTHING),
            alerts=mapparts.alert_marks(alerts, places),
            layers=mapparts.drawn_layers(page),
        ),
        page.palette,
        key="overview_map",
        tiles=page.settings.tile_url,
        name_size=page.text_size + 0.5,
    )
    if mode == GRID:
        _hot(layer, dict(zip(places["path"], places["name"], strict=True)))
    show(_legend(layer, page, mode))
    if pick and pick.kind == "alert":
        alertdrawer.open_alert(page, pick.id)
    elif pick and pick.kind != "event":
        mapparts.follow(page, query, pick)


def _mode(page: Page, query: EventQuery, levels: list[AreaLevel]) -> str:
    with st.container(horizontal=True, vertical_alignment="center", key="gd_overview_map_head"):
        title = st.container()
        mode = st.segmented_control(
            "地图",
            list(MODES),
            default=GRID,
            required=True,
            key="map",
            bind="query-params",
            format_func=lambda code: MODES[code],
            label_visibility="collapsed",
        )
    label, filters = page.period_label(query), wall.unless("；点击区域筛选")
    notes = {
        GRID: f"颜色 = {label}事件数（按{levels[-1].label}）；标记 = 未处理的预警{filters}",
        POINTS: f"点 = {label}事件，多时汇总成格；标记 = 未处理的预警",
        STREETS: f"颜色 = 未按时办结的比例，越深越多{filters}",
    }
    with title:
        show(card_title("事件分布", notes[mode or GRID]))
    return mode or GRID


def _street_level(levels: list[AreaLevel]) -> AreaLevel:
    return AreaLevel.STREET if AreaLevel.STREET in levels else levels[0]


def _punctuality(cases: pd.DataFrame, page: Page, level: AreaLevel) -> dict[str, Any]:
    depth = list(AreaLevel).index(level) + 1
    told = performance.by_area(cases, depth=depth, at=page.now)
    enough = told[told["n_closed"] >= performance.FEW_CASES]
    late = ((1 - enough["on_time"]) * 100).tolist()
    return maps.share_layer(
        citymap.area_url(level),
        dict(zip(enough["path"].tolist(), late, strict=True)),
        label="未按时办结",
        steps=LATE_STEPS,
    )


def _marks(page: Page, query: EventQuery, box: tuple[float, float, float, float]) -> dict[str, Any]:
    seen = page.cached(map_report.in_view, query, box=Box(*box), zoom=ZOOM)
    return maps.mark_layer(seen.table)


def _hot(layer: dict[str, Any], names: dict[str, str]) -> None:
    """List the areas with most events over the map's corner."""
    most = sorted(layer["values"].items(), key=lambda item: -item[1])[:HOT]
    around = layer["around"]
    listed = [
        (f"{around.get(path, '')} {names.get(path, path)}".strip(), n) for path, n in most if n
    ]
    if listed:
        with st.container(key="gd_hot"):
            show(el("div", el("b", f"热点 TOP {len(listed)}"), bars(listed), cls="gd-hot"))


def _legend(layer: dict[str, Any], page: Page, mode: str) -> Html:
    if mode == STREETS:
        return mapparts.legend(layer["breaks"], page.palette, unit="%")
    return mapparts.legend(layer["breaks"] if mode == GRID else None, page.palette)
