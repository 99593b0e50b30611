"""Cells of a web map in the engine: Web Mercator, as MapLibre draws it."""

from math import pi
from typing import Final

import ibis
import ibis.expr.types as ir

from govdash.lake.schema import Expr

TILE_PX: Final = 512  # MapLibre's world is 512 px wide at zoom 0
MAX_LAT: Final = 85.051129  # the square world of the projection ends here


def binned(events: Expr, *, cell_px: float, zoom: float) -> ir.Table:
    """Count `events` by cells of `cell_px` pixels at `zoom`: ``lon``, ``lat`` (centre), ``n``.

    Formula: x = (lon + 180) / 360, y = 1/2 - ln(tan(pi/4 + lat/2)) / 2 pi, times the world's
    width in pixels (Web Mercator, EPSG:3857).
    """
    cells = TILE_PX * 2**zoom / cell_px  # across the world
    lat = events.lat.clip(-MAX_LAT, MAX_LAT)
    x = ((events.lon + 180) / 360 * cells).floor()
    y = ((0.5 - (pi / 4 + lat * (pi / 360)).tan().ln() / (2 * pi)) * cells).floor()
    counted: Expr = events.group_by(x=x, y=y).aggregate(n=events.count())
    height = (0.5 - (counted.y + 0.5) / cells) * (2 * pi)
    return counted.select(
        lon=(counted.x + 0.5) / cells * 360 - 180,
        lat=(height.exp().atan() * 2 - pi / 2) * (180 / pi),
        n=counted.n,
    ).order_by([ibis.desc("n"), "lon", "lat"])
