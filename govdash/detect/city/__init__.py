"""City: the space-time half of the native detector, cells × categories, tick by tick.

`CityDetector` ties the parts together; each part can be used by itself. Everything is arrays: a
category, cell or day is a position or a day number, and the caller keeps the names.
"""

from govdash.detect.city.cells import CellModel, CellState, expected, shares
from govdash.detect.city.detector import Audit, CityDetector, Memory, Told
from govdash.detect.city.explain import CityEvidence, explain
from govdash.detect.city.incidents import Changes, Incident, track
from govdash.detect.city.outages import LowDay, Silence, low_days, low_tails, silent_channels
from govdash.detect.city.policy import Policy
from govdash.detect.city.storage import load_memory, save_memory
from govdash.detect.city.watch import Hit, Scan, nearest_cells

__all__ = [
    "Audit",
    "CellModel",
    "CellState",
    "Changes",
    "CityDetector",
    "CityEvidence",
    "Hit",
    "Incident",
    "LowDay",
    "Memory",
    "Policy",
    "Scan",
    "Silence",
    "Told",
    "expected",
    "explain",
    "load_memory",
    "low_days",
    "low_tails",
    "nearest_cells",
    "save_memory",
    "shares",
    "silent_channels",
    "track",
]
