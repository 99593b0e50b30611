"""What the rules watch: counts from the lake as gap-free frames, and findings from them."""

import inspect
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

import pandas as pd

from govdash.access import SYSTEM, query_for
from govdash.core.filters import EventFilter, Period
from govdash.core.vocab import AreaLevel
from govdash.detect import (
    ALL,
    DETECTORS,
    Detector,
    Finding,
    FindPolicy,
    make_detector,
    shares_of,
    split_key,
    with_shares,
)
from govdash.lake import Lake, queries
from govdash.store.underlying import CHANNEL
from govdash.workflow.calendar import WorkCalendar
from govdash.workflow.naming import Names
from govdash.workflow.rules import Rule

#: Shares kept with an alert: more than a person reads; the sentence was made from all of them.
_SHARES: Final = 12
#: History that tells what is usual in a part (`detect.shares_of`): eight weeks, a week apart.
_SHARE_DAYS: Final = 70
_CELL: Final = AreaLevel.GRID.value


@dataclass(frozen=True, slots=True)
class Watch:
    """Rules that look at the same series with the same detector: one tick over all of them."""

    detector: str
    parameters: dict[str, Any]
    subject: str
    rules: tuple[Rule, ...]

    @property
    def history_days(self) -> int:
        """Longest history that a rule asks for."""
        return max(rule.parameters.history_days for rule in self.rules)

    @property
    def partial_day(self) -> bool:
        """Whether a rule wants to hear about today before it is over."""
        return any(rule.parameters.partial_day for rule in self.rules)

    def policy(self, *, today: bool = False) -> FindPolicy:
        """Return the widest policy of the rules; each rule then takes what is its own.

        Today is held against what a whole day may bring, and can only be too high.
        """
        windows = {1} if today else {w for rule in self.rules for w in rule.parameters.windows}
        low = any(rule.parameters.direction == "low" for rule in self.rules)
        return FindPolicy(
            fdr=max(rule.parameters.fdr for rule in self.rules),
            min_excess=min(rule.parameters.min_excess for rule in self.rules),
            widths=tuple(sorted(windows)),
            low_side=low and not today,
        )

    def make(self, calendar: WorkCalendar, first: date, last: date) -> Detector:
        """Return a fresh detector; one that can use holidays is told those of the calendar."""
        known = dict(self.parameters)
        if "holidays" in inspect.signature(DETECTORS[self.detector]).parameters:
            known["holidays"] = calendar.holidays(first, last + timedelta(days=7))
        return make_detector(self.detector, **known)

    def taker(self, finding: Finding, *, open_rule: str | None = None) -> Rule | None:
        """Return the rule whose alert a finding becomes; None when no rule wants it.

        A matter that has an open alert stays with that alert's rule although another window
        tells it best today, so that one matter is one alert. Else the highest level decides.
        """
        for rule in self.rules:
            if rule.code == open_rule and rule.speaks(finding):
                return rule
        takers = [
            (level.rank, n)
            for n, rule in enumerate(self.rules)
            if rule.takes(finding) and (level := rule.level_of(finding))
        ]
        return self.rules[min(takers)[1]] if takers else None

    def speaks(self, finding: Finding) -> bool:
        """Whether a finding may matter to a rule, be it for an alert that is open already."""
        return any(rule.speaks(finding) for rule in self.rules)


def watches(rules: Sequence[Rule]) -> list[Watch]:
    """Put rules that can share a tick together; switched off ones are left out."""
    groups: dict[tuple[str, str, str], list[Rule]] = {}
    for rule in rules:
        if rule.enabled:
            told = json.dumps(rule.parameters.detector_parameters, sort_keys=True)
            groups.setdefault((rule.detector, rule.parameters.subject, told), []).append(rule)
    return [
        Watch(detector, json.loads(told), subject, tuple(mine))
        for (detector, subject, told), mine in groups.items()
    ]


def daily(lake: Lake, watch: Watch, *, last: date, zone_name: str) -> pd.DataFrame:
    """Return the counts of every watched series by local day, quiet days as zeros.

    Columns are series keys (`detect.keys`). The first row is the first day with any event within
    the history that the rules ask for, the last row is `last`; empty without events.
    """
    period = Period.last_days(watch.history_days, until=last, zone_name=zone_name)
    long = _counted(lake, watch, period, grain="day")
    if long.empty:
        return pd.DataFrame()
    wide = long.set_index(["bucket", "series"])["n"].unstack(fill_value=0)
    days = pd.date_range(wide.index.min(), pd.Timestamp(last), name="day")
    return wide.reindex(days, fill_value=0)


def with_today(
    counts: pd.DataFrame, lake: Lake, watch: Watch, *, at: datetime, zone_name: str
) -> pd.DataFrame:
    """Return `counts` with one more row: today up to the hour of `at`.

    The hour, because a replay of an earlier moment must not see what came later that day.
    """
    zone = ZoneInfo(zone_name)
    now = pd.Timestamp(at.astimezone(zone).replace(tzinfo=None))
    day = now.normalize()
    long = _counted(lake, watch, Period(day.date(), day.date(), zone_name), grain="hour")
    today = long[long["bucket"] <= now].groupby("series")["n"].sum()
    columns = pd.Index(sorted({*counts.columns, *today.index}), dtype="str")
    row = today.reindex(columns, fill_value=0).rename(day).to_frame().T
    both = pd.concat([counts.reindex(columns=columns, fill_value=0), row])
    return both.astype("int64").rename_axis("day")


def busy(counts: pd.DataFrame, watch: Watch) -> pd.DataFrame:
    """Keep the series that have as many events as a rule that watches them asks for."""
    kept: list[str] = []
    for name, total in counts.sum().items():
        key = split_key(str(name))
        asked = [
            rule.parameters.min_total
            for rule in watch.rules
            if rule.watches(key.area_path, key.category)
        ]
        if asked and int(total) >= min(asked):
            kept.append(str(name))
    return counts[kept]


def with_cells(lake: Lake, finding: Finding, *, names: Names, zone_name: str) -> Finding:
    """Return `finding` with the grid cells that its excess comes from, where there are cells."""
    if finding.category.startswith(CHANNEL):
        return finding
    first = finding.window_start - timedelta(days=_SHARE_DAYS)
    chosen = EventFilter(
        period=Period(first, finding.window_end, zone_name),
        areas=(finding.area_path,),
        categories=() if finding.category == ALL else (finding.category,),
    )
    counted = queries.counts(lake, query_for(SYSTEM, chosen), by=(_CELL,), grain="day")
    counted = counted.dropna(subset=[_CELL])
    if counted.empty:
        return finding
    parts = counted.set_index(["bucket", _CELL])["n"].unstack(fill_value=0)
    parts = parts.reindex(pd.DatetimeIndex(chosen.period.days()), fill_value=0)
    shares = shares_of(parts, (finding.window_start, finding.window_end), names=names.areas)
    evidence = with_shares(finding.evidence, shares, part_word=AreaLevel.GRID.label)
    return replace(finding, evidence=replace(evidence, shares=evidence.shares[:_SHARES]))


def _counted(lake: Lake, watch: Watch, period: Period, *, grain: str) -> pd.DataFrame:
    """Return ``series``, ``bucket``, ``n`` of every level and kind that the rules watch."""
    query = query_for(SYSTEM, EventFilter(period=period))
    parts = [pd.DataFrame({"series": [], "bucket": [], "n": []})]
    for level, kind in sorted(_combinations(watch.rules)):
        by = (level,) if kind == "all" else (level, kind)
        counted = queries.counts(lake, query, by=by, grain=grain).dropna(subset=list(by))
        if counted.empty:
            continue
        category = ALL if kind == "all" else counted[kind].astype(str)
        if kind == "channel":
            category = CHANNEL + category
        series = counted[level].astype(str) + "|" + category
        parts.append(counted.assign(series=series)[["series", "bucket", "n"]])
    return pd.concat(parts[1:] or parts, ignore_index=True)


def _combinations(rules: Sequence[Rule]) -> set[tuple[str, str]]:
    """Return (area level, kind of category) of everything that the rules watch."""
    return {
        (level.value, kind)
        for rule in rules
        for level in rule.parameters.areas
        for kind in (
            ("channel",) if rule.parameters.subject == "channel" else rule.parameters.categories
        )
    }
