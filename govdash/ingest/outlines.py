"""Area outlines from a file into the area tree."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

import geopandas as gpd
import pandas as pd

from govdash.access import User
from govdash.core.errors import InputError
from govdash.core.permissions import Permission
from govdash.core.vocab import AreaLevel
from govdash.geo import AREA_COLUMNS, Datum, read_areas
from govdash.store import Session, areas, events, journal

_LEVELS: Final = list(AreaLevel)


@dataclass(frozen=True, slots=True)
class OutlinesReport:
    """What an import of areas did."""

    areas: int
    level: str
    parent_path: str | None
    notes: tuple[str, ...]  # converted, repaired, generated: in Chinese
    unplaced_events: int  # with a point, but in no area when they came


def import_outlines(
    session: Session,
    path: Path,
    *,
    datum: Datum,
    level: AreaLevel,
    parent_path: str | None,
    actor: User,
    at: datetime,
    city_name: str = "",
    name_field: str | None = None,
    code_field: str | None = None,
) -> OutlinesReport:
    """Read the areas of one level below a parent and put them into the tree.

    A missing city is made of the union of its districts when `city_name` is given.

    Raises
    ------
    Refused
        When the actor may not edit areas.
    InputError
        When the file cannot be used, or the parent is missing or of the wrong level.
    """
    actor.require_held(Permission.AREA_EDIT)
    if not path.is_file():
        raise InputError(f"找不到文件 {path}；请检查路径。")
    present = areas.frame(session)
    parent = _parent(present, level, parent_path, city_name)
    found = read_areas(
        path,
        datum=datum,
        level=level,
        parent_path=parent,
        name_field=name_field,
        code_field=code_field,
    )
    notes: list[str] = list(found.attrs["notes"])
    if parent is not None and parent not in set(present["path"]):
        city = _city(found, parent, city_name)
        notes.append(f"已用这些区域的并集建立“{city_name}”（{parent}）。")
        areas.put_areas(session, city)
    known = set(present["path"])
    replaced = int(found["path"].isin(known).sum())
    if replaced:
        notes.append(f"{replaced} 个区域已存在，边界和名称已更新。")
    areas.put_areas(session, found)
    journal.record(
        session,
        actor=actor.login,
        did="import_areas",
        subject=f"areas:{parent or '/'}",
        at=at,
        detail={"file": path.name, "datum": datum.value, "level": level.value, "areas": len(found)},
    )
    return OutlinesReport(
        len(found), level.value, parent, tuple(notes), events.unplaced(session, actor.scope)
    )


def _parent(
    present: gpd.GeoDataFrame, level: AreaLevel, parent_path: str | None, city_name: str
) -> str | None:
    if level is AreaLevel.CITY:
        if parent_path:
            raise InputError("市一级没有上级；请去掉 --parent-path。")
        return None
    above = _LEVELS[_LEVELS.index(level) - 1]
    here = present[present["level"] == above.value]
    if parent_path is not None:
        path = "/" + parent_path.strip("/") + "/"
        if path in set(here["path"]):
            return path
        if level is AreaLevel.DISTRICT and city_name and path.count("/") == 2:
            return path
        hint = "；可加 --city-name 一并建立" if level is AreaLevel.DISTRICT else ""
        raise InputError(f"没有路径为 {path} 的{above.label}{hint}。")
    if level is AreaLevel.DISTRICT and city_name:
        same = here[here["name"] == city_name]
        if len(same) == 1:
            return str(same["path"].iloc[0])
        return f"/c{hashlib.blake2b(city_name.encode(), digest_size=5).hexdigest()}/"
    if len(here) == 1:
        return str(here["path"].iloc[0])
    raise InputError(
        f"请用 --parent-path 指明上级（{above.label}）"
        + ("，或用 --city-name 建立市" if level is AreaLevel.DISTRICT else "")
        + "。"
    )


def _city(found: gpd.GeoDataFrame, path: str, name: str) -> gpd.GeoDataFrame:
    shape = found.geometry.union_all()
    inside = shape.representative_point()
    told = {
        "path": path,
        "code": path.strip("/"),
        "parent_path": None,
        "level": AreaLevel.CITY.value,
        "name": name,
        "lon": inside.x,
        "lat": inside.y,
    }
    table = pd.DataFrame([told], columns=[c for c in AREA_COLUMNS if c != "geometry"])
    return gpd.GeoDataFrame(table, geometry=[shape], crs="EPSG:4326")
