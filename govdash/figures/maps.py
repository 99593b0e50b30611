"""What the map component is told to draw: classes of colour, marks and bounds. Pure."""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd

from govdash.core.filters import EventFilter
from govdash.core.shapes import EARTH_METRES, Ring
from govdash.figures.palette import Palette

Bounds = tuple[tuple[float, float], tuple[float, float]]


def breaks(counts: Sequence[float] | pd.Series, *, classes: int = 6) -> list[int]:
    """Return the lower bounds of the upper classes of colour; the lowest class holds the rest.

    Classes are even steps of the square root, so that one very busy grid doesn't wash out all
    others, and whole numbers, because events are counted. Fewer than `classes` when the counts
    are small; none when nothing was counted.
    """
    most = float(np.max(np.asarray(counts, float), initial=0.0))
    if most < 1:
        return []
    steps = (np.sqrt(most) * np.arange(1, classes) / classes) ** 2
    found = np.unique(np.maximum(1, np.ceil(steps)).astype(int))
    return [int(step) for step in found if step <= most]


def share_layer(
    url: str, shares: Mapping[str, float], *, label: str, steps: Sequence[int]
) -> dict[str, Any]:
    """Colour the areas of the GeoJSON at `url` by a share in percent (path → 0…100).

    Areas that have none are left in the colour of the ground.
    """
    return {
        "url": url,
        "values": {path: round(share, 1) for path, share in shares.items()},
        "breaks": list(steps),
        "label": label,
        "unit": "%",
        "around": {},
        "none": "样本不足",
    }


def legend(steps: Sequence[int]) -> list[str]:
    """Write what each class of colour means: ``0``, ``1–3``, ``4 以上``."""
    if not steps:
        return ["0"]
    lows = [0, *steps]
    words = [f"{low}" if high - 1 <= low else f"{low}–{high - 1}" for low, high in pairwise(lows)]
    return [*words, f"{lows[-1]} 以上"]


def area_layer(
    url: str,
    counts: Mapping[str, int],
    *,
    label: str,
    around: Mapping[str, str] | None = None,
    steps: Sequence[int] | None = None,
) -> dict[str, Any]:
    """Colour the areas of the GeoJSON at `url` by their counts (path → number).

    `steps` are the lower bounds of the classes, where they are not to follow these counts alone.
    """
    steps = breaks(list(counts.values())) if steps is None else list(steps)
    return {
        "url": url,
        "values": dict(counts),
        "breaks": steps,
        "label": label,
        "legend": legend(steps),
        "unit": "件",
        "around": dict(around or {}),
    }


def mark_layer(marks: pd.DataFrame) -> dict[str, Any]:
    """Write bins (``lon``, ``lat``, ``n``) or single events (``event_id``, ``title``) as columns.

    Five decimals are about a metre; more would only be sent and never seen.
    """
    layer: dict[str, Any] = {
        "lon": marks["lon"].astype(float).round(5).tolist(),
        "lat": marks["lat"].astype(float).round(5).tolist(),
    }
    if "event_id" in marks:
        layer["id"] = marks["event_id"].tolist()
        layer["title"] = marks["title"].fillna("").tolist()
    else:
        layer["n"] = marks["n"].astype(int).tolist()
    return layer


def outline(chosen: EventFilter) -> list[tuple[float, float]]:
    """Return the corners (lon, lat) of what the filter holds of a drawn place; none: nothing.

    A circle has 72 corners, on the sphere: lat = asin(sin lat₀ cos d + cos lat₀ sin d cos b),
    lon = lon₀ + atan2(sin b sin d cos lat₀, cos d − sin lat₀ sin lat), d = metres / R.
    """
    if isinstance(chosen.shape, Ring):
        return list(chosen.shape.corners)
    if chosen.shape is None:
        b = chosen.box
        if b is None:
            return []
        return [(b.west, b.south), (b.east, b.south), (b.east, b.north), (b.west, b.north)]
    away = chosen.shape.metres / EARTH_METRES
    bearing = np.arange(72) * (2 * np.pi / 72)
    north = np.radians(chosen.shape.lat)
    lat = np.arcsin(np.sin(north) * np.cos(away) + np.cos(north) * np.sin(away) * np.cos(bearing))
    lon = np.arctan2(
        np.sin(bearing) * np.sin(away) * np.cos(north), np.cos(away) - np.sin(north) * np.sin(lat)
    )
    east = chosen.shape.lon + np.degrees(lon)
    return [
        (round(float(x), 6), round(float(y), 6)) for x, y in zip(east, np.degrees(lat), strict=True)
    ]


def colours(palette: Palette) -> dict[str, Any]:
    """Return the palette as the component reads it."""
    return {
        "name": palette.name,
        "card": palette.card,
        "land": palette.land,
        "water": palette.water,
        "road": palette.road,
        "border": palette.border,
        "halo": palette.halo,
        "label": palette.label,
        "primary": palette.primary,
        "mark": palette.series[1],  # not the hue of the areas below
        "asset": palette.series[2],
        "heat": list(palette.heat),
        "good": palette.good,
        "bad": palette.bad,
        "ramp": list(palette.ramp),
        "levels": {level.value: colour for level, colour in palette.levels.items()},
        "onLevels": {level.value: colour for level, colour in palette.on_levels.items()},
    }


def bounds_of(box: Sequence[float]) -> Bounds:
    """Turn ``(west, south, east, north)`` into the corners that MapLibre wants."""
    west, south, east, north = (float(value) for value in box)
    return (west, south), (east, north)
