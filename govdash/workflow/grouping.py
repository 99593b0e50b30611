"""Alerts that belong together: one leads, the others are its members.

Two alerts belong together when they are of the same direction, of the same category (or a major
and one of its categories), over days that overlap, and in areas that touch or lie in one another.
The most severe leads, then the widest, then the oldest: never is a severe one hidden behind a
milder one. A member keeps its own row, log and area; who may see only the member's area sees the
member. What is done with the leader is done with its members (`alerts`). Nothing that the log of
one says names another: they may lie in areas that different people see.

What joins an acknowledged leader brings it back to 待签收, because the matter has spread. An alert
never joins one that has a case already: the people of that case have not seen it.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final

from govdash.core.vocab import Handling, Signal
from govdash.detect.keys import SeriesKey, category_contains, related
from govdash.store import Session
from govdash.store import alerts as rows
from govdash.store import areas as area_rows
from govdash.store.models import Alert
from govdash.workflow import alertlog

#: Signals of a matter that goes on.
_ALIVE: Final = (Signal.FIRING, Signal.CLEARING)

Touch = Callable[[str, str], bool]


def regroup(session: Session, *, at: datetime) -> int:
    """Bring the groups of all open alerts up to date; return how many changed their leader.

    A function of the alerts as they stand, so the same tick twice changes nothing more.
    """
    opened = rows.opened(session)
    known = {alert.id: alert for alert in opened}
    before = {alert.id: alert.leader_id for alert in opened}
    for alert in opened:
        if alert.leader_id is not None and not _still(alert, known.get(alert.leader_id)):
            _lead(session, alert, None, "", at=at)
    touch = _touching(session)
    # The mildest and newest first: each finds the most severe there is, once.
    for alert in sorted(opened, key=_rank, reverse=True):
        if alert.leader_id is None and alert.handling is Handling.NEW and alert.signal in _ALIVE:
            home = _home(alert, opened, touch)
            if home is not None:
                _join(session, alert, home, opened, at=at)
    return sum(alert.leader_id != before[alert.id] for alert in opened)


def members(opened: Sequence[Alert], leader: Alert) -> list[Alert]:
    """Return those of `opened` that `leader` leads."""
    return [alert for alert in opened if alert.leader_id == leader.id]


def belong(one: Alert, other: Alert, touch: Touch) -> bool:
    """Whether two alerts are parts of the same matter."""
    if one.direction != other.direction or one.id == other.id:
        return False
    if one.window_last < other.window_first or other.window_last < one.window_first:
        return False
    mine, theirs = one.area_path or "", other.area_path or ""
    if related(SeriesKey(mine, one.category), SeriesKey(theirs, other.category)):
        return True
    alike = category_contains(one.category, other.category) or category_contains(
        other.category, one.category
    )
    return alike and touch(mine, theirs)


def _still(alert: Alert, leader: Alert | None) -> bool:
    """Whether a member's leader still speaks for it."""
    return (
        leader is not None
        and leader.leader_id is None
        and _rank(leader) < _rank(alert)
        and alert.handling is leader.handling
        and (leader.signal in _ALIVE or alert.signal not in _ALIVE)
    )


def _home(alert: Alert, opened: Sequence[Alert], touch: Touch) -> Alert | None:
    homes = (
        other
        for other in opened
        if other.leader_id is None
        and other.handling in {Handling.NEW, Handling.ACKNOWLEDGED}
        and other.signal in _ALIVE
        and _rank(other) < _rank(alert)
        and any(belong(alert, one, touch) for one in (other, *members(opened, other)))
    )
    return min(homes, key=_rank, default=None)


def _join(
    session: Session, alert: Alert, home: Alert, opened: Sequence[Alert], *, at: datetime
) -> None:
    joining = [alert, *members(opened, alert)]
    for one in joining:
        _lead(session, one, home, "与相邻或相关的提示属同一事项，并入", at=at)
    if home.handling is Handling.ACKNOWLEDGED:
        why = "同一事项扩展到别处，请重新签收"
        for one in (home, *(m for m in members(opened, home) if m not in joining)):
            if one.handling is Handling.ACKNOWLEDGED:
                alertlog.back(session, one, "spread", why, at=at)


def _lead(session: Session, alert: Alert, leader: Alert | None, note: str, *, at: datetime) -> None:
    told = {"leader_id": leader.id if leader else None}
    alertlog.machine(session, alert, "join" if leader else "leave", told, at=at, note=note)


def _rank(alert: Alert) -> tuple[int, int, datetime, int]:
    """Order by who leads: severity, then the width of the area, then age."""
    depth = (alert.area_path or "").count("/")
    return alert.level.rank, depth, alert.first_seen_at, alert.id


def _touching(session: Session) -> Touch:
    """Return the question whether areas touch, each pair looked up once."""
    known: dict[tuple[str, str], bool] = {}

    def touch(one: str, other: str) -> bool:
        pair = (min(one, other), max(one, other))
        if pair not in known:
            known[pair] = area_rows.touch(session, *pair)
        return known[pair]

    return touch
