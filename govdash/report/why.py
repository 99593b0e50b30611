"""What made a figure what it is: the category behind a change, the street behind a number."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import pandas as pd

from govdash.aggregate.compare import compare_groups
from govdash.aggregate.series import Grain
from govdash.core.filters import EventQuery, Period
from govdash.lake import Lake, queries

#: Up to so many days a period is counted by the hour, to compare like with like.
_HOURLY_DAYS: Final = 31
_BACK: Final = 8  # weeks, or months, that a bucket is compared with: those of the expected band


@dataclass(frozen=True, slots=True)
class Mover:
    """A category and by how many events it differs from what it is compared with."""

    category: str
    difference: float


@dataclass(frozen=True, slots=True)
class Odd:
    """A bucket outside its expected band."""

    bucket: pd.Timestamp
    n: float
    high: bool


def mover(lake: Lake, query: EventQuery, *, until: pd.Timestamp) -> Mover | None:
    """Return the category that did most for the change against the period before (环比).

    That of the same direction as the whole; None when nothing differs. Both sides cover the same
    hours, as in `overview.tally`.
    """
    period = query.filter.period
    before = period.previous()
    now = _by_category(lake, query, period, until)
    then = _by_category(lake, query, before, until - (period.first - before.first))
    if now.empty and then.empty:
        return None
    told = compare_groups(now, then, by="category")
    sign = 1 if told["difference"].sum() >= 0 else -1
    moved = told.set_index("category")["difference"] * sign
    if moved.max() <= 0:
        return None
    return Mover(str(moved.idxmax()), float(moved.max() * sign))


def most(cases: pd.DataFrame, *, depth: int) -> tuple[str, int] | None:
    """Return the area of a depth of the tree that holds most of `cases`, and how many."""
    parts = [str(path).strip("/").split("/") for path in cases["area_path"].dropna()]
    counted = Counter(f"/{'/'.join(part[:depth])}/" for part in parts if len(part) >= depth)
    return max(counted.items(), key=lambda item: item[1], default=None)


def farthest(told: pd.DataFrame, *, limit: int) -> tuple[Odd, ...]:
    """Return the buckets of `timeline.course` that lie farthest outside of their band."""
    odd = told[told["flag"].astype(bool)]
    off = (odd["n"] - odd["expected"]).abs()
    far = odd.assign(off=off).sort_values("off", ascending=False).head(limit)
    return tuple(
        Odd(pd.Timestamp(bucket), float(n), bool(n > high))
        for bucket, n, high in zip(far["bucket"], far["n"], far["high"], strict=True)
    )


def behind(
    lake: Lake,
    query: EventQuery,
    odd: tuple[Odd, ...],
    *,
    grain: Grain,
    as_of: datetime | None = None,
) -> list[str]:
    """Return for each odd bucket the category that differs most from its usual; empty: none."""
    return [_behind(lake, query, one, grain=grain, as_of=as_of) for one in odd]


def _behind(
    lake: Lake, query: EventQuery, odd: Odd, *, grain: Grain, as_of: datetime | None
) -> str:
    """Compare each category of a bucket with its mean in those that make the band."""
    step = pd.DateOffset(months=1) if grain == "month" else pd.DateOffset(weeks=1)
    usual = [odd.bucket - back * step for back in range(1, _BACK + 1)]
    counted = pd.concat(
        [
            queries.counts(
                lake,
                query.with_period(_days(one, grain, query)),
                by=("category",),
                grain=grain,
                as_of=as_of,
            )
            for one in (odd.bucket, *usual)
        ]
    )
    n = counted[counted["bucket"] == odd.bucket].groupby("category")["n"].sum()
    mean = counted[counted["bucket"].isin(usual)].groupby("category")["n"].sum() / _BACK
    difference = n.sub(mean, fill_value=0)
    if difference.empty:
        return ""
    return str(difference.idxmax() if odd.high else difference.idxmin())


def _days(bucket: pd.Timestamp, grain: Grain, query: EventQuery) -> Period:
    ends = {
        "hour": bucket,
        "day": bucket,
        "week": bucket + timedelta(days=6),
        "month": bucket + pd.offsets.MonthEnd(0),
    }[grain]
    return Period(bucket.date(), ends.date(), query.filter.period.zone_name)


def _by_category(
    lake: Lake, query: EventQuery, period: Period, until: pd.Timestamp
) -> pd.DataFrame:
    grain = "hour" if period.n_days <= _HOURLY_DAYS else "day"
    counted = queries.counts(lake, query.with_period(period), by=("category",), grain=grain)
    n = counted[counted["bucket"] < until].groupby("category")["n"].sum()
    return n.reset_index()
