"""The lie of the land of the demo city: outline, river, lakes, roads and rails, in metres.

The plan is drawn once, by hand; the seed only bends it. x runs east and y north from the old
centre, which lies in a bend of the river.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.interpolate import CubicSpline
from shapely import LineString, Point, Polygon

Floats = NDArray[np.float64]

#: The city lies in open sea, so that no real place is drawn over, on whatever base map.
ORIGIN_LON, ORIGIN_LAT = 123.60, 32.10
#: Half axes of the outline.
_HALF_WIDTH, _HALF_HEIGHT = 20_500.0, 16_500.0

#: Where building is dense: x, y, reach in metres, strength.
CENTRES: Final = (
    (0.0, -300.0, 5200.0, 1.0),  # old centre
    (5600.0, 1500.0, 3600.0, 0.8),  # new centre across the river
    (-7600.0, -600.0, 3000.0, 0.42),  # university town
    (500.0, 7600.0, 3200.0, 0.4),
    (12500.0, -300.0, 2600.0, 0.3),
    (6800.0, -12200.0, 2600.0, 0.28),  # port
    (-6800.0, -9600.0, 2200.0, 0.22),
    (-11200.0, 11000.0, 1700.0, 0.14),  # market town in the hills
)


@dataclass(frozen=True)
class Road:
    """A named road as it is drawn."""

    name: str
    kind: str
    line: LineString


@dataclass(frozen=True)
class Terrain:
    """What the districts are laid upon."""

    outline: Polygon
    river: LineString
    brook: LineString
    water: Mapping[str, shapely.Geometry]
    lakes: tuple[str, ...]
    roads: tuple[Road, ...]
    metro: tuple[Road, ...]

    @property
    def barriers(self) -> tuple[LineString, ...]:
        """Lines that borders follow, the strongest first."""
        return (self.river, self.brook, *(road.line for road in self.roads))


def make_terrain(plan: Mapping[str, Any], *, seed: int) -> Terrain:
    """Lay out the plan (``data/demo/plan.yaml``), bent a little by `seed`."""
    rng = np.random.default_rng([seed, 1])
    outline = _blob(rng, (0.0, -300.0), (_HALF_WIDTH, _HALF_HEIGHT), wobble=0.05, n=240)
    river = _bend(rng, plan["river"]["points"], 300.0)
    brook = _bend(rng, plan["brook"]["points"], 200.0)
    island_at = river.interpolate(0.71, normalized=True)
    island = _blob(rng, (island_at.x, island_at.y), (420.0, 150.0), wobble=0.1, n=40)
    water: dict[str, shapely.Geometry] = {
        plan["river"]["name"]: shapely.difference(
            _banks(river, *plan["river"]["half_width"]), island
        ),
        plan["brook"]["name"]: _banks(brook, *plan["brook"]["half_width"]),
    }
    for lake in plan["lakes"]:
        water[lake["name"]] = _blob(rng, lake["at"], lake["size"], wobble=0.1, n=72)
    lines = [(r, _ring(rng, r["at"], r["radius"], r["squash"])) for r in plan["rings"]]
    lines += [(r, _bend(rng, r["points"], 150.0)) for r in plan["roads"]]
    return Terrain(
        outline=outline,
        river=river,
        brook=brook,
        water={name: shapely.intersection(shape, outline) for name, shape in water.items()},
        lakes=tuple(lake["name"] for lake in plan["lakes"]),
        roads=tuple(
            Road(r["name"], r["kind"], _longest(shapely.intersection(line, outline)))
            for r, line in lines
        ),
        metro=tuple(
            Road(r["name"], r["kind"], _bend(rng, r["points"], 80.0)) for r in plan["metro"]
        ),
    )


def built_up(xy: Floats) -> Floats:
    """Return how densely the place is built, from about 0.015 (hills) to about 1 (centre)."""
    dense = np.full(len(xy), 0.015)
    for x, y, reach, strength in CENTRES:
        distance = np.hypot(xy[:, 0] - x, xy[:, 1] - y) / reach
        dense += strength * np.exp(-(distance**1.7))
    return np.minimum(dense, 1.0)


def to_degrees(xy: Floats) -> Floats:
    """Return WGS-84 degrees of metres in the plan, rounded to a decimetre (6 decimals)."""
    north = 111_132.95  # metres per degree, good to 1e-3 here
    east = 111_319.49 * np.cos(np.radians(ORIGIN_LAT))
    return np.round(
        np.column_stack([ORIGIN_LON + xy[:, 0] / east, ORIGIN_LAT + xy[:, 1] / north]), 6
    )


def _bend(rng: np.random.Generator, points: Sequence[Sequence[float]], by: float) -> LineString:
    """Lay a smooth line through `points`, each moved by about `by` metres."""
    xy = np.array(points, dtype=float) + rng.normal(0, by, (len(points), 2))
    along = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(xy, axis=0).T))])
    return LineString(CubicSpline(along, xy)(np.arange(0.0, along[-1], 120.0)))


def _ring(
    rng: np.random.Generator, at: Sequence[float], radius: float, squash: float
) -> LineString:
    ring = _blob(rng, at, (radius, radius * squash), wobble=0.02, n=48)
    return LineString(ring.exterior.coords)


def _blob(
    rng: np.random.Generator, at: Sequence[float], half: Sequence[float], *, wobble: float, n: int
) -> Polygon:
    """Return a closed, smooth, irregular curve about an ellipse."""
    turn = np.linspace(0, 2 * np.pi, n, endpoint=False)
    radius = np.ones(n)
    for k in range(2, n // 6):
        radius += wobble / (k - 1) ** 0.9 * rng.normal() * np.cos(k * turn + rng.uniform(0, 6.3))
    x, y = radius * np.cos(turn), radius * np.sin(turn)
    return Polygon(np.column_stack([at[0] + half[0] * x, at[1] + half[1] * y]))


def _banks(line: LineString, narrow: float, wide: float) -> shapely.Geometry:
    """Widen a line to a stream whose half width sways between `narrow` and `wide` metres."""
    steps = np.arange(0.0, line.length, 240.0)
    half = narrow + (wide - narrow) * (0.5 + 0.5 * np.sin(steps / 2600.0) * np.cos(steps / 1700.0))
    discs = [
        Point(p.coords[0]).buffer(h) for p, h in zip(line.interpolate(steps), half, strict=True)
    ]
    pairs = [a.union(b).convex_hull for a, b in pairwise(discs)]
    return shapely.simplify(shapely.union_all(pairs), 8.0)


def _longest(shape: shapely.Geometry) -> LineString:
    parts = shapely.get_parts(shapely.line_merge(shape))
    return parts[np.argmax(shapely.length(parts))]
