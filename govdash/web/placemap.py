"""The small map beside a case: the street around it, its own area, and the place as a dot."""

from collections.abc import Mapping
from typing import Any, Final

from govdash.core.vocab import AreaLevel
from govdash.figures.palette import Palette
from govdash.figures.sketch import Sketch
from govdash.store import Store
from govdash.web import cache, sharemap, workparts
from govdash.web.parts import Html, el

#: Parts of a street, the smallest first; a city need not have them all.
_PARTS: Final = (AreaLevel.GRID, AreaLevel.COMMUNITY, AreaLevel.STREET)
_STREET: Final = 3  # how many steps down from the city, which is the first


def draw(store: Store, row: Mapping[str, Any], palette: Palette) -> Html | None:
    """Draw where a case is; None when its area is unknown or has no outlines."""
    if not row["area_path"]:
        return None
    around = _around(row["area_path"])
    found = (cache.parts_map(store, around, level) for level in _PARTS)
    sketch = next((one for one in found if one is not None), None)
    return None if sketch is None else _drawn(sketch, row, palette)


def _drawn(sketch: Sketch, row: Mapping[str, Any], palette: Palette) -> Html:
    own = [path for path in sketch.shapes if path.startswith(row["area_path"])]
    inside = "".join(sketch.shapes[path] for path in own)
    rest = "".join(data for path, data in sketch.shapes.items() if path not in own)
    place = sketch.place(row["lon"], row["lat"]) if row["lon"] is not None else None
    said = "，".join(filter(None, (workparts.short_area(row["area_name"]), row["address"])))
    return sharemap.picture(
        sketch,
        palette,
        el("path", d=rest, fill=palette.ramp[0]) if rest else None,
        el("path", d=inside, fill=palette.ramp[1]) if inside else None,
        above=_dot(place, palette) if place else None,
        said=f"位置：{said}",
    )


def _dot(place: tuple[float, float], palette: Palette) -> Html:
    x, y = place
    return el(
        "circle", cx=f"{x:.1f}", cy=f"{y:.1f}", r=11, fill=palette.bad, stroke=palette.card,
        stroke_width=4,
    )  # fmt: skip


def _around(area_path: str) -> str:
    """Return the street that an area lies in; a wider area itself."""
    steps = area_path.strip("/").split("/")[:_STREET]
    return f"/{'/'.join(steps)}/"
