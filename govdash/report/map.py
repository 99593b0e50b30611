"""What the map shows: areas by count, events in view as bins or points, alerts in their place."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, Literal

import geopandas as gpd
import pandas as pd

from govdash.access import User
from govdash.core.filters import Box, EventQuery, Scope
from govdash.core.vocab import AreaLevel
from govdash.lake import Lake, queries
from govdash.language.masking import mask
from govdash.store import Session, areas, journal

#: Up to this many events in view are drawn one by one; more would hide each other.
MOST_POINTS: Final = 3_000
#: Pixels on the screen that one bin covers.
CELL_PX: Final = 14


@dataclass(frozen=True, slots=True)
class Marks:
    """The events in view: single ones, or bins with counts."""

    kind: Literal["points", "bins"]
    table: pd.DataFrame
    n: int  # events in view


def places(session: Session) -> pd.DataFrame:
    """Return every area with a point inside and its corners: no outlines.

    Columns ``path``, ``name``, ``level``, ``lon``, ``lat``, ``west``, ``south``, ``east``,
    ``north``; parents before children.
    """
    table: gpd.GeoDataFrame = areas.frame(session)
    corners = table.geometry.bounds
    corners.columns = ["west", "south", "east", "north"]
    return pd.concat([table[["path", "name", "level", "lon", "lat"]], corners], axis=1)


def area_counts(lake: Lake, query: EventQuery, *, level: str) -> dict[str, int]:
    """Count the query's events in each area of a level (path → number); 未落格 is left out."""
    counted = queries.counts(lake, query, by=(AreaLevel(level).value,)).dropna(subset=[level])
    return dict(zip(counted[level].astype(str), counted["n"].astype(int).tolist(), strict=True))


def area_steps(lake: Lake, query: EventQuery, *, level: str, grain: str) -> pd.DataFrame:
    """Count the query's events in each area of a level, step by step of its period.

    Columns ``bucket`` (naive local start), ``path``, ``n``; only what has events; 未落格 left out.
    """
    counted = queries.counts(lake, query, by=(AreaLevel(level).value,), grain=grain)
    return counted.dropna(subset=[level]).rename(columns={level: "path"})


def record_picture(
    session: Session, how: str, chosen: Mapping[str, str], *, actor: User, at: datetime
) -> None:
    """Write the journal line of a picture of the map that was kept or printed (`how`)."""
    said = chosen.get("q", "")
    query = dict(chosen) | ({"q": mask(said)} if said else {})
    journal.record(
        session, actor=actor.login, did="map.picture", subject="map", at=at,
        detail={"how": how, "query": query},
    )  # fmt: skip


def unplaced(lake: Lake, query: EventQuery) -> int:
    """Return how many of the query's events lie in no area (未落格)."""
    return queries.total(lake, query.with_filter(replace(query.filter, areas=(), unplaced=True)))


def in_view(lake: Lake, query: EventQuery, *, box: Box, zoom: float) -> Marks:
    """Return the events inside `box`: one by one when few, else counted in a grid of bins."""
    here = _inner(box, query.filter.box) if query.filter.box else box
    if here is None:
        return Marks("points", pd.DataFrame({"lon": [], "lat": [], "n": []}), 0)
    seen = query.with_filter(replace(query.filter, box=here))
    n = queries.total(lake, seen)
    if n <= MOST_POINTS:
        return Marks("points", queries.points(lake, seen, limit=MOST_POINTS), n)
    return Marks("bins", queries.bins(lake, seen, cell_px=CELL_PX, zoom=zoom), n)


def placed(rows: pd.DataFrame, places_: pd.DataFrame) -> pd.DataFrame:
    """Give rows (alerts, cases) without coordinates those of their area; drop what has neither.

    Adds ``place``, the area's name.
    """
    known = places_.set_index("path")[["name", "lon", "lat", "west", "east"]]
    table = rows.reset_index(drop=True)
    inside = known.reindex(table["area_path"].to_numpy()).reset_index(drop=True)
    for name in ("lon", "lat"):
        own = table[name].astype(float) if name in table else pd.Series(index=table.index)
        table[name] = own.astype(float).fillna(inside[name])
    table["place"] = inside["name"].fillna("未落格").astype(str)
    return table.dropna(subset=["lon", "lat"])


def city_box(places_: pd.DataFrame, scope: Scope) -> tuple[float, float, float, float] | None:
    """Return the corners of everything that the viewer may see; None without areas."""
    seen = places_[places_["path"].map(scope.covers)]
    if seen.empty:
        return None
    return (
        float(seen["west"].min()),
        float(seen["south"].min()),
        float(seen["east"].max()),
        float(seen["north"].max()),
    )


def _inner(one: Box, other: Box) -> Box | None:
    west, south = max(one.west, other.west), max(one.south, other.south)
    east, north = min(one.east, other.east), min(one.north, other.north)
    return Box(west, south, east, north) if west < east and south < north else None
