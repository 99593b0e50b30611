"""What the rules watch together: one detector over their series, and whose a finding is."""

import inspect
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any, Final

import numpy as np
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
    WindowScores,
    benjamini_hochberg,
    find_scored,
    make_detector,
    score_windows,
    shares_of,
    with_shares,
)
from govdash.lake import Lake, queries
from govdash.store.underlying import CHANNEL
from govdash.workflow.calendar import WorkCalendar
from govdash.workflow.counting import Counts
from govdash.workflow.naming import Names
from govdash.workflow.rules import Rule
from govdash.workflow.silence import held_back, silences, with_silence

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
        """Return a fresh detector; one that knows holidays is told those of the calendar."""
        known = dict(self.parameters)
        takes = inspect.signature(DETECTORS[self.detector]).parameters
        ahead = last + timedelta(days=7)  # and a week to come, for windows and today
        if "holidays" in takes:
            known["holidays"] = calendar.holidays(first, ahead)
        if "workdays" in takes:
            known["workdays"] = calendar.worked_weekends(first, ahead)
        if "windows" in takes and "windows" not in known:
            known["windows"] = dict.fromkeys(sorted({1, *self.policy().widths}), 1.0)
        return make_detector(self.detector, **known)

    def look(
        self,
        detector: Detector,
        counts: Counts,
        *,
        learned: Sequence[str],
        at_day: date,
        today: bool = False,
    ) -> "Look":
        """Score the end of a day; the detector has `learned` the series that can be found."""
        known = counts.until(at_day)[list(learned)]
        policy = self.policy(today=today)
        scores = score_windows(
            detector,
            known,
            at_day=pd.Timestamp(at_day),
            widths=policy.widths,
            low_side=policy.low_side,
        )
        return Look(self, policy, scores, known, counts.daily.shape[1])

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


@dataclass(frozen=True, slots=True)
class Look:
    """What one watch saw of one day."""

    watch: Watch
    policy: FindPolicy
    scores: WindowScores
    counts: pd.DataFrame  # days up to it × the series that were scored
    size: int  # of all series, also those that were not worth scoring


@dataclass(frozen=True, slots=True)
class Told:
    """What a look may tell its rules, and what a silent channel `held` back."""

    findings: list[Finding]
    held: list[Finding]


def findings_of(looks: Sequence[Look], names: Names) -> list[Told]:
    """Return what each look may tell its rules.

    The false discovery rate is that of all series of all looks together; those that were not
    scored have the largest p-values, so their number is all that matters. A window that is
    abnormal only for its first days is left out: that matter is over. What is low because a
    channel is silent is held back (`silence`).
    """
    if not looks:
        return []
    p_values = np.concatenate([look.scores.p_value for look in looks])
    q_values = benjamini_hochberg(p_values, tests=sum(look.size for look in looks))
    ends = np.cumsum([len(look.scores.p_value) for look in looks], dtype=int)
    found = [
        [
            with_silence(finding, look.counts[finding.series])
            for finding in find_scored(
                look.scores, q, look.counts, policy=look.policy, names=names.areas
            )
            if look.watch.speaks(finding) and _lasts(finding, look.counts[finding.series])
        ]
        for look, q in zip(looks, np.split(q_values, ends[:-1]), strict=True)
    ]
    silent = silences([finding for of_look in found for finding in of_look])
    return [Told(*held_back(of_look, silent)) for of_look in found]


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


def _lasts(finding: Finding, counts: "pd.Series[int]") -> bool:
    """Whether the last third of the window (at least a day) holds its part of the excess.

    Half of an even share is enough. A burst that ended three days ago still makes its week
    abnormal, but nobody needs to hear of it again; a slow rise has its share in every day.
    """
    days = finding.evidence.window_days
    last = -(-days // 3)
    end = pd.Timestamp(finding.window_end)
    seen = counts.loc[end - pd.Timedelta(days=last - 1) : end].sum()
    share = last / days
    late = seen - finding.evidence.expected * share
    return late / finding.evidence.excess >= share / 2
