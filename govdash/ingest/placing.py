"""Which area an event belongs to: by the code it brings, its point, or a name, in this order."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Self

import geopandas as gpd
import numpy as np
import pandas as pd

from govdash.geo import assign
from govdash.ingest.fields import AREA_NAME

#: Digits of national codes, grid first: a longer code lies in the area of its prefix.
PREFIXES: Final = (15, 12, 9, 6)


@dataclass(frozen=True)
class Places:
    """The areas of the store, ready to be looked up."""

    areas: gpd.GeoDataFrame
    by_code: Mapping[str, str]
    by_name: Mapping[str, str]  # names that only one area has

    @classmethod
    def of(cls, areas: gpd.GeoDataFrame) -> Self:
        """Index the areas by path, code and name."""
        paths = areas["path"].astype(str)
        by_code = {path: path for path in paths} | dict(
            zip(areas["code"].astype(str), paths, strict=True)
        )
        once = ~areas["name"].duplicated(keep=False)
        names = areas["name"][once].astype(str).str.casefold()
        return cls(areas, by_code, dict(zip(names, paths[once], strict=True)))

    def place(self, frame: pd.DataFrame) -> "pd.Series":
        """Return the area path of each row, None where there is none (未落格)."""
        placed = pd.Series(None, index=frame.index, dtype=object)
        if not self.by_code:
            return placed
        codes = frame["area_code"]
        found = {code: self._by_code(code) for code in codes.unique() if code}
        placed = codes.map(found).astype(object)
        open_ = placed.isna() & frame["lon"].notna() & frame["lat"].notna()
        if open_.any():
            here = assign(frame.loc[open_, "lon"], frame.loc[open_, "lat"], self.areas)
            placed.loc[here.index] = here
        for column in frame.columns:
            if column.startswith(AREA_NAME) and placed.isna().any():
                named = frame[column].str.casefold().map(self.by_name)
                placed = placed.where(placed.notna(), named.astype(object))
        return placed.where(placed.notna(), None)

    def _by_code(self, code: str) -> str | None:
        if code in self.by_code:
            return self.by_code[code]
        if code.isdigit():
            for digits in PREFIXES:
                if len(code) > digits and code[:digits] in self.by_code:
                    return self.by_code[code[:digits]]
        return None


def has_point(frame: pd.DataFrame) -> "np.ndarray":
    """Return where a row has coordinates."""
    return frame["lon"].notna().to_numpy(dtype=bool)
