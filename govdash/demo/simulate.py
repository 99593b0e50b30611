"""Live events of the demo city: the record goes on, hour by hour, as the clock does."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from govdash.core.settings import Settings
from govdash.demo import incidents, rhythm, rows
from govdash.demo.events import compose
from govdash.demo.plan import Plan
from govdash.demo.record import DAYS, plan_incidents
from govdash.demo.weather import weather
from govdash.demo.world import World, make_world
from govdash.ingest import FrameTaker
from govdash.store import Store

#: What happened longer ago has been told; a department may take two days.
_MEMORY: Final = timedelta(hours=50)
#: After a longer stop the hours before stay empty.
_LONGEST_GAP: Final = timedelta(days=30)
#: As many events as the record has are few at night; somebody who watches sees one in a while.
_LEAST_HOURLY: Final = 20
#: Rows of one transaction.
_CHUNK: Final = 2_000


def simulate_tick(
    store: Store, settings: Settings, *, at: datetime, rate: float | None = None
) -> int:
    """Take in what the demo city's sources sent since the last tick; return how many rows.

    Called again for the same time, or after a crash, it doubles nothing. After a stop it catches
    up. Without a demo city nothing happens.

    Parameters
    ----------
    rate : float, optional
        Events a minute on average; by default ``GOVDASH_DEMO_RATE``, where a negative number
        means as many as the record has, and at night a few more.
    """
    plan = Plan.read(settings)
    rate = settings.demo_live_rate if rate is None else rate
    if plan is None or not plan.done or rate == 0:
        return 0
    since = max(plan.live_until or plan.at, at - _LONGEST_GAP)
    if since >= at:
        return 0
    events = next_events(settings.data, plan, since=since, at=at, rate=rate, zone=settings.zone)
    accepted = 0
    world = make_world(settings.data, plan.seed)
    for first in range(0, len(events), _CHUNK):
        with store.write() as session:
            taker = FrameTaker(session, source="demo", settings=settings, areas=world.city.areas)
            accepted += taker.accept(session, events.iloc[first : first + _CHUNK], at=at).accepted
    replace(plan, live_until=at).write(settings)
    return accepted


def next_events(
    data_dir: Path, plan: Plan, *, since: datetime, at: datetime, rate: float, zone: ZoneInfo
) -> pd.DataFrame:
    """Return the rows that sources send after `since` and up to `at`, in the order of arrival.

    An event comes when it is received, and once more, closed, when its source has settled it.
    The same arguments give the same rows, and two spans one after the other give what the whole
    span gives, but for what was settled long ago.
    """
    plan = replace(plan, live_until=None)  # what has come in already does not change the city
    hours = pd.date_range(
        pd.Timestamp(since - _MEMORY).floor("h"), pd.Timestamp(at).floor("h"), freq="h"
    )
    parts = [_hour(data_dir, plan, hour, rate, zone) for hour in hours]
    every = pd.concat(parts, ignore_index=True)
    # What had come in when the city was made is in its record; what was on its way comes now.
    every = every[every["received_at"] > pd.Timestamp(plan.at)].reset_index(drop=True)
    if every.empty:
        return every
    first, last = pd.Timestamp(since), pd.Timestamp(at)
    new = every[(every["received_at"] > first) & (every["received_at"] <= last)]
    new = new.assign(closed_at=pd.Series(pd.NaT, index=new.index, dtype=every["closed_at"].dtype))
    new["status_hint"] = "待处理"
    settled = every[
        (every["closed_at"] > first)
        & (every["closed_at"] <= last)
        & (every["received_at"] <= every["closed_at"])
    ]
    return pd.concat([new.sort_values("received_at"), settled], ignore_index=True)


@lru_cache(maxsize=1500)
def _hour(
    data_dir: Path, plan: Plan, hour: pd.Timestamp, rate: float, zone: ZoneInfo
) -> pd.DataFrame:
    """Everything that happens in one hour, as it will be known in the end."""
    world = make_world(data_dir, plan.seed)
    rng = np.random.default_rng([world.seed, 40, int(hour.timestamp()) // 3600])
    local = hour.tz_convert(zone).tz_localize(None)
    chance = _chances(data_dir, plan.seed, local.normalize())[local.hour]
    hourly = 60 * (rate if rate >= 0 else plan.events / (DAYS * 24 * 60)) * chance.sum()
    count = rng.poisson(hourly if rate >= 0 else max(hourly, _LEAST_HOURLY))
    row = rng.choice(len(chance), count, p=chance / chance.sum())
    day = np.full(count, local.normalize().to_datetime64())
    core = compose(world, row, day, rng)
    inside = rng.integers(0, 3600, count).astype("timedelta64[s]")
    core["occurred"] = local.to_datetime64().astype("datetime64[s]") + inside
    wrong = _under_way(data_dir, plan, zone)
    told = incidents.reports(
        world, list(wrong), first=local, until=local + pd.Timedelta(hours=1), rng=rng
    )
    core = incidents.silenced(core, list(wrong))
    core = pd.concat([core, told], ignore_index=True) if len(told) else core
    table = rows.finish(world, core, at=hour + pd.Timedelta(days=400), zone=zone, rng=rng)
    stamp = f"{local:%Y%m%d}L{max(rate, 0) * 1000:.0f}-{local:%H}"
    letters: Mapping[str, str] = {c: name for c, (_, name) in rows.SOURCES.items()}
    serial = table.groupby("channel").cumcount() + 1
    table["source_id"] = [
        f"{letters[channel]}{stamp}{n:03d}"
        for channel, n in zip(table["channel"], serial, strict=True)
    ]
    return table.drop(columns="incident")


@lru_cache(maxsize=8)
def _chances(data_dir: Path, seed: int, day: pd.Timestamp) -> np.ndarray:
    """Share of each series in each hour of a day, shape (24, series); an average day sums to 24."""
    world = make_world(data_dir, seed)
    series = world.mix.series
    days = pd.DatetimeIndex([day - pd.Timedelta(days=1), day])
    factor = rhythm.day_factors(series, weather(days, seed=seed), days)[:, 1]
    own = series["channel"].map(rhythm.CHANNEL_HOURS)
    profile = own.where(own.notna(), series["hours"])
    shape = np.array([rhythm.hours(str(name)) for name in profile])
    return 24.0 * (series["share"].to_numpy() * factor)[None] * shape.T


@lru_cache(maxsize=2)
def _under_way(data_dir: Path, plan: Plan, zone: ZoneInfo) -> tuple[incidents.Incident, ...]:
    """Incidents of the record that were not over at its end."""
    world: World = make_world(data_dir, plan.seed)
    wrong = plan_incidents(world, events=plan.events, at=plan.at, zone=zone)
    now = pd.Timestamp(plan.at).tz_convert(zone).tz_localize(None)
    return tuple(incident for incident in wrong if incident.end > now)
