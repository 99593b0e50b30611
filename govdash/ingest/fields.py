"""From the columns of a source to the canonical fields, by its profile."""

from collections.abc import Sequence
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from govdash.core.cells import unguard
from govdash.ingest import points
from govdash.ingest.findings import Findings
from govdash.ingest.guess import FIELDS, TIME_FIELDS
from govdash.ingest.profiles import Profile
from govdash.ingest.tables import REASON_COLUMN, Chunk
from govdash.ingest.times import read_times

#: What systems write for "nothing", outside free text.
NOTHING: Final = frozenset(
    {"nan", "null", "none", "n/a", "na", "nat", "\\n", "-", "--", "—", "/", "无", "#n/a"}
)
FREE_TEXT: Final = frozenset({"title", "text", "address"})
_NOTHING_IN_TEXT: Final = frozenset({"nan", "null", "none", "nat", "\\n", "#n/a"})
_CONTROL: Final = r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]"
AREA_NAME: Final = "area_name_"


def read_fields(chunk: Chunk, profile: Profile, zone: ZoneInfo) -> tuple[pd.DataFrame, Findings]:
    """Map one chunk to the canonical fields.

    Returns
    -------
    DataFrame, one row per row of the chunk
        Times aware UTC (NaT where empty), ``lon``/``lat`` WGS-84 floats, the rest texts as the
        source writes them ("" where empty); ``area_name_0`` … the names of areas, smallest first.
    Findings
        What could not be read.
    """
    source = _Source(chunk, profile)
    findings = Findings(len(chunk.rows))
    zone = ZoneInfo(profile.zone) if profile.zone else zone
    told: dict[str, pd.Series] = {
        field: source.field(field)
        for field in FIELDS
        if field not in {*TIME_FIELDS, "lon", "lat", "point"}
    }
    for field in TIME_FIELDS:
        reading = read_times(
            source.field(field),
            profile.times,
            zone,
            day_first=profile.day_first,
            later=field == "closed_at",
        )
        told[field] = reading.times
        if field != "received_at":
            findings.reject("unreadable_time", reading.unreadable)
            findings.warn("dst_gap", reading.in_gap)
    told["lon"], told["lat"] = _points(source, profile, findings)
    for n, column in enumerate(profile.area_names):
        told[f"{AREA_NAME}{n}"] = source.column(column)
    for column, allowed in profile.expect.items():
        found = source.column(column)
        findings.reject("shifted_columns", ~found.isin({"", *allowed}))
    return pd.DataFrame(told, index=source.index), findings


class _Source:
    """The columns of a chunk as cleaned texts, each made when it is first asked for."""

    def __init__(self, chunk: Chunk, profile: Profile) -> None:
        self.index = pd.RangeIndex(len(chunk.rows))
        self._places = {name: n for n, name in enumerate(chunk.columns)}
        self._rows = chunk.rows
        self._profile = profile
        self._guarded = profile.guarded or REASON_COLUMN in self._places
        self._made: dict[str, pd.Series] = {}

    def field(self, field: str) -> "pd.Series":
        """Return one canonical field: joined columns, else the first that is not empty."""
        profile = self._profile
        if field in profile.join:
            separator = " " if field in TIME_FIELDS else profile.separator
            parts = [self.column(name) for name in profile.join[field]]
            told = self._joined(parts, "-" if field == "source_id" else separator)
        else:
            told = self._first([self.column(name) for name in profile.columns.get(field, ())])
        empty = _NOTHING_IN_TEXT if field in FREE_TEXT else NOTHING
        told = told.where(~told.str.casefold().isin(empty), "")
        constant = profile.constants.get(field, "")
        return told.where(told != "", constant) if constant else told

    def column(self, name: str) -> "pd.Series":
        """Return one column of the source, trimmed; all empty where the file has none."""
        if name not in self._made:
            self._made[name] = self._clean(name)
        return self._made[name]

    def _clean(self, name: str) -> "pd.Series":
        place = self._places.get(name)
        if place is None:
            return pd.Series("", index=self.index, dtype="str")
        told = pd.Series([row[place] for row in self._rows], index=self.index, dtype="str")
        if self._guarded:
            guarded = told.str.startswith("'")
            if guarded.any():
                told = told.where(~guarded, told[guarded].map(unguard).reindex(told.index))
        if told.str.contains(_CONTROL, regex=True).any():
            told = told.str.replace(_CONTROL, "", regex=True)
        if told.str.contains("\r", regex=False).any():  # one line end, whatever the system
            told = told.str.replace("\r\n", "\n", regex=False).str.replace("\r", "\n", regex=False)
        told = told.str.strip()
        digits = self._profile.pad.get(name)
        if digits:
            code = told.str.extract(r"^(\d+)(?:\.0+)?$")[0]
            told = told.where(code.isna(), code.str.zfill(digits))
        return told

    def _first(self, parts: Sequence["pd.Series"]) -> "pd.Series":
        told = pd.Series("", index=self.index, dtype="str")
        for part in parts:
            told = told.where(told != "", part)
        return told

    def _joined(self, parts: Sequence["pd.Series"], separator: str) -> "pd.Series":
        told = pd.Series("", index=self.index, dtype="str")
        for part in parts:
            between = np.where((told != "") & (part != ""), separator, "")
            told = told + pd.Series(between, index=self.index, dtype="str") + part
        return told


def _points(source: _Source, profile: Profile, findings: Findings) -> "tuple[pd.Series, pd.Series]":
    lon_text, lat_text = source.field("lon"), source.field("lat")
    pair = source.field("point")
    if (pair != "").any():
        first, second = points.split_pairs(pair, lon_first=profile.point_order == "lon_lat")
        lon_text, lat_text = (
            lon_text.where(lon_text != "", first),
            lat_text.where(lat_text != "", second),
        )
    lon, bad_lon = points.numbers(lon_text)
    lat, bad_lat = points.numbers(lat_text)
    findings.reject("bad_coordinates", bad_lon | bad_lat)
    lon, lat = np.where(bad_lat, np.nan, lon), np.where(bad_lon, np.nan, lat)
    convention = points.Convention(profile.datum, profile.bounds, profile.fallback_points)
    lon, lat = points.settle(lon, lat, convention, findings)
    return pd.Series(lon, index=source.index), pd.Series(lat, index=source.index)
