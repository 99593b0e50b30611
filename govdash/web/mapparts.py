"""What the overview and the map page share: where places are, marks, legend, what a click does."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

import pandas as pd
import streamlit as st

from govdash.core.filters import EventFilter, EventQuery, Period
from govdash.core.permissions import Permission
from govdash.core.times import local_day
from govdash.core.vocab import AreaLevel, Level
from govdash.figures import maps
from govdash.figures.palette import Palette
from govdash.report import map as map_report
from govdash.report import overview
from govdash.web import cache, citymap
from govdash.web.page import Page
from govdash.web.parts import Html, el, empty, show
from govdash.web.registry import entry_of

#: Borders and names drawn over areas of a finer level, the first that the city has.
_OUTLINES: Final = (AreaLevel.STREET, AreaLevel.DISTRICT, AreaLevel.CITY)
#: A map doesn't move to a grid cell closer than this many degrees around it (about 1 km).
_MARGIN: Final = 0.012


def levels(places: pd.DataFrame) -> list[AreaLevel]:
    """Return the levels below the city that have areas, the coarsest first."""
    found = set(places["level"])
    return [level for level in AreaLevel if level.value in found and level != AreaLevel.CITY]


def outline(places: pd.DataFrame, level: AreaLevel) -> AreaLevel:
    """Return the level whose borders and names are drawn over `level`."""
    order = list(AreaLevel)
    found = set(places["level"])
    coarser = [
        one for one in _OUTLINES if one.value in found and order.index(one) <= order.index(level)
    ]
    return coarser[0] if coarser else level


def area_layer(
    page: Page, query: EventQuery, places: pd.DataFrame, level: AreaLevel
) -> dict[str, Any]:
    """Colour the areas of `level` by the query's events, each named with its street.

    The chosen areas don't narrow the count: one compares an area with those around it.
    """
    counts = page.cached(map_report.area_counts, everywhere(query), level=level.value)
    return maps.area_layer(
        citymap.area_url(level),
        counts,
        label=f"{page.period_label(query)}事件",
        around=around(places, level),
    )


def around(places: pd.DataFrame, level: AreaLevel) -> dict[str, str]:
    """Return the name of the larger area around each of a level, by path; none at the largest."""
    upper = outline(places, level)
    if upper == level:
        return {}
    names = dict(zip(places["path"], places["name"], strict=True))
    depth = list(AreaLevel).index(upper) + 1
    mine = places.loc[places["level"] == level.value, "path"]
    parents = {path: "/".join(path.split("/")[: depth + 1]) + "/" for path in mine}
    return {path: names[parent] for path, parent in parents.items() if parent in names}


def open_alerts(page: Page, query: EventQuery) -> pd.DataFrame:
    """Return the open alerts that the query concerns, the worst first; none to who reads none."""
    found = overview.open_alerts(page.session, query)
    return found if page.user.holds(Permission.ALERT_READ) else found.head(0)


def everywhere(query: EventQuery) -> EventQuery:
    """Return the query without its choice of areas."""
    return query.with_filter(replace(query.filter, areas=()))


def focus(places: pd.DataFrame, chosen: EventFilter) -> maps.Bounds | None:
    """Return the corners around the place that was drawn, or else the chosen areas, with a margin.

    None when neither is chosen.
    """
    if corners := maps.outline(chosen):
        lons, lats = zip(*corners, strict=True)
        return maps.bounds_of((min(lons), min(lats), max(lons), max(lats)))
    mine = places[places["path"].isin(list(chosen.areas))]
    if mine.empty:
        return None
    return maps.bounds_of(
        (
            mine["west"].min() - _MARGIN,
            mine["south"].min() - _MARGIN,
            mine["east"].max() + _MARGIN,
            mine["north"].max() + _MARGIN,
        )
    )


def alert_marks(alerts: pd.DataFrame, places: pd.DataFrame) -> list[dict[str, Any]]:
    """Put the alerts of areas on the map; those of the whole city have no place on it."""
    located = map_report.placed(alerts[alerts["area_path"].map(_below_city).astype(bool)], places)
    return [
        {
            "id": str(row["id"]),
            "lon": round(float(row["lon"]), 5),
            "lat": round(float(row["lat"]), 5),
            "level": Level(row["level"]).value,
            "title": row["title"],
            "place": row["place"],
        }
        for row in located.to_dict("records")
    ]


def case_marks(
    cases: pd.DataFrame, places: pd.DataFrame, *, at: pd.Timestamp
) -> list[dict[str, Any]]:
    """Put the open cases on the map, the late ones marked."""
    located = map_report.placed(cases[cases["closed_at"].isna()], places)
    return [
        {
            "id": str(row["id"]),
            "lon": round(float(row["lon"]), 5),
            "lat": round(float(row["lat"]), 5),
            "title": f"{row['number']} {row['title']}",
            "place": row["place"],
            "late": bool(row["due_at"] < at),
        }
        for row in located.to_dict("records")
    ]


def drawn_layers(page: Page, *, only: Sequence[str] | None = None) -> list[dict[str, str]]:
    """Return the rivers and roads that the city has, by address."""
    return [
        {"name": name, "label": label, "url": citymap.geo_url(f"layers/{name}.geojson")}
        for name, label in cache.layer_labels(page.store).items()
        if only is None or name in only
    ]


def legend(
    steps: Sequence[int] | None,
    palette: Palette,
    *,
    cases: bool = False,
    assets: bool = False,
    unit: str = "件",
) -> Html:
    """Say what the colours and marks mean; without `steps` areas have no colour."""
    boxes = (
        [
            el("span", el("i", style=f"background:{colour}"), words)
            for colour, words in zip(palette.ramp, maps.legend(steps), strict=False)
        ]
        if steps is not None
        else []
    )
    if boxes:
        boxes.append(el("span", unit, cls="gd-legend-unit"))
    marks = [
        el(
            "span",
            el("b", level.shape, style=f"color:{palette.levels[level]}"),
            f"{level.label}（{level.numeral}级）",
        )
        for level in Level
    ]
    if steps is None:
        event = el("b", "●", style=f"color:{palette.series[1]}")
        marks.insert(0, el("span", event, "事件（越大越多）"))
    if cases:
        marks += [
            el("span", el("b", "○", style=f"color:{palette.good}"), "在办工单"),
            el("span", el("b", "○", style=f"color:{palette.bad}"), "超期工单"),
        ]
    if assets:
        marks += [el("span", el("b", "○", style=f"color:{palette.series[2]}"), "重点场所")]
    return el("div", *boxes, *marks, cls="gd-legend")


def follow(page: Page, query: EventQuery, pick: citymap.Pick) -> None:
    """Do what a click on the map means: filter by the area, or open the alert or the case."""
    match pick.kind:
        case "area":
            mine = () if query.filter.areas == (pick.id,) else (pick.id,)
            page.choose(replace(query.filter, areas=mine))
        case "alert":
            open_entry(page, "alerts", {"alert": pick.id})
        case "case":
            open_entry(page, "cases", {"case": pick.id})


def nothing(page: Page, query: EventQuery, *, key: str) -> None:
    """Say that the period has no events, and offer the last thirty days that may have some."""
    show(empty("所选时间内没有事件", "换一个时间范围或条件试试。"))
    newest = overview.newest(page.lake, page.user.scope)
    if newest is None:
        return
    last = local_day(newest, page.zone)
    month = Period.last_days(30, until=last, zone_name=query.filter.period.zone_name)
    if last >= query.filter.period.first or query.filter.period == month:
        return
    if st.button(f"最近的事件在 {last}，查看那时的 30 天", key=key, width="stretch"):
        page.choose(query.filter.with_period(month))


def open_entry(page: Page, url: str, params: Mapping[str, str]) -> None:
    """Go to another page with the present filter and a thing to show there."""
    st.switch_page(entry_of(url).path, query_params={**page.params(), **params})


def _below_city(path: str | None) -> bool:
    return path is not None and path.count("/") > 2  # "/990100/" is the whole city
