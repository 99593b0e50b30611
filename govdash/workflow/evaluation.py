"""Evaluation (模型评测): how good detection is on this city, replayed, injected and compared."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np
import pandas as pd

from govdash.access import SYSTEM
from govdash.core.errors import InputError
from govdash.core.settings import Settings
from govdash.core.vocab import AreaLevel
from govdash.detect import Finding, judge, merge_findings
from govdash.detect.backtest import INCIDENT_COLUMNS, belongs, read_incidents
from govdash.detect.bursts import (
    Burst,
    Panel,
    draw_bursts,
    extents_of,
    labels_of,
    make_panel,
    poured,
)
from govdash.detect.city import nearest_cells
from govdash.lake import Lake
from govdash.store import Session, Store, areas
from govdash.store.outcomes import outcomes
from govdash.workflow import backtest, precision
from govdash.workflow.comparing import Comparison, compare
from govdash.workflow.outcomes import summary
from govdash.workflow.replaying import Record

#: What the stored file is; another number is not read.
FORMAT: Final = 1
DAYS: Final = 120
BURSTS: Final = 60
SEED: Final = 1
#: Series that are scored by every arm: enough for a city of 60 streets and 20 categories.
_SERIES: Final = 1500
_KINDS: Final = (5, 20)
#: Sizes of bursts told apart, in standard deviations.
_SIZES: Final = ((1.0, 4.0), (4.0, 7.0), (7.0, 10.0))
#: Nearest streets that a zone of the scan may join (`detect.city.watch.Scan`).
_NEIGHBOURS: Final = 10
#: Shares of the work, by what takes how long.
_STAGES: Final = {"读取数据": 0.05, "回放": 0.3, "注入后回放": 0.3, "方法对比": 0.35}

#: Told what is being done and the share of the whole; raises to stop.
Progress = Callable[[str, float], None]


@dataclass(frozen=True, slots=True)
class Labels:
    """Labelled incidents (`backtest.read_labels`) and where they come from."""

    table: pd.DataFrame
    source: Literal["demo", "file", "none"]
    name: str = ""


@dataclass(frozen=True, slots=True)
class Wish:
    """What is asked for: a period (None: the last 120 days that can be), bursts and their seed."""

    first: date | None = None
    last: date | None = None
    bursts: int = BURSTS
    seed: int = SEED

    def __post_init__(self) -> None:
        """Refuse numbers that make no sense."""
        if not 0 <= self.bursts <= 500:
            raise InputError(f"注入次数 {self.bursts} 应为 0 至 500。")
        if self.seed < 0:
            raise InputError(f"随机种子 {self.seed} 不能是负数。")


def find_labels(settings: Settings, chosen: Path | None = None, name: str = "") -> Labels:
    """Return the labels of a file, else those of the demo city, else none."""
    demo = settings.var / "demo" / "incidents.csv"
    if chosen is not None:
        return Labels(backtest.read_labels(chosen, settings.zone), "file", name or chosen.name)
    if demo.is_file():
        return Labels(backtest.read_labels(demo, settings.zone), "demo", demo.name)
    columns = [*INCIDENT_COLUMNS, "kind", "name", "direction"]
    return Labels(pd.DataFrame(columns=columns), "none")


def run(
    store: Store,
    lake: Lake,
    settings: Settings,
    labels: Labels,
    wish: Wish,
    *,
    at: datetime,
    actor: str,
    progress: Progress,
) -> dict[str, Any]:
    """Evaluate the current rules on the real record; nothing is written to store or lake.

    The period is replayed day by day, once as it was and once with bursts added to a copy of the
    counts; then the rules' detector, rolling z and Farrington's method score the same streets and
    categories, and the same tracker and budget of false incidents judge them.

    Returns
    -------
    dict
        JSON-safe; what the page shows (`report.evaluation` puts it in words).
    """
    begun = time.monotonic()
    told = _stages(progress)
    told("读取数据", 0.0)
    data_version = lake.data_version
    complete = backtest.last_complete_day(lake, settings.zone)
    end = wish.last or complete
    if end > complete:
        raise InputError(f"数据完整的最后一天是 {complete}，不能回放到 {end}；请改早末日。")
    record = Record.read(store, lake, settings, last=end)
    first, last = record.period(wish.first, end, usual_days=DAYS)
    days = (last - first).days + 1
    findings = record.replay(record.counts, first, last, told=lambda share: told("回放", share))
    result = {
        "format": FORMAT,
        "number": f"{at.astimezone(settings.zone):%Y%m%d-%H%M%S}",
        "made_at": at.isoformat(),
        "made_by": actor,
        "first_day": first.isoformat(),
        "last_day": last.isoformat(),
        "days": days,
        "data_version": data_version,
        "rules": [
            {"code": r.code, "name": r.name, "version": r.version, "detector": r.detector}
            for r in record.rules
            if r.enabled
        ],
        "labels": {"source": labels.source, "name": labels.name},
        "replay": _replayed(record, findings, labels, first, last),
        **_injected(store, record, findings, labels, wish, (first, last), told),
    }
    with store.read() as session:
        names = {rule.code: rule.name for rule in record.rules}
        result["precision"] = _by_people(session, names, days=days)
        result["precision_at_k"] = precision.at_k(session, SYSTEM.scope)
    result["seconds"] = round(time.monotonic() - begun, 1)
    progress("完成", 1.0)
    return result


def _replayed(
    record: Record, findings: Sequence[Finding], labels: Labels, first: date, last: date
) -> dict[str, Any]:
    """Return what the rules found in the days as they were."""
    judged = judge(findings, labels.table, first_day=first, last_day=last)
    known = read_incidents(labels.table)
    true = [f for f in findings if any(belongs(f, label) for label in known)]
    right, wrong = merge_findings(true), judged.false_incidents
    days = pd.date_range(first, last)
    begun = [
        pd.to_datetime(table["first_day"]).value_counts().reindex(days, fill_value=0)
        for table in (right, wrong)
    ]
    ranked = pd.concat([right.assign(true=True), wrong.assign(true=False)])
    ranked = ranked.sort_values("max_severity", ascending=False, kind="stable")
    told = judged.to_dict()
    called = dict(zip(labels.table["incident_id"], labels.table["name"], strict=True))
    for row in told["incidents"]:
        row["name"] = called.get(row["incident_id"]) or row["incident_id"]
    for row in told["false_incidents"]:
        row["title"] = record.names.alert_title(row["area_path"], row["category"], row["direction"])
    return {
        **told,
        "delays": [int(d) for d in judged.incidents["delay_days"].dropna()],
        "alerts_per_day": [
            {"day": day.date().isoformat(), "true": int(n), "other": int(m)}
            for day, n, m in zip(days, *begun, strict=True)
        ],
        "at_k": [
            {"k": k, "true": int(ranked["true"].head(k).sum())}
            for k in (5, 10, 20, 50)
            if k <= len(ranked)
        ],
    }


def _injected(
    store: Store,
    record: Record,
    findings: Sequence[Finding],
    labels: Labels,
    wish: Wish,
    period: tuple[date, date],
    told: Progress,
) -> dict[str, Any]:
    """Return what the rules and the arms make of bursts, and how well the model is calibrated."""
    watch, counts = record.main()
    panel = _panel(store, counts.daily)
    start = int(panel.days.get_indexer(pd.DatetimeIndex([period[0]]))[0])
    known = extents_of(panel, labels.table)
    bursts = draw_bursts(panel, start=start, n=wish.bursts, seed=wish.seed, known=known)
    by_rules: dict[str, Any] | None = None
    if bursts:
        altered = [
            replace(mine, daily=poured(mine.daily, panel, bursts)) if of is watch else mine
            for of, mine in zip(record.watches, record.counts, strict=True)
        ]
        seen = record.replay(altered, *period, told=lambda share: told("注入后回放", share))
        by_rules = _judged(seen, findings, panel, bursts, period)
    compared = compare(
        record,
        watch,
        panel,
        bursts,
        known,
        period,
        told=lambda share: told("方法对比", share),
    )
    return {
        "injection": {
            "bursts": len(bursts),
            "seed": wish.seed,
            "areas": len(panel.areas),
            "categories": [record.names.category(kind) for kind in panel.kinds],
            "rules": by_rules,
            **_arms(compared, bursts),
        },
        "calibration": [
            {
                "nominal": point.nominal,
                "realised": point.realised,
                "raw": point.raw,
                "ratio": point.ratio,
                "as_promised": point.as_promised,
                "series_days": point.n,
            }
            for point in compared.calibration
        ],
    }


def _panel(store: Store, daily: pd.DataFrame) -> Panel:
    """Return the commonest categories by street, or by the smallest area that rules watch."""
    with store.read() as session:
        places = areas.frame(session)
    watched = {str(key).partition("|")[0] for key in daily.columns}
    for level in (AreaLevel.STREET, AreaLevel.DISTRICT, AreaLevel.CITY):
        mine = places[(places["level"] == level) & places["path"].isin(list(watched))]
        if len(mine):
            near = nearest_cells(
                mine["lon"].to_numpy(float), mine["lat"].to_numpy(float), k=_NEIGHBOURS
            )
            n_kinds = int(np.clip(_SERIES // len(mine), *_KINDS))
            return make_panel(daily, near, [str(path) for path in mine["path"]], n_kinds)
    raise InputError("没有可注入的区域：规则监测的区域不在区域表中。")


def _by_people(session: Session, names: Mapping[str, str], *, days: int) -> list[dict[str, Any]]:
    """Return how often each rule was right, of all the alerts that people have judged."""
    told = summary(outcomes(session, SYSTEM.scope), by="rule", days=days)
    return [
        {
            "rule": rule, "name": names.get(str(rule), str(rule)), "true": int(row["true"]),
            "false": int(row["judged"] - row["true"]), "precision": float(row["precision"]),
            "low": float(row["low"]), "high": float(row["high"]),
        }
        for rule, row in told[told["judged"] > 0].iterrows()
    ]  # fmt: skip


def _judged(
    seen: Sequence[Finding],
    before: Sequence[Finding],
    panel: Panel,
    bursts: Sequence[Burst],
    period: tuple[date, date],
) -> dict[str, Any]:
    """Return which bursts the rules found, when, and how many they "found" before."""
    table = labels_of(panel, bursts)

    def delays(findings: Sequence[Finding]) -> np.ndarray:
        rows = judge(findings, table, first_day=period[0], last_day=period[1]).incidents
        best = rows.groupby(rows["incident_id"].astype(int))["delay_days"].min()
        return best.reindex(range(len(bursts))).fillna(-1).to_numpy(int)

    found, chance = delays(seen), delays(before)
    sizes = np.array([burst.k for burst in bursts])
    hit = found >= 0
    return {
        "detected": int(hit.sum()),
        "pod": float(hit.mean()),
        "by_chance": float((chance >= 0).mean()),
        "delays": [int(d) for d in found[hit]],
        "median_delay_days": float(np.median(found[hit])) if hit.any() else None,
        "by_size": [
            {"from": low, "to": high, "n": int(mine.sum()), "detected": int(hit[mine].sum())}
            for low, high in _SIZES
            for mine in [(sizes >= low) & (sizes < high)]
        ],
    }


def _arms(compared: Comparison, bursts: Sequence[Burst]) -> dict[str, Any]:
    return {
        "events": sum(burst.size for burst in bursts),
        "arms": [
            {
                "code": arm.code,
                "curve": [
                    {
                        "false_per_day": point.budget,
                        "pod": point.pod,
                        "by_chance": point.by_chance,
                        "median_delay_days": point.median_delay,
                        "alerts_per_day": point.alerts_per_day,
                    }
                    for point in arm.curve
                ],
            }
            for arm in compared.arms
        ],
        "left_out": dict(compared.left_out),
    }


def _stages(progress: Progress) -> Progress:
    """Return what turns the share of a stage into that of the whole."""
    before = dict(zip(_STAGES, np.cumsum([0.0, *_STAGES.values()]), strict=False))

    def told(stage: str, share: float) -> None:
        progress(stage, float(before[stage]) + _STAGES[stage] * min(share, 1.0))

    return told
