"""Trial of a rule: what it would have raised over the past, before it is switched on.

The whole book is replayed with the rule in it, because rules share one false discovery rate and a
matter goes to the rule that takes it highest; what is told is the rule's own part. The version
that is current now is replayed the same way, to be held against it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import pandas as pd

from govdash.core.errors import InputError
from govdash.core.settings import Settings
from govdash.detect import Backtest, Finding, judge, merge_findings
from govdash.lake import Lake
from govdash.store import Store
from govdash.workflow import rules as rule_book
from govdash.workflow.backtest import last_complete_day
from govdash.workflow.naming import Names
from govdash.workflow.replaying import Record
from govdash.workflow.rules import Rule

#: A year: every season, and few enough days to wait for.
DAYS: Final = 365
#: Examples that are told: as many as a person reads through.
EXAMPLES: Final = 20

#: Told the share done, from 0 to 1; raises to stop.
Progress = Callable[[float], None]


@dataclass(frozen=True, slots=True)
class Replayed:
    """What one version of a rule would have raised.

    Attributes
    ----------
    version : int
        0: not stored yet.
    alerts : DataFrame
        One row per alert: ``title``, ``level`` (of its most severe day), ``category``,
        ``area_path``, ``direction``, ``first_day``, ``last_day``, ``findings``,
        ``max_severity``, ``sentence``; most severe first.
    per_week : float
    found, missed : tuple of str
        Names of labelled incidents that could be found by this rule or were not.
    """

    version: int
    alerts: pd.DataFrame
    per_week: float
    found: tuple[str, ...]
    missed: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Trial:
    """A rule over the days `first` to `last`, and the version that is current; None without."""

    rule: Rule
    first: date
    last: date
    after: Replayed
    before: Replayed | None

    def to_dict(self) -> dict[str, Any]:
        """Return everything that is told, JSON-safe; of the alerts the `EXAMPLES` most severe."""
        return {
            "code": self.rule.code,
            "name": self.rule.name,
            "first_day": self.first.isoformat(),
            "last_day": self.last.isoformat(),
            "after": _told(self.after),
            "before": None if self.before is None else _told(self.before),
        }


def run(
    store: Store,
    lake: Lake,
    settings: Settings,
    rule: Rule,
    labels: pd.DataFrame,
    *,
    first: date | None = None,
    last: date | None = None,
    progress: Progress,
) -> Trial:
    """Replay `rule` as if it were switched on, and the current version of its code as it is.

    Nothing is written. By default the last year that can be replayed.

    Parameters
    ----------
    labels : DataFrame
        What `backtest.read_labels` returns; may be empty.

    Raises
    ------
    InputError
        When the record is too short for the period.
    """
    with store.read() as session:
        book = rule_book.current(session)
    present = next((old for old in book if old.code == rule.code and old.enabled), None)
    others = [old for old in book if old.code != rule.code]
    tried = rule.model_copy(update={"enabled": True})
    complete = last_complete_day(lake, settings.zone)
    end = last or complete
    if end > complete:
        raise InputError(f"数据完整的最后一天是 {complete}，不能回放到 {end}；请改早末日。")
    record = Record.read(store, lake, settings, last=end, book=[*others, tried])
    start, end = record.period(first, end, usual_days=DAYS)
    share = 0.5 if present else 1.0
    mine = _own(record, rule.code, start, end, lambda done: progress(done * share))
    after = _replayed(tried, mine, labels, start, end, record.names)
    before = None
    if present is not None:
        known = Record.read(store, lake, settings, last=end, book=[*others, present])
        mine = _own(known, rule.code, start, end, lambda done: progress(share + done * share))
        before = _replayed(present, mine, labels, start, end, record.names)
    progress(1.0)
    return Trial(tried, start, end, after, before)


def _own(record: Record, code: str, first: date, last: date, told: Progress) -> list[Finding]:
    taken = record.taken(record.counts, first, last, told=told)
    return [finding for finding, rule in taken if rule.code == code]


def _replayed(
    rule: Rule,
    findings: Sequence[Finding],
    labels: pd.DataFrame,
    first: date,
    last: date,
    names: Names,
) -> Replayed:
    merged = merge_findings(findings).sort_values("max_severity", ascending=False, kind="stable")
    levels = {(f.category, f.area_path, f.severity): rule.level_of(f) for f in findings}
    told = [
        {
            "title": names.alert_title(row["area_path"], row["category"], row["direction"]),
            "level": level.label if (level := levels[_peak(row)]) else "",
        }
        for row in merged.to_dict("records")
    ]
    words = pd.DataFrame(told, columns=["title", "level"], index=merged.index)
    alerts = pd.concat([words, merged], axis=1).reset_index(drop=True)
    of_kind = [rule.could_find(str(kind)) for kind in labels["category"]]
    of_side = labels["direction"].isin(["", rule.parameters.direction])
    within = labels[of_side & pd.Series(of_kind, index=labels.index, dtype=bool)]
    judged: Backtest = judge(findings, within, first_day=first, last_day=last)
    called = dict(zip(labels["incident_id"], labels["name"], strict=True))
    hit = judged.incidents["detected"].astype(bool)
    ids = judged.incidents["incident_id"]
    return Replayed(
        version=rule.version,
        alerts=alerts,
        per_week=len(alerts) / (((last - first).days + 1) / 7),
        found=tuple(called.get(name) or str(name) for name in ids[hit]),
        missed=tuple(called.get(name) or str(name) for name in ids[~hit]),
    )


def _peak(row: dict[Any, Any]) -> tuple[str, str, float]:
    return row["category"], row["area_path"], row["max_severity"]


def _told(replayed: Replayed) -> dict[str, Any]:
    columns = ["title", "level", "first_day", "last_day", "max_severity", "sentence"]
    shown = replayed.alerts[columns].head(EXAMPLES)
    shown = shown.assign(
        first_day=[day.isoformat() for day in shown["first_day"]],
        last_day=[day.isoformat() for day in shown["last_day"]],
    )
    return {
        "version": replayed.version,
        "alerts": len(replayed.alerts),
        "per_week": round(replayed.per_week, 2),
        "found": list(replayed.found),
        "missed": list(replayed.missed),
        "examples": shown.to_dict("records"),
    }
