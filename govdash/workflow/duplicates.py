"""疑似重复: open cases of one category near by in place and time, offered when one is entered."""

from datetime import datetime
from typing import Final

import numpy as np
import pandas as pd

from govdash.core.filters import Scope
from govdash.store import Session
from govdash.store import caseload as rows
from govdash.workflow import practice, typed

_EARTH: Final = 6_371_008.8  # metres: the mean radius of the WGS-84 ellipsoid
_DEGREE: Final = _EARTH * np.pi / 180


def near(
    session: Session,
    scope: Scope,
    *,
    category: str,
    lon: float | None,
    lat: float | None,
    at: datetime,
    but: int | None = None,
) -> pd.DataFrame:
    """Return the open cases that may be the same matter, the nearest first.

    Those of the same category, opened within the city's hours before or after `at`, within its
    metres of a place. Without a place there are none: an address is no distance.

    Returns
    -------
    DataFrame
        ``id``, ``number``, ``title``, ``state``, ``area_path``, ``address``, ``opened_at``,
        ``metres``; `but` is left out.
    """
    rules = practice.in_force()
    if lon is None or lat is None:
        lon = lat = float("nan")
    reach = rules.duplicate_metres / _DEGREE
    wide = reach / max(np.cos(np.radians(lat)), 0.01) if lat == lat else 0.0
    found = rows.open_around(
        session, scope, category=category,
        box=(lon - wide, lat - reach, lon + wide, lat + reach),
        since=at - rules.duplicate_within, until=at + rules.duplicate_within,
    )  # fmt: skip
    found = found[found["id"] != but]
    metres = distance(lon, lat, found["lon"].to_numpy(float), found["lat"].to_numpy(float))
    told = typed.masked(found).assign(metres=metres)
    told = told[told["metres"] <= rules.duplicate_metres]
    return told.sort_values(["metres", "id"], ignore_index=True).drop(columns=["lon", "lat"])


def distance(
    lon: float, lat: float, lons: "np.ndarray[tuple[int], np.dtype[np.float64]]",
    lats: "np.ndarray[tuple[int], np.dtype[np.float64]]",
) -> "np.ndarray[tuple[int], np.dtype[np.float64]]":  # fmt: skip
    """Return the metres from one place to others on the sphere (haversine)."""
    phi, phis = np.radians(lat), np.radians(lats)
    half = np.sin((phis - phi) / 2) ** 2
    half += np.cos(phi) * np.cos(phis) * np.sin(np.radians(lons - lon) / 2) ** 2
    return 2 * _EARTH * np.arcsin(np.sqrt(half))
