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
) -> Counts:
    """Return the counts of every series that the rules watch by local day, quiet days as zeros.

    The first row is the first day with any event within the history that the rules ask for (or
    `n_days`), the last row is `last`. With `at`, a moment of the day after, there is one more:
    that day up to the hour of `at`; a replay of an earlier moment must not see what came later.
    """
    period = Period.last_days(
        n_days or max(rule.parameters.history_days for rule in rules),
        until=last,
        zone_name=zone_name,
    )
    fine = _fine(lake, rules, period, grain="day")
    days = [pd.Timestamp(last)]
    if at is not None:
        day = last + timedelta(days=1)
        now = pd.Timestamp(at.astimezone(ZoneInfo(zone_name)).replace(tzinfo=None))
        today = _fine(lake, rules, Period(day, day, zone_name), grain="hour")
        today = today[today["bucket"] <= now].assign(bucket=pd.Timestamp(day))
        fine = pd.concat([fine, today], ignore_index=True)
        days.append(pd.Timestamp(day))
    if fine.empty:
        return Counts(pd.DataFrame(), pd.Series(dtype=float))
    parts = [_series(fine, rules, level, kind) for level, kind in _combinations(rules)]
    long = pd.concat([part for part, _ in parts])
    wide = long.unstack("series", fill_value=0)
    index = pd.date_range(fine["bucket"].min(), days[-1], name="day")
    least = pd.concat([least for _, least in parts])
    return Counts(wide.reindex(index, fill_value=0), least[wide.columns])


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
    mine = [rule.parameters for rule in rules if (level, kind) in _combinations([rule])]
    placed = fine.dropna(subset=[level])
    what = ALL if kind == "all" else placed[kind].astype(str)
    series = (placed[level].astype(str) + "|" + what).rename("series")
    counts = placed["n"].groupby([placed["bucket"], series]).sum()
    totals = counts.groupby("series").sum()
    kept = totals.index[totals >= min(p.min_total for p in mine)]
    least = min(p.min_observed if p.direction == "high" else 0.0 for p in mine)
    busy = counts[counts.index.get_level_values("series").isin(kept)]
    return busy, pd.Series(least, index=kept)


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
