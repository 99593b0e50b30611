"""Backtest: replay the lake's history through the rules and judge it against labelled incidents."""

from collections.abc import Callable
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

import pandas as pd

from govdash.access import SYSTEM
from govdash.core.errors import InputError
from govdash.core.settings import Settings
from govdash.core.times import local_day
from govdash.detect import Backtest, Finding, judge
from govdash.detect.walk import REFIT_DAYS, refits
from govdash.lake import Lake, queries
from govdash.store import Store
from govdash.workflow import counting, watched
from govdash.workflow import rules as rule_book
from govdash.workflow.calendar import WorkCalendar
from govdash.workflow.counting import Counts
from govdash.workflow.naming import Names
from govdash.workflow.watched import Look, Watch

#: Days replayed with one choice of series worth learning: few enough that the choice is small.
_STRETCH: Final = 28
#: History before the first replayed day: a trend is told from a quarter on (`detect.regressors`).
_HISTORY: Final = 120
#: More than any record has; counts begin with the first event.
_RECORD_DAYS: Final = 3660
_LABELS: Final = ("incident_id", "category", "area_path")

Progress = Callable[[float], None]


def run(
    store: Store,
    lake: Lake,
    settings: Settings,
    labels: pd.DataFrame,
    *,
    first: date | None = None,
    last: date | None = None,
    progress: Progress | None = None,
) -> Backtest:
    """Replay every day from `first` to `last` as its own tick and judge what the rules took.

    Each day sees only the days up to itself; baselines are learned anew every week. Without
    `first` the replay begins as soon as there are 120 days of history; without `last` it ends
    with the last complete day of the data.

    Parameters
    ----------
    labels : DataFrame
        What `read_labels` returns.
    progress : callable, optional
        Told the share done, from 0 to 1.

    Raises
    ------
    InputError
        When no rule is on, or the record is too short for the period.
    """
    with store.read() as session:
        watches = watched.watches(rule_book.current(session))
        names = Names.load(session)
    if not watches:
        raise InputError("没有启用的规则；请先运行 govdash init，或启用一条规则。")
    end = last or last_complete_day(lake, settings.zone)
    records = [
        counting.history(
            lake, watch.rules, last=end, zone_name=settings.timezone, n_days=_RECORD_DAYS
        )
        for watch in watches
    ]
    begun = [counts.daily.index[0].date() for counts in records if counts.daily.shape[1]]
    if not begun:
        raise InputError("数据湖中没有可评分的序列；请先导入事件并运行 govdash lake sync。")
    earliest = min(begun) + timedelta(days=_HISTORY)
    start = first or earliest
    if start < earliest or end < start:
        raise InputError(
            f"回放时段 {start} 至 {end} 不成立：记录从 {min(begun)} 开始，学习需要 {_HISTORY} 天，"
            f"最早可从 {earliest} 回放。"
        )
    calendar = WorkCalendar.load(settings.data)
    findings: list[Finding] = []
    total = (end - start).days + 1
    for n in range(0, total, _STRETCH):
        begin = start + timedelta(days=n)
        until = min(begin + timedelta(days=_STRETCH - 1), end)
        seen = [
            _looks(watch, counts, begin, until, calendar=calendar)
            for watch, counts in zip(watches, records, strict=True)
        ]
        for day in pd.date_range(begin, until):
            looks = [of_day[day] for of_day in seen if day in of_day]
            for look, told in zip(looks, watched.findings_of(looks, names), strict=True):
                findings += [finding for finding in told if look.watch.taker(finding)]
        if progress is not None:
            progress(min(n + _STRETCH, total) / total)
    return judge(findings, labels, first_day=start, last_day=end)


def read_labels(path: Path, zone: ZoneInfo) -> pd.DataFrame:
    """Read labelled incidents as `judge` wants them, one row each.

    The file has ``incident_id``, ``category`` (key, major, ``*`` or a channel such as
    ``@sensor``), ``area_path``, and local days ``start_day``, ``end_day`` or moments ``start``,
    ``end`` (with zone, or local). It may have ``kind``, ``name`` and ``direction`` (``high``,
    ``low``, empty for either).

    Raises
    ------
    InputError
        When the file cannot be read, lacks a column, or a time is no time.
    """
    try:
        table = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig")
    except FileNotFoundError:
        raise InputError(f"找不到标注文件 {path}；请检查路径。") from None
    except (OSError, UnicodeDecodeError, pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        raise InputError(f"标注文件 {path} 不是可读的 CSV（UTF-8）。") from error
    times = [
        next((name for name in (f"{end}_day", end) if name in table.columns), f"{end}_day")
        for end in ("start", "end")
    ]
    missing = [name for name in (*_LABELS, *times) if name not in table.columns]
    if missing:
        raise InputError(f"标注文件 {path} 缺少列：{'、'.join(missing)}。")
    days = {
        f"{end}_day": [_day(text, zone, path) for text in table[name]]
        for end, name in zip(("start", "end"), times, strict=True)
    }
    for name in ("kind", "name", "direction"):
        if name not in table.columns:
            table[name] = ""
    return table[[*_LABELS, "kind", "name", "direction"]].assign(**days)


def last_complete_day(lake: Lake, zone: ZoneInfo) -> date:
    """Return the last local day that the data cover whole: the one before the newest report."""
    fresh = queries.freshness(lake, SYSTEM.scope)
    if fresh.empty:
        raise InputError("数据湖中没有事件；请先导入事件并运行 govdash lake sync。")
    newest = pd.Timestamp(fresh["last_reported_at"].max()).to_pydatetime()
    return local_day(newest, zone) - timedelta(days=1)


def _looks(
    watch: Watch, counts: Counts, first: date, last: date, *, calendar: WorkCalendar
) -> dict[pd.Timestamp, Look]:
    """Return what a watch sees of each day of a stretch."""
    learned = counts.candidates(first, last) if counts.daily.shape[1] else []
    if not learned:
        return {}
    since = first - timedelta(days=watch.history_days)
    known = counts.daily.loc[pd.Timestamp(since) : pd.Timestamp(last), learned]
    return {
        day: watch.look(detector, counts, learned=learned, at_day=day.date())
        for day, detector in refits(
            known,
            first=pd.Timestamp(first),
            last=pd.Timestamp(last),
            make=partial(watch.make, calendar, since, last),
            refit_days=REFIT_DAYS,
        )
    }


def _day(text: str, zone: ZoneInfo, path: Path) -> date:
    try:
        moment = pd.Timestamp(text)
    except ValueError:
        raise InputError(f"标注文件 {path} 中的时间“{text}”无法识别。") from None
    if moment is pd.NaT:
        raise InputError(f"标注文件 {path} 中有空的时间。")
    return (moment if moment.tzinfo is None else moment.tz_convert(zone)).date()
