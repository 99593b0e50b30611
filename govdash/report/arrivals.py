"""Is every source still sending: each is compared with its own rhythm, not with a fixed limit."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from math import exp, log
from typing import Final

import pandas as pd

from govdash.core.filters import EventQuery
from govdash.lake import Lake, queries

#: How far back the rhythm of a source is learned.
LEARNED_DAYS: Final = 28
#: A source that sent on fewer of these days has no rhythm: a file that somebody imports at times.
FEWEST_DAYS: Final = 7
#: A silence that would come by chance once in a thousand looks is told.
CHANCE: Final = 0.001
_WEEKEND: Final = 5  # Saturday; offices are silent then


@dataclass(frozen=True, slots=True)
class Source:
    """One source: when it last brought something, and whether it should have since."""

    code: str
    last: datetime  # received, aware UTC
    regular: bool
    late: bool


def sources(lake: Lake, query: EventQuery, *, at: datetime) -> list[Source]:
    """Return the sources inside the scope of `query`, the late ones first, then the longest silent.

    The period of `query` is what is learned from: `LEARNED_DAYS` up to today.
    """
    newest = queries.freshness(lake, query.scope).groupby("source")["last_received_at"].max()
    counted = queries.counts(lake, query, by=("source",), grain="hour", time="received_at")
    zone = query.filter.period.zone
    now = pd.Timestamp(at).tz_convert(zone).tz_localize(None)
    found = []
    for code, received in newest.items():
        last = pd.Timestamp(received)
        active = pd.DatetimeIndex(counted.loc[counted["source"] == code, "bucket"])
        regular = active.normalize().nunique() >= FEWEST_DAYS
        local = last.tz_convert(zone).tz_localize(None)
        late = regular and silence(active, local, now) < CHANCE
        found.append(Source(str(code), last.to_pydatetime(), regular, late))
    return sorted(found, key=lambda source: (not source.late, source.last))


def silence(active: pd.DatetimeIndex, last: pd.Timestamp, now: pd.Timestamp) -> float:
    """Return the probability that nothing comes between `last` and `now`.

    Parameters
    ----------
    active : DatetimeIndex
        The hours (naive local starts) in which something came; they tell how often something
        comes in that hour of working days, or of weekends. Hours are taken as independent, an hour
        that is never silent as one that is once in twice the days seen.
    """
    if active.empty:
        return 1.0
    days = pd.date_range(active.min().normalize(), now.normalize(), freq="D")
    rate: dict[tuple[bool, int], float] = {}
    for weekend in (False, True):
        n_days = max(1, int(((days.dayofweek >= _WEEKEND) == weekend).sum()))
        mine = active[(active.dayofweek >= _WEEKEND) == weekend]
        for hour in range(24):
            silent = max(1 - (mine.hour == hour).sum() / n_days, 1 / (2 * n_days))
            rate[weekend, hour] = -log(silent)
    total, begins = 0.0, last
    while begins < now:
        ends = min(begins.floor("h") + timedelta(hours=1), now)
        share = (ends - begins).total_seconds() / 3600
        total += share * rate[begins.dayofweek >= _WEEKEND, begins.hour]
        if total > -2 * log(CHANCE):  # certain; years of silence needn't be walked through
            break
        begins = ends
    return exp(-total)
