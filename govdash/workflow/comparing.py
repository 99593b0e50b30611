"""Comparing: the rules' detector and the usual methods on the same bursts, and its calibration."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np
import pandas as pd

from govdash.detect.arms import (
    Scorer,
    farrington_years,
    rolling_z,
    same_weekday_farrington,
)
from govdash.detect.bursts import Burst, Extent, Panel, with_bursts
from govdash.detect.evaluate import (
    ArmScores,
    CurvePoint,
    Reliability,
    alerts_of,
    curve,
    reliability,
)
from govdash.detect.tails import tail_high
from govdash.workflow.counting import Counts
from govdash.workflow.replaying import Record, Told
from govdash.workflow.watched import Watch

OURS: Final = "native"
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
    plain = panel.flat().iloc[: start + length]
    values = with_bursts(panel, bursts).reshape(len(panel.days), -1)[: start + length]
    altered = pd.DataFrame(values, index=plain.index, columns=plain.columns)
    changed = np.flatnonzero((altered.to_numpy() != plain.to_numpy()).any(axis=0))
    share = _shares(told, plain.shape[1], len(changed))
    ours = _ours(record, watch, plain, period, share)

    def native(counts: pd.DataFrame, _start: int) -> ArmScores:
        return _ours(record, watch, counts, period, share).scores

    scorers: dict[str, tuple[Scorer, ArmScores]] = {}
    left_out: dict[str, str] = {}
    if bursts:
        scorers = {OURS: (native, ours.scores), "rolling-z": (rolling_z, rolling_z(plain, start))}
        if farrington_years(start) < 1:
            left_out["farrington"] = "历史不足一年多，Farrington 方法无法比较。"
        else:
            method = same_weekday_farrington
            scorers["farrington"] = (method, method(plain, start))
    arms: list[Arm] = []
    for code, (scorer, before) in scorers.items():
        after = _rescored(scorer, before, altered, changed, start)
        points = curve(
            alerts_of(after, start=start, n_areas=len(panel.areas)),
            alerts_of(before, start=start, n_areas=len(panel.areas)),
            bursts,
            n_days=length,
            known=known,
        )
        arms.append(Arm(code, tuple(points)))
    told(1.0)
    quiet = ~_during(known, panel, start, length)
    calibration = reliability(
        np.where(quiet, ours.at_least, np.nan), np.where(quiet, ours.more, np.nan)
    )
    return Comparison(tuple(arms), left_out, tuple(calibration))


def _ours(
    record: Record,
    watch: Watch,
    counts: pd.DataFrame,
    period: tuple[date, date],
    told: Callable[[int], None],
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
        told(len(series))
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


def _shares(told: Told, every: int, changed: int) -> Callable[[int], None]:
    """Return what is told of each scored day how many series it had; `told` gets the share."""
    scored: dict[int, int] = {}

    def one_day(n_series: int) -> None:
        scored[n_series] = scored.get(n_series, 0) + 1
        first = scored.get(every, 0)
        second = sum(n for size, n in scored.items() if size != every)
        weight = every + changed
        told(min((first * every + second * changed) / (weight * max(first, 1)), 0.95))

    return one_day
