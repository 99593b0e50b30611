"""Who answers for what in the demo city: companies of the city, bureaus of districts, streets."""

from collections.abc import Hashable
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from govdash.demo.geography import City

_DEPTH: Final = {"city": 1, "district": 2, "street": 3}


class Units:
    """The units of the city, and which of them a category in a grid belongs to."""

    def __init__(self, city: City, data_dir: Path) -> None:
        self._kinds = pd.read_csv(data_dir / "demo" / "units.csv", dtype=str)
        self._kind_of = {
            key: row for row, keys in enumerate(self._kinds["keys"]) for key in keys.split()
        }
        names = dict(zip(city.areas["path"], city.areas["name"], strict=True))
        parts: list[list[str]] = city.grids["path"].str.strip("/").str.split("/").tolist()
        codes: list[NDArray[np.object_]] = []
        rows: list[dict[str, str | None]] = []
        for kind in self._kinds.to_dict("records"):
            depth = _DEPTH[str(kind["per"])]
            mine = ["/" + "/".join(p[:depth]) + "/" for p in parts]
            rows += [_unit(names[path], path, kind) for path in sorted(set(mine))]
            codes.append(np.array([f"{p[depth - 1]}-{kind['code']}" for p in parts], dtype=object))
        self.table: pd.DataFrame = pd.DataFrame(rows)
        self._codes = np.array(codes, dtype=object)

    def unit_of(self, category: NDArray[np.object_], grid: NDArray[np.intp]) -> NDArray[np.object_]:
        """Return the unit's code for each category key and grid row."""
        keys, inverse = np.unique(category.astype(str), return_inverse=True)
        kind = np.array([self.kind_row(key) for key in keys])
        return self._codes[kind[inverse], grid]

    def kind_row(self, key: str) -> int:
        """Return which kind of unit handles a category: its own row, its major's, or the rest."""
        return next(self._kind_of[k] for k in (key, key[:4], "*") if k in self._kind_of)


def _unit(place: str, path: str, kind: dict[Hashable, Any]) -> dict[str, str | None]:
    """One unit of an area. A street has an 办事处, a town a 政府."""
    if place.endswith("镇"):
        name = place + str(kind["name"]).replace("街道办事处", "人民政府")
    else:
        name = place + str(kind["name"]).removeprefix("街道")
    return {
        "code": f"{path.split('/')[-2]}-{kind['code']}",
        "name": name,
        "area_path": path,
        "parent_code": None,
    }
