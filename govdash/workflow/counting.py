"""The counts that rules look at: from the lake into gap-free frames of days × series."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from govdash.access import SYSTEM, query_for
from govdash.core.filters import EventFilter, Period
from govdash.detect import ALL
from govdash.lake import Lake, queries
from govdash.store.underlying import CHANNEL
from govdash.workflow import monthly
from govdash.workflow.memory import Memory
from govdash.workflow.rules import Rule

_LONGEST: Final = 7  # days of the longest window (`detect.windows`)
_MAJOR_LENGTH: Final = 4  # "A-06"


@dataclass(frozen=True, slots=True)
class Counts:
    """Days × series (`detect.keys`), and the smallest window count a rule looks at, by series."""

    daily: pd.DataFrame
    least: "pd.Series[float]"

    def until(self, day: date) -> pd.DataFrame:
        """Return the days up to one, it included."""
        return self.daily.loc[: pd.Timestamp(day)]

    def candidates(self, first: date, last: date) -> list[str]:
        """Return the series that can be found on some day from `first` to `last`.

        A rule wants so many events in a window, so a series that stays below in any window cannot
        speak. The few that are left are learned and scored; `Watch.find` keeps the false
        discovery rate that all series together would have.
        """
        since = pd.Timestamp(first) - pd.Timedelta(days=_LONGEST - 1)
        recent = self.daily.loc[since : pd.Timestamp(last)].to_numpy()
        summed = np.cumsum(recent, axis=0)
        summed[_LONGEST:] -= summed[:-_LONGEST].copy()
        enough = summed.max(axis=0) >= self.least.to_numpy()
        return [str(n) for n, found in zip(self.daily.columns, enough, strict=True) if found]


def history(
    lake: Lake,
    rules: Sequence[Rule],
    *,
    last: date,
    zone_name: str,
    at: datetime | None = None,
    n_days: int | None = None,
    memory: Memory | None = None,
) -> Counts:
    """Return the counts of every series that the rules watch by local day, quiet days as zeros.

    The first row is the first day with any placed event within the history that the rules ask for
    (or `n_days`), the last row is `last`. With `at`, a moment of the day after, there is one more:
    that day up to the hour of `at`; a replay of an earlier moment must not see what came later.
    With a `memory`, only months that changed since they were counted are counted; the counts are
    the same.
    """
    period = Period.last_days(
        n_days or max(rule.parameters.history_days for rule in rules),
        until=last,
        zone_name=zone_name,
    )
    today = None if at is None else _today(lake, rules, at, last + timedelta(days=1), zone_name)
    if memory is not None:
        return _remembered(lake, memory, rules, period, today)
    fine = _fine(lake, rules, period, grain="day")
    end = pd.Timestamp(last)
    if today is not None:
        fine = pd.concat([fine, today], ignore_index=True)
        end += pd.Timedelta(days=1)
    if fine.empty:
        return Counts(pd.DataFrame(), pd.Series(dtype=float))
    parts = [_series(fine, rules, level, kind) for level, kind in _combinations(rules)]
    long = pd.concat([part for part, _ in parts])
    wide = long.unstack("series", fill_value=0).sort_index(axis=1)
    placed = fine.dropna(subset=[level for level, _ in _combinations(rules)], how="all")
    if placed.empty:
        return Counts(pd.DataFrame(), pd.Series(dtype=float))
    index = pd.date_range(placed["bucket"].min(), end, name="day")
    least = pd.concat([least for _, least in parts])
    return Counts(wide.reindex(index, fill_value=0), least[wide.columns])


def _today(
    lake: Lake, rules: Sequence[Rule], at: datetime, day: date, zone_name: str
) -> pd.DataFrame:
    """Count as `_fine` what came on `day` up to the hour of `at`."""
    now = pd.Timestamp(at.astimezone(ZoneInfo(zone_name)).replace(tzinfo=None))
    today = _fine(lake, rules, Period(day, day, zone_name), grain="hour")
    return today[today["bucket"] <= now].assign(bucket=pd.Timestamp(day))


def _remembered(
    lake: Lake,
    memory: Memory,
    rules: Sequence[Rule],
    period: Period,
    today: pd.DataFrame | None,
) -> Counts:
    """Return what `history` does, from the months that `memory` holds."""
    pairs = _combinations(rules)

    def grouped(fine: pd.DataFrame) -> "list[pd.Series[int]]":
        return [_grouped(fine, level, kind) for level, kind in pairs]

    def count(month: Period) -> "list[pd.Series[int]]":
        return grouped(_fine(lake, rules, month, grain="day"))

    told = [rules[0].parameters.subject, pairs]
    parts = list(monthly.blocks(lake, memory, period, told=told, count=count))
    last = period.last
    if today is not None:
        last += timedelta(days=1)
        parts.append(monthly.Block.of(grouped(today), last, 1))
    known = [_known(rules, level, kind) for level, kind in pairs]
    daily, group = monthly.joined(parts, last, least=[total for total, _ in known])
    least = np.array([number for _, number in known], dtype=float)[group]
    return Counts(daily, pd.Series(least, index=daily.columns))


def _fine(lake: Lake, rules: Sequence[Rule], period: Period, *, grain: str) -> pd.DataFrame:
    """Count once by all area levels and kinds that the rules watch; the rest is adding up.

    Columns: the levels, ``channel`` or ``category`` and ``major``, ``bucket``, ``n``.
    """
    levels = {level for level, _ in _combinations(rules)}
    kind = "channel" if rules[0].parameters.subject == "channel" else "category"
    query = query_for(SYSTEM, EventFilter(period=period))
    counted = queries.counts(lake, query, by=(*sorted(levels), kind), grain=grain)
    if kind == "category":
        return counted.assign(major=counted[kind].str[:_MAJOR_LENGTH])
    return counted.assign(channel=CHANNEL + counted[kind].astype(str))


def _series(
    fine: pd.DataFrame, rules: Sequence[Rule], level: str, kind: str
) -> "tuple[pd.Series[int], pd.Series[float]]":
    """Return the counts by (``bucket``, ``series``) of one level and kind, busy series only.

    With them, by series: the smallest number within a window that a rule would look at.
    """
    total, least = _known(rules, level, kind)
    counts = _grouped(fine, level, kind)
    totals = counts.groupby("series").sum()
    kept = totals.index[totals >= total]
    busy = counts[counts.index.get_level_values("series").isin(kept)]
    return busy, pd.Series(least, index=kept)


def _grouped(fine: pd.DataFrame, level: str, kind: str) -> "pd.Series[int]":
    """Add the fine counts up by (``bucket``, ``series``)."""
    placed = fine.dropna(subset=[level])
    what = ALL if kind == "all" else placed[kind].astype(str)
    series = (placed[level].astype(str) + "|" + what).rename("series")
    return placed["n"].groupby([placed["bucket"], series]).sum()


def _known(rules: Sequence[Rule], level: str, kind: str) -> tuple[int, float]:
    """Return the least events of a series that is watched, and the least in a window."""
    mine = [rule.parameters for rule in rules if (level, kind) in _combinations([rule])]
    least = min(float(p.min_observed) if p.direction == "high" else 0.0 for p in mine)
    return min(p.min_total for p in mine), least


def _combinations(rules: Sequence[Rule]) -> list[tuple[str, str]]:
    """Return (area level, kind of category) of everything that the rules watch."""
    return sorted(
        {
            (level.value, kind)
            for rule in rules
            for level in rule.parameters.areas
            for kind in (
                ("channel",) if rule.parameters.subject == "channel" else rule.parameters.categories
            )
        }
    )
