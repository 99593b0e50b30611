"""Two calendars of counts: hours by weekday, days by week."""

import pandas as pd

from govdash.core.filters import Period


def weekly_heat(counts: pd.DataFrame, period: Period, *, mean: bool = False) -> pd.DataFrame:
    """Return counts by weekday and hour.

    Parameters
    ----------
    counts : DataFrame
        ``weekday`` (Monday 0), ``hour``, ``n``; other groups are added up.
    mean : bool
        Divide by how often each weekday occurs in the period, so that a period of nine days
        does not look busier on its first two weekdays. A weekday that does not occur is NaN.

    Returns
    -------
    DataFrame, 7 rows (0 Monday … 6) by 24 columns (hours)
    """
    table = counts.pivot_table(
        index="weekday", columns="hour", values="n", aggfunc="sum", fill_value=0
    ).reindex(index=range(7), columns=range(24), fill_value=0)
    if not mean:
        return table.astype("int64")
    times = pd.Series([day.weekday() for day in period.days()]).value_counts()
    return table.astype(float).div(times.reindex(range(7)), axis=0)


def calendar_heat(daily: pd.Series, period: Period) -> pd.DataFrame:
    """Return counts laid out as a calendar.

    Parameters
    ----------
    daily : Series
        Counts by naive local day; a day that is absent counts as zero.

    Returns
    -------
    DataFrame, one row per day of the period
        ``day``, ``week`` (the Monday it belongs to), ``weekday`` (Monday 0), ``n``.
    """
    days = pd.DatetimeIndex(pd.to_datetime(period.days())).as_unit("us")
    weekday = days.day_of_week
    return pd.DataFrame(
        {
            "day": days,
            "week": days - pd.to_timedelta(weekday, unit="D"),
            "weekday": weekday.astype("int64"),
            "n": daily.reindex(days, fill_value=0).to_numpy(dtype="int64"),
        }
    )
