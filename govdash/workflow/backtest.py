"""Backtest: replay the lake's history through the rules and judge it against labelled incidents."""

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

import pandas as pd

from govdash.access import SYSTEM
from govdash.core.errors import InputError
from govdash.core.settings import Settings
from govdash.core.times import local_day
from govdash.detect import Backtest, judge
from govdash.lake import Lake, queries
from govdash.store import Store
from govdash.workflow.replaying import Record

#: More days than any record has: all that can be replayed.
_EVERY: Final = 3660
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
    end = last or last_complete_day(lake, settings.zone)
    record = Record.read(store, lake, settings, last=end)
    start, end = record.period(first, end, usual_days=_EVERY)
    findings = record.replay(record.counts, start, end, told=progress or _silent)
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


def _silent(_share: float) -> None:
    """Tell nobody."""


def _day(text: str, zone: ZoneInfo, path: Path) -> date:
    try:
        moment = pd.Timestamp(text)
    except ValueError:
        raise InputError(f"标注文件 {path} 中的时间“{text}”无法识别。") from None
    if moment is pd.NaT:
        raise InputError(f"标注文件 {path} 中有空的时间。")
    return (moment if moment.tzinfo is None else moment.tz_convert(zone)).date()
