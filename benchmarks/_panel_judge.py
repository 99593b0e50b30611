"""Turns scored zones into incidents and holds them against the bursts; the same for every arm."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from _panel_data import Burst

from govdash.detect.evaluate import lowest_rank

#: Alerts of one kind with overlapping zones at most so many days apart are one incident.
MERGE_DAYS = 3


@dataclass(frozen=True)
class Alerts:
    """Scored zones of one panel, one row each, ordered by day.

    ``zone`` holds the areas as bits; ``first``–``day`` are the days the evidence is from; a higher
    ``score`` is more unusual, and scores are comparable between kinds and cities.
    """

    kind: np.ndarray
    day: np.ndarray
    first: np.ndarray
    zone: list[int]
    score: np.ndarray

    def strongest(self, n: int) -> "Alerts":
        """Return the `n` highest scores: no threshold that matters lies below them."""
        kept = np.sort(np.argsort(-self.score, kind="stable")[:n])
        zone = [self.zone[i] for i in kept]
        return Alerts(self.kind[kept], self.day[kept], self.first[kept], zone, self.score[kept])


@dataclass(frozen=True)
class Verdict:
    """What one threshold finds: days from start to first alert per burst (-1: missed)."""

    delays: np.ndarray
    false_incidents: int
    incidents: int


def judge(alerts: Alerts, bursts: Sequence[Burst], threshold: float) -> Verdict:
    """Count bursts found and incidents that are false at one threshold.

    A burst is found by an alert of its kind, on one of its days, whose zone shares an area with
    it. An incident is false when none of its alerts has evidence (zone and days) that touches a
    burst; an alert after a burst about the burst is late, and neither found nor false.
    """
    delays = np.full(len(bursts), -1)
    by_kind: dict[int, list[int]] = {}
    for n, burst in enumerate(bursts):
        by_kind.setdefault(burst.kind, []).append(n)
    open_by_kind: dict[int, list[list[int]]] = {}  # [zone, last day, true?]
    closed_false = closed = 0
    for i in np.flatnonzero(alerts.score >= threshold):
        kind, day, first = int(alerts.kind[i]), int(alerts.day[i]), int(alerts.first[i])
        zone, true = alerts.zone[i], 0
        for n in by_kind.get(kind, ()):
            burst = bursts[n]
            if zone & burst.zone and first <= burst.last and day >= burst.first:
                true = 1
                if day <= burst.last and delays[n] < 0:
                    delays[n] = day - burst.first
        still, joined = [], [zone, day, true]
        for incident in open_by_kind.get(kind, ()):
            if day - incident[1] > MERGE_DAYS:
                closed += 1
                closed_false += 1 - incident[2]
            elif incident[0] & zone:
                joined = [joined[0] | incident[0], day, joined[2] | incident[2]]
            else:
                still.append(incident)
        open_by_kind[kind] = [*still, joined]
    left = [incident for each in open_by_kind.values() for incident in each]
    false = closed_false + sum(1 - incident[2] for incident in left)
    return Verdict(delays, false, closed + len(left))


def at_budget(
    runs: Sequence[tuple[Alerts, Sequence[Burst]]], *, false_allowed: float
) -> tuple[float, list[Verdict]]:
    """Return the lowest threshold that keeps to `false_allowed` false incidents over all `runs`.

    Counted from the highest score down, to the first excess: far below it alerts are so many that
    they grow together into a few incidents, and the count falls again without anything being
    better.
    """
    scores = np.sort(np.concatenate([alerts.score for alerts, _ in runs]))[::-1]

    def told(rank: int) -> list[Verdict]:
        return [judge(alerts, bursts, scores[rank]) for alerts, bursts in runs]

    def within(rank: int) -> bool:
        return sum(v.false_incidents for v in told(rank)) <= false_allowed

    low = lowest_rank(within, len(scores), begin=max(int(false_allowed), 1))
    threshold = float(scores[low]) if low >= 0 else np.inf
    return threshold, [judge(alerts, bursts, threshold) for alerts, bursts in runs]
