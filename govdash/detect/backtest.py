"""Backtest: replay history day by day and judge the findings against labelled incidents."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

import pandas as pd

from govdash.core.errors import InputError
from govdash.detect.contract import Detector
from govdash.detect.evidence import Finding
from govdash.detect.findings import FindPolicy, find_fitted
from govdash.detect.keys import ALL, SeriesKey, area_contains, parent_area, related
from govdash.detect.walk import REFIT_DAYS, refits

#: Columns a label frame needs. ``category`` is a key, a major, ``*`` or a channel (``@sensor``);
#: days are local, both ends included. A column ``direction`` (``high``, ``low`` or empty) is used
#: when it is there: a rise elsewhere does not detect an outage.
INCIDENT_COLUMNS: Final = ("incident_id", "category", "area_path", "start_day", "end_day")

#: Findings no further apart than this are one thing: the interval between two looks at a slow
#: matter, and what the measured comparison of detectors used.
MERGE_DAYS: Final = 3


@dataclass(frozen=True)
class Incident:
    """A label: something that truly happened, from its first to its last local day."""

    incident_id: str
    key: SeriesKey
    start_day: date
    end_day: date
    direction: str = ""  # "high", "low", or empty for either


@dataclass(frozen=True)
class Backtest:
    """What a replay found and missed.

    Attributes
    ----------
    detected_share : float or None
        Incidents found while they lasted; None without incidents in the period.
    located_share : float or None
        Incidents whose first finding names the incident's area, one inside, or its parent.
    median_delay_days : float or None
        From the first day of an incident to its first finding; None when none was found.
    false_per_week : float
        False incidents (findings of no labelled incident, merged) per week.
    incidents : DataFrame
        One row per label: its columns, ``detected``, ``found_day``, ``delay_days``,
        ``found_area``, ``found_category``, ``located``, ``observed``, ``expected``.
    false_incidents : DataFrame
        ``category``, ``area_path``, ``direction``, ``first_day``, ``last_day``, ``findings``,
        ``max_severity``, ``sentence``.
    """

    first_day: date
    last_day: date
    n_findings: int
    detected_share: float | None
    located_share: float | None
    median_delay_days: float | None
    false_per_week: float
    incidents: pd.DataFrame
    false_incidents: pd.DataFrame

    def to_dict(self) -> dict[str, Any]:
        """Return the figures and the tables, JSON-safe."""
        return {
            "first_day": self.first_day.isoformat(),
            "last_day": self.last_day.isoformat(),
            "n_findings": self.n_findings,
            "n_incidents": len(self.incidents),
            "n_detected": int(self.incidents["detected"].sum()),
            "n_false_incidents": len(self.false_incidents),
            "detected_share": self.detected_share,
            "located_share": self.located_share,
            "median_delay_days": self.median_delay_days,
            "false_per_week": self.false_per_week,
            "incidents": _records(self.incidents),
            "false_incidents": _records(self.false_incidents),
        }


def replay(
    counts: pd.DataFrame,
    *,
    first_day: date,
    last_day: date,
    make: Callable[[], Detector],
    policy: FindPolicy | None = None,
    refit_days: int = REFIT_DAYS,
) -> list[Finding]:
    """Return the findings of every day from `first_day` to `last_day`, as they would have come.

    Each day sees only counts up to itself; the detector is refitted every `refit_days`.

    Raises
    ------
    InputError
        When the period lies outside `counts`, or leaves too little history before it.
    """
    first, last = pd.Timestamp(first_day), pd.Timestamp(last_day)
    if not len(counts) or not counts.index[0] <= first <= last <= counts.index[-1]:
        raise InputError(f"回放时段 {first_day} 至 {last_day} 超出计数表的日期范围。")
    return [
        finding
        for day, detector in refits(
            counts, first=first, last=last, make=make, refit_days=refit_days
        )
        for finding in find_fitted(detector, counts.loc[:day], at_day=day.date(), policy=policy)
    ]


def judge(
    findings: Sequence[Finding],
    incidents: pd.DataFrame,
    *,
    first_day: date,
    last_day: date,
    merge_days: int = MERGE_DAYS,
) -> Backtest:
    """Hold `findings` of a period against labelled `incidents`.

    A finding *belongs* to an incident when areas and categories are nested (in either direction)
    and its window touches the incident's days, or the `merge_days` after. It *detects* it when
    the day it came lies within the incident's days and it names a category (the sum over all
    categories detects only incidents that are labelled so). What belongs to none is false.

    Parameters
    ----------
    incidents : DataFrame
        `INCIDENT_COLUMNS`; those that begin outside the period are left out.
    """
    labels = read_incidents(incidents)
    ordered = sorted(findings, key=lambda f: (f.at_day, f.series))
    table = _judge_incidents(
        ordered, [label for label in labels if first_day <= label.start_day <= last_day]
    )
    false = [f for f in ordered if not any(belongs(f, label, merge_days) for label in labels)]
    false_incidents = merge_findings(false, merge_days=merge_days)
    found = table[table["detected"]]
    weeks = ((last_day - first_day).days + 1) / 7
    return Backtest(
        first_day=first_day,
        last_day=last_day,
        n_findings=len(ordered),
        detected_share=float(table["detected"].mean()) if len(table) else None,
        located_share=float(table["located"].mean()) if len(table) else None,
        median_delay_days=float(found["delay_days"].median()) if len(found) else None,
        false_per_week=len(false_incidents) / weeks,
        incidents=table,
        false_incidents=false_incidents,
    )


def merge_findings(findings: Sequence[Finding], *, merge_days: int = MERGE_DAYS) -> pd.DataFrame:
    """Merge findings that are nested, point the same way and lie within `merge_days` of each other.

    Returns one row per merged incident, in order of its first day, named after its most severe
    finding (columns as in `Backtest.false_incidents`).
    """
    groups: list[list[Finding]] = []
    for finding in sorted(findings, key=lambda f: (f.at_day, f.series)):
        home = next((group for group in groups if _continues(group, finding, merge_days)), None)
        if home is None:
            groups.append([finding])
        else:
            home.append(finding)
    rows = []
    for group in groups:
        worst = max(group, key=lambda f: f.severity)
        rows.append(
            {
                "category": worst.category,
                "area_path": worst.area_path,
                "direction": worst.direction,
                "first_day": group[0].at_day,
                "last_day": group[-1].at_day,
                "findings": len(group),
                "max_severity": worst.severity,
                "sentence": worst.evidence.sentence,
            }
        )
    columns = ["category", "area_path", "direction", "first_day", "last_day", "findings"]
    return pd.DataFrame(rows, columns=[*columns, "max_severity", "sentence"])


def read_incidents(incidents: pd.DataFrame) -> list[Incident]:
    """Read labels from a frame with `INCIDENT_COLUMNS`; raise `InputError` when one is wrong."""
    missing = [name for name in INCIDENT_COLUMNS if name not in incidents.columns]
    if missing:
        raise InputError(f"标注表缺少列：{'、'.join(missing)}。")
    labels = [
        Incident(
            incident_id=str(row["incident_id"]),
            key=SeriesKey(str(row["area_path"]), str(row["category"])),
            start_day=pd.Timestamp(row["start_day"]).date(),
            end_day=pd.Timestamp(row["end_day"]).date(),
            direction=str(row.get("direction") or ""),
        )
        for row in incidents.to_dict("records")
    ]
    for label in labels:
        if label.end_day < label.start_day:
            raise InputError(f"标注“{label.incident_id}”的结束日早于开始日，请更正。")
    return labels


def _judge_incidents(findings: Sequence[Finding], labels: Sequence[Incident]) -> pd.DataFrame:
    rows = []
    for label in labels:
        hit = next((f for f in findings if _detects(f, label)), None)
        parent = parent_area(label.key.area_path)
        rows.append(
            {
                "incident_id": label.incident_id,
                "category": label.key.category,
                "area_path": label.key.area_path,
                "start_day": label.start_day,
                "end_day": label.end_day,
                "detected": hit is not None,
                "found_day": hit.at_day if hit else None,
                "delay_days": (hit.at_day - label.start_day).days if hit else None,
                "found_area": hit.area_path if hit else None,
                "found_category": hit.category if hit else None,
                "located": hit is not None and area_contains(parent, hit.area_path),
                "observed": hit.evidence.observed if hit else None,
                "expected": round(hit.evidence.expected, 2) if hit else None,
            }
        )
    names = ["detected", "found_day", "delay_days", "found_area", "found_category", "located"]
    table = pd.DataFrame(rows, columns=[*INCIDENT_COLUMNS, *names, "observed", "expected"])
    return table.astype({"detected": bool, "located": bool})


def _detects(finding: Finding, label: Incident) -> bool:
    return (
        label.start_day <= finding.at_day <= label.end_day
        and label.direction in ("", finding.direction)
        and related(finding.key, label.key)
        and (finding.category != ALL or label.key.category == ALL)
    )


def belongs(finding: Finding, label: Incident, merge_days: int = MERGE_DAYS) -> bool:
    """Whether `finding` is about `label`: nested, and its window touches the label's days."""
    return (
        finding.window_start <= label.end_day + timedelta(days=merge_days)
        and label.start_day <= finding.window_end
        and related(finding.key, label.key)
    )


def _continues(group: Sequence[Finding], finding: Finding, merge_days: int) -> bool:
    """Whether a recent member is of the same kind; the sum over all categories is its own kind."""
    return any(
        other.direction == finding.direction
        and (other.category == ALL) == (finding.category == ALL)
        and related(other.key, finding.key)
        for other in group
        if (finding.at_day - other.at_day).days <= merge_days
    )


def _records(table: pd.DataFrame) -> list[dict[str, Any]]:
    return [
        {
            str(name): None
            if pd.isna(value)
            else value.isoformat()
            if isinstance(value, date)
            else value
            for name, value in row.items()
        }
        for row in table.astype(object).to_dict("records")
    ]
