"""Shares: what each part of a window had beside what was usual there."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

import pandas as pd

#: Days of history before the window that tell what is usual in a part: 8 of each weekday.
_HISTORY: Final = 56


@dataclass(frozen=True)
class Share:
    """One part (child area, cell, category) of a window: what it had and what was usual."""

    key: str
    name: str
    observed: int
    expected: float

    @property
    def excess(self) -> float:
        """Observed minus expected."""
        return self.observed - self.expected


def shares_of(
    parts: pd.DataFrame, window: tuple[date, date], *, names: Mapping[str, str] | None = None
) -> tuple[Share, ...]:
    """Return each part's count in the window beside what was usual on such days before.

    Parameters
    ----------
    parts : DataFrame, days × parts, gap-free counts
        Expected is the mean of the same weekdays in the 8 weeks that end a week before the window
        (as many as there are; without any, 0).
    names : mapping of column to the name on the screen, optional

    Returns
    -------
    tuple of Share
        Parts with neither count nor expectation are left out.
    """
    start, end = (pd.Timestamp(day) for day in window)
    inside = parts.loc[start:end]
    until = start - pd.Timedelta(days=8)
    before = parts.loc[until - pd.Timedelta(days=_HISTORY - 1) : until]
    usual = before.groupby(pd.DatetimeIndex(before.index).day_of_week).mean()
    due = usual.reindex(pd.DatetimeIndex(inside.index).day_of_week).fillna(0.0).sum()
    seen = inside.sum()
    return tuple(
        Share(str(key), (names or {}).get(str(key), str(key)), int(seen[key]), float(due[key]))
        for key in parts.columns
        if seen[key] or due[key]
    )
