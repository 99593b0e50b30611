"""Who answers for what in the demo city: companies of the city, bureaus of districts, streets."""

from pathlib import Path
from typing import Final

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
        areas = city.areas.set_index("path")
        parts = city.grids["path"].str.strip("/").str.split("/")
        codes: list[NDArray[np.object_]] = []
        rows: list[dict[str, str | None]] = []
        for kind in self._kinds.itertuples():
            depth = _DEPTH[str(kind.per)]
            mine = parts.map(lambda p, depth=depth: "/" + "/".join(p[:depth]) + "/")
            for path in sorted(mine.unique()):
                area = areas.loc[path]
                place = str(area["name"])
                rows.append(
                    {
                        "code": f"{area['code']}-{kind.code}",
                        "name": place.removesuffix("街道") + str(kind.name)
                        if str(kind.name).startswith("街道")
                        else place + str(kind.name),
                        "area_path": path,
                        "parent_code": None,
                    }
                )  # fmt: skip
            codes.append((parts.map(lambda p, depth=depth: p[depth - 1]) + f"-{kind.code}").to_numpy(dtype=object))  # fmt: skip  # noqa: E501
        self.table: pd.DataFrame = _named(pd.DataFrame(rows))
        self._codes = np.array(codes, dtype=object)

    def unit_of(self, category: NDArray[np.object_], grid: NDArray[np.intp]) -> NDArray[np.object_]:
        """Return the unit's code for each category key and grid row."""
        keys, inverse = np.unique(category.astype(str), return_inverse=True)
        kind = np.array([self.kind_row(key) for key in keys])
        return self._codes[kind[inverse], grid]

    def kind_row(self, key: str) -> int:
        """Return which kind of unit handles a category: its own row, its major's, or the rest."""
        return next(self._kind_of[k] for k in (key, key[:4], "*") if k in self._kind_of)


def _named(units: pd.DataFrame) -> pd.DataFrame:
    """``永宁街道街道办事处…`` is said once: towns have a 镇政府 instead."""
    town = units["name"].str.contains("镇街道办事处", regex=False)
    name = units["name"].where(~town, units["name"].str.replace("镇街道办事处", "镇人民政府"))
    return units.assign(name=name.astype(object))
