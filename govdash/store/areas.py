"""The area tree and the drawn layers, written and read whole."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, cast

import geopandas as gpd
import pandas as pd
import shapely
from shapely.geometry.base import BaseGeometry
from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite

from govdash.core.errors import InputError
from govdash.core.filters import path_range
from govdash.core.vocab import AreaLevel
from govdash.store.engine import Session
from govdash.store.models import Area, MapLayer

#: Degrees, some 20 m: areas this close are neighbours.
NEAR = 2e-4
COLUMNS = (
    "path",
    "code",
    "parent_path",
    "level",
    "name",
    "lon",
    "lat",
    "population",
    "geometry",
)


def put_areas(session: Session, areas: gpd.GeoDataFrame) -> None:
    """Add areas, or replace those of the same path. Nothing is removed.

    Parameters
    ----------
    areas : GeoDataFrame in WGS-84
        ``path``, ``code``, ``level``, ``name`` and a geometry; ``parent_path`` (else cut from the
        path), ``lon``/``lat`` (else a point inside) and ``population`` where known.

    Raises
    ------
    InputError
        When a path has the wrong depth for its level, its parent is unknown, or its code
        belongs to another area.
    """
    rows = sorted(_rows(areas), key=lambda row: (str(row["path"]).count("/"), str(row["path"])))
    _check(session, rows)
    if not rows:
        return
    postgres = session.get_bind().dialect.name == "postgresql"
    statement = (postgresql.insert if postgres else sqlite.insert)(Area)
    changed = {name: statement.excluded[name] for name in COLUMNS if name != "path"}
    session.execute(statement.on_conflict_do_update(index_elements=["path"], set_=changed), rows)
    session.expire_all()


def frame(session: Session) -> gpd.GeoDataFrame:
    """Return every area, parents before children: columns `COLUMNS`, WGS-84."""
    found = session.execute(select(*(getattr(Area, name) for name in COLUMNS))).all()
    table = pd.DataFrame([tuple(row) for row in found], columns=list(COLUMNS))
    table["level"] = [str(level) for level in table["level"]]  # codes; pandas may have made text
    table["population"] = table["population"].astype("Int64")
    shapes = gpd.GeoSeries.from_wkb(table.pop("geometry"), crs="EPSG:4326")
    table = table.astype({"lon": float, "lat": float})
    depth = table["path"].astype(str).str.count("/")
    order = table.assign(depth=depth).sort_values(["depth", "path"]).index
    return gpd.GeoDataFrame(table, geometry=shapes).loc[order].reset_index(drop=True)


def names(session: Session) -> dict[str, str]:
    """Return the name of each area by its path."""
    found = session.execute(select(Area.path, Area.name))
    return dict(found.all())


def outlines(session: Session, path: str, level: AreaLevel) -> gpd.GeoDataFrame:
    """Return the areas of a level inside `path` (itself included): ``path``, ``name``, geometry."""
    found = session.execute(
        select(Area.path, Area.name, Area.geometry)
        .where(Area.path.between(*path_range(path)), Area.level == level)
        .order_by(Area.path)
    ).all()
    table = pd.DataFrame([tuple(row) for row in found], columns=["path", "name", "geometry"])
    shapes = gpd.GeoSeries.from_wkb(table.pop("geometry"), crs="EPSG:4326")
    return gpd.GeoDataFrame(table, geometry=shapes)


def touch(session: Session, one: str, other: str) -> bool:
    """Whether two different areas of the same level share a border, or come within `NEAR`.

    False when either is unknown. Borders that were drawn twice seldom meet exactly.
    """
    if one == other or one.count("/") != other.count("/"):
        return False
    told = session.scalars(select(Area.geometry).where(Area.path.in_([one, other]))).all()
    if len(told) < 2:
        return False
    first, second = (shapely.from_wkb(wkb) for wkb in told)
    return bool(shapely.dwithin(first, second, NEAR))


def put_layer(session: Session, name: str, label: str, geojson: str, at: datetime) -> None:
    """Add or replace a drawn layer (roads, water), GeoJSON in WGS-84."""
    session.merge(MapLayer(name=name, label=label, geojson=geojson, updated_at=at))
    session.flush()


def layers(session: Session) -> Sequence[MapLayer]:
    """Return the drawn layers by name."""
    return session.scalars(select(MapLayer).order_by(MapLayer.name)).all()


def _rows(areas: gpd.GeoDataFrame) -> list[dict[str, Any]]:
    if areas.empty:
        return []
    shapes = areas.geometry
    if shapes.crs is not None and not shapes.crs.equals("EPSG:4326"):
        raise InputError(f"区域坐标系应为 WGS-84，实为 {shapes.crs}；请先转换。")
    outlines: list[BaseGeometry] = list(shapes)
    rows: list[dict[str, Any]] = []
    records = areas.drop(columns=str(shapes.name)).to_dict("records")
    for area, outline in zip(records, outlines, strict=True):
        path = str(area["path"])
        told = {str(key): None if pd.isna(value) else value for key, value in area.items()}
        people = told.get("population")
        inside = outline.representative_point()
        rows.append(
            {
                "path": path,
                "code": str(told["code"]),
                "parent_path": parent_of(path),
                "level": AreaLevel(str(told["level"])),
                "name": str(told["name"]),
                "lon": float(cast("float", told.get("lon") or inside.x)),
                "lat": float(cast("float", told.get("lat") or inside.y)),
                "population": None if people is None else int(cast("float", people)),
                "geometry": shapely.to_wkb(outline),
            }
        )
    return rows


def parent_of(path: str) -> str | None:
    """Return the path of the area around, None for the root: ``/1/2/`` → ``/1/``."""
    parent = path[: path.rstrip("/").rfind("/") + 1]
    return parent if parent.strip("/") else None


def _check(session: Session, rows: list[dict[str, Any]]) -> None:
    present = dict(session.execute(select(Area.path, Area.code)).all())
    depths = {level: n for n, level in enumerate(AreaLevel, start=1)}
    codes = {code: path for path, code in present.items()}
    for row in rows:
        path, code, level = row["path"], row["code"], row["level"]
        if path.count("/") - 1 != depths[level]:
            raise InputError(
                f"区域“{row['name']}”的路径 {path} 与级别“{level.label}”不符；"
                f"“{level.label}”应有 {depths[level]} 段。"
            )
        parent = row["parent_path"]
        if parent is not None and parent not in present:
            raise InputError(f"区域“{row['name']}”的上级 {parent} 不存在；请先导入上级区域。")
        if codes.get(code, path) != path:
            raise InputError(f"区域编码 {code} 已属于 {codes[code]}，不能再用于 {path}。")
        present[path] = code
        codes[code] = path
