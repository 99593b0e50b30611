"""The lie of the land of the demo city: outline, river, lakes, roads and rails, in metres.

The plan is drawn once, by hand; the seed only bends it. x runs east and y north from the old
centre, which lies in a bend of the river.
"""

from dataclasses import dataclass
from typing import Final

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
_RIVER = (
    (-24000, 5200), (-17000, 6900), (-11500, 6600), (-6800, 5000), (-3200, 2300), (-300, 2300),
    (2500, 1700), (3900, -1000), (2900, -4300), (4300, -8000), (9000, -9300), (14500, -8200),
    (24000, -11800),
)  # fmt: skip
_BROOK = ((-24000, -5200), (-15500, -4600), (-10500, -5600), (-5600, -4200), (-1800, -4900), (2900, -4300))  # fmt: skip  # noqa: E501
#: name, kind, points
_RADIALS: Final = (
    ("云澜大道", "快速路", ((-21000, -2300), (-12000, -1500), (-5000, -1500), (0, -1100), (3600, 200), (8500, 700), (14500, 1200), (21500, 2600))),
    ("中轴路", "主干路", ((900, 17500), (700, 11000), (500, 6200), (100, 1700), (0, -1100), (-300, -6000), (-900, -11500), (-1500, -18000))),
    ("迎宾大道", "主干路", ((5600, 1500), (8300, 5800), (11500, 9800), (15500, 14500))),
    ("学府路", "主干路", ((-2600, -1300), (-6500, 700), (-11000, 2900), (-15500, 3700), (-21500, 2500))),
    ("麓山路", "主干路", ((500, 6900), (-4300, 8600), (-9500, 10700), (-15500, 13400))),
    ("沙堰大道", "主干路", ((1200, -2600), (4700, -5400), (6600, -10200), (8200, -13500), (9200, -18000))),
    ("南陂路", "主干路", ((-600, -2600), (-3600, -6500), (-7000, -10200), (-11500, -14000))),
    ("芦湾大道", "主干路", ((5600, 600), (9500, -1700), (13500, -3000), (21500, -4500))),
    ("滨江东路", "次干路", ((-5000, 6300), (-2500, 3600), (0, 3250), (3000, 2600), (4900, -500), (4200, -4200), (6000, -7300), (9500, -8100))),
    ("滨江西路", "次干路", ((-7500, 4200), (-3700, 1300), (-300, 1350), (2000, 700), (2900, -1000), (1900, -4000))),
    ("河清路", "次干路", ((-17500, -3600), (-10500, -4400), (-5600, -3200), (-1800, -3900), (1200, -3500))),
)  # fmt: skip  # noqa: E501
_RINGS: Final = (
    ("内环路", "快速路", 700.0, -700.0, 3300.0, 0.92),
    ("中环路", "快速路", 700.0, -400.0, 7700.0, 0.84),
    ("绕城高速", "快速路", 300.0, -500.0, 14000.0, 0.80),
)
_METRO: Final = (
    ("轨道交通1号线", ((-14000, -1700), (-7600, -600), (-3300, -1700), (0, -900), (3300, 1400), (5900, 1400), (9800, 100), (13600, -300))),
    ("轨道交通2号线", ((1300, 11800), (400, 7500), (100, 3500), (0, -900), (-500, -4500), (-3700, -7300), (-7100, -9700))),
    ("轨道交通3号线", ((-8600, 4500), (-7600, -600), (-4200, -3300), (400, -3000), (3900, -5200), (6700, -9500), (6800, -12600))),
)  # fmt: skip  # noqa: E501


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
    water: dict[str, Polygon]
    roads: tuple[Road, ...]
    metro: tuple[Road, ...]

    @property
    def barriers(self) -> tuple[LineString, ...]:
        """Lines that borders follow, the strongest first."""
        return (self.river, self.brook, *(road.line for road in self.roads))


def make_terrain(seed: int) -> Terrain:
    """Draw the plan, bent a little by `seed`."""
    rng = np.random.default_rng([seed, 1])
    outline = _blob(rng, 0.0, -300.0, _HALF_WIDTH, _HALF_HEIGHT, wobble=0.05, n=240)
    river, brook = _bend(rng, _RIVER, 300.0), _bend(rng, _BROOK, 200.0)
    water = {
        "澜江": _banks(river, 210.0, 330.0),
        "清溪河": _banks(brook, 45.0, 80.0),
        "芦湾湖": _blob(rng, 12300, -5100, 2050, 1150, wobble=0.1, n=80),
        "鹤湖": _blob(rng, -4700, -2350, 620, 400, wobble=0.1, n=50),
        "云麓水库": _blob(rng, -14000, 9300, 620, 1250, wobble=0.1, n=60),
    }
    island = _blob(rng, *river.interpolate(0.71, normalized=True).coords[0], 420, 150, 0.1, n=40)
    water = {name: shapely.intersection(area, outline) for name, area in water.items()}
    water["澜江"] = shapely.difference(water["澜江"], island)
    roads = [
        Road(name, kind, _blob_line(rng, x, y, radius, radius * squash))
        for name, kind, x, y, radius, squash in _RINGS
    ] + [Road(name, kind, _bend(rng, points, 150.0)) for name, kind, points in _RADIALS]
    return Terrain(
        outline=outline,
        river=river,
        brook=brook,
        water=water,
        roads=tuple(
            Road(r.name, r.kind, _longest(shapely.intersection(r.line, outline))) for r in roads
        ),
        metro=tuple(Road(name, "轨道交通", _bend(rng, points, 80.0)) for name, points in _METRO),
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
    return np.round(np.column_stack([ORIGIN_LON + xy[:, 0] / east, ORIGIN_LAT + xy[:, 1] / north]), 6)


def _bend(
    rng: np.random.Generator, points: tuple[tuple[float, float], ...], by: float
) -> LineString:
    """Lay a smooth line through `points`, each moved by about `by` metres."""
    xy = np.array(points, dtype=float) + rng.normal(0, by, (len(points), 2))
    along = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(xy, axis=0).T))])
    return LineString(CubicSpline(along, xy)(np.arange(0.0, along[-1], 120.0)))


def _blob_line(rng: np.random.Generator, x: float, y: float, a: float, b: float) -> LineString:
    return LineString(_blob(rng, x, y, a, b, wobble=0.02, n=48).exterior.coords)


def _blob(
    rng: np.random.Generator, x: float, y: float, a: float, b: float, wobble: float, n: int
) -> Polygon:
    """Return a closed, smooth, irregular curve about an ellipse."""
    turn = np.linspace(0, 2 * np.pi, n, endpoint=False)
    radius = np.ones(n)
    for k in range(2, n // 6):
        radius += wobble / (k - 1) ** 0.9 * rng.normal() * np.cos(k * turn + rng.uniform(0, 6.3))
    return Polygon(np.column_stack([x + a * radius * np.cos(turn), y + b * radius * np.sin(turn)]))


def _banks(line: LineString, narrow: float, wide: float) -> Polygon:
    """Widen a line to a stream whose half width sways between `narrow` and `wide` metres."""
    steps = np.arange(0.0, line.length, 240.0)
    half = narrow + (wide - narrow) * (0.5 + 0.5 * np.sin(steps / 2600.0) * np.cos(steps / 1700.0))
    discs = [Point(p.coords[0]).buffer(h) for p, h in zip(line.interpolate(steps), half, strict=True)]
    pairs = [a.union(b).convex_hull for a, b in zip(discs[:-1], discs[1:], strict=True)]
    return shapely.simplify(shapely.union_all(pairs), 8.0)


def _longest(shape: shapely.Geometry) -> LineString:
    parts = shapely.get_parts(shapely.line_merge(shape))
    return parts[np.argmax(shapely.length(parts))]
