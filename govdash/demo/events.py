"""Draws the events of the demo city from a seed: when, where, what and through whom."""

from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from govdash.demo import rhythm
from govdash.demo.weather import weather
from govdash.demo.world import World

Ints = NDArray[np.intp]

#: Share of matters that somebody else reports a second time.
_TWINS: Final = 0.02


def draw(world: World, days: pd.DatetimeIndex, n: int, rng: np.random.Generator) -> pd.DataFrame:
    """Draw `n` ordinary events on local `days`: the core that `finish` completes.

    Returns
    -------
    DataFrame with ``key``, ``channel``, ``grid``, ``address`` (rows of the city's grids and
    addresses), ``occurred`` (naive local time), ``urgent`` (chance), ``incident`` (−1)
    """
    series = world.mix.series
    factor = rhythm.day_factors(series, weather(days, seed=world.seed), days)
    factor = factor * rng.gamma(55.0, 1 / 55.0, factor.shape)  # more than Poisson, as real counts
    factor = factor * np.exp(rng.normal(0, 0.04, len(days)))  # days when more or less is told
    chance = factor * series["share"].to_numpy()[:, None]
    count = rng.multinomial(n, (chance / chance.sum()).ravel()).reshape(chance.shape)
    row, day = np.nonzero(count)
    row, day = np.repeat(row, count[row, day]), np.repeat(day, count[row, day])
    return compose(world, row, days.to_numpy()[day], rng)


def compose(
    world: World, row: Ints, day: NDArray[np.datetime64], rng: np.random.Generator
) -> pd.DataFrame:
    """Give hour, grid and address to events of the series `row` on local `day`."""
    series = world.mix.series.iloc[row]
    core = pd.DataFrame(
        {
            "key": series["key"].to_numpy(dtype=object),
            "channel": series["channel"].to_numpy(dtype=object),
            "urgent": series["urgent"].to_numpy(dtype=float),
        }
    )
    own = core["channel"].map(rhythm.CHANNEL_HOURS)
    profile = own.where(own.notna(), pd.Series(series["hours"].to_numpy(dtype=object)))
    hour = np.zeros(len(core), dtype=int)
    for name in sorted(profile.unique()):
        mine = (profile == name).to_numpy()
        hour[mine] = rng.choice(24, mine.sum(), p=rhythm.hours(str(name)))
    seconds = hour * 3600 + rng.integers(0, 3600, len(core))
    core["occurred"] = day.astype("datetime64[s]") + seconds.astype("timedelta64[s]")
    core["grid"] = _grids(world, core["key"].to_numpy(), rng)
    core["address"] = pick_address(
        world, core["grid"].to_numpy(), series["pool"].to_numpy(dtype=object), rng
    )
    core["incident"] = -1
    return core


def pick_address(
    world: World, grid: Ints, pool: NDArray[np.object_], rng: np.random.Generator
) -> Ints:
    """Choose an address in each grid, of the wanted sort of place where the grid has one."""
    every = world.addresses
    out = np.empty(len(grid), dtype=np.intp)
    for name in sorted(set(pool.tolist())):
        mine = np.flatnonzero(pool == name)
        weight = every["weight"].to_numpy(dtype=float)
        if name:
            fit = (every["pool"] == name).to_numpy()
            held = np.bincount(every["grid"], weights=weight * fit)
            weight = np.where(held[every["grid"]] > 0, weight * (fit + 0.02), weight)
        total = np.bincount(every["grid"], weights=weight)
        ladder = np.cumsum(weight / total[every["grid"]])  # grid g ends at g + 1
        at = np.searchsorted(ladder, grid[mine] + rng.random(len(mine)) * 0.999999)
        out[mine] = np.minimum(at, len(every) - 1)
    return out


def with_twins(core: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Add second reports of some matters: somebody else, within a day, by phone or app."""
    human = core["channel"].isin(["hotline", "app", "grid"]).to_numpy()
    chosen = core[human & (rng.random(len(core)) < _TWINS / max(human.mean(), 0.1))].copy()
    late = rng.gamma(1.5, 3.0, len(chosen)).clip(0.05, 20.0) * 3600
    chosen["occurred"] = chosen["occurred"] + pd.to_timedelta(late.astype(int), unit="s")
    chosen["channel"] = np.where(rng.random(len(chosen)) < 0.65, "hotline", "app").astype(object)
    return pd.concat([core, chosen], ignore_index=True)


def _grids(world: World, keys: NDArray[np.object_], rng: np.random.Generator) -> Ints:
    row_of = {key: i for i, key in enumerate(world.mix.keys)}
    codes, names = pd.factorize(keys)
    out = np.empty(len(keys), dtype=np.intp)
    draws = rng.random(len(keys))
    for k, name in enumerate(names):
        mine = codes == k
        ladder = np.cumsum(world.mix.grids[row_of[str(name)]])
        out[mine] = np.searchsorted(ladder, draws[mine] * ladder[-1])
    return np.minimum(out, len(world.city.grids) - 1)
