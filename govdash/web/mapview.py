"""一张图 as it is drawn: one live map, its layers, and what lies in view."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import pandas as pd
import streamlit as st

from govdash.core.errors import InputError
from govdash.core.filters import EventQuery, read_box
from govdash.core.permissions import Permission
from govdash.core.shapes import Circle, read_shape
from govdash.core.vocab import AreaLevel
from govdash.figures import maps
from govdash.geo import Datum
from govdash.report import map as map_report
from govdash.report import overview
from govdash.web import cache, citymap, eventcard, mapparts, mapreplay, rows, wall, watermark
from govdash.web.page import Page
from govdash.web.parts import card_title, empty, number, show

REFRESH_SECONDS: Final = 15
MAP_KEY: Final = "city_map"
DRILL: Final = "gd_map_level"  # the level to show next: below the area that was clicked
REPLAY: Final = "replay"
RADII: Final = (200, 500, 1_000, 2_000, 5_000)
MOST_ROWS: Final = 60
UNPLACED: Final = "unplaced"  # the row of the events in no area, among those of areas
#: What can be switched on and off, by code in the URL.
LAYERS: Final = {
    "count": "区域着色",
    "event": "事件",
    "heat": "热力",
    "alert": "预警",
    "case": "工单",
    "base": "道路水系",
    "name": "地名",
}
SHOWN: Final = ("count", "event", "alert", "base", "name")


@st.fragment(run_every=REFRESH_SECONDS)
def live(opened: Page) -> None:
    """Draw the map and what is in view; moving the map runs this again, and so does time."""
    with opened.refresh() as page:
        query = page.query()
        places = cache.area_places(page.store)
        box = map_report.city_box(places, query.scope)
        levels = mapparts.levels(places)
        if not levels or box is None:
            with st.container(key="card_citymap", height=400, border=False):
                show(card_title("一张图"))
                show(empty("还没有区域", "用 govdash import-areas 导入区划后，这里会出现地图。"))
            return
        left, right = st.columns([3.4, 1])
        with left, st.container(key="card_citymap", height=600, border=False):
            level, shown = _controls(page, query, levels)
            seen = _draw(page, query, places, maps.bounds_of(box), level, shown)
        with right:
            _aside(page, query, places, level, seen)
        eventcard.open_now(page, query)


def _controls(page: Page, query: EventQuery, levels: list[AreaLevel]) -> tuple[AreaLevel, set[str]]:
    if finer := st.session_state.pop(DRILL, None):
        st.session_state["level"] = finer
    with st.container(key="gd_map_head", horizontal=True, vertical_alignment="center"):
        level = st.segmented_control(
            "区域级别",
            [one.value for one in levels],
            default=(AreaLevel.STREET if AreaLevel.STREET in levels else levels[0]).value,
            required=True,
            key="level",
            bind="query-params",
            format_func=lambda code: AreaLevel(code).label,
            label_visibility="collapsed",
        )
        shown = st.pills(
            "图层",
            list(LAYERS),
            default=list(SHOWN),
            selection_mode="multi",
            key="layer",
            bind="query-params",
            format_func=lambda code: LAYERS[code],
            label_visibility="collapsed",
        )
        replays = st.toggle("回放", key=REPLAY, help="按时间一步一步地看所选的时间范围")
        if isinstance(query.filter.shape, Circle):
            _radius(page, query, query.filter.shape)
    return AreaLevel(level or levels[0]), {*shown, *([REPLAY] if replays else [])}


def _radius(page: Page, query: EventQuery, circle: Circle) -> None:
    """Let the circle that was drawn grow or shrink."""
    known = sorted({*RADII, circle.metres})

    def pick() -> None:
        metres = st.session_state["gd_radius"]
        page.put(replace(query.filter, shape=replace(circle, metres=metres)))

    st.session_state["gd_radius"] = circle.metres
    st.selectbox(
        "半径",
        known,
        key="gd_radius",
        format_func=lambda metres: f"{metres} 米内",
        label_visibility="collapsed",
        on_change=pick,
        width=110,
    )


def _draw(
    page: Page,
    query: EventQuery,
    places: pd.DataFrame,
    bounds: maps.Bounds,
    level: AreaLevel,
    shown: set[str],
) -> map_report.Marks | None:
    steps = mapreplay.steps(query, until=page.wall_clock()) if REPLAY in shown else []
    step = _step(steps)
    if step is None:
        asked, layer = query, mapparts.area_layer(page, query, places, level)
    else:
        asked = step.query
        counted = page.cached(
            map_report.area_steps,
            mapparts.everywhere(query),
            level=level.value,
            grain=mapreplay.grain_of(query.filter.period),
        )
        url, around = citymap.area_url(level), mapparts.around(places, level)
        layer = mapreplay.layer(url, counted, step, around=around)
    seen = _in_view(page, asked) if {"event", "heat"} & shown else None
    alerts = mapparts.open_alerts(page, query) if "alert" in shown else None
    may = page.user.holds(Permission.CASE_READ)
    drawing = citymap.Drawing(
        bounds=bounds,
        areas=layer if "count" in shown else layer | {"breaks": [], "legend": []},
        outline=citymap.area_url(mapparts.outline(places, level)),
        chosen=query.filter.areas,
        focus=mapparts.focus(places, query.filter),
        marks=maps.mark_layer(seen.table) if seen else dict(citymap.NOTHING),
        points="event" in shown,
        heat="heat" in shown,
        alerts=[] if alerts is None else mapparts.alert_marks(alerts, places),
        cases=_cases(page, query, places) if "case" in shown and may else [],
        layers=mapparts.drawn_layers(page) if "base" in shown else [],
        assets="base" in shown,
        names="name" in shown,
        shape=maps.outline(query.filter),
        replay=None if step is None else mapreplay.told(steps, step),
        picture=None if wall.on() else _picture(page, query, places, step),
    )
    pick = citymap.draw(
        drawing,
        page.palette,
        key=MAP_KEY,
        tiles=page.settings.tile_url,
        datum=Datum(page.settings.tile_datum),
        sends_view=True,
        scale=True,
        name_size=page.text_size + 0.5,
    )
    show(
        mapparts.legend(
            drawing.areas["breaks"], page.palette, cases="case" in shown, assets="base" in shown
        )
    )
    if pick:
        _picked(page, query, pick, level, mapparts.levels(places))
    return seen


def _step(steps: Sequence[mapreplay.Step]) -> mapreplay.Step | None:
    """Return the step that the slider stands at; the last one until it was moved."""
    if not steps:
        return None
    asked = citymap.step_of(MAP_KEY)
    return steps[-1] if asked is None or asked >= len(steps) else steps[asked]


def _picture(
    page: Page, query: EventQuery, places: pd.DataFrame, step: mapreplay.Step | None
) -> dict[str, str]:
    """Say what stands on a picture of the map that is taken away."""
    named = places.loc[places["level"] == AreaLevel.CITY.value, "name"]
    city = str(named.iloc[0]) if len(named) else ""
    said = [page.period_label(query) if step is None else step.label, *page.said(query)]
    return {
        "title": f"{city}事件分布图",
        "words": f"{'，'.join(said)}；截至 {page.now.astimezone(page.zone):%Y-%m-%d %H:%M}",
        "mark": watermark.words_now(page.session, page.settings, at=page.now),
        "file": f"地图_{page.now.astimezone(page.zone):%Y%m%d_%H%M}.png",
    }


def _picked(
    page: Page,
    query: EventQuery,
    pick: citymap.Pick,
    level: AreaLevel,
    levels: Sequence[AreaLevel],
) -> None:
    """Do what was clicked or drawn: a place becomes the filter, an area is gone into."""
    try:
        match pick.kind:
            case "event":
                st.session_state[eventcard.OPEN] = pick.id
            case "picture":
                _took(page, pick.id)
            case "box":
                page.choose(replace(query.filter, box=read_box(pick.id), shape=None))
            case "near":
                near = read_shape(f"{pick.id},{eventcard.NEAR_METRES}")
                page.choose(replace(query.filter, shape=near, box=None))
            case "ring":
                page.choose(replace(query.filter, shape=read_shape(pick.id), box=None))
            case "area":
                finer = levels[levels.index(level) + 1 :]
                if query.filter.areas != (pick.id,) and finer:
                    st.session_state[DRILL] = finer[0].value
                mapparts.follow(page, query, pick)
            case _:
                mapparts.follow(page, query, pick)
    except InputError as error:
        st.toast(str(error), icon=":material/error:")


def _took(page: Page, how: str) -> None:
    """Write the journal line of a picture that left with its viewer."""
    with page.write() as session:
        map_report.record_picture(session, how, page.params(), actor=page.user, at=page.now)


def _in_view(page: Page, query: EventQuery) -> map_report.Marks | None:
    view = citymap.view_of(MAP_KEY)
    if view is None:  # the map has not said yet where it looks
        return None
    return page.cached(map_report.in_view, query, box=view.box, zoom=view.zoom)


def _cases(page: Page, query: EventQuery, places: pd.DataFrame) -> list[dict[str, object]]:
    mine = overview.cases(page.session, query, since=page.now)
    return mapparts.case_marks(mine, places, at=pd.Timestamp(page.now))


def _aside(
    page: Page,
    query: EventQuery,
    places: pd.DataFrame,
    level: AreaLevel,
    seen: map_report.Marks | None,
) -> None:
    label = page.period_label(query)
    counts = page.cached(map_report.area_counts, mapparts.everywhere(query), level=level.value)
    names = dict(zip(places["path"], places["name"], strict=True))
    nowhere = page.cached(map_report.unplaced, query)
    listed = [(path, str(names.get(path, path)), n) for path, n in counts.items()]
    listed += [(UNPLACED, "未落格", nowhere)] if nowhere else []
    listed = sorted(listed, key=lambda row: -row[2])[:MOST_ROWS]
    with st.container(key="card_map_areas", height=400, border=False):
        in_view = f"图中 {number(seen.n)} 件" if seen else f"{label}，件"
        show(card_title(f"{level.label}排名", in_view))
        _ranking(page, query, listed, "area")
    with st.container(key="card_map_kinds", height=300, border=False):
        show(card_title("高发类别", f"{label}，件"))
        of_all = query.with_filter(replace(query.filter, categories=()))
        told = page.cached(overview.top, of_all, by="category", limit=20)
        kinds = page.category_names()
        listed = [
            (str(key), kinds.get(str(key), str(key)), int(n))
            for key, n in zip(told["key"], told["n"], strict=True)
        ]
        _ranking(page, query, listed, "category")


def _ranking(
    page: Page, query: EventQuery, listed: Sequence[tuple[str, str, int]], what: str
) -> None:
    if not listed:
        show(empty("没有事件", "换一个时间范围或条件试试。"))
        return
    chosen = query.filter.areas if what == "area" else query.filter.categories
    most = max(n for _, _, n in listed)
    opened = rows.draw(
        [
            rows.Row(
                key,
                [rows.text(name), rows.bar(n / most), rows.num(number(n))],
                chosen=key in chosen or (key == UNPLACED and query.filter.unplaced),
            )
            for key, name, n in listed
        ],
        key=f"map_{what}",
        columns="minmax(4rem,45%) 1fr 3rem",
        look="bars",
    )
    if opened == UNPLACED:
        page.choose(replace(query.filter, areas=(), unplaced=not query.filter.unplaced))
    elif opened and what == "area":
        mapparts.follow(page, query, citymap.Pick("area", opened))
    elif opened:
        page.choose(replace(query.filter, categories=() if chosen == (opened,) else (opened,)))
