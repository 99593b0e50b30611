"""Holds scored cells against injected bursts at a budget of false incidents; every arm alike.

An *arm* is a method of detection. Whatever it is, it hands over one score per series and day; the
same tracker makes incidents of what lies above a threshold (alerts of one kind with overlapping
areas at most `backtest.MERGE_DAYS` days apart are one), and the threshold is the lowest that
keeps to a budget of false incidents. So two arms are compared at the same nuisance.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from govdash.detect.backtest import MERGE_DAYS
from govdash.detect.bursts import Burst, Extent

#: False incidents per city-day at which arms are compared: from one in three weeks to two a day.
BUDGETS: Final = (0.05, 0.10, 0.25, 0.50, 1.0, 2.0)
#: Alerts kept of an arm: no budget of two a day reaches further down.
_KEPT: Final = 6000
#: Nominal rates at which a reliability plot is read.
NOMINAL: Final = (0.1, 0.05, 0.01, 0.001)
#: Realised rates within half and double of the nominal one are as promised.
TOLERANCE: Final = 2.0


@dataclass(frozen=True)
class ArmScores:
    """What an arm says of a panel's series on the days of the period.

    Attributes
    ----------
    score : array (days, series)
        Higher is more unusual, comparable between series and days; NaN: nothing said.
    width : array of int (days, series)
        Days of the window that the evidence is from, the day itself the last of them.
    """

    score: np.ndarray
    width: np.ndarray


@dataclass(frozen=True)
class Alerts:
    """Scored zones, one row each, ordered by day.

    ``zone`` holds the areas as bits; ``first``–``day`` (positions) are the days of the evidence.
    """

    kind: np.ndarray
    day: np.ndarray
    first: np.ndarray
    zone: list[int]
    score: np.ndarray


@dataclass(frozen=True)
class Verdict:
    """What one threshold finds: days from start to first alert per burst (-1: missed)."""

    delays: np.ndarray
    false_incidents: int
    alerts: int

    @property
    def pod(self) -> float:
        """Share of the bursts that were found while they lasted."""
        return float((self.delays >= 0).mean()) if len(self.delays) else 0.0


@dataclass(frozen=True)
class CurvePoint:
    """An arm at one budget of false incidents a day.

    ``by_chance`` is the share of bursts that the same threshold "finds" in the counts before the
    bursts were put in.
    """

    budget: float
    pod: float
    by_chance: float
    median_delay: float | None
    alerts_per_day: float


def alerts_of(scores: ArmScores, *, start: int, n_areas: int) -> Alerts:
    """Return the highest scores as alerts of one area each.

    Parameters
    ----------
    scores : ArmScores
        Series ordered by kind, then area (`bursts.Panel.series`).
    start : int
        Position of the first scored day in the panel.
    """
    known = np.flatnonzero(np.isfinite(scores.score.ravel()))
    best = known[np.argsort(-scores.score.ravel()[known], kind="stable")[:_KEPT]]
    day, series = np.unravel_index(np.sort(best), scores.score.shape)
    at = day + start
    return Alerts(
        kind=series // n_areas,
        day=at,
        first=at - scores.width[day, series] + 1,
        zone=[1 << int(area) for area in series % n_areas],
        score=scores.score[day, series],
    )


def judge_bursts(
    alerts: Alerts, bursts: Sequence[Burst], threshold: float, *, known: Sequence[Extent] = ()
) -> Verdict:
    """Count bursts found and incidents that are false at one threshold.

    A burst is found by an alert of its kind, on one of its days, in one of its areas. An incident
    is false when none of its alerts has evidence (areas and days) that touches a burst or what
    else is `known` to have happened; an alert after a burst about the burst is late, and neither
    found nor false.
    """
    delays = np.full(len(bursts), -1)
    by_kind: dict[int, list[int]] = {}
    for n, burst in enumerate(bursts):
        by_kind.setdefault(burst.kind, []).append(n)
    real: dict[int, list[Extent]] = {}
    for extent in known:
        real.setdefault(extent.kind, []).append(extent)
    running: dict[int, list[tuple[int, int, bool]]] = {}  # zone, last day, whether true
    chosen = np.flatnonzero(alerts.score >= threshold)
    false = 0
    for i in chosen:
        kind, day, first = int(alerts.kind[i]), int(alerts.day[i]), int(alerts.first[i])
        zone = alerts.zone[i]
        true = any(
            zone & extent.zone and first <= extent.last and day >= extent.first
            for extent in real.get(kind, ())
        )
        for n in by_kind.get(kind, ()):
            burst = bursts[n]
            if zone & burst.zone and first <= burst.last and day >= burst.first:
                true = True
                if day <= burst.last and delays[n] < 0:
                    delays[n] = day - burst.first
        still: list[tuple[int, int, bool]] = []
        joined = zone, day, true
        for incident in running.get(kind, ()):
            if day - incident[1] > MERGE_DAYS:
                false += not incident[2]
            elif incident[0] & zone:
                joined = joined[0] | incident[0], day, joined[2] or incident[2]
            else:
                still.append(incident)
        running[kind] = [*still, joined]
    false += sum(not incident[2] for each in running.values() for incident in each)
    return Verdict(delays, false, len(chosen))


def threshold_at(
    alerts: Alerts,
    bursts: Sequence[Burst],
    *,
    false_allowed: float,
    known: Sequence[Extent] = (),
) -> float:
    """Return the lowest threshold that keeps to `false_allowed` false incidents.

    Counted from the highest score down, to the first excess: far below it alerts are so many that
    they grow together into a few incidents, and the count falls again without anything being
    better. Infinite when even the highest score is one false incident too many.
    """
    scores = np.sort(alerts.score)[::-1]

    def within(rank: int) -> bool:
        seen = judge_bursts(alerts, bursts, scores[rank], known=known)
        return seen.false_incidents <= false_allowed

    low = lowest_rank(within, len(scores), begin=int(false_allowed))
    return float(scores[low]) if low >= 0 else float("inf")


def lowest_rank(within: Callable[[int], bool], n: int, *, begin: int = 0) -> int:
    """Return the last of `n` ranks before the first that is not `within`; -1 when none is.

    Steps grow by 15 % until one is beyond, then the stretch is halved: a few dozen looks.
    """
    low, high = -1, n
    rank = begin
    while rank < n:
        if not within(rank):
            high = rank
            break
        low, rank = rank, int(rank * 1.15) + 1
    while high - low > 1:
        middle = (low + high) // 2
        if within(middle):
            low = middle
        else:
            high = middle
    return low


def curve(
    alerts: Alerts,
    before: Alerts,
    bursts: Sequence[Burst],
    *,
    n_days: int,
    known: Sequence[Extent] = (),
    budgets: Sequence[float] = BUDGETS,
) -> list[CurvePoint]:
    """Return the POD of an arm at each budget of false incidents per day.

    Parameters
    ----------
    alerts, before : Alerts
        Of the counts with the bursts, and of the same counts without them.
    n_days : int
        Days scored.
    known : sequence of Extent
        Labelled incidents.
    """
    points = []
    for budget in budgets:
        threshold = threshold_at(alerts, bursts, false_allowed=budget * n_days, known=known)
        seen = judge_bursts(alerts, bursts, threshold, known=known)
        chance = judge_bursts(before, bursts, threshold)
        found = seen.delays[seen.delays >= 0]
        points.append(
            CurvePoint(
                budget=budget,
                pod=seen.pod,
                by_chance=chance.pod,
                median_delay=float(np.median(found)) if len(found) else None,
                alerts_per_day=seen.alerts / n_days,
            )
        )
    return points


@dataclass(frozen=True)
class Reliability:
    """A nominal false-alarm rate and what came of it on days without incidents.

    ``realised`` is the rate at that level with the steps of counts smoothed out; ``raw`` counts
    p-values at or below the level, which for sparse series is lower by nature; ``n`` series-days.
    """

    nominal: float
    realised: float
    raw: float
    n: int

    @property
    def ratio(self) -> float:
        """Realised over nominal; 1 is as promised."""
        return self.realised / self.nominal

    @property
    def as_promised(self) -> bool:
        """Whether the ratio lies within ½ and 2."""
        return 1 / TOLERANCE <= self.ratio <= TOLERANCE


def reliability(
    p_at_least: np.ndarray, p_more: np.ndarray, *, nominal: Sequence[float] = NOMINAL
) -> list[Reliability]:
    """Return how often p-values fall below each nominal rate.

    A count has few possible p-values, so P(p <= a) < a even when the model is exactly right. The
    randomised p-value P(X > x) + U P(X = x) is uniform then (Czado, Gneiting & Held 2009,
    Biometrics 65:1254); averaging over U needs no random numbers:
    realised(a) = mean of (a - P(X > x)) / P(X = x), cut to [0, 1].

    Parameters
    ----------
    p_at_least, p_more : arrays of the same shape
        P(X >= x) and P(X > x) of each series-day; NaN is left out.
    """
    known = np.isfinite(p_at_least) & np.isfinite(p_more)
    high, low = p_at_least[known], p_more[known]
    here = np.maximum(high - low, np.finfo(float).tiny)
    return [
        Reliability(
            nominal=level,
            realised=float(np.clip((level - low) / here, 0.0, 1.0).mean()) if len(high) else 0.0,
            raw=float((high <= level).mean()) if len(high) else 0.0,
            n=len(high),
        )
        for level in nominal
    ]
