"""The replay of a period on the map: its steps, and the query that shows one of them. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Final

import pandas as pd

from govdash.core.filters import EventQuery, Hours, Period
from govdash.figures import maps

#: The grain of the steps, by the longest period (days) that has them: at most 62 or so.
_GRAINS: Final = ((1, "hour"), (62, "day"), (430, "week"), (100_000, "month"))
_FREQUENCY: Final = {"day": "D", "week": "W-SUN", "month": "M"}  # a week begins on Monday


@dataclass(frozen=True, slots=True)
class Step:
    """One step: where its counts are found, what it is called, what it asks for."""

    bucket: pd.Timestamp
    label: str
    query: EventQuery


def grain_of(period: Period) -> str:
    """Return the grain of a period's steps."""
    return next(grain for longest, grain in _GRAINS if period.n_days <= longest)


def steps(query: EventQuery, *, until: pd.Timestamp) -> list[Step]:
    """Return the steps of the query's period that have begun by `until` (naive local), in order."""
    grain, period = grain_of(query.filter.period), query.filter.period
    if grain == "hour":
        return _hours(query, until=until)
    found: list[Step] = []
    for one in pd.period_range(period.first, period.last, freq=_FREQUENCY[grain]):
        if one.start_time > until:
            break
        first, last = one.start_time.date(), one.end_time.date()
        mine = replace(period, first=max(first, period.first), last=min(last, period.last))
        found.append(Step(one.start_time, _words(mine, grain), query.with_period(mine)))
    return found


def told(listed: Sequence[Step], shown: Step) -> dict[str, Any]:
    """Return what the slider of the map shows."""
    return {"labels": [step.label for step in listed], "step": listed.index(shown)}


def layer(
    url: str, counted: pd.DataFrame, shown: Step, *, around: Mapping[str, str]
) -> dict[str, Any]:
    """Colour the areas of one step; the classes are those of all steps, so that colours compare."""
    now = counted[counted["bucket"] == shown.bucket]
    return maps.area_layer(
        url,
        dict(zip(now["path"].astype(str), now["n"].astype(int).tolist(), strict=True)),
        label=shown.label,
        around=around,
        steps=maps.breaks(counted["n"]),
    )


def _hours(query: EventQuery, *, until: pd.Timestamp) -> list[Step]:
    day = pd.Timestamp(query.filter.period.first)
    chosen = query.filter.hours
    mine = range(24) if chosen is None else _of_day(chosen)
    return [
        Step(
            bucket,
            f"{bucket:%m-%d} {hour}–{hour + 1} 时",
            query.with_filter(replace(query.filter, hours=Hours(hour, hour + 1))),
        )
        for hour in mine
        if (bucket := day + pd.Timedelta(hours=hour)) <= until
    ]


def _of_day(hours: Hours) -> list[int]:
    return sorted(hour % 24 for hour in range(hours.first, hours.first + hours.n))


def _words(period: Period, grain: str) -> str:
    if grain == "month":
        return f"{period.first:%Y-%m}"
    if period.n_days == 1:
        return f"{period.first:%m-%d} {_weekday(period.first)}"
    return f"{period.first:%m-%d} 至 {period.last:%m-%d}"


def _weekday(day: date) -> str:
    return "周" + "一二三四五六日"[day.weekday()]
