"""What happens in the demo city, how often, where and through which channel it becomes known."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from scipy.spatial import KDTree

from govdash.core.errors import InputError
from govdash.core.vocab import Channel, Kind
from govdash.demo.geography import City
from govdash.taxonomy import Taxonomy

Floats = NDArray[np.float64]

_LETTERS: Final = {
    "h": Channel.HOTLINE, "g": Channel.GRID, "s": Channel.SENSOR, "c": Channel.CAMERA,
    "a": Channel.APP, "d": Channel.DEPARTMENT,
}  # fmt: skip
#: Share of all events that falls on categories without a row of their own.
_REST: Final = 0.03
#: Where water gathers: these happen mostly near rivers and lakes.
_LOW_LYING: Final = frozenset({"E-0506", "E-0503", "A-01004", "A-01003"})


@dataclass(frozen=True)
class Mix:
    """Series of events and where each category happens.

    Attributes
    ----------
    series : DataFrame, one row per category × channel
        ``key``, ``channel``, ``share`` (of all events, sums to 1), ``hours``, ``week``,
        ``season``, ``rain``, ``heat``, ``wind``, ``cold``, ``urgent``, ``pool``.
    grids : array (categories, grids)
        Chance of each grid; rows sum to 1, in the order of `keys`.
    """

    series: pd.DataFrame
    keys: tuple[str, ...]
    grids: Floats


def load_mix(data_dir: Path, taxonomy: Taxonomy, city: City, *, seed: int) -> Mix:
    """Read ``data/demo/mix.csv`` and give every other category a little."""
    file = data_dir / "demo" / "mix.csv"
    if not file.is_file():
        raise InputError(f"找不到文件 {file}；请检查数据目录（GOVDASH_DATA）。")
    table = pd.read_csv(file, keep_default_na=False)
    for key in table["key"]:
        taxonomy.get(str(key))
    table["share"] = table["weight"].astype(float) / table["weight"].astype(float).sum()
    table["share"] *= 1 - _REST
    table = pd.concat([table, _rest(taxonomy, set(table["key"]), seed)], ignore_index=True)
    rows: list[dict[str, Any]] = []
    for row in ({str(k): v for k, v in r.items()} for r in table.to_dict("records")):
        parts = [(_LETTERS[p[0]], float(p[1:])) for p in str(row["channels"]).split()]
        whole = sum(part for _, part in parts)
        rows += [
            row | {"channel": channel.value, "share": row["share"] * part / whole}
            for channel, part in parts
        ]
    series = pd.DataFrame(rows).drop(columns=["channels", "likes", "weight"])
    return Mix(series, tuple(table["key"]), _grid_chances(table, city, seed))


def _rest(taxonomy: Taxonomy, known: set[str], seed: int) -> pd.DataFrame:
    rest = [c for c in taxonomy if c.key not in known]
    weight = np.random.default_rng([seed, 6]).pareto(1.3, len(rest)) + 0.1
    return pd.DataFrame(
        {
            "key": [c.key for c in rest],
            "share": _REST * weight / weight.sum(),
            "hours": "day",
            "week": "weekday",
            "season": "flat",
            "rain": 0.1,
            "heat": 0.0,
            "wind": 0.1,
            "cold": 0.0,
            "channels": ["g100" if c.kind is Kind.PART else "g60 h25 a15" for c in rest],
            "likes": "",
            "urgent": 0.03,
            "pool": "",
        }
    )


def _grid_chances(table: pd.DataFrame, city: City, seed: int) -> Floats:
    """People, street character, lie of the land, and luck that stays with the place."""
    rng = np.random.default_rng([seed, 7])
    grids = city.grids
    character = grids["character"].to_numpy()
    voice = np.array([city.characters[c]["voice"] for c in character], dtype=float)
    people = (grids["population"].to_numpy() + 400.0) ** 0.72 * voice
    water = shapely.get_coordinates([shapely.boundary(w) for w in city.terrain.water.values()])
    dry = KDTree(water).query(grids[["x", "y"]].to_numpy())[0]
    low = 0.25 + 3.0 * np.exp(-dry / 900.0)
    out = np.empty((len(table), len(grids)))
    for i, row in enumerate(table.itertuples()):
        likes = dict(part.split(":") for part in str(row.likes).split())
        like = np.array([float(likes.get(c, 1.0)) for c in character])
        chance = people * like * rng.lognormal(0.0, 0.5, len(grids))
        if row.key in _LOW_LYING:
            chance = chance * low
        out[i] = chance / chance.sum()
    return out
