"""Where the words beside odd points go, so that none lies over another."""

from collections.abc import Sequence
from dataclasses import dataclass

SMALLEST = (330, 110)
"""Width and height in px of the smallest plot that notes are written into (1366 px screens)."""
PADDING = 6
"""Px between two lines of words."""


@dataclass(frozen=True)
class NoteBox:
    """A note beside a point: where it is from 0 to 1, and how much room its words need."""

    x: float
    y: float
    letters: int
    size: int

    @property
    def late(self) -> bool:
        """Whether the point lies in the right half: its words then stand to its left."""
        return self.x >= 0.5

    @property
    def span(self) -> tuple[float, float]:
        """Left and right end of the words in px of the smallest plot; a letter is a square."""
        at, wide = self.x * SMALLEST[0], self.letters * self.size + 9
        return (at - wide, at) if self.late else (at, at + wide)


def apart(notes: Sequence[NoteBox]) -> list[int]:
    """Px to move each note up (below 0: down) until no two lie over one another.

    Judged in the smallest plot. Notes keep their order from top to bottom, so in a taller plot,
    where points move apart, the words only move further from one another.
    """
    shifts = [0] * len(notes)
    low = sum(note.y for note in notes) < 0.5 * len(notes)
    down = 1 if low else -1  # low points make room upwards: below them is the axis
    order = sorted(range(len(notes)), key=lambda i: down * notes[i].y)
    for place, i in enumerate(order):
        for j in order[:place]:
            if not _beside(notes[i], notes[j]):
                continue
            gap = abs(notes[i].y - notes[j].y) * SMALLEST[1] + down * (shifts[i] - shifts[j])
            short = notes[i].size + PADDING - gap
            if short > 0:
                shifts[i] += down * round(short)
    return shifts


def _beside(one: NoteBox, other: NoteBox) -> bool:
    return one.span[0] < other.span[1] and other.span[0] < one.span[1]
