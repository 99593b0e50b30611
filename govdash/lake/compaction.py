"""When to merge the segments of a month, and which: small ones together, big ones seldom."""

from collections.abc import Sequence
from typing import Final

from govdash.lake.manifest import Segment

ALLOWED: Final = 8  # a query opens every segment of its months, about 0.2 ms each


def to_merge(segments: Sequence[Segment], *, most: int, allowed: int = ALLOWED) -> list[Segment]:
    """Return the segments to make into one, none while there are at most `allowed`.

    Starting with the smallest, a segment joins while it is at most twice as large as those
    before it together, so each row is rewritten a number of times that grows only with the
    logarithm of the month. Segments that are `most` rows long are left alone, and about twice
    that is the most that one merge takes into memory.
    """
    if len(segments) <= allowed:
        return []
    chosen: list[Segment] = []
    rows = 0
    for segment in sorted((s for s in segments if s.rows < most), key=lambda s: s.rows):
        left_over = len(segments) - len(chosen)
        if len(chosen) >= 2 and (
            rows + segment.rows > 2 * most or (left_over < allowed and segment.rows > 2 * rows)
        ):
            break
        chosen.append(segment)
        rows += segment.rows
    return chosen if len(chosen) > 1 else []
