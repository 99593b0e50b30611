"""Counts as rows (``series,date,count``): read, checked, made gap-free and scored."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Final

import numpy as np
import pandas as pd

from govdash.core.errors import InputError
from govdash.detect.buckets import DAY, WEEK, Bucket
from govdash.detect.classics.detectors import Span
from govdash.detect.contract import Detector
from govdash.detect.walk import REFIT_DAYS, walk_forward

ROW_COLUMNS: Final = ("series", "date", "count")

#: Digits of a count that is surely a slip: no city has 10^9 events a day.
_LARGEST: Final = 999_999_999

#: A longer stretch without any row is a mistyped year, not ten quiet years.
_LONGEST_GAP: Final = pd.Timedelta(days=3653)
#: Where buckets are numbered instead of dated, number 0; any day does, since no date is read.
_NUMBERED_FROM: Final = pd.Timestamp("2001-01-01")
#: More digits are no number of a bucket, but a date written as one.
_MOST_DIGITS: Final = 5
#: Steps that must all be weeks before a table is taken for one of weeks: days with few events
#: can lie a week apart now and then, not so often.
_WEEKS_SEEN: Final = 8
#: A time of day with its distance from UTC.
_ZONE: Final = r"[T ]\d{2}.*(?:Z|[+-]\d{2}:?(?:\d{2})?)$"
#: 1972-09-27: smaller numbers count buckets, larger ones can be days since 1970.
_FIRST_DAY_NUMBER: Final = 1_000


@dataclass(frozen=True)
class RowScores:
    """What `score_rows` did.

    Attributes
    ----------
    scores : DataFrame
        Score frame (`contract.SCORE_COLUMNS`) with ``note``, ordered by series, then day.
    filled : int
        Buckets that had no row inside a series' range and were taken as zero.
    skipped : dict of series to reason
        Series that could not be scored.
    """

    scores: pd.DataFrame
    filled: int
    skipped: dict[str, str]


def is_numbered(rows: pd.DataFrame) -> bool:
    """Whether the buckets have numbers (1, 2, 3 ...) instead of dates, as published series do."""
    if "date" not in rows.columns or rows.empty:
        return False
    return bool(rows["date"].str.strip().str.fullmatch(rf"\d{{1,{_MOST_DIGITS}}}").all())


def with_dates(rows: pd.DataFrame) -> pd.DataFrame:
    """Write dates for day numbers (days since 1970-01-01), as statistical programs keep weeks.

    Numbers of four or five digits that lie whole weeks apart within each series are such; any
    other table is returned as it is.
    """
    if not is_numbered(rows) or "series" not in rows.columns:
        return rows
    numbers = rows["date"].str.strip().astype("int64")
    steps = numbers.sort_values().groupby(rows["series"]).diff().dropna()
    weeks = len(steps) >= _WEEKS_SEEN and bool(((steps % 7 == 0) & (steps > 0)).all())
    if numbers.min() < _FIRST_DAY_NUMBER or not weeks:
        return rows
    days = pd.Timestamp("1970-01-01") + pd.to_timedelta(numbers, unit="D")
    return rows.assign(date=days.dt.strftime("%Y-%m-%d"))


def dated(number: int, bucket: Bucket) -> pd.Timestamp:
    """Return the date that stands for a numbered bucket; `numbered` is the way back."""
    return _NUMBERED_FROM + number * bucket.step


def numbered(dates: pd.Series, bucket: Bucket) -> pd.Series:
    """Return the numbers of buckets that `dated` gave dates."""
    return ((dates - _NUMBERED_FROM) // bucket.step).astype("int64")


def looks_weekly(rows: pd.DataFrame) -> bool:
    """Whether all buckets of every series lie whole weeks apart, often enough to tell."""
    if not {"series", "date"} <= set(rows.columns):
        return False
    text = rows["date"].str.strip()
    if text.str.contains(_ZONE).any():
        return False
    days = pd.to_datetime(text, format="ISO8601", errors="coerce")
    if days.isna().any():
        return False
    steps = days.sort_values().groupby(rows["series"]).diff().dropna()
    return len(steps) >= _WEEKS_SEEN and bool((pd.TimedeltaIndex(steps).days % 7 == 0).all())


def read_rows(rows: pd.DataFrame, *, bucket: Bucket = DAY) -> pd.DataFrame:
    """Check rows of text as they come from a file; return ``series``, ``date``, ``count`` typed.

    Raises
    ------
    InputError
        For a missing column, an empty series name, a date that is none, a count that is not a
        whole number >= 0, two rows of a series and bucket, or ten years without a row; the
        message names the line of the file (the header is line 1).
    """
    missing = [name for name in ROW_COLUMNS if name not in rows.columns]
    if missing:
        raise InputError(f"计数表缺少列：{'、'.join(missing)}；应有 {','.join(ROW_COLUMNS)}。")
    if rows.empty:
        raise InputError("计数表没有数据行；请检查文件。")
    series = rows["series"].str.strip()
    numbers = pd.to_numeric(rows["count"].str.strip(), errors="coerce")
    _refuse(series == "", rows["series"], "序列名称“{}”为空，请填写")
    days = _dates(rows, bucket)
    _refuse(numbers.isna(), rows["count"], "计数“{}”不是数字")
    _refuse(numbers < 0, rows["count"], "计数 {} 是负数，不能小于 0")
    _refuse(numbers % 1 != 0, rows["count"], "计数 {} 不是整数")
    _refuse(numbers > _LARGEST, rows["count"], "计数 {} 大得不合理，请检查")
    tidy = pd.DataFrame({"series": series, "date": days, "count": numbers.astype("int64")})
    again = tidy.duplicated(["series", "date"])
    _refuse(again, rows["date"], f"同一序列的日期“{{}}”重复，每{bucket.unit}只能有一行")
    if not is_numbered(rows):
        _refuse_gaps(tidy)
    if bucket is WEEK:
        off = (days - days.groupby(series).transform("min")).dt.days % 7 != 0
        _refuse(off, rows["date"], "日期“{}”与该序列第一周不在同一星期几，每周请用同一天表示")
    return tidy


def _refuse_gaps(tidy: pd.DataFrame) -> None:
    """Refuse a mistyped year, which would be a century of zeros."""
    ordered = tidy.sort_values(["series", "date"])
    before = ordered.groupby("series")["date"].shift()
    told = before.dt.strftime("%Y-%m-%d") + " 与 " + ordered["date"].dt.strftime("%Y-%m-%d")
    far = (ordered["date"] - before > _LONGEST_GAP).reindex(tidy.index)
    _refuse(far, told.reindex(tidy.index), "{} 之间没有数据，相隔超过 10 年，请检查年份")


def _dates(rows: pd.DataFrame, bucket: Bucket) -> pd.Series:
    text = rows["date"].str.strip()
    if is_numbered(rows):
        return _NUMBERED_FROM + text.astype("int64") * bucket.step
    zoned = text.str.contains(_ZONE)
    _refuse(zoned, rows["date"], "日期“{}”带有时区，请写本地日期，例如 2026-01-31")
    days = pd.to_datetime(text, format="ISO8601", errors="coerce")
    _refuse(days.isna(), rows["date"], "日期“{}”认不出，应写成 2026-01-31")
    if bucket.code == "H":
        _refuse(days != days.dt.floor("h"), rows["date"], "时间“{}”带有分秒，应为整点")
    else:
        _refuse(
            days != days.dt.normalize(),
            rows["date"],
            "日期“{}”带有时刻，应为整日；每小时的计数请加 --freq H",
        )
    return days


def score_rows(
    rows: pd.DataFrame,
    *,
    make: Callable[[Span], Detector],
    start: pd.Timestamp | None = None,
    refit_days: int = REFIT_DAYS,
    bucket: Bucket = DAY,
) -> RowScores:
    """Score every series of `rows` (as from `read_rows`) bucket by bucket from its own past.

    Buckets without a row between a series' first and last are zeros. Series with the same first
    bucket are scored together; that one of them ends earlier changes nothing, since no bucket
    looks ahead.

    Parameters
    ----------
    make : callable
        Makes a detector for series of this span (some look back further on longer series).

    Raises
    ------
    InputError
        When not a single series could be scored.
    """
    spans = rows.groupby("series")["date"].agg(["min", "max", "size"])
    spans["needs"] = [
        make(_span(first, last, start, bucket)).min_days
        for first, last in zip(spans["min"], spans["max"], strict=True)
    ]
    scored: list[pd.DataFrame] = []
    skipped: dict[str, str] = {}
    for (_, least), alike in spans.groupby(["min", "needs"]):
        needs = int(str(least))
        ends = alike["max"]
        wide = _gap_free(rows[rows["series"].isin(ends.index)], bucket)
        first, last = wide.index[0], wide.index[-1]
        begin = min(first + needs * bucket.step, last) if start is None else max(start, first)
        before = -((first - begin) // bucket.step)
        short = [key for key in wide.columns if before < needs or ends[key] < begin]
        for key in short:
            skipped[key] = (
                f"只有 {(ends[key] - first) // bucket.step + 1} {bucket.unit}，"
                f"无法从 {bucket.says(begin)} 起评分（之前至少需要 {needs} {bucket.unit}历史）"
            )
        usable = wide.drop(columns=short)
        if usable.shape[1]:
            span = _span(first, ends[usable.columns[0]], start, bucket)
            frame = walk_forward(
                usable, make=partial(make, span), start=begin, refit_days=refit_days
            )
            scored.append(frame[frame["date"] <= frame["series"].map(ends)])
    if not scored:
        key, why = next(iter(skipped.items()))
        raise InputError(f"没有一个序列可以评分。例如“{key}”：{why}。")
    within = np.asarray(spans["max"] - spans["min"]) // bucket.step.to_timedelta64() + 1
    filled = int((within - spans["size"]).sum())
    scores = pd.concat(scored, ignore_index=True).sort_values(["series", "date"])
    return RowScores(scores.reset_index(drop=True), filled, skipped)


def _span(
    first: pd.Timestamp, last: pd.Timestamp, start: pd.Timestamp | None, bucket: Bucket
) -> Span:
    before = None if start is None else max(-((first - start) // bucket.step), 0)
    return Span((last - first) // bucket.step + 1, before)


def _gap_free(rows: pd.DataFrame, bucket: Bucket) -> pd.DataFrame:
    wide = rows.pivot_table(index="date", columns="series", values="count", aggfunc="sum")
    first, last = rows["date"].min(), rows["date"].max()
    days = pd.date_range(first, last, freq=bucket.step, name=bucket.name)
    return wide.reindex(days).fillna(0).astype("int64")


def _refuse(wrong: pd.Series, shown: pd.Series, why: str) -> None:
    if wrong.any():
        n = int(wrong.to_numpy().argmax())
        more = f"（共 {int(wrong.sum())} 行如此）" if wrong.sum() > 1 else ""
        raise InputError(f"第 {n + 2} 行：{why.format(shown.iloc[n])}{more}。")
