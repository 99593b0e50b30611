"""Coordinates and areas: datums converted, outlines read, points given their place in the tree."""

import hashlib
from collections.abc import Sequence
from enum import Enum
from pathlib import Path
from typing import Any, Final, TypeAlias

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import ArrayLike, NDArray
from pyogrio.errors import DataSourceError

from govdash.core.errors import InputError
from govdash.core.vocab import AreaLevel

Floats: TypeAlias = NDArray[np.float64]

#: Columns of the frame that `read_areas` returns and `assign` reads.
AREA_COLUMNS: Final = ("path", "code", "parent_path", "level", "name", "lon", "lat", "geometry")


class Datum(Enum):
    """What longitudes and latitudes of a source are measured in."""

    WGS84 = "wgs84"  # = CGCS2000 (EPSG:4490) to a decimetre
    GCJ02 = "gcj02"  # 国测局坐标: 高德, 腾讯; shifted by 300 to 700 m
    BD09 = "bd09"  # 百度坐标: GCJ-02 shifted once more


# The published form of the shift: Krasovsky's ellipsoid, and a box that is taken for China.
_AXIS: Final = 6378245.0
_ECC2: Final = 0.00669342162296594323
_WEST, _EAST, _SOUTH, _NORTH = 72.004, 137.8347, 0.8293, 55.8271
_BD_TURN: Final = np.pi * 3000.0 / 180.0
_BD_EAST, _BD_NORTH = 0.0065, 0.006
#: Each round leaves about 1 % of the error; 10 leave 600 m × 1e-20, less than a double holds.
_ROUNDS: Final = 10


def from_wgs84(lon: ArrayLike, lat: ArrayLike, datum: Datum) -> tuple[Floats, Floats]:
    """Convert WGS-84 degrees to `datum`, elementwise. Outside China nothing changes; NaN stays."""
    lon, lat = _floats(lon, lat)
    if datum is Datum.WGS84:
        return lon, lat
    inside = _in_china(lon, lat)
    out = _shift(lon, lat, datum)
    return np.where(inside, out[0], lon), np.where(inside, out[1], lat)


def to_wgs84(lon: ArrayLike, lat: ArrayLike, datum: Datum) -> tuple[Floats, Floats]:
    """Convert degrees of `datum` to WGS-84, elementwise, to better than 1e-6 m.

    The shift has no closed inverse; it is found by fixed-point iteration. Outside China nothing
    changes; NaN stays NaN.
    """
    lon, lat = _floats(lon, lat)
    if datum is Datum.WGS84:
        return lon, lat
    x, y = lon, lat
    for _ in range(_ROUNDS):
        there = _shift(x, y, datum)
        x, y = x + (lon - there[0]), y + (lat - there[1])
    inside = _in_china(x, y)
    return np.where(inside, x, lon), np.where(inside, y, lat)


def read_areas(
    path: Path,
    *,
    datum: Datum,
    level: AreaLevel,
    parent_path: str | None,
    name_field: str | None = None,
    code_field: str | None = None,
) -> gpd.GeoDataFrame:
    """Read the areas of one `level` below `parent_path` from a GeoJSON file (or any OGR format).

    National codes are used where a column holds them (6, 9, 12 or 15 digits, by level); areas
    without one get a code made from their parent and name, the same at every import.

    Returns
    -------
    GeoDataFrame in WGS-84, columns `AREA_COLUMNS`
        ``lon``/``lat`` is a point inside the outline, for labels. ``attrs["notes"]`` lists in
        Chinese what was repaired, converted, generated or left out.

    Raises
    ------
    InputError
        When the file cannot be read, holds no outlines, its coordinates are not degrees, or
        names or codes repeat.
    """
    notes: list[str] = []
    table = _outlines(_read(path), path, datum, notes)
    name_column = name_field or _first(table, ("name", "名称", "NAME", "Name", "区域名称"))
    if name_column is None or name_column not in table:
        columns = "、".join(str(c) for c in table.columns if c != "geometry")
        raise InputError(f"{path} 没有名称列“{name_field or 'name'}”；可用的列：{columns}。")
    names = table[name_column].astype(str).str.strip()
    codes = _codes(table, names, level, parent_path, code_field, notes)
    for what, values in (("名称", names), ("编码", codes)):
        if values.duplicated().any():
            raise InputError(f"{path} 中{what}“{values[values.duplicated()].iloc[0]}”重复。")
    inside = table.geometry.representative_point()
    base = parent_path or "/"
    areas = gpd.GeoDataFrame(
        {
            "path": base + codes + "/",
            "code": codes,
            "parent_path": pd.Series([parent_path] * len(table), dtype=object, index=table.index),
            "level": level.value,
            "name": names,
            "lon": inside.x,
            "lat": inside.y,
        },
        geometry=table.geometry,
        crs="EPSG:4326",
    ).sort_values("path", ignore_index=True)
    areas.attrs["notes"] = notes
    return areas


def assign(lon: ArrayLike, lat: ArrayLike, areas: gpd.GeoDataFrame) -> "pd.Series[Any]":
    """Return the path of the deepest area around each point; None where there is none (未落格).

    A point on a shared border belongs to the area with the smaller path, whatever the order of
    `areas`. The index is that of `lon` when it is a Series.
    """
    index = lon.index if isinstance(lon, pd.Series) else None
    x, y = _floats(lon, lat)
    placed = pd.Series([None] * len(x), dtype=object, index=index)
    found = np.full(len(x), None, dtype=object)
    open_points = np.flatnonzero(np.isfinite(x) & np.isfinite(y))
    depth = areas["path"].astype(str).str.count("/")
    for level in sorted(depth.unique(), reverse=True):
        if not len(open_points):
            break
        outlines = areas.loc[depth == level, ["path", "geometry"]].sort_values("path")
        points = gpd.GeoDataFrame(
            {"point": open_points},
            geometry=gpd.points_from_xy(x[open_points], y[open_points]),
            crs=areas.crs,
        )
        # Outlines on the left: each is prepared once and tested against the points' tree.
        hits = gpd.sjoin(outlines, points, predicate="intersects")
        hits = hits.sort_values(["point", "path"]).drop_duplicates("point")
        found[hits["point"].to_numpy()] = hits["path"].astype(object).to_numpy()
        open_points = np.setdiff1d(open_points, hits["point"].to_numpy(), assume_unique=True)
    placed[:] = found
    return placed


def _floats(lon: ArrayLike, lat: ArrayLike) -> tuple[Floats, Floats]:
    return np.array(lon, dtype=np.float64), np.array(lat, dtype=np.float64)


def _in_china(lon: Floats, lat: Floats) -> NDArray[np.bool_]:
    return (lon > _WEST) & (lon < _EAST) & (lat > _SOUTH) & (lat < _NORTH)


def _shift(lon: Floats, lat: Floats, datum: Datum) -> tuple[Floats, Floats]:
    """Apply the shift everywhere, also where it is not in use."""
    x, y = lon - 105.0, lat - 35.0
    pi = np.pi
    root = np.sqrt(np.abs(x))
    waves = 20.0 * (np.sin(6.0 * x * pi) + np.sin(2.0 * x * pi))
    north = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root
    north += (
        waves
        + 20.0 * np.sin(y * pi)
        + 40.0 * np.sin(y / 3.0 * pi)
        + 160.0 * np.sin(y / 12.0 * pi)
        + 320.0 * np.sin(y * pi / 30.0)
    ) * (2.0 / 3.0)
    east = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root
    east += (
        waves
        + 20.0 * np.sin(x * pi)
        + 40.0 * np.sin(x / 3.0 * pi)
        + 150.0 * np.sin(x / 12.0 * pi)
        + 300.0 * np.sin(x / 30.0 * pi)
    ) * (2.0 / 3.0)
    phi = np.radians(lat)
    curve = 1.0 - _ECC2 * np.sin(phi) ** 2
    gx = lon + np.degrees(east * np.sqrt(curve) / (_AXIS * np.cos(phi)))
    gy = lat + np.degrees(north * curve * np.sqrt(curve) / (_AXIS * (1.0 - _ECC2)))
    if datum is Datum.GCJ02:
        return gx, gy
    radius = np.hypot(gx, gy) + 0.00002 * np.sin(gy * _BD_TURN)
    angle = np.arctan2(gy, gx) + 0.000003 * np.cos(gx * _BD_TURN)
    return radius * np.cos(angle) + _BD_EAST, radius * np.sin(angle) + _BD_NORTH


def _read(path: Path) -> gpd.GeoDataFrame:
    try:
        table = gpd.read_file(path)
    except DataSourceError:
        raise InputError(f"{path} 无法读取；请提供 GeoJSON 文件（面要素）。") from None
    if not isinstance(table, gpd.GeoDataFrame):
        raise InputError(f"{path} 没有几何要素；请提供 GeoJSON 文件（面要素）。")
    return table


def _outlines(
    table: gpd.GeoDataFrame, path: Path, datum: Datum, notes: list[str]
) -> gpd.GeoDataFrame:
    """Keep the polygons, valid and in WGS-84."""
    flat = table.geometry.geom_type.isin(["Polygon", "MultiPolygon"]) & ~table.geometry.is_empty
    if not flat.any():
        raise InputError(f"{path} 没有面要素（Polygon）；区域需要边界。")
    if not flat.all():
        notes.append(f"{int((~flat).sum())} 个要素不是面，已略过。")
    table = table[flat].reset_index(drop=True)
    if table.crs is not None and not table.crs.equals("EPSG:4326"):
        if datum is not Datum.WGS84:
            raise InputError(
                f"{path} 声明的坐标系是 {table.crs.name}，与坐标基准 {datum.value} 矛盾。"
            )
        notes.append(f"坐标系 {table.crs.name} 已转换为 WGS-84。")
        table = table.to_crs("EPSG:4326")
    west, south, east, north = table.total_bounds
    if not (-180 <= west <= east <= 180 and -90 <= south <= north <= 90):
        raise InputError(
            f"{path} 的坐标不是经纬度（范围 {west:g},{south:g} 至 {east:g},{north:g}）；"
            "请先转换为 WGS-84。"
        )
    shapes = shapely.force_2d(table.geometry.to_numpy())
    if datum is not Datum.WGS84:
        shapes = shapely.transform(
            shapes, lambda xy: np.column_stack(to_wgs84(xy[:, 0], xy[:, 1], datum))
        )
        notes.append(f"坐标由 {datum.name} 转换为 WGS-84。")
    broken = ~shapely.is_valid(shapes)
    if broken.any():
        shapes[broken] = [_polygonal(shape) for shape in shapely.make_valid(shapes[broken])]
        notes.append(f"{int(broken.sum())} 个区域的边界自相交，已修复。")
    return table.set_geometry(gpd.GeoSeries(shapes, crs="EPSG:4326"))


def _polygonal(shape: shapely.Geometry) -> shapely.Geometry:
    """Drop the lines and points that a repair can leave behind."""
    parts = shapely.get_parts(shapely.get_parts([shape]))
    return shapely.union_all([part for part in parts if part.geom_type.endswith("Polygon")])


def _codes(
    table: gpd.GeoDataFrame,
    names: "pd.Series[str]",
    level: AreaLevel,
    parent_path: str | None,
    code_field: str | None,
    notes: list[str],
) -> "pd.Series[str]":
    column = code_field or _first(table, ("adcode", "code", "编码", "行政区划代码", "区划代码"))
    if code_field is not None and code_field not in table:
        raise InputError(f"没有编码列“{code_field}”。")
    made = names.map(
        lambda name: (
            "g" + hashlib.blake2b(f"{parent_path}{name}".encode(), digest_size=5).hexdigest()
        )
    )
    if column is None:
        notes.append(f"没有国家编码，已为 {len(made)} 个区域生成编码。")
        return made
    given = table[column].astype(str).str.strip().str.removesuffix(".0")
    if code_field is not None:
        fit = given.str.fullmatch(r"[0-9A-Za-z_-]{1,40}")
    else:  # found by its name only: take it for a national code when it looks like one
        fit = given.str.fullmatch(rf"\d{{{_DIGITS[level]}}}")
    if not fit.all():
        notes.append(f"{int((~fit).sum())} 个区域没有可用编码，已生成。")
    return given.where(fit, made)


#: Digits of a national code: 6 district (also city) + 3 street + 3 community + 3 serial.
_DIGITS: Final = {
    AreaLevel.CITY: 6,
    AreaLevel.DISTRICT: 6,
    AreaLevel.STREET: 9,
    AreaLevel.COMMUNITY: 12,
    AreaLevel.GRID: 15,
}


def _first(table: gpd.GeoDataFrame, names: Sequence[str]) -> str | None:
    return next((name for name in names if name in table), None)
