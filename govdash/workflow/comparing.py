"""Comparing: the rules' detector and the usual methods on the same bursts, and its calibration."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np
import pandas as pd

from govdash.detect.arms import (
    SPACE_TIME_NEEDS,
    Scorer,
    SpaceTime,
    farrington_years,
    rolling_z,
    same_weekday_farrington,
    warm_from,
)
from govdash.detect.bursts import Burst, Extent, Panel, with_bursts
from govdash.detect.city.tails import TRAILING
from govdash.detect.evaluate import (
    Alerts,
    ArmScores,
    CurvePoint,
    Reliability,
    alerts_of,
    curve,
    reliability,
)
from govdash.detect.native import Native
from govdash.detect.tails import tail_high
from govdash.detect.walk import REFIT_DAYS
from govdash.workflow.counting import Counts
from govdash.workflow.replaying import Record, Told
from govdash.workflow.watched import Watch

#: A day of the rules' detector over all series takes as long as so many of the scan.
_COST: Final = 2
_TINY: Final = 1e-300


@dataclass(frozen=True, slots=True)
class Arm:
    """A method and its POD at each budget of false incidents."""

    code: str
    curve: tuple[CurvePoint, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """Every arm, why some are left out, and the calibration of ours on days without incidents."""

    arms: tuple[Arm, ...]
    left_out: Mapping[str, str]
    calibration: tuple[Reliability, ...]


@dataclass(frozen=True, slots=True)
class _Ours:
    """Our scores, with P(X >= x) and P(X > x) of the single day, arrays (days, series)."""

    scores: ArmScores
    at_least: np.ndarray
    more: np.ndarray


def compare(
    record: Record,
    watch: Watch,
    panel: Panel,
    bursts: Sequence[Burst],
    known: Sequence[Extent],
    period: tuple[date, date],
    *,
    told: Told,
) -> Comparison:
    """Score the panel with and without bursts by every arm.

    Parameters
    ----------
    watch : Watch
        Whose detector and windows are ours.
    known : sequence of Extent
        Labelled incidents: no false alarms there, and no days to judge the calibration by.
    """
    start = int(panel.days.get_indexer(pd.DatetimeIndex([period[0]]))[0])
    length = (period[1] - period[0]).days + 1
    plain = panel.flat()
    altered = plain.copy()
    altered[:] = with_bursts(panel, bursts).reshape(plain.shape)
    changed = np.flatnonzero((altered.to_numpy() != plain.to_numpy()).any(axis=0))
    steps = _Steps(told, total=_COST * length * (2 if bursts else 1) + 2 * length + TRAILING)
    ours = _ours(record, watch, plain, period, steps)
    quiet = ~_during(known, panel, start, length)
    calibration = reliability(
        np.where(quiet, ours.at_least, np.nan), np.where(quiet, ours.more, np.nan)
    )
    if not bursts:
        return Comparison((), {}, tuple(calibration))

    def native(counts: pd.DataFrame, _start: int) -> ArmScores:
        return _ours(record, watch, counts, period, steps).scores

    pairs: dict[str, tuple[Alerts, Alerts]] = {}
    left_out: dict[str, str] = {}
    if start < SPACE_TIME_NEEDS:
        left_out["scan"] = f"历史不足 {SPACE_TIME_NEEDS} 天，相邻街道联合的扫描无法比较。"
    else:
        pairs["scan"] = _scanned(record, panel, bursts, period, steps)
    scorers: dict[str, tuple[Scorer, ArmScores]] = {
        "native": (native, ours.scores),
        "rolling-z": (rolling_z, rolling_z(plain, start)),
    }
    if farrington_years(start) < 1:
        left_out["farrington"] = "历史不足一年多，Farrington 方法无法比较。"
    else:
        method = same_weekday_farrington
        scorers["farrington"] = (method, method(plain, start))
    for code, (scorer, before) in scorers.items():
        after = _rescored(scorer, before, altered, changed, start)
        pairs[code] = (
            alerts_of(after, start=start, n_areas=len(panel.areas)),
            alerts_of(before, start=start, n_areas=len(panel.areas)),
        )
    arms = [
        Arm(code, tuple(curve(after, before, bursts, n_days=length, known=known)))
        for code, (after, before) in pairs.items()
    ]
    told(1.0)
    return Comparison(tuple(arms), left_out, tuple(calibration))


def _scanned(
    record: Record,
    panel: Panel,
    bursts: Sequence[Burst],
    period: tuple[date, date],
    steps: "_Steps",
) -> tuple[Alerts, Alerts]:
    """Return the zones of the space-time scan, with the bursts and before."""
    start = int(panel.days.get_indexer(pd.DatetimeIndex([period[0]]))[0])
    counts = with_bursts(panel, bursts)

    def parent(values: np.ndarray, begin: int) -> np.ndarray:
        """Return what the whole city expects of each kind, learned anew every week."""
        totals = pd.DataFrame(values.sum(axis=2), index=panel.days, columns=list(panel.kinds))
        made = np.zeros(totals.shape)
        for at in range(begin, len(totals), REFIT_DAYS):
            days = panel.days[at : at + REFIT_DAYS]
            first, last = panel.days[0].date(), days[-1].date()
            native = Native(
                holidays=record.calendar.holidays(first, last),
                workdays=record.calendar.worked_weekends(first, last),
            ).fit(totals.iloc[:at])
            made[at : at + len(days)] = native.forecast(days, panel.kinds).mean
        return made

    plain = parent(panel.counts, warm_from(start))
    altered = np.concatenate([plain[:start], parent(counts, start)[start:]])
    ready = SpaceTime.warm(panel, plain, start=start, told=steps.one)
    before = ready.alerts(panel.counts, plain, told=steps.one)
    return ready.alerts(counts, altered, told=steps.one), before


def _ours(
    record: Record,
    watch: Watch,
    counts: pd.DataFrame,
    period: tuple[date, date],
    steps: "_Steps",
) -> _Ours:
    """Score every day as the rules' tick does, over the windows that the rules ask for.

    The score is -log10 of the p-value, which is corrected for the windows looked at; nothing is
    said of a day that is too low.
    """
    series = [str(key) for key in counts.columns]
    whole = Counts(counts, pd.Series(0.0, index=counts.columns))
    rows: list[tuple[np.ndarray, ...]] = []
    for day, detector in record.fitted(watch, counts, *period):
        scores = watch.look(detector, whole, learned=series, at_day=day.date()).scores
        p = np.where(scores.is_high, scores.p_value, np.nan)
        single = scores.widths.index(1) if 1 in scores.widths else 0
        seen, due = scores.observed[single], scores.expected[single]
        rows.append(
            (
                -np.log10(np.maximum(p, _TINY)),
                np.asarray(scores.widths)[scores.best],
                scores.p_high[single],
                tail_high(seen + 1, due, scores.sd[single] ** 2),
            )
        )
        steps.one(_COST)
    score, width, at_least, more = (np.stack(column) for column in zip(*rows, strict=True))
    return _Ours(ArmScores(score, width), at_least, more)


def _rescored(
    scorer: Scorer, before: ArmScores, altered: pd.DataFrame, changed: np.ndarray, start: int
) -> ArmScores:
    """Score only the series that the bursts changed; every arm scores each from its own past."""
    fresh = scorer(altered.iloc[:, changed], start)
    score, width = before.score.copy(), before.width.copy()
    score[:, changed], width[:, changed] = fresh.score, fresh.width
    return ArmScores(score, width)


def _during(known: Sequence[Extent], panel: Panel, start: int, length: int) -> np.ndarray:
    """Return which series-days (days, series) lie in a labelled incident."""
    n_areas = len(panel.areas)
    inside = np.zeros((length, len(panel.kinds) * n_areas), dtype=bool)
    for extent in known:
        rows = slice(max(extent.first - start, 0), max(extent.last - start + 1, 0))
        for area in range(n_areas):
            if extent.zone >> area & 1:
                inside[rows, extent.kind * n_areas + area] = True
    return inside


class _Steps:
    """Counts what is done of a known number of steps and tells the share."""

    def __init__(self, told: Told, *, total: int) -> None:
        self._told, self._total, self._done = told, total, 0

    def one(self, weight: int = 1) -> None:
        """Note one step, or one as long as `weight` of them."""
        self._done += weight
        self._told(min(self._done / self._total, 1.0))
