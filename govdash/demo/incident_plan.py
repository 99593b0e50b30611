"""Plans what goes wrong in the demo city: when and where each incident happens, and how big."""

from datetime import datetime

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from govdash.demo import rhythm
from govdash.demo.events import pick_address
from govdash.demo.incident_kinds import FRESH, LATELY, PER_TWO_YEARS, RISING, SHAPES, UNDER_WAY
from govdash.demo.incidents import Incident, whole
from govdash.demo.weather import weather
from govdash.demo.world import World

Floats = NDArray[np.float64]


def plan(world: World, days: pd.DatetimeIndex, *, at: datetime, n_events: int) -> list[Incident]:
    """Return the incidents of a record of `days` that ends `at` (local naive), oldest first.

    Each kind is spread over the record; those of `UNDER_WAY` also happen at its end. A smaller
    record has fewer and smaller ones, so that they stand out as much.
    """
    rng = np.random.default_rng([world.seed, 30])
    now = pd.Timestamp(at).floor("h")
    size = float(np.clip((n_events / 300_000) ** 0.5, 0.25, 1.6))
    often = float(np.clip(n_events / 100_000, 0.15, 1.0)) * len(days) / 730
    sky = weather(days[days < now - pd.Timedelta(days=40)], seed=world.seed)
    found: list[Incident] = []
    for kind, usual in PER_TWO_YEARS.items():
        for k in range(max(1, round(usual * often))):
            start = _start(sky, kind, k, rng)
            hours = _span(kind, rng)
            if start + pd.Timedelta(hours=hours) < now - pd.Timedelta(days=24):
                found.append(_make(world, kind, start, hours, size, n_events / len(days), rng))
    begun = [(kind, ago, _span(kind, rng)) for kind, ago in LATELY]
    begun += [(kind, ago, ago + left) for kind, (ago, left) in UNDER_WAY.items()]
    for kind, ago, hours in begun:
        start = now - pd.Timedelta(hours=ago)
        if start > days[0]:
            part = n_events / len(days)
            found.append(_make(world, kind, start, hours, size * FRESH, part, rng))
    found.sort(key=lambda incident: (incident.start, incident.kind))
    return [_numbered(incident, i) for i, incident in enumerate(found, start=1)]


def _start(sky: pd.DataFrame, kind: str, k: int, rng: np.random.Generator) -> pd.Timestamp:
    """Floods follow the heaviest rain, pipes burst in frost, the rest comes at any time."""
    if kind == "flooding":
        day = sky["rain"].nlargest(k + 1).index[-1]
    elif kind == "burst_main" and k % 2 == 0:
        day = rng.choice(sky["icy"].nlargest(60).index.to_numpy())
    else:
        first = min(60, len(sky) // 3)  # detectors need some quiet record to learn from
        day = sky.index[int(rng.integers(first, len(sky)))]
    hour = {"flooding": 5, "uncollected": 7, "slow_rise": 0}.get(kind, int(rng.integers(4, 22)))
    return pd.Timestamp(day) + pd.Timedelta(hours=hour)


def _span(kind: str, rng: np.random.Generator) -> float:
    if kind == "slow_rise":
        return 56 * 24.0
    low, high = (30.0, 80.0) if kind == "sensor_outage" else SHAPES[kind].hours
    return float(np.round(rng.uniform(low, high)))


def _make(
    world: World,
    kind: str,
    start: pd.Timestamp,
    hours: float,
    size: float,
    per_day: float,
    rng: np.random.Generator,
) -> Incident:
    end = start + pd.Timedelta(hours=hours)
    if kind == "sensor_outage":
        return _outage(world, start, end, rng)
    if kind == "slow_rise":
        return _rise(world, start, end, per_day, rng)
    shape = SHAPES[kind]
    middle = _middle(world, shape.where, rng)
    every = world.addresses
    far = np.hypot(every["x"] - every["x"][middle], every["y"] - every["y"][middle])
    near = np.exp(-((far.to_numpy() / shape.reach) ** 2)) * (0.3 + every["weight"].to_numpy())
    if shape.where == "low":
        row = world.mix.keys.index("E-0506")
        near *= world.mix.grids[row][every["grid"]]
    whole = world.city.grids["district" if shape.where == "low" else "street"]
    mine = whole.to_numpy()[every["grid"]]
    near = np.where((far < 3 * shape.reach) & (mine == mine[middle]), near, 0.0)
    index = pd.date_range(start, end, freq="h", inclusive="left")
    amount = rng.uniform(*shape.reports) * size
    weight = rhythm.hours(shape.profile)[index.hour]
    if shape.daily:
        means = weight * amount
    else:
        weight = np.exp(-np.arange(len(index)) / shape.fade)
        means = amount * weight / weight.sum()
    place = every.iloc[middle]
    grid = world.city.grids.iloc[int(place["grid"])]
    return Incident(
        incident_id="",
        kind=kind,
        name=f"{grid['street']}{place['road']}{shape.title}",
        category=next(iter(shape.keys)),
        area_path=_area(world, near / near.sum()),
        start=start,
        end=end,
        keys=shape.keys,
        channels=shape.channels,
        places=near / near.sum(),
        means=pd.Series(means, index=index),
    )


def _outage(
    world: World, start: pd.Timestamp, end: pd.Timestamp, rng: np.random.Generator
) -> Incident:
    channel = "camera" if rng.random() < 0.5 else "sensor"
    title = {"camera": "视频智能平台断流", "sensor": "物联感知平台中断"}[channel]
    return Incident(
        incident_id="", kind="sensor_outage", name=title, category=f"@{channel}",
        area_path=str(world.city.areas["path"][0]), start=start, end=end, keys={}, channels={},
        places=np.zeros(0), silent=channel,
        means=pd.Series(dtype=float, index=pd.DatetimeIndex([])),
    )  # fmt: skip


def _rise(
    world: World,
    start: pd.Timestamp,
    end: pd.Timestamp,
    per_day: float,
    rng: np.random.Generator,
) -> Incident:
    """Rise to two and a half times the usual number in one district, over the whole span."""
    key = str(rng.choice(RISING))
    row = world.mix.keys.index(key)
    usual = per_day * world.mix.series.loc[world.mix.series["key"] == key, "share"].sum()
    district = world.city.grids["district"].to_numpy(dtype=object)
    chance = world.mix.grids[row]
    held = pd.Series(chance).groupby(district).sum()
    name = str(rng.choice(held.nlargest(4).index.to_numpy()))
    mine = np.where(district == name, chance, 0.0)
    weight = world.addresses["weight"].to_numpy() * mine[world.addresses["grid"]]
    series = world.mix.series[world.mix.series["key"] == key]
    index = pd.date_range(start, end, freq="h", inclusive="left")
    ramp = np.minimum(np.arange(len(index)) / (50 * 24), 1.0)
    means = usual * held[name] * 1.6 * ramp * rhythm.hours(str(series["hours"].iloc[0]))[index.hour]
    return Incident(
        incident_id="",
        kind="slow_rise",
        name=f"{name}{world.phrases.short(key)}持续上升",
        category=key,
        area_path=_area(world, weight / weight.sum()),
        start=start,
        end=end,
        keys={key: 1.0},
        channels=dict(zip(series["channel"], whole(series["share"].tolist()), strict=True)),
        places=weight / weight.sum(),
        means=pd.Series(means, index=index),
    )


def _middle(world: World, where: str, rng: np.random.Generator) -> int:
    """Address where an incident of a kind has its middle."""
    character = world.city.grids["character"].to_numpy()
    chance = world.mix.grids[world.mix.keys.index("A-06010")].copy()
    if where == "low":
        chance = world.mix.grids[world.mix.keys.index("E-0506")].copy()
    elif where:
        chance = np.where(character == where, chance, 0.0)
    grid = rng.choice(len(chance), 1, p=chance / chance.sum())
    pool = np.array(["sites" if where == "new" else ""], dtype=object)
    return int(pick_address(world, grid, pool, rng)[0])


def _area(world: World, places: Floats) -> str:
    """Smallest area that holds 85 % of the reports."""
    by_grid = np.bincount(world.addresses["grid"], weights=places, minlength=len(world.city.grids))
    codes = world.city.grids["code"].to_numpy(dtype=object)
    for depth, digits in ((5, 15), (4, 12), (3, 9), (2, 6)):
        _, area_of = np.unique([code[:digits] for code in codes], return_inverse=True)
        held = np.bincount(area_of, weights=by_grid)
        if held.max() >= 0.85:
            first = int(np.flatnonzero(area_of == held.argmax())[0])
            return "/".join(str(world.city.grids["path"].iloc[first]).split("/")[: depth + 1]) + "/"
    return str(world.city.areas["path"][0])


def _numbered(incident: Incident, number: int) -> Incident:
    return Incident(**{**incident.__dict__, "incident_id": f"I{number:03d}"})
