"""Gap-free series: a quiet hour, day, week or month is a zero, not a gap."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Final, Literal, TypeAlias

import pandas as pd

from govdash.core.errors import InputError
from govdash.core.filters import Period

Grain: TypeAlias = Literal["hour", "day", "week", "month"]
_STEPS: Final[dict[Grain, str]] = {"hour": "h", "day": "D", "week": "7D", "month": "MS"}


def buckets(period: Period, grain: Grain) -> pd.DatetimeIndex:
    """Return the naive local start of every bucket that `period` touches.

    A week begins on Monday, so the first week or month may begin before the period: its count
    then covers only the days inside.
    """
    first = pd.Timestamp(bucket_start(period.first, grain))
    after = pd.Timestamp(period.last + timedelta(days=1))
    return pd.date_range(first, after, freq=_STEPS[grain], inclusive="left", name="bucket").as_unit(
        "us"
    )


def bucket_start(day: date, grain: Grain) -> date:
    """Return the first day of the bucket that `day` lies in."""
    if grain == "week":
        return day - timedelta(days=day.weekday())
    return day.replace(day=1) if grain == "month" else day


def fill(
    counts: pd.DataFrame, period: Period, *, grain: Grain, by: str | None = None
) -> pd.DataFrame:
    """Return counts as a table without gaps.

    Parameters
    ----------
    counts : DataFrame
        ``bucket`` and ``n`` as `lake.queries.counts` gives them, and the column named by `by`.
        Rows of several other groups are added up; buckets outside the period are ignored.

    Returns
    -------
    DataFrame of int64, indexed by ``bucket``
        One column per group seen, in order (missing groups, 未落格, in a last column NaN);
        without `by`, the one column ``n``.
    """
    index = buckets(period, grain)
    if by is None:
        summed = counts.groupby("bucket")["n"].sum()
        return summed.reindex(index, fill_value=0).astype("int64").to_frame("n")
    table = counts.pivot_table(
        index="bucket", columns=by, values="n", aggfunc="sum", fill_value=0, dropna=False
    )
    return table.reindex(index, fill_value=0).astype("int64")


def daily_counts(events: pd.DataFrame, period: Period, *, by: str) -> pd.DataFrame:
    """Count events per local day and group, with the quiet days as zeros.

    Parameters
    ----------
    events : DataFrame, one row per event
        Needs ``reported_at`` (timezone-aware, any zone) and the column named by `by`.
    period : Period
        Local days to report. Events outside it are ignored.

    Returns
    -------
    DataFrame of int, shape (days in `period`, groups seen), indexed by ``day``
        Detectors read a gap as "no data" and a zero as "nothing happened".

    Raises
    ------
    InputError
        When ``reported_at`` has no zone.
    """
    at = events["reported_at"]
    if at.dt.tz is None:
        raise InputError("reported_at 没有时区；导入时请按来源时区转换为 UTC。")
    day = at.dt.tz_convert(period.zone).dt.tz_localize(None).dt.normalize().rename("day")
    days = pd.DatetimeIndex(pd.to_datetime(period.days()), name="day").as_unit("us")
    return pd.crosstab(day, events[by]).reindex(days, fill_value=0)


def so_far(hourly: pd.DataFrame) -> pd.DataFrame:
    """Add up an hourly table within each day: the curve of today, hour by hour."""
    starts = pd.DatetimeIndex(hourly.index)
    return hourly.groupby(starts.normalize()).cumsum()


def top(counts: pd.DataFrame, *, by: str, limit: int, rest: str = "其他") -> pd.DataFrame:
    """Return the most frequent groups, the remaining ones as one last row.

    Parameters
    ----------
    counts : DataFrame
        ``n`` and the column named by `by`; rows of the same group are added up, rows without
        a group belong to the rest.

    Returns
    -------
    DataFrame
        The column `by`, ``n``, and ``share`` of all (NaN when there is nothing); at most
        `limit` groups, ties in order of name, then `rest` if it has anything.
    """
    groups = counts.groupby(by)["n"].sum().reset_index()
    groups = groups.sort_values(["n", by], ascending=[False, True], ignore_index=True)
    groups = groups[groups["n"] > 0].head(limit)
    total = int(counts["n"].sum())
    left = total - int(groups["n"].sum())
    if left:
        groups = pd.concat([groups, pd.DataFrame({by: [rest], "n": [left]})], ignore_index=True)
    return groups.assign(n=groups["n"].astype("int64"), share=groups["n"] / (total or float("nan")))


def only(counts: pd.DataFrame, known: Sequence[str], *, by: str) -> pd.DataFrame:
    """Return the counts of all `known` groups in their order, zeros included: ``by``, ``n``."""
    summed = counts.groupby(by)["n"].sum()
    told = summed.reindex(pd.Index(list(known), name=by), fill_value=0)
    return told.astype("int64").reset_index()
