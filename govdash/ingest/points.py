"""Coordinates as sources write them: read, put right where that is safe, converted to WGS-84."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from govdash.geo import Datum, to_wgs84
from govdash.ingest.findings import Findings

Floats: TypeAlias = NDArray[np.float64]
Flags: TypeAlias = NDArray[np.bool_]
Bounds: TypeAlias = tuple[float, float, float, float]

#: How near to a fall-back point counts as that point: about 10 cm, the rounding of file formats.
SAME_POINT: Final = 1e-6
_DECORATION: Final = r"[°度\s]|东经|北纬|[ENen]$|^[ENen]"
_PAIR: Final = r"(-?\d+(?:\.\d+)?)\D*?[,，;；\s]\D*?(-?\d+(?:\.\d+)?)"


@dataclass(frozen=True, slots=True)
class Convention:
    """How a source writes points, and which of them mean nothing."""

    datum: Datum = Datum.WGS84
    bounds: Bounds | None = None
    fallback_points: Sequence[tuple[float, float]] = ()


def numbers(texts: "pd.Series[str]") -> tuple[Floats, Flags]:
    """Return the numbers of a column, NaN where empty, and where there was something else."""
    found = pd.to_numeric(texts, errors="coerce")
    odd = found.isna() & (texts != "")
    if odd.any():
        again = texts[odd].str.replace(_DECORATION, "", regex=True)
        found = found.where(~odd, pd.to_numeric(again, errors="coerce").reindex(texts.index))
    values = found.to_numpy(dtype=np.float64, na_value=np.nan)
    wrong = (texts != "").to_numpy(dtype=bool) & ~np.isfinite(values)
    return np.where(np.isfinite(values), values, np.nan), wrong


def split_pairs(texts: "pd.Series[str]", *, lon_first: bool) -> "tuple[pd.Series, pd.Series]":
    """Take ``121.47,31.23`` (or ``POINT (121.47 31.23)``) apart into two columns of text."""
    pairs = texts.str.extract(_PAIR)
    wrong = (texts != "") & pairs[0].isna()
    first, second = (pairs[n].fillna("").where(~wrong, texts) for n in (0, 1))
    return (first, second) if lon_first else (second, first)


def settle(
    lon: Floats, lat: Floats, convention: Convention, findings: Findings
) -> tuple[Floats, Floats]:
    """Return points in WGS-84 degrees, NaN where there is none worth keeping.

    Placeholders (0,0; both whole degrees; the source's fall-back points) are dropped and halves
    too, with a warning; swapped pairs are turned where only that makes sense; what is then out
    of range is a reason to reject.
    """
    half = np.isnan(lon) != np.isnan(lat)
    findings.warn("half_point", half)
    lon, lat = np.where(half, np.nan, lon), np.where(half, np.nan, lat)
    empty = _placeholder(lon, lat, convention)
    findings.warn("placeholder_point", empty)
    lon, lat = np.where(empty, np.nan, lon), np.where(empty, np.nan, lat)
    swapped = ~_inside(lon, lat, convention.bounds) & _inside(lat, lon, convention.bounds)
    swapped &= ~_inside(lon, lat, None) if convention.bounds is None else True
    findings.warn("swapped_point", swapped)
    lon, lat = np.where(swapped, lat, lon), np.where(swapped, lon, lat)
    outside = ~np.isnan(lon) & ~_inside(lon, lat, None)
    findings.reject("bad_coordinates", outside)
    lon, lat = np.where(outside, np.nan, lon), np.where(outside, np.nan, lat)
    return to_wgs84(lon, lat, convention.datum)


def _placeholder(lon: Floats, lat: Floats, convention: Convention) -> Flags:
    whole = (lon == np.round(lon)) & (lat == np.round(lat))
    for x, y in convention.fallback_points:
        whole |= (np.abs(lon - x) <= SAME_POINT) & (np.abs(lat - y) <= SAME_POINT)
    return whole & (np.abs(lon) <= 180) & (np.abs(lat) <= 180)


def _inside(lon: Floats, lat: Floats, bounds: Bounds | None) -> Flags:
    west, south, east, north = bounds or (-180.0, -90.0, 180.0, 90.0)
    return (lon >= west) & (lon <= east) & (lat >= south) & (lat <= north)
