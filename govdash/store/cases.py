"""Cases, their steps, clock intervals and feedback: locked for a change, listed for a board."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

import pandas as pd
from sqlalchemy import and_, case, delete, func, or_, select

from govdash.core.filters import Scope
from govdash.core.vocab import CASE_ENDS, CaseAction, CaseState, Clock
from govdash.store.engine import Session
from govdash.store.models import (
    Alert,
    Case,
    CaseStep,
    Category,
    ClockInterval,
    Feedback,
    Unit,
)
from govdash.store.visible import of_kind, visible, within

COLUMNS: Final = (
    "id",
    "number",
    "version",
    "alert_id",
    "event_id",
    "title",
    "description",
    "category",
    "area_path",
    "address",
    "lon",
    "lat",
    "unit_code",
    "urgency",
    "state",
    "limit_amount",
    "limit_unit",
    "due_at",
    "register_condition",
    "close_condition",
    "result",
    "handler",
    "verifier",
    "opened_at",
    "closed_at",
    "hold_until",
    "leading_id",
    "extensions",
    "exempt",
)
STEP_COLUMNS: Final = (
    "seq",
    "at",
    "actor",
    "action",
    "from_state",
    "to_state",
    "unit_code",
    "note",
    "detail",
)
#: SQLite takes 32 766 values in one statement.
_AT_ONCE: Final = 10_000
FEEDBACK_COLUMNS: Final = (
    "case_id", "solved", "reason", "satisfaction", "note", "called_by", "called_at",
)  # fmt: skip


def for_update(session: Session, case_id: int) -> Case | None:
    """Return a case as it is now, locked until the transaction ends."""
    return session.get(Case, case_id, populate_existing=True, with_for_update=True)


def of_event(session: Session, event_id: str, scope: Scope) -> Case | None:
    """Return the newest case inside the scope that an event became."""
    found = select(Case).where(
        Case.event_id == event_id, visible(scope, Case.area_path, Case.unit_code)
    )
    return session.scalar(found.order_by(Case.id.desc()).limit(1))


def get(session: Session, case_id: int, scope: Scope) -> Case | None:
    """Return a case inside the scope."""
    return session.scalar(
        select(Case).where(Case.id == case_id, visible(scope, Case.area_path, Case.unit_code))
    )


def id_of(session: Session, number: str, scope: Scope) -> int | None:
    """Return the id of a case inside the scope by its number; None when there is none."""
    return session.scalar(
        select(Case.id).where(Case.number == number, visible(scope, Case.area_path, Case.unit_code))
    )


def unit_name(session: Session, code: str) -> str | None:
    """Return the name of a unit, None when there is no such unit."""
    return session.scalar(select(Unit.name).where(Unit.code == code))


def category(session: Session, key: str) -> Category | None:
    """Return a category by its key."""
    return session.get(Category, key)


def last_step(session: Session, case_id: int) -> CaseStep | None:
    """Return the newest step of a case."""
    newest = select(CaseStep).where(CaseStep.case_id == case_id)
    return session.scalar(newest.order_by(CaseStep.seq.desc()).limit(1))


def times_taken(session: Session, case_id: int, action: CaseAction) -> int:
    """Return how often an action was taken on a case."""
    taken = select(func.count()).where(CaseStep.case_id == case_id, CaseStep.action == action)
    return session.scalar(taken) or 0


def ledger(session: Session, case_id: int) -> list[ClockInterval]:
    """Return the intervals of every clock of a case that is changed, oldest first."""
    every = select(ClockInterval).where(ClockInterval.case_id == case_id)
    ordered = every.order_by(ClockInterval.started_at, ClockInterval.id)
    return list(session.scalars(ordered).all())


def take_back(session: Session, case_id: int) -> None:
    """Remove the intervals that other cases have lent to a case."""
    lent = delete(ClockInterval).where(
        ClockInterval.case_id == case_id, ClockInterval.lent_by.is_not(None)
    )
    session.execute(lent)


def members(session: Session, case_id: int) -> Sequence[Case]:
    """Return the cases that are merged into a case, locked until the transaction ends."""
    merged = select(Case).where(Case.leading_id == case_id).order_by(Case.id)
    return session.scalars(merged.with_for_update()).all()


def n_members(session: Session, case_id: int) -> int:
    """Return how many cases are merged into a case."""
    return session.scalar(select(func.count()).where(Case.leading_id == case_id)) or 0


def holds_ended(session: Session, *, at: datetime) -> Sequence[Case]:
    """Return the cases whose hold has come to its end, locked until the transaction ends."""
    ended = select(Case).where(Case.state == CaseState.ON_HOLD, Case.hold_until <= at)
    return session.scalars(ended.order_by(Case.hold_until).with_for_update()).all()


def newest_call(session: Session, case_id: int) -> Feedback | None:
    """Return the last follow-up call about a case: to its reporter, or to one merged into it."""
    cluster = select(Case.id).where(or_(Case.id == case_id, Case.leading_id == case_id))
    calls = select(Feedback).where(Feedback.case_id.in_(cluster))
    return session.scalar(calls.order_by(Feedback.called_at.desc(), Feedback.id.desc()).limit(1))


def intervals(
    session: Session, case_ids: Sequence[int], scope: Scope, *, clock: Clock | None = None
) -> list[ClockInterval]:
    """Return the intervals of those cases that are inside the scope, each case's oldest first.

    Of one clock, or of all.
    """
    found: list[ClockInterval] = []
    for first in range(0, len(case_ids), _AT_ONCE):
        some = case_ids[first : first + _AT_ONCE]
        every = (
            select(ClockInterval)
            .join(Case, Case.id == ClockInterval.case_id)
            .where(Case.id.in_(some), visible(scope, Case.area_path, Case.unit_code))
        )
        if clock is not None:
            every = every.where(ClockInterval.clock == clock)
        ordered = every.order_by(ClockInterval.started_at, ClockInterval.id)
        found += session.scalars(ordered).all()
    return found


def steps(session: Session, case_id: int, scope: Scope) -> pd.DataFrame:
    """Return the steps of a case inside the scope, oldest first.

    Columns `STEP_COLUMNS`, codes as members.
    """
    return _of_case(session, CaseStep, STEP_COLUMNS, case_id, scope, CaseStep.seq)


def feedback(session: Session, case_id: int, scope: Scope) -> pd.DataFrame:
    """Return the follow-up calls of a case inside the scope, oldest first.

    Columns `FEEDBACK_COLUMNS`.
    """
    return _of_case(session, Feedback, FEEDBACK_COLUMNS, case_id, scope, Feedback.called_at)


def listed(
    session: Session,
    scope: Scope,
    *,
    state: Sequence[CaseState] = (),
    overdue_at: datetime | None = None,
    unit: Sequence[str] = (),
    ids: Sequence[int] = (),
    alert_id: int | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    areas: Sequence[str] = (),
    categories: Sequence[str] = (),
    limit: int = 500,
) -> pd.DataFrame:
    """Return cases inside the scope: open ones by deadline, then the newest ends.

    Parameters
    ----------
    overdue_at : datetime, optional
        Only open cases whose deadline lies before this moment. A case on hold has none.
    since, until : datetime, optional
        Opened in this half-open stretch.
    areas, categories : sequence of str
        Only those in one of these areas (paths) and under one of these category keys; none: all.

    Returns
    -------
    DataFrame
        `COLUMNS` with codes as members, and ``level``, ``alert_number`` (None where the alert is
        out of scope), ``unit_name``.
    """
    chosen = (
        select(
            *(getattr(Case, name) for name in COLUMNS),
            Alert.level.label("level"),
            case((visible(scope, Alert.area_path), Alert.number)).label("alert_number"),
            Unit.name.label("unit_name"),
        )
        .outerjoin(Alert, Alert.id == Case.alert_id)
        .outerjoin(Unit, Unit.code == Case.unit_code)
        .where(visible(scope, Case.area_path, Case.unit_code))
        .where(within(Case.area_path, areas), of_kind(Case.category, categories))
    )
    if state:
        chosen = chosen.where(Case.state.in_(state))
    if overdue_at is not None:
        chosen = chosen.where(Case.due_at < overdue_at, Case.state.not_in(CASE_ENDS))
    if unit:
        chosen = chosen.where(Case.unit_code.in_(unit))
    if ids:
        chosen = chosen.where(Case.id.in_(ids))
    if alert_id is not None:
        chosen = chosen.where(Case.alert_id == alert_id)
    if since is not None:
        chosen = chosen.where(Case.opened_at >= since)
    if until is not None:
        chosen = chosen.where(Case.opened_at < until)
    ended = Case.state.in_(CASE_ENDS)
    due = case((ended, None), else_=Case.due_at)  # what has ended is due no more
    found = session.execute(
        chosen.order_by(ended, due.is_(None), due, Case.closed_at.desc(), Case.id.desc()).limit(
            limit
        )
    )
    names = [*COLUMNS, "level", "alert_number", "unit_name"]
    return pd.DataFrame([tuple(row) for row in found], columns=names, dtype=object)


def counted(session: Session, scope: Scope, *, at: datetime) -> pd.DataFrame:
    """Return how many cases are in each state, and how many of them are late at a moment.

    Columns ``state`` (code), ``n``, ``overdue``.
    """
    late = func.sum(case((and_(Case.due_at < at, Case.state.not_in(CASE_ENDS)), 1), else_=0))
    found = session.execute(
        select(Case.state, func.count(), late)
        .where(visible(scope, Case.area_path, Case.unit_code))
        .group_by(Case.state)
    )
    rows = [(state.value, n, int(overdue or 0)) for state, n, overdue in found]
    return pd.DataFrame(rows, columns=["state", "n", "overdue"])


def _of_case(
    session: Session,
    table: type[CaseStep | Feedback],
    names: Sequence[str],
    case_id: int,
    scope: Scope,
    order: Any,  # noqa: ANN401 - a mapped attribute; SQLAlchemy has no public type that holds here
) -> pd.DataFrame:
    found = session.execute(
        select(*(getattr(table, name) for name in names))
        .join(Case, Case.id == table.case_id)
        .where(Case.id == case_id, visible(scope, Case.area_path, Case.unit_code))
        .order_by(order)
    )
    return pd.DataFrame([tuple(row) for row in found], columns=list(names), dtype=object)
