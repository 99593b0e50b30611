"""Alerts and their logs: locked for a change, listed for a board, counted by what they were."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import pandas as pd
from sqlalchemy import ColumnElement, case, func, select, text, update
from sqlalchemy.orm import aliased

from govdash.core.filters import Scope
from govdash.core.vocab import Handling, Level, Signal
from govdash.store.engine import Session
from govdash.store.models import Alert, AlertStep, Case, Rule
from govdash.store.visible import of_kind, visible, within

OPEN: Final = (Handling.NEW, Handling.ACKNOWLEDGED, Handling.LINKED)
COLUMNS: Final = (
    "id",
    "number",
    "version",
    "level",
    "title",
    "category",
    "area_path",
    "direction",
    "window_first",
    "window_last",
    "observed",
    "expected",
    "p_value",
    "evidence",
    "signal",
    "handling",
    "disposition",
    "handler",
    "handled_at",
    "acknowledged_until",
    "note",
    "first_seen_at",
    "last_seen_at",
    "cleared_at",
    "rule_code",
    "rule_version",
    "predecessor_id",
    "leader_id",
)
STEP_COLUMNS: Final = ("at", "actor", "did", "note", "detail")
#: "raise": the advisory lock that lets one transaction at a time raise alerts on PostgreSQL.
_LOCK: Final = 0x7261697365
_PIECE: Final = 10_000  # SQLite takes 32 766 values in one statement


def lock_raising(session: Session) -> None:
    """Wait until no other transaction raises alerts; held until this one ends.

    One lock for all alerts: with one per fingerprint, two ticks that raise several in different
    orders would wait for each other for ever. SQLite has one writer at a time anyway.
    """
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})


def for_update(session: Session, alert_id: int) -> Alert | None:
    """Return an alert as it is now, locked until the transaction ends."""
    return session.get(Alert, alert_id, populate_existing=True, with_for_update=True)


def newest_of(session: Session, fingerprint: str) -> Alert | None:
    """Return the newest alert of a fingerprint, open or not, locked."""
    newest = (
        select(Alert)
        .where(Alert.fingerprint == fingerprint)
        .order_by(Alert.id.desc())
        .limit(1)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return session.scalar(newest)


def opened(session: Session) -> Sequence[Alert]:
    """Return every alert that people have not ended, by id, locked."""
    waiting = (
        select(Alert)
        .where(Alert.handling.in_(OPEN))
        .order_by(Alert.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return session.scalars(waiting).all()


def members(session: Session, leader_id: int) -> Sequence[Alert]:
    """Return the open alerts that this one leads, by id, locked."""
    led = (
        select(Alert)
        .where(Alert.leader_id == leader_id, Alert.handling.in_(OPEN))
        .order_by(Alert.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return session.scalars(led).all()


def firing(session: Session) -> Sequence[Alert]:
    """Return every alert whose signal has not cleared, by id, locked."""
    alive = (
        select(Alert)
        .where(Alert.signal.in_([Signal.PENDING, Signal.FIRING, Signal.CLEARING, Signal.STALE]))
        .order_by(Alert.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return session.scalars(alive).all()


def write_signal(session: Session, alert: Alert, values: dict[str, Any]) -> None:
    """Write what the machine knows, and nothing that people write.

    The version stays: a person who is looking at the alert meanwhile keeps the right to act.
    """
    session.flush()
    session.execute(
        update(Alert)
        .where(Alert.id == alert.id)
        .values(**values)
        .execution_options(synchronize_session=False)
    )
    session.refresh(alert)


def add_step(
    session: Session,
    alert: Alert,
    *,
    at: datetime,
    actor: str,
    did: str,
    note: str = "",
    detail: dict[str, Any] | None = None,
) -> None:
    """Add one line to the log of an alert."""
    session.flush()
    session.add(
        AlertStep(alert_id=alert.id, at=at, actor=actor, did=did, note=note, detail=detail or {})
    )
    session.flush()


def get(session: Session, alert_id: int, scope: Scope) -> Alert | None:
    """Return an alert inside the scope."""
    return session.scalar(
        select(Alert).where(Alert.id == alert_id, visible(scope, Alert.area_path))
    )


def steps(session: Session, alert_id: int, scope: Scope) -> pd.DataFrame:
    """Return the log of an alert inside the scope, oldest first: columns `STEP_COLUMNS`."""
    found = session.execute(
        select(*(getattr(AlertStep, name) for name in STEP_COLUMNS))
        .join(Alert, Alert.id == AlertStep.alert_id)
        .where(AlertStep.alert_id == alert_id, visible(scope, Alert.area_path))
        .order_by(AlertStep.id)
    )
    table = pd.DataFrame([tuple(row) for row in found], columns=list(STEP_COLUMNS), dtype=object)
    table["at"] = pd.to_datetime(table["at"], utc=True)
    return table


def logs(session: Session, ids: Sequence[int], scope: Scope, *, until: datetime) -> pd.DataFrame:
    """Return the steps of some alerts inside the scope that were taken by `until`, oldest first.

    Columns ``alert_id``, ``at``, ``did``, ``detail``.
    """
    names = ("alert_id", "at", "did", "detail")
    asked = (
        select(*(getattr(AlertStep, name) for name in names))
        .join(Alert, Alert.id == AlertStep.alert_id)
        .where(visible(scope, Alert.area_path), AlertStep.at <= until)
        .order_by(AlertStep.id)
    )
    rows = [
        tuple(row)
        for first in range(0, len(ids), _PIECE)
        for row in session.execute(asked.where(Alert.id.in_(ids[first : first + _PIECE])))
    ]
    return pd.DataFrame(rows, columns=list(names), dtype=object)


def listed(
    session: Session,
    scope: Scope,
    *,
    handling: Sequence[Handling] = (),
    level: Sequence[Level] = (),
    ids: Sequence[int] = (),
    like: Alert | None = None,
    leader: int | None = None,
    folded: bool = False,
    since: datetime | None = None,
    until: datetime | None = None,
    areas: Sequence[str] = (),
    categories: Sequence[str] = (),
    limit: int = 200,
) -> pd.DataFrame:
    """Return alerts inside the scope: waiting ones first, worst first, newest first.

    Parameters
    ----------
    like : Alert, optional
        Only others of the same category, area and direction.
    leader : int, optional
        Only members of this alert.
    folded : bool
        Leave out members whose leader is among what is asked for: it speaks for them.
    since, until : datetime, optional
        First seen in this half-open stretch.
    areas, categories : sequence of str
        Only those in one of these areas (paths, with all below) and under one of these category
        keys (``A-06`` holds ``A-06001``); none: all.

    Returns
    -------
    DataFrame
        `COLUMNS` as stored codes, with ``rule_name``, ``case_id`` and ``case_number`` (the newest
        case made from it or from its leader) and ``n_members`` (open alerts inside the scope that
        it leads).
    """
    newest_case = (
        select(func.max(Case.id))
        .where(
            Case.alert_id.in_([Alert.id, Alert.leader_id]),
            visible(scope, Case.area_path, Case.unit_code),
        )
        .correlate(Alert)
        .scalar_subquery()
    )
    led = aliased(Alert)
    n_members = (
        select(func.count())
        .where(led.leader_id == Alert.id, led.handling.in_(OPEN), visible(scope, led.area_path))
        .correlate(Alert)
        .scalar_subquery()
    )
    chosen = (
        select(
            *(getattr(Alert, name) for name in COLUMNS),
            Rule.name.label("rule_name"),
            Case.id.label("case_id"),
            Case.number.label("case_number"),
            n_members.label("n_members"),
        )
        .join(Rule, (Rule.code == Alert.rule_code) & (Rule.version == Alert.rule_version))
        .outerjoin(Case, Case.id == newest_case)
    )
    asked = _Asked(scope, handling, level, since, until, areas, categories)
    chosen = chosen.where(*asked.of(Alert))
    if ids:
        chosen = chosen.where(Alert.id.in_(ids))
    if like is not None:
        chosen = chosen.where(
            Alert.id != like.id,
            Alert.category == like.category,
            Alert.area_path == like.area_path,
            Alert.direction == like.direction,
        )
    if leader is not None:
        chosen = chosen.where(Alert.leader_id == leader)
    if folded:
        first = aliased(Alert)
        spoken_for = select(first.id).where(first.id == Alert.leader_id, *asked.of(first))
        chosen = chosen.where(~spoken_for.correlate(Alert).exists())
    waiting = case(
        {Handling.NEW: 0, Handling.ACKNOWLEDGED: 1, Handling.LINKED: 2},
        value=Alert.handling,
        else_=3,
    )
    worst = case({name: name.rank for name in Level}, value=Alert.level)
    order = () if like is not None else (waiting, worst)  # of like ones the last tell most
    found = session.execute(
        chosen.order_by(*order, Alert.first_seen_at.desc(), Alert.id.desc()).limit(limit)
    )
    names = [*COLUMNS, "rule_name", "case_id", "case_number", "n_members"]
    return pd.DataFrame([tuple(row) for row in found], columns=names, dtype=object)


@dataclass(frozen=True, slots=True)
class _Asked:
    """What a list of alerts asks for; the same of an alert and of its leader."""

    scope: Scope
    handling: Sequence[Handling]
    level: Sequence[Level]
    since: datetime | None
    until: datetime | None
    areas: Sequence[str]
    categories: Sequence[str]

    def of(self, alert: type[Alert]) -> list[ColumnElement[bool]]:
        """Return the conditions on `alert` (or an alias of it)."""
        told = [
            visible(self.scope, alert.area_path),
            within(alert.area_path, self.areas),
            of_kind(alert.category, self.categories),
        ]
        if self.handling:
            told.append(alert.handling.in_(self.handling))
        if self.level:
            told.append(alert.level.in_(self.level))
        if self.since is not None:
            told.append(alert.first_seen_at >= self.since)
        if self.until is not None:
            told.append(alert.first_seen_at < self.until)
        return told
