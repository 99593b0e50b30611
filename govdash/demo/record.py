"""The whole record of the demo city up to a moment: events as sources send them, and labels."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from govdash.demo import incident_plan, incidents, rows
from govdash.demo.events import draw, with_twins
from govdash.demo.incidents import Incident
from govdash.demo.world import World

DAYS: Final = 730
#: Drawn in excess, since what would be known only after the end is left out.
_SPARE: Final = 1.03


@dataclass(frozen=True)
class Record:
    """Two years of the demo city."""

    events: pd.DataFrame  # columns that ingest takes, with ``source`` and ``source_id``
    labels: pd.DataFrame  # of `incidents.labels`


def make_record(world: World, *, events: int, at: datetime, zone: ZoneInfo) -> Record:
    """Make about `events` events of the two years before `at`, with labelled incidents.

    The same seed, number and moment always give the same record.
    """
    rng = np.random.default_rng([world.seed, 20])
    days, now = window(at, zone)
    wrong = plan_incidents(world, events=events, at=at, zone=zone)
    told = incidents.reports(world, wrong, first=days[0], until=now, rng=rng)
    usual = max(int((events - len(told)) * _SPARE / 1.02), 0)  # 2 % are told twice
    core = incidents.silenced(with_twins(draw(world, days, usual, rng), rng), wrong)
    core = pd.concat([core, told], ignore_index=True)
    table = rows.finish(world, core, at=at, zone=zone, rng=rng)
    extra = len(table) - events
    if extra > 0:
        ordinary = table.index[table["incident"] < 0]
        table = table.drop(rng.choice(ordinary, min(extra, len(ordinary)), replace=False))
    table = rows.number(table.reset_index(drop=True), zone)
    labels = incidents.labels(wrong, table, zone.key)
    return Record(table.drop(columns="incident"), labels)


def plan_incidents(world: World, *, events: int, at: datetime, zone: ZoneInfo) -> list[Incident]:
    """Return the incidents of the record that ends `at`; some are still under way then."""
    days, now = window(at, zone)
    return incident_plan.plan(world, days, at=now.to_pydatetime(), n_events=events)


def window(at: datetime, zone: ZoneInfo) -> tuple[pd.DatetimeIndex, pd.Timestamp]:
    """Return the local days of the record and its end as naive local time."""
    now = pd.Timestamp(at).tz_convert(zone).tz_localize(None)
    return pd.date_range(now.normalize() - pd.Timedelta(days=DAYS), now.normalize()), now
