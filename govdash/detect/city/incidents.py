"""Incidents: what is told once, though windows and zones of the same trouble alert day after day.

Hits of one category whose zones share a cell, at most three days apart, are one incident. A day's
hit opens one, or updates those it touches (several grow together); after three quiet days an
incident closes. Counted per alert and not per incident, long windows would lose what they gain.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from govdash.detect.city.watch import Hit
from govdash.detect.evidence import severity

#: Days without a hit that still belong to the same incident.
QUIET_DAYS: Final = 3


@dataclass(frozen=True)
class Incident:
    """One trouble: where, since when, how bad at its worst.

    Attributes
    ----------
    category : int
    cells : tuple of int
        All cells of its hits, ascending.
    opened : int
        Day number of the first hit: when it was told.
    first : int
        First day of the evidence: since when, as far as is known.
    last : int
        Day of the latest hit.
    peak : Hit
        The rarest hit; of equals the one with more excess.
    days_hit : int
    is_open : bool
    """

    category: int
    cells: tuple[int, ...]
    opened: int
    first: int
    last: int
    peak: Hit
    days_hit: int = 1
    is_open: bool = True

    @property
    def key(self) -> str:
        """Stable name: category, day of opening and first cell of the peak at that time."""
        return f"{self.category}:{self.opened}:{self.cells[0]}"

    @property
    def severity(self) -> float:
        """0–100 from p-value and excess of the peak; alert rules cut it into levels."""
        return severity(self.peak.p_value, self.peak.excess)


@dataclass(frozen=True)
class Changes:
    """What one day did to the incidents: `opened`, `updated` by a hit of the day, `closed`."""

    opened: tuple[Incident, ...] = ()
    updated: tuple[Incident, ...] = ()
    closed: tuple[Incident, ...] = ()


def track(
    open_incidents: Sequence[Incident], found: Sequence[Hit], *, day: int
) -> tuple[tuple[Incident, ...], Changes]:
    """Return the open incidents after `day`, and what changed.

    The order of `found` changes nothing. When several incidents grow together the oldest stays
    and the others close.

    Parameters
    ----------
    open_incidents : Incident
    found : Hit
        Of this day, those that the policy lets through.
    """
    current = list(open_incidents)
    opened: list[Incident] = []
    closed: list[Incident] = []
    for hit in sorted(found, key=lambda h: (h.p_value, -h.excess, h.category, h.cells)):
        fresh = Incident(hit.category, tuple(sorted(hit.cells)), day, hit.first, day, hit)
        touched = [i for i in current if _touches(i, hit)]
        if touched:
            kept = [i for i in current if i not in touched]
            merged, *others = sorted(touched, key=lambda i: (i.opened, i.cells))
            for other in others:
                merged = _joined(merged, other)
                closed += [replace(other, is_open=False)] if other.opened < day else []
            current = [*kept, _joined(merged, fresh)]
        else:
            current.append(fresh)
    still = []
    for incident in current:
        if day - incident.last >= QUIET_DAYS + 1:
            closed.append(replace(incident, is_open=False))
        else:
            still.append(incident)
    ordered = tuple(sorted(still, key=lambda i: (i.opened, i.category, i.cells)))
    opened = [i for i in ordered if i.opened == day]
    updated = [i for i in ordered if i.opened < day and i.last == day]
    return ordered, Changes(tuple(opened), tuple(updated), tuple(closed))


def _touches(incident: Incident, hit: Hit) -> bool:
    return incident.category == hit.category and not set(incident.cells).isdisjoint(hit.cells)


def _joined(old: Incident, new: Incident) -> Incident:
    worse = (new.peak.p_value, -new.peak.excess) < (old.peak.p_value, -old.peak.excess)
    return replace(
        old,
        cells=tuple(sorted({*old.cells, *new.cells})),
        first=min(old.first, new.first),
        last=max(old.last, new.last),
        peak=new.peak if worse else old.peak,
        days_hit=old.days_hit + (new.last > old.last),
    )
