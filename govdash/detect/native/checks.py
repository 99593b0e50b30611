"""Counts of hours or weeks are held to the same contract as those of days."""

import numpy as np
import pandas as pd

from govdash.core.errors import InputError
from govdash.detect.contract import check_counts
from govdash.detect.native.calendar import Frequency
from govdash.detect.native.state import STEP


def check_buckets(counts: pd.DataFrame, *, freq: Frequency, needs: int = 1) -> None:
    """Refuse counts that break the contract, by name; see `contract.check_counts`.

    Weeks may begin on any weekday, all on the same; hours are whole hours of local time.
    """
    if freq == "D" or not len(counts) or not isinstance(counts.index, pd.DatetimeIndex):
        check_counts(counts, needs=needs)
        return
    buckets, step = counts.index, STEP[freq]
    if buckets.tz is not None or buckets.hasnans or buckets.has_duplicates:
        check_counts(counts, needs=needs)
    whole = buckets.floor("h") if freq == "H" else buckets.normalize()
    within = np.flatnonzero(np.asarray(buckets != whole))
    if len(within):
        unit = "整点" if freq == "H" else "整日"
        raise InputError(f"计数表的时间 {buckets[within[0]]} 不是{unit}。")
    if not buckets.is_monotonic_increasing:
        raise InputError("计数表的时间没有从早到晚排列；请先排序。")
    if len(buckets) < needs:
        raise InputError(f"历史太短：只有 {len(buckets)} 个时段，至少需要 {needs} 个。")
    gaps = np.flatnonzero(np.asarray(buckets[1:] - buckets[:-1] != step))
    if len(gaps):
        raise InputError(f"计数在 {buckets[gaps[0]]} 之后缺时段或间隔不一；没有事件的时段请填 0。")
    check_counts(counts.iloc[:1].set_axis(buckets[:1].normalize()))
    if all(kind.kind in "iu" for kind in counts.dtypes) and counts.to_numpy().min(initial=0) >= 0:
        return
    values = counts.to_numpy(dtype=float, na_value=np.nan)
    bad = np.argwhere(~((values >= 0) & (values == np.floor(values)) & np.isfinite(values)))
    if len(bad):
        row, column = (int(n) for n in bad[0])
        value = values[row, column]
        said = "是空值（NaN）" if np.isnan(value) else f" {value:g} 应为非负整数"
        raise InputError(f"序列“{counts.columns[column]}”在 {buckets[row]} 的计数{said}。")
