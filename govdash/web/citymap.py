"""The city map on a page: one MapLibre component, fed with a payload, answering with clicks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import streamlit as st
from streamlit.components import v2

from govdash.core.filters import Box
from govdash.core.vocab import AreaLevel
from govdash.figures import maps
from govdash.figures.palette import Palette
from govdash.geo import Datum
from govdash.web import wall

_OVER = (
    '<div class="tools" role="toolbar" aria-label="地图工具"></div>'
    '<div class="replay" hidden><button type="button" aria-label="开始回放">▶</button>'
    '<input type="range" min="0" step="1" aria-label="回放时刻"><output></output></div>'
)
COMPONENTS = Path(__file__).with_name("components")
NOTHING: dict[str, Any] = {"lon": [], "lat": [], "n": []}


@dataclass(frozen=True, slots=True)
class View:
    """Where a map looks: its corners and its zoom."""

    box: Box
    zoom: float


@dataclass(frozen=True, slots=True)
class Pick:
    """What was clicked, drawn or asked for, and which.

    ``area`` (a path), ``alert``, ``case``, ``event`` (an id); ``box``, ``ring``, ``near`` (as in
    a URL); ``picture`` (``picture`` or ``print``: it has been made).
    """

    kind: str
    id: str


@dataclass(slots=True)
class Drawing:
    """Everything that one map shows now."""

    bounds: maps.Bounds
    areas: dict[str, Any]
    outline: str = ""  # URL of the larger areas whose borders and names are drawn above
    chosen: Sequence[str] = ()  # area paths that the filter holds
    focus: maps.Bounds | None = None  # corners to move to when they change
    marks: dict[str, Any] = field(default_factory=lambda: dict(NOTHING))
    alerts: Sequence[Mapping[str, Any]] = ()  # id, lon, lat, level, title, place
    cases: Sequence[Mapping[str, Any]] = ()  # id, lon, lat, title, place, late
    layers: Sequence[Mapping[str, str]] = ()  # name, label, url
    assets: bool = False  # places of interest among the layers
    names: bool = True
    points: bool = True  # marks as circles
    heat: bool = False  # marks as a heat map
    shape: Sequence[tuple[float, float]] = ()  # corners of the place that the filter holds
    replay: Mapping[str, Any] | None = None  # labels of the steps, and the step that is shown
    picture: Mapping[str, str] | None = None  # title, words, mark, file; with them come the tools


def geo_url(path: str) -> str:
    """Return the address of a map file of this server, below the configured base path."""
    return f"{_root()}geo/{path}"


def area_url(level: AreaLevel) -> str:
    """Return the address of the outlines of a level."""
    return geo_url(f"areas/{level.value}.geojson")


def draw(
    drawing: Drawing,
    palette: Palette,
    *,
    key: str,
    tiles: str = "",
    datum: Datum = Datum.WGS84,
    sends_view: bool = False,
    scale: bool = False,
    name_size: float = 12.5,
) -> Pick | None:
    """Draw the map, filling its container, and return what was just clicked, if anything.

    All coordinates are WGS-84; the map moves them where its tiles are drawn in another `datum`.
    The map keeps its own view between runs; with `sends_view` it reports it (see `view_of`).
    """
    component = v2.component(
        "govdash_citymap",
        html=f'<div class="frame {palette.name}"><div class="map"></div>{_OVER}'
        '<div class="tip" hidden></div></div>',
        css=_file("citymap.css"),
        js=_file("citymap.js") + _file("maptools.js"),
    )
    told = component(
        key=key,
        data={
            "root": _root(),
            "palette": maps.colours(palette),
            "bounds": drawing.bounds,
            "padding": 18,
            "areas": drawing.areas,
            "outline": drawing.outline,
            "chosen": list(drawing.chosen),
            "focus": drawing.focus,
            "marks": drawing.marks,
            "alerts": list(drawing.alerts),
            "cases": list(drawing.cases),
            "layers": list(drawing.layers),
            "assets": drawing.assets,
            "names": drawing.names,
            "nameSize": name_size,
            "points": drawing.points,
            "heat": drawing.heat,
            "shape": [list(corner) for corner in drawing.shape],
            "replay": drawing.replay,
            "tools": drawing.picture is not None,
            "picture": drawing.picture,
            "tiles": tiles,
            "datum": datum.value,
            "sendsView": sends_view,
            "still": wall.on(),
            "scale": scale,
        },
        height="stretch",
        on_view_change=_noted,
        on_step_change=_noted,
        on_pick_change=_noted,
    )
    pick = told.pick
    if not pick or pick.get("id") is None:
        return None
    return Pick(str(pick["kind"]), str(pick["id"]))


def view_of(key: str) -> View | None:
    """Return where the map of `key` last said it looks."""
    told = (st.session_state.get(key) or {}).get("view")
    if not told:
        return None
    box = Box(
        *(round(float(told[side]), 5) for side in ("west", "south", "east", "north")),
    )
    return View(box, round(float(told["zoom"]), 2))


def step_of(key: str) -> int | None:
    """Return the step of the replay that the map of `key` last asked for."""
    told = (st.session_state.get(key) or {}).get("step")
    return None if told is None else int(told)


def _noted() -> None:
    """Name a callback: that makes `view`, `step` and `pick` values of the component."""


def _root() -> str:
    base = str(st.get_option("server.baseUrlPath") or "").strip("/")
    return f"/{base}/" if base else "/"


@cache
def _file(name: str) -> str:
    return (COMPONENTS / name).read_text("utf-8")
