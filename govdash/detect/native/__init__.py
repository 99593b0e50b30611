"""The native detector: one model for all series, moved on by ticks."""

from govdash.detect.native.calendar import Calendar, Frequency
from govdash.detect.native.detector import USUAL, Native, Usual
from govdash.detect.native.factors import Factors, factors
from govdash.detect.native.level import Level, LevelRule
from govdash.detect.native.parent import Parent, fit_parent
from govdash.detect.native.parts import joined, taken
from govdash.detect.native.state import LateCount, Scored, State, Ticked
from govdash.detect.native.storage import from_bytes, to_bytes
from govdash.detect.native.tails import BucketTails, combine

__all__ = [
    "USUAL",
    "BucketTails",
    "Calendar",
    "Factors",
    "Frequency",
    "LateCount",
    "Level",
    "LevelRule",
    "Native",
    "Parent",
    "Scored",
    "State",
    "Ticked",
    "Usual",
    "combine",
    "factors",
    "fit_parent",
    "from_bytes",
    "joined",
    "taken",
    "to_bytes",
]
