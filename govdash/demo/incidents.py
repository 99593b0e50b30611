"""Labelled incidents: what really went wrong in the demo city, so that detection can be judged."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from govdash.demo.world import World

Ints = NDArray[np.intp]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Incident:
    """One thing that went wrong. Times are local and naive; `end` may lie ahead of the record."""

    incident_id: str
    kind: str
    name: str
    category: str  # the chief category; of an outage "@camera" or "@sensor"
    area_path: str
    start: pd.Timestamp
    end: pd.Timestamp
    keys: Mapping[str, float] = field(repr=False)
    channels: Mapping[str, float] = field(repr=False)
    places: Floats = field(repr=False)  # chance of each address
    means: "pd.Series[float]" = field(repr=False)  # expected reports by hour
    silent: str = ""  # channel that falls silent instead


def reports(
    world: World,
    incidents: list[Incident],
    *,
    first: pd.Timestamp,
    until: pd.Timestamp,
    rng: np.random.Generator,
) -> pd.DataFrame:
    """Draw what is reported of `incidents` between two local times; `incident` is the position."""
    parts: list[pd.DataFrame] = []
    for i, incident in enumerate(incidents):
        means = incident.means
        hour = pd.DatetimeIndex(means.index)
        share = _passed(hour, until) - _passed(hour, first)
        count = rng.poisson(np.maximum(means.to_numpy() * share, 0.0))
        n = int(count.sum())
        if not n:
            continue
        begin = np.maximum(np.repeat(hour, count), np.datetime64(first))
        finish = np.minimum(np.repeat(hour, count) + pd.Timedelta(hours=1), np.datetime64(until))
        address = rng.choice(len(incident.places), n, p=incident.places)
        parts.append(
            pd.DataFrame(
                {
                    "key": rng.choice(list(incident.keys), n, p=list(incident.keys.values())),
                    "channel": rng.choice(
                        list(incident.channels), n, p=whole(list(incident.channels.values()))
                    ),
                    "urgent": 0.5 if incident.keys.keys() & {"E-0501", "E-0505"} else 0.1,
                    "occurred": (begin + (finish - begin) * rng.random(n)).astype("datetime64[s]"),
                    "grid": world.addresses["grid"].to_numpy()[address],
                    "address": address,
                    "incident": i,
                }
            ).astype({"key": object, "channel": object})
        )
    if not parts:
        return pd.DataFrame(
            columns=["key", "channel", "urgent", "occurred", "grid", "address", "incident"]
        )
    return pd.concat(parts, ignore_index=True)


def silenced(core: pd.DataFrame, incidents: list[Incident]) -> pd.DataFrame:
    """Leave out what a channel would have reported while it was silent."""
    keep = np.ones(len(core), dtype=bool)
    for incident in incidents:
        if incident.silent:
            keep &= ~(
                (core["channel"] == incident.silent)
                & (core["occurred"] >= incident.start)
                & (core["occurred"] < incident.end)
            ).to_numpy()
    return core[keep].reset_index(drop=True)


def labels(incidents: list[Incident], events: pd.DataFrame, zone: str) -> pd.DataFrame:
    """Return the table that `detect backtest` reads.

    Columns: ``incident_id``, ``kind``, ``name``, ``category`` (of an outage ``@`` and the
    channel), ``area_path``, ``direction`` (``high``; ``low`` for an outage), ``start_day`` and
    ``end_day`` (local, both included), ``start`` and ``end`` (aware UTC; they may lie ahead),
    ``source_ids`` (of the reports, joined by ``;``).
    """
    ids = events[events["incident"] >= 0].groupby("incident")["source_id"].agg(";".join)
    start = pd.DatetimeIndex([i.start for i in incidents])
    end = pd.DatetimeIndex([i.end for i in incidents])
    return pd.DataFrame(
        {
            "incident_id": [i.incident_id for i in incidents],
            "kind": [i.kind for i in incidents],
            "name": [i.name for i in incidents],
            "category": [i.category for i in incidents],
            "area_path": [i.area_path for i in incidents],
            "direction": ["low" if i.silent else "high" for i in incidents],
            "start_day": start.date,
            "end_day": (end - pd.Timedelta(minutes=1)).date,
            "start": start.tz_localize(zone).tz_convert("UTC"),
            "end": end.tz_localize(zone).tz_convert("UTC"),
            "source_ids": [ids.get(k, "") for k in range(len(incidents))],
        }
    )


def _passed(hour: pd.DatetimeIndex, moment: pd.Timestamp) -> Floats:
    """Share of each hour that lies before `moment`."""
    hours = (moment.to_datetime64() - hour.to_numpy()) / np.timedelta64(1, "h")
    return np.clip(hours.astype(float), 0.0, 1.0)


def whole(shares: list[float]) -> Floats:
    """Return shares that sum to 1."""
    return np.array(shares) / np.sum(shares)
