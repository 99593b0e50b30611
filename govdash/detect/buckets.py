"""Buckets of time that counts come in: days, weeks and hours, and how a table shows which."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Final

import pandas as pd

from govdash.core.errors import InputError


@dataclass(frozen=True)
class Bucket:
    """One length of bucket.

    Attributes
    ----------
    code : str
        ``D``, ``W`` or ``H``, as commands take it.
    name : str
        Name of the index of a table of such counts.
    step : Timedelta
    unit : str
        How many there are is told in this unit.
    label : str
        What such counts are called.
    per_year : int
        Buckets taken for a year where no date tells; 52 weeks, 365 days.
    """

    code: str
    name: str
    step: pd.Timedelta
    unit: str
    label: str
    per_year: int

    def says(self, moment: datetime) -> str:
        """Return `moment` as people read it: with the hour where buckets are hours."""
        if self.code == "H":
            return f"{moment:%Y-%m-%d %H:%M}"
        return moment.date().isoformat()


DAY: Final = Bucket("D", "day", pd.Timedelta(days=1), "天", "每日", 365)
WEEK: Final = Bucket("W", "week", pd.Timedelta(days=7), "周", "每周", 52)
HOUR: Final = Bucket("H", "hour", pd.Timedelta(hours=1), "小时", "每小时", 8760)

#: Every bucket by its code.
BUCKETS: Final[Mapping[str, Bucket]] = MappingProxyType({b.code: b for b in (DAY, WEEK, HOUR)})
_BY_NAME: Final = {b.name: b for b in BUCKETS.values()}
_BY_STEP: Final = {b.step: b for b in BUCKETS.values()}


def bucket_named(code: str) -> Bucket:
    """Return the bucket with `code`, or raise `InputError` with those there are."""
    try:
        return BUCKETS[code]
    except KeyError:
        known = "、".join(f"{b.code}（{b.label}）" for b in BUCKETS.values())
        raise InputError(f"间隔 {code} 不受支持；目前可用：{known}。") from None


def bucket_of(counts: pd.DataFrame) -> Bucket:
    """Return the bucket of a table: by the name of its index, else by the smallest step in it.

    Days where neither tells; whether the table keeps to it is for `contract.check_counts`.
    """
    moments = counts.index
    named = _BY_NAME.get(str(moments.name))
    if named is not None or not isinstance(moments, pd.DatetimeIndex) or len(moments) < 2:
        return named or DAY
    steps = moments.to_series().diff().dropna().abs()
    return _BY_STEP.get(steps[steps > pd.Timedelta(0)].min(), DAY)
