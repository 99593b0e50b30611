"""Places where things happen: addresses on land, along streets, some far busier than others."""

from typing import Final

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from govdash.demo.geography import City
from govdash.demo.names import Words
from govdash.demo.terrain import Floats, to_degrees

#: Metres from a border (a street) to a house front.
_SETBACK: Final = 24.0
#: A house belongs to a main road when it is nearer than this.
_ON_ROAD: Final = 140.0
#: Share of addresses that front a street; the others lie inside the block.
_FRONTING: Final = 0.62
#: People to an address, and the fewest and most addresses in a grid.
_PEOPLE_TO_ADDRESS, _FEWEST, _MOST = 130, 14, 90
_POOLS: Final = {
    "commercial": ("shops", "shops", "offices", "compounds"),
    "old": ("old_compounds", "old_compounds", "shops", "public"),
    "residential": ("compounds", "compounds", "shops", "public"),
    "new": ("sites", "compounds", "compounds", "shops"),
    "industrial": ("factories", "factories", "sites", "shops"),
    "campus": ("campus", "campus", "shops", "compounds"),
    "station": ("station_places", "station_places", "shops", "offices"),
    "scenic": ("scenic", "scenic", "shops", "rural"),
    "rural": ("rural", "rural", "rural", "compounds"),
}


def make_addresses(city: City, words: Words, *, seed: int) -> pd.DataFrame:
    """Return the addresses of all grids, in grid order.

    Returns
    -------
    DataFrame with ``grid`` (row of ``city.grids``), ``x``, ``y`` (metres), ``lon``, ``lat``,
    ``weight`` (how often things happen here, sums to 1 in each grid), ``road``, ``number``,
    ``place``, ``pool`` (what sort of place) and ``address`` in Chinese, district first.
    """
    rng = np.random.default_rng([seed, 5])
    n = np.clip(city.grids["population"].to_numpy() // _PEOPLE_TO_ADDRESS, _FEWEST, _MOST)
    water = shapely.union_all(list(city.terrain.water.values()))
    shapely.prepare(water)
    points = [
        _points(shape, k, water, rng) for shape, k in zip(city.grids["shape"], n, strict=True)
    ]
    grid = np.repeat(np.arange(len(n)), [len(p) for p in points])
    xy = np.concatenate(points)
    degrees = to_degrees(xy)
    busy = rng.pareto(1.6, len(grid)) + 0.35  # a few places are complained about again and again
    weight = busy / np.bincount(grid, weights=busy)[grid]
    table = pd.DataFrame(
        {"grid": grid, "x": xy[:, 0], "y": xy[:, 1], "lon": degrees[:, 0], "lat": degrees[:, 1],
         "weight": weight}
    )  # fmt: skip
    table["road"] = _roads(city, words, grid, xy, rng)
    table["number"] = 2 * rng.integers(1, 240, len(grid)) + (xy[:, 0] > 0)
    table["place"], table["pool"] = _place_names(city, words, grid, rng)
    where = city.grids.iloc[grid]
    table["address"] = (
        where["district"].to_numpy(dtype=object)
        + where["street"].to_numpy(dtype=object)
        + table["road"].to_numpy(dtype=object)
        + table["number"].astype(str).to_numpy(dtype=object)
        + "号"
    )
    return table


def _points(
    shape: shapely.Polygon, n: int, water: shapely.Geometry, rng: np.random.Generator
) -> Floats:
    inner = shape.buffer(-_SETBACK)
    inner = shape.buffer(-4.0) if inner.is_empty else inner
    inner = shape if inner.is_empty else inner
    fronts = shapely.get_coordinates(
        shapely.line_interpolate_point(inner.boundary, rng.random(3 * n), normalized=True)
        if inner.boundary.geom_type == "LineString"
        else shapely.line_interpolate_point(
            max(inner.boundary.geoms, key=lambda line: line.length),
            rng.random(3 * n),
            normalized=True,
        )
    ) + rng.normal(0, 5.0, (3 * n, 2))
    west, south, east, north = inner.bounds
    blocks = rng.uniform((west, south), (east, north), (12 * n, 2))
    blocks = blocks[shapely.contains_xy(inner, blocks)]
    k = int(n * _FRONTING)
    fronts = fronts[shapely.contains_xy(shape, fronts) & ~shapely.contains_xy(water, fronts)][:k]
    blocks = blocks[~shapely.contains_xy(water, blocks)][: n - len(fronts)]
    found = np.concatenate([fronts, blocks])
    if len(found) >= 3:
        return found
    return shapely.get_coordinates(shape.point_on_surface()).repeat(3, axis=0)


def _roads(
    city: City, words: Words, grid: NDArray[np.intp], xy: Floats, rng: np.random.Generator
) -> NDArray[np.object_]:
    """Name the road of each address: a main road close by, else a small one of the community."""
    community = city.grids["path"].str.rsplit("/", n=2).str[0].to_numpy()[grid]
    setting = city.grids["setting"].to_numpy()[grid]
    road = np.empty(len(grid), dtype=object)
    for path in pd.unique(community):
        mine = np.flatnonzero(community == path)
        k = int(rng.integers(3, 6))
        names = [words.draw("roads") + words.ending(setting[mine[0]]) for _ in range(k)]
        middle = xy[mine].mean(axis=0)
        turn = np.arctan2(xy[mine, 1] - middle[1], xy[mine, 0] - middle[0])
        sector = ((turn + np.pi) / (2 * np.pi) * k).astype(int).clip(0, k - 1)
        road[mine] = np.array(names, dtype=object)[sector]
    lines = [r.line for r in city.terrain.roads if r.kind != "快速路" or r.name != "绕城高速"]
    names = [r.name for r in city.terrain.roads if r.kind != "快速路" or r.name != "绕城高速"]
    hit, line = shapely.STRtree(lines).query_nearest(
        shapely.points(xy), max_distance=_ON_ROAD, all_matches=False
    )
    road[hit] = np.array(names, dtype=object)[line]
    return road


def _place_names(
    city: City, words: Words, grid: NDArray[np.intp], rng: np.random.Generator
) -> tuple[NDArray[np.object_], NDArray[np.object_]]:
    """Say what lies at each address, fitting the neighbourhood."""
    character = city.grids["character"].to_numpy()[grid]
    community = city.grids["community"].str.removesuffix("社区").to_numpy(dtype=object)[grid]
    place = np.empty(len(grid), dtype=object)
    pool = np.empty(len(grid), dtype=object)
    for kind, pools in _POOLS.items():
        every = rng.permutation(np.flatnonzero(character == kind))
        for slot, name in enumerate(pools):
            mine = every[slot :: len(pools)]
            found = np.array(words.some(name, len(mine)), dtype=object)
            place[mine] = community[mine] + found if name in {"public", "rural"} else found
            pool[mine] = name
    return place, pool
