"""Nested findings: one thing that shows in a street, its district and the city is told once."""

from collections.abc import Mapping, Sequence

from govdash.detect.evidence import Finding
from govdash.detect.keys import SeriesKey, ancestors


def reduce_nested(
    findings: Sequence[Finding],
    *,
    explains: float = 0.6,
    excess: Mapping[tuple[str, int], float] | None = None,
) -> list[Finding]:
    """Keep, of findings that contain each other, the one that says most.

    Two findings are the same thing when they point the same way, their windows overlap and one
    series contains the other (area and category). Then

    1. the larger goes when a smaller one holds at least `explains` of its excess;
    2. of what is left, the smaller goes when a larger one is at least as improbable: it is a part
       of something wider. A smaller one that is less probable *by itself* stays beside the larger.

    Parameters
    ----------
    excess : mapping of (series, window days) to observed minus expected, optional
        To hold both against the same window; without it each speaks with its own window.

    Returns
    -------
    list of Finding
        A part of `findings`, in the same order.
    """
    known = excess or {}
    by_key = {(f.key, f.direction): f for f in findings}
    wider = {
        id(f): [
            w
            for key in ancestors(f.key)
            if (w := by_key.get((SeriesKey(*key), f.direction))) and _overlap(f, w)
        ]
        for f in findings
    }
    explained = {id(w) for f in findings for w in wider[id(f)] if _share(f, w, known) >= explains}
    left = [f for f in findings if id(f) not in explained]
    return [
        f
        for f in left
        if not any(
            w.evidence.p_value <= f.evidence.p_value for w in wider[id(f)] if id(w) not in explained
        )
    ]


def _share(part: Finding, whole: Finding, known: Mapping[tuple[str, int], float]) -> float:
    part_excess = known.get((part.series, whole.evidence.window_days), part.evidence.excess)
    return part_excess / whole.evidence.excess


def _overlap(one: Finding, other: Finding) -> bool:
    return one.window_start <= other.window_end and other.window_start <= one.window_end
