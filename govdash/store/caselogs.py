"""The logs of cases as they were known at a moment: rows recorded by then, in plain frames.

The case row itself is a projection of now; from it come only what never changes after the
registration, and nothing that a later step could have written.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import pandas as pd
from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute

from govdash.core.filters import Scope
from govdash.core.vocab import CASE_ENDS, AskState, Mark
from govdash.store.engine import Session
from govdash.store.models import Case, CaseMark, CaseRequest, CaseStep, Event, Feedback
from govdash.store.visible import visible

CASE_COLUMNS: Final = (
    "id", "number", "area_path", "category", "alert_id", "event_id", "opened_at",
    "limit_amount", "limit_unit",
)  # fmt: skip
STEP_COLUMNS: Final = (
    "id", "case_id", "seq", "action", "to_state", "actor", "at", "unit_code", "detail",
)  # fmt: skip
REQUEST_COLUMNS: Final = ("case_id", "kind", "asked_at", "first_at", "second_at")
CALL_COLUMNS: Final = ("case_id", "solved", "satisfaction", "called_at")
#: How long before a stretch a case may have ended whose stage was due within it.
_BEFORE: Final = timedelta(days=60)


@dataclass(frozen=True)
class CaseLogs:
    """What had been recorded of cases by a moment; times aware UTC.

    `inside` are the ids that the scope shows; the others are there because one of those stands in
    a cluster with them, and its clock counts from their beginning.
    """

    known_at: datetime
    cases: pd.DataFrame  # CASE_COLUMNS, and `channel` (None: from no event)
    steps: pd.DataFrame  # STEP_COLUMNS, in the order in which they were recorded
    granted: pd.DataFrame  # REQUEST_COLUMNS of what had been granted
    supervised: frozenset[int]
    calls: pd.DataFrame  # CALL_COLUMNS
    inside: frozenset[int]


def known(
    session: Session, scope: Scope, *, since: datetime, until: datetime, known_at: datetime
) -> CaseLogs:
    """Return the logs of every case that something happened to, or was due, in a stretch.

    Only lines recorded by `known_at`. A step taken for an earlier moment (a hold that ended
    overnight, recorded in the morning) counts from when it was recorded.
    """
    asked = _concerned(scope, since=since, until=until)
    found = session.execute(select(Case.id, Case.leading_id).where(asked)).all()
    inside = frozenset(case_id for case_id, _ in found)
    kin = _kin(session, sorted(inside), [head for _, head in found if head is not None])
    ids = sorted(inside | kin)
    cases = _frame(_picked(session, Case, CASE_COLUMNS, ids, Case.id), CASE_COLUMNS, ("opened_at",))
    cases["channel"] = cases["event_id"].map(_channels(session, ids, known_at))
    steps = _frame(
        _picked(
            session, CaseStep, STEP_COLUMNS, ids, CaseStep.case_id,
            func.coalesce(CaseStep.recorded_at, CaseStep.at) <= known_at,
        ),
        STEP_COLUMNS, ("at",),
    )  # fmt: skip
    ruled = func.coalesce(CaseRequest.second_at, CaseRequest.first_at) <= known_at
    yes = and_(CaseRequest.state == AskState.GRANTED, ruled)
    granted = _picked(session, CaseRequest, REQUEST_COLUMNS, ids, CaseRequest.case_id, yes)
    marked = and_(CaseMark.kind == Mark.SUPERVISE, CaseMark.at <= known_at)
    marks = _picked(session, CaseMark, ("case_id",), ids, CaseMark.case_id, marked)
    calls = _picked(
        session, Feedback, ("id", *CALL_COLUMNS), ids, Feedback.case_id,
        Feedback.called_at <= known_at,
    )  # fmt: skip
    calls.sort(key=lambda row: (row[-1], row[0]))
    return CaseLogs(
        known_at=known_at,
        cases=cases[cases["id"].isin(set(steps["case_id"]))].reset_index(drop=True),
        steps=steps.sort_values(["at", "id"], ignore_index=True),
        granted=_frame(granted, REQUEST_COLUMNS, ("asked_at", "first_at", "second_at")),
        supervised=frozenset(int(row[0]) for row in marks),
        calls=_frame([row[1:] for row in calls], CALL_COLUMNS, ("called_at",)),
        inside=inside,
    )


def appeals(
    session: Session, scope: Scope, *, since: datetime, until: datetime, known_at: datetime
) -> pd.DataFrame:
    """Return the requests for cases inside the scope that were asked in a half-open stretch.

    Columns ``case_id``, ``number``, ``area_path``, ``unit_code``, ``kind``, ``asked_at``,
    ``reason``, ``state`` as of `known_at`: before it was decided it waited.
    """
    decided = func.coalesce(CaseRequest.second_at, CaseRequest.first_at)
    names = ["case_id", "number", "area_path", "unit_code", "kind", "asked_at", "reason", "state"]
    found = session.execute(
        select(
            Case.id, Case.number, Case.area_path, Case.unit_code, CaseRequest.kind,
            CaseRequest.asked_at, CaseRequest.reason, CaseRequest.state, decided,
        )
        .join(Case, Case.id == CaseRequest.case_id)
        .where(visible(scope, Case.area_path, Case.unit_code))
        .where(CaseRequest.asked_at >= since, CaseRequest.asked_at < until)
        .where(CaseRequest.asked_at <= known_at)
        .order_by(CaseRequest.asked_at.desc(), CaseRequest.id)
    )  # fmt: skip
    rows = [(*row[:7], row[7] if _by(row[8], known_at) else AskState.WAITING) for row in found]
    return pd.DataFrame(rows, columns=names, dtype=object)


def _by(moment: datetime | None, known_at: datetime) -> bool:
    return moment is not None and moment <= known_at


def numbers(session: Session, scope: Scope, case_ids: Sequence[int]) -> pd.DataFrame:
    """Return ``id``, ``number``, ``title``, ``address``, ``state`` of cases inside the scope."""
    names = ("id", "number", "title", "address", "state")
    seen = visible(scope, Case.area_path, Case.unit_code)
    rows = _picked(session, Case, names, sorted(case_ids), Case.id, seen)
    return pd.DataFrame(rows, columns=list(names), dtype=object)


def _concerned(scope: Scope, *, since: datetime, until: datetime) -> ColumnElement[bool]:
    """Inside the scope, registered before the end, and not over long before the beginning."""
    reach = since - _BEFORE
    late = select(CaseStep.case_id).where(CaseStep.at >= reach)
    told = select(Feedback.case_id).where(Feedback.called_at >= reach)
    alive = or_(
        Case.state.not_in(CASE_ENDS), Case.due_at >= reach, Case.id.in_(late), Case.id.in_(told)
    )
    return and_(visible(scope, Case.area_path, Case.unit_code), Case.opened_at < until, alive)


def _kin(session: Session, inside: Sequence[int], heads: Sequence[int]) -> frozenset[int]:
    """Return the cases of the clusters that these stand in: members, and who leads."""
    found = set(heads)
    led = sorted({*inside, *heads})
    for first in range(0, len(led), 10_000):
        some = select(Case.id).where(Case.leading_id.in_(led[first : first + 10_000]))
        found |= set(session.scalars(some))
    return frozenset(found) - frozenset(inside)


def _picked(
    session: Session,
    table: Any,  # noqa: ANN401 - a mapped class
    names: Sequence[str],
    ids: Sequence[int],
    key: InstrumentedAttribute[int],
    *conditions: ColumnElement[bool],
) -> list[tuple[Any, ...]]:
    """Read rows of some cases; in pieces, for SQLite takes 32 766 values in one statement."""
    rows: list[tuple[Any, ...]] = []
    for first in range(0, len(ids), 10_000):
        some = select(*(getattr(table, name) for name in names)).where(
            key.in_(ids[first : first + 10_000]), *conditions
        )
        rows += [tuple(row) for row in session.execute(some.order_by(table.id))]
    return rows


def _channels(session: Session, ids: Sequence[int], known_at: datetime) -> dict[str, str]:
    """Return the channel of each event that became one of these cases, as known then."""
    found: dict[str, str] = {}
    for first in range(0, len(ids), 10_000):
        some = select(Case.event_id).where(Case.id.in_(ids[first : first + 10_000]))
        told = session.execute(
            select(Event.event_id, Event.channel)
            .where(Event.event_id.in_(some), Event.recorded_at <= known_at)
            .order_by(Event.version)
        )
        found |= {str(key): str(channel) for key, channel in told}
    return found


def _frame(
    rows: Sequence[tuple[Any, ...]], names: Sequence[str], times: Sequence[str]
) -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=list(names), dtype=object)
    for name in times:
        table[name] = pd.to_datetime(table[name], utc=True)
    return table
