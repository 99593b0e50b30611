"""What a report says of alerts: those raised in a period, and what had become of them by then."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, Final

from govdash.core.filters import EventQuery
from govdash.core.vocab import Disposition, Handling, Level
from govdash.store import Session, alerts
from govdash.workflow import alertlog

EVERY: Final = 1_000_000
WAITING: Final = frozenset({Handling.NEW, Handling.ACKNOWLEDGED})


@dataclass(frozen=True, slots=True)
class AlertThen:
    """An alert as it stood at a moment."""

    id: int
    number: str
    title: str
    level: Level
    first_seen_at: datetime
    observed: float
    expected: float
    handling: Handling
    disposition: Disposition | None

    @property
    def outcome(self) -> str:
        """What it had turned out to be, else where it stood."""
        return self.disposition.label if self.disposition else self.handling.label


@dataclass(frozen=True, slots=True)
class LevelCount:
    """Alerts of a level. ``true`` and ``false`` are what people decided; the four add up to n."""

    level: Level
    n: int
    true: int
    false: int
    other: int  # closed without an answer, or worked on
    waiting: int


def gather(session: Session, query: EventQuery, *, as_of: datetime) -> tuple[AlertThen, ...]:
    """Return the alerts raised in the query's period as they stood at `as_of`, the worst first.

    Of its areas and categories; those that another one spoke for (its members) are left out.
    """
    period = query.filter.period
    found = alerts.listed(
        session,
        query.scope,
        since=period.start,
        until=min(period.end, as_of),
        areas=query.filter.areas,
        categories=query.filter.categories,
        limit=EVERY,
    )
    kept = alerts.logs(session, [int(one) for one in found["id"]], query.scope, until=as_of)
    then = {
        key: alertlog.rebuild([{"detail": detail} for detail in steps["detail"]])
        for key, steps in kept.groupby("alert_id", sort=False)
    }
    told = [
        _then(row | {"id": int(str(key))})
        for key, row in then.items()
        if row["leader_id"] not in then
    ]
    return tuple(sorted(told, key=lambda one: (one.level.rank, one.first_seen_at, one.number)))


def by_level(told: Sequence[AlertThen]) -> tuple[LevelCount, ...]:
    """Count alerts by level, every level in order."""
    return tuple(_count(level, [one for one in told if one.level is level]) for level in Level)


def _count(level: Level, mine: Sequence[AlertThen]) -> LevelCount:
    spoken = [one.disposition.counts_as_true if one.disposition else None for one in mine]
    true, false = spoken.count(True), spoken.count(False)
    waiting = sum(one.handling in WAITING for one in mine)
    return LevelCount(level, len(mine), true, false, len(mine) - true - false - waiting, waiting)


def _then(row: Mapping[str, Any]) -> AlertThen:
    return AlertThen(**{one.name: row[one.name] for one in fields(AlertThen)})
