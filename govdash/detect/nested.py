"""Nested findings: one thing that shows in a street, its district and the city is told once."""

import math
from collections.abc import Mapping, Sequence
from typing import Final

from govdash.detect.evidence import Finding
from govdash.detect.keys import ancestors

#: The rest of a larger series is ordinary within so many standard deviations (1 % two-sided).
_ORDINARY: Final = 2.58


def reduce_nested(
    findings: Sequence[Finding],
    *,
    explains: float = 0.6,
    counts: Mapping[tuple[str, int], tuple[float, float]] | None = None,
) -> list[Finding]:
    """Keep, of findings that contain each other, the one that says most.

    Two findings are the same thing when they point the same way, their windows overlap and one
    series contains the other (area and category). Then

    1. the larger goes when a smaller one holds at least `explains` of its excess and what is left
       of it is ordinary (within 2.58 sd; the variance left is taken in proportion to the
       expectation left). Without the second condition a category that is most of the city
       would speak for an outage of everything;
    2. of what is left, the smaller goes when a larger one is at least as improbable: it is a part
       of something wider. A smaller one that is less probable *by itself* stays beside the larger.

    Parameters
    ----------
    counts : mapping of (series, window days) to (observed, expected), optional
        To hold both against the same window; without it each speaks with its own window.

    Returns
    -------
    list of Finding
        A part of `findings`, in the same order.
    """
    known = counts or {}
    by_key = {(f.key, f.direction): f for f in findings}
    wider = {
        id(f): [
            w
            for key in ancestors(f.key)
            if (w := by_key.get((key, f.direction))) and _overlap(f, w)
        ]
        for f in findings
    }
    explained = {id(w) for f in findings for w in wider[id(f)] if _explains(f, w, known, explains)}
    left = [f for f in findings if id(f) not in explained]
    return [
        f
        for f in left
        if not any(
            w.evidence.p_value <= f.evidence.p_value for w in wider[id(f)] if id(w) not in explained
        )
    ]


def _explains(
    part: Finding,
    whole: Finding,
    known: Mapping[tuple[str, int], tuple[float, float]],
    share: float,
) -> bool:
    p, w = part.evidence, whole.evidence
    observed, expected = known.get((part.series, w.window_days), (p.observed, p.expected))
    if (observed - expected) / w.excess < share:
        return False
    rest_expected = max(w.expected - expected, 0.0)
    rest_sd = w.sd * math.sqrt(rest_expected / w.expected)
    return abs(w.observed - observed - rest_expected) <= _ORDINARY * max(rest_sd, 1.0)


def _overlap(one: Finding, other: Finding) -> bool:
    return one.window_start <= other.window_end and other.window_start <= one.window_end
