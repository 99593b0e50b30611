"""What the timeline shows: counts against what was to be expected, lanes, the week, holidays."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final, Literal

import pandas as pd

from govdash.aggregate.band import WEEKS, expected_band
from govdash.aggregate.heat import calendar_heat, weekly_heat
from govdash.aggregate.series import Grain, bucket_start, buckets, fill
from govdash.core.filters import EventQuery, Period
from govdash.core.vocab import Channel, Facet
from govdash.figures.charts import Span
from govdash.lake import Lake, queries

Lane = Literal["facet", "channel"]
GRAINS: Final[Mapping[Grain, str]] = {"hour": "小时", "day": "日", "week": "周", "month": "月"}
LANES: Final[Mapping[Lane, type[Facet] | type[Channel]]] = {"facet": Facet, "channel": Channel}


class Comparing(StrEnum):
    """What a course can be compared with."""

    NOTHING = "不对比"
    PREVIOUS = "上一时段"
    YEAR = "去年同期"
    AREA = "另一区域"


#: About one point in a hundred lies outside by chance; a chart has some dozens.
LEVEL: Final = 0.99
_LENGTH: Final[Mapping[Grain, pd.DateOffset]] = {
    "hour": pd.DateOffset(hours=1),
    "day": pd.DateOffset(days=1),
    "week": pd.DateOffset(weeks=1),
    "month": pd.DateOffset(months=1),
}


def grain_for(period: Period) -> Grain:
    """Return the grain in which a period has some dozens to a hundred points."""
    if period.n_days <= 3:
        return "hour"
    if period.n_days <= 120:
        return "day"
    return "week" if period.n_days <= 730 else "month"


def around(period: Period, grain: Grain, *, today: date) -> Period:
    """Return the stretch to draw: the period, with enough around it to see what is usual.

    A quarter of what is added comes after the period, as far as there are days yet.
    """
    least = {"hour": 7, "day": 60, "week": 365, "month": 730}[grain]
    missing = max(0, least - period.n_days)
    last = max(period.last, min(today, period.last + timedelta(days=missing // 4)))
    first = min(period.first, last - timedelta(days=least - 1))
    return Period(bucket_start(first, grain), last, period.zone_name)


def course(
    lake: Lake,
    query: EventQuery,
    *,
    grain: Grain,
    until: pd.Timestamp,
    as_of: datetime | None = None,
) -> pd.DataFrame:
    """Count the query's period bucket by bucket, with what earlier buckets let expect.

    Parameters
    ----------
    until : Timestamp
        Naive wall clock of the city. A bucket that ends later isn't over: its count is NaN,
        because half an hour with few events isn't a quiet hour.
    as_of : datetime, optional
        Count what was known at this moment instead of now.

    Returns
    -------
    DataFrame, one row per bucket of the period
        ``bucket`` (naive local start), ``n`` (NaN when not over), ``expected``, ``low``,
        ``high`` (NaN with fewer than four earlier values), ``flag`` (outside the band).
    """
    period = query.filter.period
    first = bucket_start(period.first, grain)
    step = pd.DateOffset(months=1) if grain == "month" else pd.DateOffset(weeks=1)
    before = pd.Timestamp(first) - WEEKS * step
    longer = Period(before.date(), period.last, period.zone_name)
    counted = queries.counts(lake, query.with_period(longer), grain=grain, as_of=as_of)
    whole = fill(counted, longer, grain=grain)["n"].astype(float)
    begun = counted["bucket"].min() if len(counted) else None
    return against(whole, grain=grain, first=first, until=until, begun=begun)


def against(
    counts: pd.Series,
    *,
    grain: Grain,
    first: date,
    until: pd.Timestamp,
    begun: pd.Timestamp | None = None,
) -> pd.DataFrame:
    """Put gap-free counts beside their expected band, from `first` on; see `course`.

    Hours and days are compared with the same hour and weekday of eight weeks, weeks and months
    with the eight before them. Before `begun` there was no counting, and no zeros to learn from.
    """
    starts = pd.DatetimeIndex(counts.index)
    past = counts if begun is None else counts.where(starts >= begun)
    if grain == "month":  # months as if they were weeks apart: the band counts in weeks
        even = pd.date_range(starts[0], periods=len(starts), freq="7D")
        told = expected_band(pd.Series(past.to_numpy(), index=even), even, level=LEVEL)
    else:
        told = expected_band(past, starts, level=LEVEL)
    table = told.reset_index(drop=True)
    over = (starts + _LENGTH[grain]) <= until
    table.insert(0, "n", pd.Series(counts.to_numpy(dtype=float)).where(over))
    table.insert(0, "bucket", starts)
    table["flag"] = (table["n"] > table["high"]) | (table["n"] < table["low"])
    return table[table["bucket"] >= pd.Timestamp(first)].reset_index(drop=True)


def compared(
    lake: Lake,
    query: EventQuery,
    *,
    grain: Grain,
    until: pd.Timestamp,
    how: Comparing,
    areas: tuple[str, ...] = (),
) -> pd.DataFrame:
    """Count what the query's period is compared with, bucket by bucket: ``bucket``, ``n``.

    ``bucket`` is that of the period, so that both can be drawn over one axis; what isn't over has
    no count. `areas` are those of `Comparing.AREA`.
    """
    period = query.filter.period
    if how is Comparing.AREA:
        other = query.with_filter(replace(query.filter, areas=areas))
    else:
        before = how is Comparing.PREVIOUS
        other = query.with_period(period.previous() if before else period.year_before())
    mine = buckets(period, grain)
    counted = queries.counts(lake, other, grain=grain)
    theirs = fill(counted, other.filter.period, grain=grain)["n"].astype(float).to_numpy()
    n = pd.Series(theirs[: len(mine)]).reindex(range(len(mine)))
    over = (mine + _LENGTH[grain]) <= until
    return pd.DataFrame({"bucket": mine, "n": n.where(over | (how is not Comparing.AREA))})


def lanes(lake: Lake, query: EventQuery, *, grain: Grain, by: Lane) -> pd.DataFrame:
    """Count each facet or channel bucket by bucket: ``bucket``, ``lane`` (code), ``n``; no gaps."""
    period = query.filter.period
    counted = queries.counts(lake, query, by=(by,), grain=grain)
    whole = pd.MultiIndex.from_product(
        [[code.value for code in LANES[by]], buckets(period, grain)], names=["lane", "bucket"]
    )
    found = counted.rename(columns={by: "lane"}).set_index(["lane", "bucket"])["n"]
    return found.reindex(whole, fill_value=0).reset_index()


def days(lake: Lake, query: EventQuery) -> pd.DataFrame:
    """Lay the days of the query's period out as a calendar (`aggregate.heat.calendar_heat`)."""
    counted = queries.counts(lake, query, grain="day").set_index("bucket")["n"]
    return calendar_heat(counted, query.filter.period)


def week(lake: Lake, query: EventQuery) -> pd.DataFrame:
    """Return the mean number of events per hour of the week: 7 weekdays (Monday 0) by 24 hours."""
    counted = queries.counts(lake, query, by=("weekday", "hour"))
    return weekly_heat(counted, query.filter.period, mean=True)


def without_holidays(told: pd.DataFrame, named: Mapping[date, str]) -> pd.DataFrame:
    """Take the flags off the holidays of `course`: ordinary weeks don't tell what they are like."""
    off = told["bucket"].dt.date.isin(list(named))
    return told.assign(flag=told["flag"] & ~off)


def holidays(named: Mapping[date, str]) -> list[Span]:
    """Join days of the same holiday that follow one another."""
    spans: list[Span] = []
    for day in sorted(named):
        last = spans[-1] if spans else None
        if last and last.name == named[day] and day - last.last == timedelta(days=1):
            spans[-1] = Span(last.first, day, last.name)
        else:
            spans.append(Span(day, day, named[day]))
    return spans
