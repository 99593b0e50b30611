"""The log of an alert is the truth: each change is a step, and the row is what the steps add up to.

A step holds in ``detail["set"]`` the columns that it changed, so that `rebuild` makes the row anew
from the log alone. The one column outside is ``last_seen_at``: it moves with every tick that still
sees the same, and says nothing that a step would not say.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Final, cast

from govdash.access import SYSTEM, User
from govdash.core.vocab import Disposition, Handling, Level, Signal
from govdash.store import Session
from govdash.store import alerts as rows
from govdash.store.models import Alert
from govdash.workflow.notify import alertsteps

SET: Final = "set"  # key in the detail of a step
HEARTBEAT: Final = "last_seen_at"

_READ: Final[Mapping[str, Callable[[Any], Any]]] = {
    "level": Level,
    "signal": Signal,
    "handling": Handling,
    "disposition": Disposition,
    "window_first": date.fromisoformat,
    "window_last": date.fromisoformat,
    "handled_at": datetime.fromisoformat,
    "acknowledged_until": datetime.fromisoformat,
    "first_seen_at": datetime.fromisoformat,
    "cleared_at": datetime.fromisoformat,
}
#: What the machine writes; a person's word is none of it.
MACHINE: Final = (
    "level",
    "window_first",
    "window_last",
    "observed",
    "expected",
    "p_value",
    "evidence",
    "signal",
    "cleared_at",
    "leader_id",
)
#: What people write, or what is done to it for them when time is up.
PEOPLE: Final = (
    "handling",
    "disposition",
    "handler",
    "handled_at",
    "acknowledged_until",
    "note",
)
#: What never changes once an alert is raised.
BORN: Final = (
    "number",
    "fingerprint",
    "rule_code",
    "rule_version",
    "predecessor_id",
    "title",
    "direction",
    "category",
    "area_path",
    "first_seen_at",
)
PROJECTED: Final = (*BORN, *MACHINE, *PEOPLE)


def born(session: Session, alert: Alert, *, at: datetime, detail: Mapping[str, Any]) -> None:
    """Keep a new alert, with a step that holds all of it."""
    session.add(alert)
    session.flush()
    whole = {name: getattr(alert, name) for name in PROJECTED}
    _step(session, alert, "raise", whole, actor=SYSTEM, at=at, note="", detail=detail)


def machine(
    session: Session,
    alert: Alert,
    did: str,
    values: Mapping[str, Any],
    *,
    at: datetime,
    seen_at: datetime | None = None,
    note: str = "",
    detail: Mapping[str, Any] | None = None,
) -> bool:
    """Write what the machine knows; a step only when something changed. Return whether it did.

    The version stays, so that a person who looks at the alert keeps the right to act.
    """
    changed = _changed(alert, values)
    if unknown := changed.keys() - set(MACHINE):
        raise AssertionError(f"not the machine's to write: {sorted(unknown)}")
    seen = {} if seen_at is None else {HEARTBEAT: seen_at}
    if changed or seen:
        rows.write_signal(session, alert, {**changed, **seen})
    if changed:
        _step(session, alert, did, changed, actor=SYSTEM, at=at, note=note, detail=detail)
    return bool(changed)


def people(
    session: Session,
    alert: Alert,
    did: str,
    values: Mapping[str, Any],
    *,
    actor: User,
    at: datetime,
    note: str = "",
    detail: Mapping[str, Any] | None = None,
) -> None:
    """Write what a person did, or what is done when their time is up; always a step."""
    changed = _changed(alert, values)
    if unknown := changed.keys() - set(PEOPLE):
        raise AssertionError(f"not people's to write: {sorted(unknown)}")
    for name, value in changed.items():
        setattr(alert, name, value)
    session.flush()
    _step(session, alert, did, changed, actor=actor, at=at, note=note, detail=detail)


def back(session: Session, alert: Alert, did: str, why: str, *, at: datetime) -> None:
    """Bring an alert back to 待签收, with the reason in its log; people's words stay."""
    values = {"handling": Handling.NEW, "acknowledged_until": None, "disposition": None}
    people(session, alert, did, values, actor=SYSTEM, at=at, note=why)


def rebuild(steps: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the columns `PROJECTED` as the steps of one alert add up to.

    Parameters
    ----------
    steps : iterable of mappings
        Each with ``detail``, oldest first, as `store.alerts.steps` returns them.
    """
    row: dict[str, Any] = {}
    for step in steps:
        told = cast("Mapping[str, Any]", step["detail"].get(SET, {}))
        row |= {name: _read(name, value) for name, value in told.items()}
    return row


def shown(detail: Mapping[str, Any]) -> dict[str, Any]:
    """Return the detail of a step without the columns it set."""
    return {name: value for name, value in detail.items() if name != SET}


def _changed(alert: Alert, values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if getattr(alert, name) != value}


def _step(
    session: Session,
    alert: Alert,
    did: str,
    changed: Mapping[str, Any],
    *,
    actor: User,
    at: datetime,
    note: str,
    detail: Mapping[str, Any] | None,
) -> None:
    said = dict(detail or {})
    if changed:
        said[SET] = {name: _written(value) for name, value in changed.items()}
    rows.add_step(session, alert, at=at, actor=actor.login, did=did, note=note, detail=said)
    alertsteps.stepped(session, alert, did, at=at)


def _written(value: Any) -> Any:  # noqa: ANN401  # whatever a column holds
    if isinstance(value, StrEnum):
        return value.value
    return value.isoformat() if isinstance(value, date) else value


def _read(name: str, value: Any) -> Any:  # noqa: ANN401  # whatever a column holds
    reader = _READ.get(name)
    return value if reader is None or value is None else reader(value)
