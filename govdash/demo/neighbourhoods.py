"""What sort of neighbourhood each grid of the demo city is, and its points of interest."""

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from scipy.spatial import KDTree

from govdash.demo.names import Words
from govdash.demo.terrain import CENTRES, Terrain, built_up

#: From this building density on a place counts as town.
URBAN: Final = 0.09


def characters(
    grids: pd.DataFrame, terrain: Terrain, places: pd.DataFrame, rng: np.random.Generator
) -> NDArray[np.object_]:
    """Tell what sort of neighbourhood each grid is, from where it lies."""
    xy = grids[["x", "y"]].to_numpy()
    dense = built_up(xy) * rng.lognormal(0, 0.18, len(xy))
    setting = grids["setting"].to_numpy()
    chance = rng.random(len(xy))
    out = np.where(dense < URBAN * 0.9, "rural", "residential").astype(object)
    town = out == "residential"
    out[town & (setting == "old") & (chance < 0.55)] = "old"
    out[town & (setting != "old") & (chance < 0.12)] = "old"
    out[town & (setting == "new") & (chance > 0.62)] = "new"
    out[town & (setting == "residential") & (chance > 0.86)] = "new"
    out[town & (setting == "industrial") & (chance < 0.6)] = "industrial"
    out[town & (chance > 0.975)] = "industrial"
    out[town & (dense > 0.95)] = "commercial"
    centres = KDTree(np.array([(x, y) for x, y, *_ in CENTRES[1:7]]))
    out[centres.query(xy)[0] < 750] = "commercial"
    out[(np.hypot(xy[:, 0] + 8300, xy[:, 1] - 900) < 2100) & (chance < 0.75)] = "campus"
    shapes = np.array(list(grids["shape"]), dtype=object)
    for name in terrain.lakes:
        wet = shapely.area(shapely.intersection(shapes, terrain.water[name]))
        out[wet > 0.12 * shapely.area(shapes)] = "scenic"
    for x, y in places.loc[places["kind"] == "火车站", ["x", "y"]].to_numpy():
        out[shapely.contains_xy(shapes, x, y)] = "station"
    return out


def places_of_interest(
    plan: Mapping[str, Any], terrain: Terrain, words: Words, rng: np.random.Generator
) -> pd.DataFrame:
    """Return points of interest: ``name``, ``kind``, ``x``, ``y`` (metres)."""
    rows: list[tuple[str, str, float, float]] = []
    for line in terrain.metro:
        for at in np.arange(600.0, line.line.length, 1750.0):
            stop = line.line.interpolate(float(at))
            rows.append((words.draw("roads") + "站", "地铁站", stop.x, stop.y))
    for hub in plan["hubs"]:
        x, y = np.array(hub["at"]) + rng.normal(0, 80, 2)
        rows.append((hub["name"], "火车站", float(x), float(y)))
    inland = terrain.outline.buffer(-400)
    for sort in plan["places"]:
        for _ in range(sort["n"]):
            x, y = rng.normal((600, -300), sort["spread"])
            if shapely.contains_xy(inland, x, y):
                rows.append((words.draw("communities") + sort["ending"], sort["kind"], x, y))
    table = pd.DataFrame(rows, columns=["name", "kind", "x", "y"])
    water = shapely.union_all(list(terrain.water.values()))
    return table[~shapely.contains_xy(water, table["x"], table["y"])].reset_index(drop=True)
