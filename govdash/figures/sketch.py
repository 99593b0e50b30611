"""A small map as SVG path data: outlines of areas, simplified to what a few hundred pixels show."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import geopandas as gpd
import numpy as np
import shapely

#: Units of the view box along the longer side: about twice the pixels on the screen, so that
#: whole numbers are as fine as the screen.
_SIDE: Final = 400
#: Characters of path data, which a page carries each time it is drawn: as an image they are a
#: third more, and the whole map stays below 30 kB.
_MOST: Final = 16_000
_MARGIN: Final = 3  # units, so that borders are not cut


@dataclass(frozen=True, slots=True)
class Sketch:
    """Outlines in the units of a view box ``0 0 width height``.

    ``shapes`` and ``centres`` by area path; ``border`` is the path data of the larger areas.
    ``corner`` is the north-west end (WGS-84), ``scale`` the units of a degree in x and in y.
    """

    width: int
    height: int
    shapes: Mapping[str, str]
    centres: Mapping[str, tuple[int, int]]
    border: str
    corner: tuple[float, float]
    scale: tuple[float, float]

    def place(self, lon: float, lat: float) -> tuple[float, float]:
        """Return where a place lies in the view box."""
        (west, north), (x, y) = self.corner, self.scale
        return (lon - west) * x + _MARGIN, (north - lat) * y + _MARGIN


def sketch(areas: gpd.GeoDataFrame, larger: gpd.GeoDataFrame) -> Sketch | None:
    """Draw areas and the borders of larger ones around them; None without any area.

    Parameters
    ----------
    areas, larger : GeoDataFrame in WGS-84
        ``path`` and a geometry. Degrees are stretched by the cosine of the middle latitude, which
        is as good as any projection over a city.

    Notes
    -----
    Lines are simplified by one unit, and by more while the data is longer than 16 000 characters.
    """
    if areas.empty:
        return None
    west, south, east, north = (float(value) for value in areas.total_bounds)
    squeeze = float(np.cos(np.radians((south + north) / 2)))
    wide, high = max((east - west) * squeeze, 1e-9), max(north - south, 1e-9)
    scale = (_SIDE - 2 * _MARGIN) / max(wide, high)

    def placed(points: np.ndarray) -> np.ndarray:
        x = (points[:, 0] - west) * squeeze * scale + _MARGIN
        return np.column_stack([x, (north - points[:, 1]) * scale + _MARGIN])

    fine = shapely.transform(areas.geometry.to_numpy(), placed)
    coarse = shapely.transform(larger.geometry.to_numpy(), placed)
    tolerance = 1.0
    while True:
        drawn = [_data(shape, tolerance) for shape in fine]
        border = "".join(_data(shape, tolerance) for shape in coarse)
        if sum(map(len, drawn)) + len(border) <= _MOST or tolerance > _SIDE:
            break
        tolerance *= 1.5
    inside = shapely.point_on_surface(fine)
    paths = areas["path"].astype(str).tolist()
    return Sketch(
        width=round(wide * scale) + 2 * _MARGIN,
        height=round(high * scale) + 2 * _MARGIN,
        shapes=dict(zip(paths, drawn, strict=True)),
        centres={
            path: (round(point.x), round(point.y))
            for path, point in zip(paths, inside, strict=True)
        },
        border=border,
        corner=(west, north),
        scale=(squeeze * scale, scale),
    )


def _data(shape: shapely.Geometry, tolerance: float) -> str:
    """Write a shape as path data in whole units, relative from point to point."""
    simple = shapely.simplify(shape, tolerance)
    rings = [
        np.asarray(ring.coords)
        for part in shapely.get_parts(simple)
        if isinstance(part, shapely.Polygon)
        for ring in (part.exterior, *part.interiors)
    ]
    return "".join(_ring(np.rint(ring[:, :2]).astype(int)) for ring in rings)


def _ring(points: np.ndarray) -> str:
    steps = np.diff(points[:-1], axis=0)  # the last point is the first again: "z" draws to it
    moved = steps[steps.any(axis=1)]
    x, y = points[0]
    # A minus parts two numbers as well as a blank does.
    line = " ".join(f"{dx} {dy}" for dx, dy in moved.tolist()).replace(" -", "-")
    return f"M{x} {y}l{line}z" if line else ""
