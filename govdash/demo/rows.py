"""Completes drawn events to the rows that their sources would send: times, texts, codes, people."""

from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from govdash.core.vocab import Channel, Facet, LimitUnit, Urgency
from govdash.demo import texts
from govdash.demo.terrain import to_degrees
from govdash.demo.world import World

Floats = NDArray[np.float64]

#: Name of each channel's source and the letters its numbers begin with.
SOURCES: Final = {
    Channel.HOTLINE.value: ("hotline12345", "RX"), Channel.GRID.value: ("gridpatrol", "WG"),
    Channel.SENSOR.value: ("iotplatform", "GZ"), Channel.CAMERA.value: ("videoplatform", "SP"),
    Channel.APP.value: ("citizenapp", "SSP"), Channel.DEPARTMENT.value: ("departments", "BM"),
}  # fmt: skip
#: Hours from happening to being reported: median and spread (sigma of the logarithm).
_DELAY: Final = {
    "hotline": (0.7, 1.3), "grid": (0.08, 0.7), "sensor": (0.005, 0.5), "camera": (0.02, 0.6),
    "app": (0.25, 1.1), "department": (34.0, 0.6),
}  # fmt: skip
#: Hours from being reported to reaching us, likewise.
_TRANSFER: Final = {
    "hotline": (0.12, 0.7), "grid": (0.03, 0.6), "sensor": (0.003, 0.4), "camera": (0.01, 0.5),
    "app": (0.05, 0.6), "department": (5.0, 0.5),
}  # fmt: skip
#: Hours that one of each unit takes on the calendar, roughly; only for the source's own status.
_HOURS_OF: Final = {
    LimitUnit.URGENT_HOUR: 1.0, LimitUnit.WORK_HOUR: 3.2, LimitUnit.WORK_DAY: 30.0,
    LimitUnit.CALENDAR_DAY: 24.0,
}  # fmt: skip
#: Metres that people and devices are off when they give a place.
_SCATTER: Final = 7.0


def finish(
    world: World, core: pd.DataFrame, *, at: datetime, zone: ZoneInfo, rng: np.random.Generator
) -> pd.DataFrame:
    """Complete drawn events to rows as their sources would send them, known by `at`.

    Returns
    -------
    DataFrame ordered by ``reported_at``
        The canonical columns that ingest takes (times aware; ``category`` a key; texts raw, with
        people in them), without ``source_id``; and ``incident``.
    """
    core = core.assign(delay=_lognormal(core["channel"], _DELAY, rng))
    core["delay"] += _until_morning(core, rng)
    occurred = core["occurred"].dt.tz_localize(zone, ambiguous=True, nonexistent="shift_forward")  # type: ignore[call-arg]  # the stubs lack `True`
    occurred = occurred.dt.tz_convert("UTC")
    reported = occurred + _hours(core["delay"].to_numpy())
    received = reported + _hours(_lognormal(core["channel"], _TRANSFER, rng))
    known = (received <= at).to_numpy()
    core, occurred, reported, received = (
        part[known].reset_index(drop=True) for part in (core, occurred, reported, received)
    )
    table = texts.write(
        core, city=world.city, addresses=world.addresses, phrases=world.phrases,
        words=world.words, rng=rng,
    )  # fmt: skip
    place = world.addresses.iloc[core["address"].to_numpy()]
    metres = place[["x", "y"]].to_numpy() + rng.normal(0, _SCATTER, (len(core), 2))
    degrees = to_degrees(metres)
    keys = core["key"].to_numpy(dtype=object)
    facet = np.array([world.taxonomy.get(k).facet.value for k in keys], dtype=object)
    override = table.pop("facet_override").to_numpy(dtype=object)
    facet = np.where(override != "", override, facet)
    department = (core["channel"] == "department").to_numpy()
    closed, status = _ends(world, keys, reported, at, rng)
    out = pd.DataFrame(
        {
            "source": core["channel"]
            .map({c: s for c, (s, _) in SOURCES.items()})
            .to_numpy(dtype=object),
            "occurred_at": occurred,
            "reported_at": reported,
            "received_at": received,
            "closed_at": closed,
            "category": keys,
            "lon": degrees[:, 0],
            "lat": degrees[:, 1],
            "address": table["address_text"],
            "title": table["title"],
            "text": table["text"],
            "channel": core["channel"],
            "facet": np.where(department, Facet.ORGANISATION.value, facet),
            "asset_code": _assets(world, core, keys, rng),
            "unit_code": world.units.unit_of(keys, core["grid"].to_numpy()),
            "urgency": _urgency(core["urgent"].to_numpy(dtype=float), keys, rng),
            "sentiment": table["sentiment"],
            "status_hint": status,
            "reporter_name": table["reporter_name"],
            "reporter_contact": table["reporter_contact"],
            "reporter_address": table["reporter_address"],
            "incident": core["incident"].astype(int),
        }
    )
    return out.sort_values(["reported_at", "source"], ignore_index=True, kind="stable")


def number(events: pd.DataFrame, zone: ZoneInfo) -> pd.DataFrame:
    """Give each event its source's number: letters, local day, serial of the day."""
    day = events["reported_at"].dt.tz_convert(zone).dt.strftime("%Y%m%d").astype(object)
    letters = events["channel"].map({c: letters for c, (_, letters) in SOURCES.items()})
    serial = events.groupby([events["source"], day]).cumcount() + 1
    ids = letters + day + serial.map("{:05d}".format)
    return events.assign(source_id=ids.to_numpy(dtype=object))


def _lognormal(
    channel: "pd.Series[Any]", table: dict[str, tuple[float, float]], rng: np.random.Generator
) -> Floats:
    median = channel.map({c: m for c, (m, _) in table.items()}).to_numpy(dtype=np.float64)
    sigma = channel.map({c: s for c, (_, s) in table.items()}).to_numpy(dtype=np.float64)
    return np.asarray(median * np.exp(sigma * rng.normal(size=len(channel))), dtype=np.float64)


def _until_morning(core: pd.DataFrame, rng: np.random.Generator) -> Floats:
    """Hold back until morning what happens at night: people tell of it only then."""
    hour = core["occurred"].dt.hour.to_numpy() + core["occurred"].dt.minute.to_numpy() / 60
    asleep = ((hour >= 22.5) | (hour < 6)) & (core["channel"] == "hotline").to_numpy()
    asleep &= rng.random(len(core)) < 0.45 * (core["urgent"].to_numpy() < 0.5)
    return np.where(asleep, (7.5 - hour) % 24 + rng.exponential(1.2, len(core)), 0.0)


def _hours(hours: Floats) -> pd.TimedeltaIndex:
    return pd.to_timedelta((hours * 3600).round().astype(np.int64), unit="s")


def _ends(
    world: World,
    keys: NDArray[np.object_],
    reported: "pd.Series[Any]",
    at: datetime,
    rng: np.random.Generator,
) -> tuple["pd.Series[Any]", NDArray[np.object_]]:
    """When the source says that a matter was settled, and its state in words."""
    names = np.unique(keys.astype(str))
    span = {k: world.taxonomy.limit(k) for k in names}
    hours = {k: limit.amount * _HOURS_OF[limit.unit] for k, limit in span.items()}
    usual = np.array([hours[k] for k in keys])
    took = usual * 0.75 * np.exp(0.85 * rng.normal(size=len(keys))) + 0.2
    took = np.where(rng.random(len(keys)) < 0.015, took * 12, took)
    closed = reported + _hours(took)
    age = ((pd.Timestamp(at) - reported) / pd.Timedelta(hours=1)).to_numpy(dtype=float)
    done = age >= took
    status = np.where(done, "已办结", np.where(age < 0.3 * took, "待处理", "处理中"))
    return closed.where(done), status.astype(object)


def _assets(
    world: World, core: pd.DataFrame, keys: NDArray[np.object_], rng: np.random.Generator
) -> NDArray[np.object_]:
    """17-digit code of the part concerned: 6 district, 2 + 3 class, 6 serial."""
    parts = core["key"].str.match(r"P-|A-0[1-5]").to_numpy()
    seen_by = core["channel"].isin(["grid", "sensor"]).to_numpy()
    coded = parts & (seen_by | (rng.random(len(core)) < 0.25))
    district = world.city.grids["path"].str.split("/").str[2].to_numpy(dtype=object)
    serial = core["address"].map("{:06d}".format).to_numpy(dtype=object)
    codes = district[core["grid"].to_numpy()] + np.array([k[2:] for k in keys], dtype=object)
    codes = codes + serial
    codes[~coded] = None
    return codes


def _urgency(
    chance: Floats, keys: NDArray[np.object_], rng: np.random.Generator
) -> NDArray[np.object_]:
    luck = rng.random(len(chance))
    worst = np.where([k.startswith("E-") for k in keys], 0.35, 0.06)
    return np.select(
        [luck < chance * worst, luck < chance],
        [Urgency.CRITICAL.value, Urgency.URGENT.value],
        default=Urgency.NORMAL.value,
    ).astype(object)
