"""What the timeline shows: counts against what was to be expected, lanes, the week, holidays."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Final, Literal

import numpy as np
import pandas as pd

from govdash.core.filters import EventQuery, Period
from govdash.core.vocab import Channel, Facet
from govdash.figures.charts import Span
from govdash.lake import Lake, queries

Grain = Literal["hour", "day", "week", "month"]
Lane = Literal["facet", "channel"]
GRAINS: Final[Mapping[Grain, str]] = {"hour": "小时", "day": "日", "week": "周", "month": "月"}
LANES: Final[Mapping[Lane, type[Facet] | type[Channel]]] = {"facet": Facet, "channel": Channel}
#: How many earlier buckets of the same kind make the expectation, and how far apart they lie.
HISTORY: Final = 8
_APART: Final[Mapping[Grain, pd.DateOffset]] = {
    "hour": pd.DateOffset(weeks=1),
    "day": pd.DateOffset(weeks=1),
    "week": pd.DateOffset(weeks=1),
    "month": pd.DateOffset(months=1),
}
_LENGTH: Final[Mapping[Grain, pd.DateOffset]] = {
    "hour": pd.DateOffset(hours=1),
    "day": pd.DateOffset(days=1),
    "week": pd.DateOffset(weeks=1),
    "month": pd.DateOffset(months=1),
}
_RULE: Final[Mapping[Grain, str]] = {"hour": "h", "day": "D", "week": "W-MON", "month": "MS"}
#: Fewer earlier values than this say nothing about what is usual.
_FEWEST: Final = 4
#: 99% of a normal spread: about one point in a hundred lies outside by chance.
_REACH: Final = 2.576


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
    return Period(_bucket_start(first, grain), last, period.zone_name)


def course(lake: Lake, query: EventQuery, *, grain: Grain, until: pd.Timestamp) -> pd.DataFrame:
    """Count the query's period bucket by bucket, with what earlier buckets let expect.

    Parameters
    ----------
    until : Timestamp
        Naive wall clock of the city. A bucket that ends later isn't over: its count is NaN,
        because half an hour with few events isn't a quiet hour.

    Returns
    -------
    DataFrame, one row per bucket of the period
        ``bucket`` (naive local start), ``n`` (NaN when not over), ``expected``, ``low``,
        ``high`` (NaN with fewer than four earlier values), ``flag`` (outside the band).
    """
    period = query.filter.period
    first = _bucket_start(period.first, grain)
    before = pd.Timestamp(first) - HISTORY * _APART[grain]
    longer = Period(before.date(), period.last, period.zone_name)
    counted = queries.counts(lake, query.with_period(longer), grain=grain)
    whole = _filled(counted, longer, grain)
    # Before the first event ever there was no counting, and no zeros to learn from.
    if len(counted):
        whole = whole.where(whole.index >= counted["bucket"].min())
    return band(whole, grain=grain, first=first, until=until)


def band(counts: pd.Series, *, grain: Grain, first: date, until: pd.Timestamp) -> pd.DataFrame:
    """Compare each bucket with up to eight before it of the same kind (weekday, hour).

    The spread is that of counts, wider than Poisson by the dispersion seen in the history
    (variance over mean, at least 1, pooled over all buckets), with the reach of 99%.
    `counts` is gap-free by naive local bucket and begins eight steps before `first`.
    """
    starts = pd.DatetimeIndex(counts.index)
    past = pd.DataFrame(
        {
            k: counts.reindex(starts - k * _APART[grain]).to_numpy(dtype=float)
            for k in range(1, HISTORY + 1)
        },
        index=starts,
    )
    enough = past.notna().sum(axis=1) >= _FEWEST
    mean = past.mean(axis=1).where(enough)
    spread = past.var(axis=1, ddof=1).where(enough)
    told = mean > 0
    dispersion = max(1.0, float((spread[told] / mean[told]).mean())) if told.any() else 1.0
    half = _REACH * np.sqrt(dispersion * mean)
    table = pd.DataFrame(
        {
            "bucket": starts,
            "n": counts.to_numpy(dtype=float),
            "expected": mean.to_numpy(),
            "low": (mean - half).clip(lower=0.0).to_numpy(),
            "high": (mean + half).to_numpy(),
        }
    )
    table["n"] = table["n"].where((starts + _LENGTH[grain]) <= until)
    table["flag"] = (table["n"] > table["high"]) | (table["n"] < table["low"])
    return table[table["bucket"] >= pd.Timestamp(first)].reset_index(drop=True)


def lanes(lake: Lake, query: EventQuery, *, grain: Grain, by: Lane) -> pd.DataFrame:
    """Count each facet or channel bucket by bucket: ``bucket``, ``lane`` (code), ``n``; no gaps."""
    period = query.filter.period
    counted = queries.counts(lake, query, by=(by,), grain=grain)
    buckets = _buckets(period, grain)
    codes = [code.value for code in LANES[by]]
    whole = pd.MultiIndex.from_product([codes, buckets], names=["lane", "bucket"])
    found = counted.rename(columns={by: "lane"}).set_index(["lane", "bucket"])["n"]
    return found.reindex(whole, fill_value=0).reset_index()


def week(lake: Lake, query: EventQuery) -> pd.DataFrame:
    """Return the mean number of events per hour of the week: 7 weekdays (Monday 0) by 24 hours."""
    period = query.filter.period
    counted = queries.counts(lake, query, by=("weekday", "hour"))
    days = pd.Series([day.weekday() for day in period.days()]).value_counts()
    table = (
        counted.pivot_table(index="weekday", columns="hour", values="n", aggfunc="sum")
        .reindex(index=range(7), columns=range(24))
        .fillna(0.0)
    )
    return table.div(days.reindex(range(7)).fillna(1).to_numpy(), axis=0)


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


def _bucket_start(day: date, grain: Grain) -> date:
    if grain == "week":
        return day - timedelta(days=day.weekday())
    return day.replace(day=1) if grain == "month" else day


def _buckets(period: Period, grain: Grain) -> pd.DatetimeIndex:
    first = pd.Timestamp(_bucket_start(period.first, grain))
    after = pd.Timestamp(period.last) + pd.Timedelta(days=1)
    return pd.date_range(first, after, freq=_RULE[grain], inclusive="left", name="bucket")


def _filled(counted: pd.DataFrame, period: Period, grain: Grain) -> pd.Series:
    by_bucket = counted.set_index("bucket")["n"]
    return by_bucket.reindex(_buckets(period, grain), fill_value=0).astype(float)
