"""The demo city: its tree of areas, drawn layers, street character and people, from a seed."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
import yaml
from numpy.typing import NDArray
from scipy.spatial import KDTree

from govdash.core.errors import InputError
from govdash.core.vocab import AreaLevel
from govdash.demo import partition
from govdash.demo.names import Words
from govdash.demo.neighbourhoods import URBAN, characters, places_of_interest
from govdash.demo.partition import Ints, Mosaic
from govdash.demo.terrain import Floats, Terrain, built_up, make_terrain, to_degrees

CRS: Final = "EPSG:4326"
#: Small cells to a community and to a grid: gives about 200 and 500.
_CELLS_PER_COMMUNITY, _CELLS_PER_GRID = 20.5, 8.2
#: Towns (镇) are numbered from 100 (GB/T 10114), villages from 200.
_TOWN_FROM, _VILLAGE_FROM = 100, 200


@dataclass(frozen=True)
class City:
    """Everything that is fixed about the demo city.

    Attributes
    ----------
    areas : GeoDataFrame, parents before children
        ``path``, ``code``, ``parent_path``, ``level``, ``name``, ``lon``, ``lat``,
        ``population``, ``geometry``; children fill their parent exactly.
    grids : DataFrame, one row per grid
        ``path``, ``district``, ``street``, ``community`` (names), ``character``, ``x``, ``y``
        (metres), ``km2``, ``population``, ``setting`` and ``shape`` (outline in metres).
    layers : GeoDataFrames by name
        ``water``, ``roads``, ``rail``, ``places``; columns ``name``, ``kind``, ``geometry``.
    """

    name: str
    code: str
    areas: gpd.GeoDataFrame
    grids: pd.DataFrame
    layers: Mapping[str, gpd.GeoDataFrame]
    terrain: Terrain
    characters: Mapping[str, Mapping[str, Any]]


def make_city(data_dir: Path, *, seed: int) -> City:
    """Make the city of `seed`; the same seed always gives the same city."""
    plan = _read(data_dir, "city")
    drawing = _read(data_dir, "plan")
    terrain = make_terrain(drawing, seed=seed)
    mosaic = partition.make_mosaic(terrain, seed)
    words = Words(data_dir, seed)
    rng = np.random.default_rng([seed, 4])
    grid_of, tree = _tree(mosaic, plan, words, rng)
    outlines = partition.outlines(mosaic, grid_of)
    places = places_of_interest(drawing, terrain, words, rng)
    grids = _grids(tree, outlines, terrain, places, plan, rng)
    return City(
        name=plan["name"],
        code=plan["code"],
        areas=_areas(plan, tree, grids, outlines),
        grids=grids,
        layers={
            "water": _layer(
                [(name, "水域", shape) for name, shape in terrain.water.items()]
            ),
            "roads": _layer([(r.name, r.kind, r.line) for r in terrain.roads]),
            "rail": _layer([(r.name, r.kind, r.line) for r in terrain.metro]),
            "places": _layer(
                [
                    (name, kind, shapely.Point(x, y))
                    for name, kind, x, y in places.itertuples(index=False, name=None)
                ]
            ),
        },
        terrain=terrain,
        characters=plan["characters"],
    )  # fmt: skip


def _read(data_dir: Path, name: str) -> dict[str, Any]:
    file = data_dir / "demo" / f"{name}.yaml"
    if not file.is_file():
        raise InputError(f"找不到文件 {file}；请检查数据目录（GOVDASH_DATA）。")
    return yaml.safe_load(file.read_text(encoding="utf-8"))


def _tree(
    mosaic: Mosaic, plan: dict[str, Any], words: Words, rng: np.random.Generator
) -> tuple[Ints, pd.DataFrame]:
    """Cut districts, streets, communities and grids; return each cell's grid, and the grids."""
    cells = np.arange(mosaic.n_inside)
    xy = mosaic.seeds[: mosaic.n_inside]
    wanted = np.array([d["at"] for d in plan["districts"]], dtype=float)
    starts = np.asarray(KDTree(xy).query(wanted)[1], dtype=np.intp)
    district_of = partition.grow(mosaic, cells, starts)
    grid_of = np.zeros(mosaic.n_inside, dtype=np.intp)
    rows: list[dict[str, Any]] = []
    for i, district in enumerate(plan["districts"]):
        code = f"{plan['code'][:4]}{i + 1:02d}"
        mine = cells[district_of == i]
        serial = {"街道": 0, "镇": _TOWN_FROM}
        streets = partition.split(mosaic, mine, district["streets"], rng)
        for street in _reading_order(streets, xy):
            town = "街道" if _is_urban(xy[street]) else "镇"
            serial[town] += 1
            street_code = f"{code}{serial[town]:03d}"
            street_name = words.draw("streets") + town
            n = int(np.clip(round(len(street) / _CELLS_PER_COMMUNITY), 1, 6))
            numbers = {"社区": 0, "村": _VILLAGE_FROM}
            for group in _reading_order(partition.split(mosaic, street, n, rng), xy):
                sort = "社区" if _is_urban(xy[group]) else "村"
                numbers[sort] += 1
                community_code = f"{street_code}{numbers[sort]:03d}"
                community = words.draw("communities" if sort == "社区" else "villages") + sort
                k = max(1, round(len(group) / _CELLS_PER_GRID))
                parts = _reading_order(partition.split(mosaic, group, k, rng), xy)
                for number, part in enumerate(parts, start=1):
                    grid_of[part] = len(rows)
                    rows.append(
                        {
                            "code": f"{community_code}{number:03d}",
                            "district": district["name"],
                            "street": street_name,
                            "community": community,
                            "name": f"{community}第{number}网格",
                            "setting": district["setting"],
                        }
                    )
    return grid_of, pd.DataFrame(rows)


def _reading_order(groups: list[Ints], xy: Floats) -> list[Ints]:
    """West to east, row by row from the north: as grids are numbered by the standard."""
    middle = np.array([xy[g].mean(axis=0) for g in groups])
    every = xy[np.concatenate(groups)]
    rows = max(1, round(len(groups) ** 0.5))
    height = max((every[:, 1].max() - every[:, 1].min()) / rows, 1.0)
    row = ((every[:, 1].max() - middle[:, 1]) / height).astype(int)
    return [groups[i] for i in np.lexsort((middle[:, 0], row))]


def _is_urban(xy: Floats) -> bool:
    return bool(np.median(built_up(xy)) > URBAN)


def _grids(
    tree: pd.DataFrame,
    outlines: NDArray[np.object_],
    terrain: Terrain,
    places: pd.DataFrame,
    plan: dict[str, Any],
    rng: np.random.Generator,
) -> pd.DataFrame:
    """Add position, size, character and people to each grid."""
    shapes = shapely.transform(outlines, to_metres)
    water = shapely.union_all(list(terrain.water.values()))
    dry = shapely.area(shapely.difference(shapes, water)) / 1e6
    middle = shapely.get_coordinates(shapely.point_on_surface(shapes))
    grids = tree.assign(
        path=_paths(plan["code"], tree["code"]),
        x=middle[:, 0],
        y=middle[:, 1],
        km2=np.maximum(dry, 0.01),
        shape=shapes,
    )
    character = characters(grids, terrain, places, rng)
    people = np.array([plan["characters"][c]["people"] for c in character], dtype=float)
    crowd = people * rng.lognormal(0.0, 0.25, len(grids)) * np.minimum(grids["km2"], 2.5)
    return grids.assign(character=character, population=crowd.round().astype(int))


def _areas(
    plan: dict[str, Any], tree: pd.DataFrame, grids: pd.DataFrame, outlines: NDArray[np.object_]
) -> gpd.GeoDataFrame:
    """Build the tree of areas; each parent is the union of its grids."""
    names = {15: tree["name"], 12: tree["community"], 9: tree["street"], 6: tree["district"]}
    levels = {6: AreaLevel.DISTRICT, 9: AreaLevel.STREET, 12: AreaLevel.COMMUNITY}
    parts = [
        pd.DataFrame(
            {
                "code": [plan["code"]],
                "name": plan["name"],
                "level": AreaLevel.CITY.value,
                "population": grids["population"].sum(),
                "geometry": [shapely.coverage_union_all(outlines)],
            }
        )
    ]
    for digits in (6, 9, 12, 15):
        code = tree["code"].str[:digits]
        groups = code.groupby(code, sort=True).indices
        parts.append(
            pd.DataFrame(
                {
                    "code": list(groups),
                    "name": [names[digits].iloc[rows[0]] for rows in groups.values()],
                    "level": levels.get(digits, AreaLevel.GRID).value,
                    "population": [grids["population"].iloc[r].sum() for r in groups.values()],
                    "geometry": [shapely.coverage_union_all(outlines[r]) for r in groups.values()],
                }
            )
        )
    table = pd.concat(parts, ignore_index=True)
    path = _paths(plan["code"], table["code"])
    parent = path.str.replace(r"[^/]+/$", "", regex=True)
    middle = shapely.get_coordinates(shapely.point_on_surface(table["geometry"].to_numpy()))
    return gpd.GeoDataFrame(
        {
            "path": path,
            "code": table["code"],
            "parent_path": parent.where(parent != "/", None).astype(object),
            "level": table["level"],
            "name": table["name"],
            "lon": middle[:, 0],
            "lat": middle[:, 1],
            "population": table["population"],
        },
        geometry=list(table["geometry"]),
        crs=CRS,
    )


def _paths(city: str, codes: "pd.Series[str]") -> "pd.Series[str]":
    """``990101003`` → ``/990100/990101/990101003/``."""
    paths: list[str] = []
    for code in codes.tolist():
        parts = [code[:n] for n in (6, 9, 12, 15) if n <= len(code) and code != city]
        paths.append("/".join(["", city, *parts, ""]))
    return pd.Series(paths, index=codes.index)


def _layer(rows: list[tuple[str, str, Any]]) -> gpd.GeoDataFrame:
    shapes = [shapely.transform(shapely.simplify(shape, 6.0), to_degrees) for *_, shape in rows]
    columns = {"name": [row[0] for row in rows], "kind": [row[1] for row in rows]}
    return gpd.GeoDataFrame(columns, geometry=shapes, crs=CRS)


def to_metres(degrees: Floats) -> Floats:
    """Return plan metres of WGS-84 degrees; the inverse of `terrain.to_degrees`."""
    origin = to_degrees(np.zeros((1, 2)))
    scale = (to_degrees(np.array([[10_000.0, 10_000.0]])) - origin) / 10_000.0
    return (degrees - origin) / scale
