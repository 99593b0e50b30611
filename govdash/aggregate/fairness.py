"""What a rank should be held against: how many people, how much ground, which kinds of cases."""

import math
from statistics import NormalDist
from typing import Final

import pandas as pd

#: Of fewer nothing is said in a sentence: a normal approximation has no ground.
ENOUGH: Final = 5
PLACES_FROM: Final = 3  # repeat complaints: a place is named from here on
PLACES_MANY: Final = 5  # and counts as stubborn from here on


def standardised(counted: pd.DataFrame, *, by: str = "group") -> pd.DataFrame:
    """Compare each group with what its mix of categories would give everywhere (indirect).

    Example: 全市 closes 90 % of litter (90 of 100) and 50 % of lamps (10 of 20). A street with 10
    litter and 10 lamps is expected 9 + 5 = 14; it closed 12, so its ratio is 12 / 14 = 0.857 and
    its adjusted rate 0.857 × 100/120 = 71.4 %, though 12 of 20 is 60 %.

    Parameters
    ----------
    counted : DataFrame
        `aggregate.indicators.counted`: ``hit``, ``category`` and the column `by`.

    Returns
    -------
    DataFrame
        ``group``, ``hits``, ``n``, ``expected`` (hits), ``ratio`` and ``adjusted`` (NaN where
        nothing is expected). Source: indirect standardisation, Breslow & Day 1987, ch. 2.
    """
    mine = counted.assign(hit=counted["hit"].astype(float))
    rate = mine.groupby("category")["hit"].mean()
    told = mine.assign(due=mine["category"].map(rate)).dropna(subset=[by])
    sums = told.groupby(by).agg(hits=("hit", "sum"), n=("hit", "size"), expected=("due", "sum"))
    overall = float(mine["hit"].mean()) if len(mine) else math.nan
    ratio = sums["hits"] / sums["expected"].where(sums["expected"] > 0)
    table = sums.assign(ratio=ratio, adjusted=(ratio * overall).clip(upper=1.0))
    return table.reset_index(names="group")


def per_head(sizes: pd.Series, population: pd.Series, km2: pd.Series) -> pd.DataFrame:
    """Return ``n``, ``per_10k`` people and ``per_km2`` of each group; NaN where it is not known.

    Example: 30 cases, 60 000 people, 4 km²: 5 and 7.5.
    """
    people = population.reindex(sizes.index).astype(float)
    ground = km2.reindex(sizes.index).astype(float)
    return pd.DataFrame(
        {
            "n": sizes,
            "per_10k": sizes / people.where(people > 0) * 10_000,
            "per_km2": sizes / ground.where(ground > 0),
        }
    )


def changed(hits: int, n: int, hits_before: int, n_before: int) -> float:
    """Return z of two shares being different (pooled); 0 where one of them has no trials.

    Example: 90 of 100 against 80 of 100: (0.9 - 0.8) / √(0.85 × 0.15 × 2/100) = 1.98.
    """
    if not n or not n_before:
        return 0.0
    pooled = (hits + hits_before) / (n + n_before)
    spread = math.sqrt(pooled * (1 - pooled) * (1 / n + 1 / n_before))
    return (hits / n - hits_before / n_before) / spread if spread else 0.0


def is_notable(z: float, *, among: int = 1) -> bool:
    """Whether a difference is more than chance explains, at two-sided 5 %.

    The largest `among` several is held against more (Bonferroni): |z| > 1.96 for one, 2.81 for ten.
    """
    return abs(z) > NormalDist().inv_cdf(1 - 0.025 / among)


def standing_out(counted: pd.DataFrame, *, by: str, bad_is_hit: bool) -> pd.DataFrame:
    """Compare each group's bad occasions with the rest, the most over their share first.

    Returns ``group``, ``bad``, ``n``, ``due`` (bad ones if it were like all), ``z``; example: 8 bad
    of 20 where the other 80 have 12: 8 against 4 expected, z of 8/20 against 12/80 = 2.5.
    """
    bad = counted["hit"].astype(bool)
    mine = counted.assign(bad=bad if bad_is_hit else ~bad).dropna(subset=[by])
    sums = mine.groupby(by).agg(bad=("bad", "sum"), n=("bad", "size")).reset_index(names="group")
    all_bad, everything = int(mine["bad"].sum()), len(mine)
    sums["due"] = sums["n"] * (all_bad / everything if everything else 0.0)
    sums["z"] = [
        changed(int(b), int(n), all_bad - int(b), everything - int(n))
        for b, n in zip(sums["bad"], sums["n"], strict=True)
    ]
    return sums.sort_values(["z", "bad"], ascending=False, ignore_index=True)
