"""Counts as rows (``series,date,count``): read, checked, made gap-free and scored."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import pandas as pd

from govdash.core.errors import InputError
from govdash.detect.contract import Detector
from govdash.detect.walk import REFIT_DAYS, walk_forward

ROW_COLUMNS: Final = ("series", "date", "count")

#: Digits of a count that is surely a slip: no city has 10^9 events a day.
_LARGEST: Final = 999_999_999


@dataclass(frozen=True)
class RowScores:
    """What `score_rows` did.

    Attributes
    ----------
    scores : DataFrame
        Score frame (`contract.SCORE_COLUMNS`) with ``note``, ordered by series, then day.
    filled : int
        Days that had no row inside a series' range and were taken as zero.
    skipped : dict of series to reason
        Series that could not be scored.
    """

    scores: pd.DataFrame
    filled: int
    skipped: dict[str, str]


def read_rows(rows: pd.DataFrame) -> pd.DataFrame:
    """Check rows of text as they come from a file; return ``series``, ``date``, ``count`` typed.

    Raises
    ------
    InputError
        For a missing column, an empty series name, a date that is none, a count that is not a
        whole number >= 0, or two rows of a series and day; the message names the line of the file
        (the header is line 1).
    """
    missing = [name for name in ROW_COLUMNS if name not in rows.columns]
    if missing:
        raise InputError(f"计数表缺少列：{'、'.join(missing)}；应有 {','.join(ROW_COLUMNS)}。")
    if rows.empty:
        raise InputError("计数表没有数据行；请检查文件。")
    series = rows["series"].str.strip()
    days = pd.to_datetime(rows["date"].str.strip(), format="ISO8601", errors="coerce")
    numbers = pd.to_numeric(rows["count"].str.strip(), errors="coerce")
    _refuse(series == "", rows["series"], "序列名称“{}”为空，请填写")
    _refuse(days.isna(), rows["date"], "日期“{}”认不出，应写成 2026-01-31")
    if days.dt.tz is not None:
        raise InputError("日期带有时区；请写本地日期，例如 2026-01-31。")
    _refuse(days != days.dt.normalize(), rows["date"], "日期“{}”带有时刻，应为整日")
    _refuse(numbers.isna(), rows["count"], "计数“{}”不是数字")
    _refuse(numbers < 0, rows["count"], "计数 {} 是负数，不能小于 0")
    _refuse(numbers % 1 != 0, rows["count"], "计数 {} 不是整数")
    _refuse(numbers > _LARGEST, rows["count"], "计数 {} 大得不合理，请检查")
    tidy = pd.DataFrame({"series": series, "date": days, "count": numbers.astype("int64")})
    again = tidy.duplicated(["series", "date"])
    _refuse(again, rows["date"], "同一序列的日期“{}”重复，每天只能有一行")
    return tidy


def score_rows(
    rows: pd.DataFrame,
    *,
    make: Callable[[], Detector],
    start: pd.Timestamp | None = None,
    refit_days: int = REFIT_DAYS,
) -> RowScores:
    """Score every series of `rows` (as from `read_rows`) day by day from its own past.

    Days without a row between a series' first and last are zeros. Series with the same first day
    are scored together; that one of them ends earlier changes nothing, since no day looks ahead.

    Raises
    ------
    InputError
        When not a single series could be scored.
    """
    spans = rows.groupby("series")["date"].agg(["min", "max", "size"])
    needs = make().min_days
    scored: list[pd.DataFrame] = []
    skipped: dict[str, str] = {}
    for day in sorted(set(spans["min"])):
        ends = spans.loc[spans["min"] == day, "max"]
        wide = _gap_free(rows[rows["series"].isin(ends.index)])
        first, last = wide.index[0], wide.index[-1]
        begin = min(first + pd.Timedelta(days=needs), last) if start is None else max(start, first)
        enough = (begin - first).days >= needs
        short = [key for key in wide.columns if not enough or ends[key] < begin]
        for key in short:
            skipped[key] = (
                f"只有 {(ends[key] - first).days + 1} 天，无法从 {begin.date()} 起评分"
                f"（之前至少需要 {needs} 天历史）"
            )
        usable = wide.drop(columns=short)
        if usable.shape[1]:
            frame = walk_forward(usable, make=make, start=begin, refit_days=refit_days)
            scored.append(frame[frame["date"] <= frame["series"].map(ends)])
    if not scored:
        key, why = next(iter(skipped.items()))
        raise InputError(f"没有一个序列可以评分。例如“{key}”：{why}。")
    filled = int(((spans["max"] - spans["min"]).dt.days + 1 - spans["size"]).sum())
    scores = pd.concat(scored, ignore_index=True).sort_values(["series", "date"])
    return RowScores(scores.reset_index(drop=True), filled, skipped)


def _gap_free(rows: pd.DataFrame) -> pd.DataFrame:
    wide = rows.pivot_table(index="date", columns="series", values="count", aggfunc="sum")
    days = pd.date_range(rows["date"].min(), rows["date"].max(), name="day")
    return wide.reindex(days).fillna(0).astype("int64")


def _refuse(wrong: pd.Series, shown: pd.Series, why: str) -> None:
    if wrong.any():
        n = int(wrong.to_numpy().argmax())
        more = f"（共 {int(wrong.sum())} 行如此）" if wrong.sum() > 1 else ""
        raise InputError(f"第 {n + 2} 行：{why.format(shown.iloc[n])}{more}。")
