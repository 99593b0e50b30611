"""Requests for cases (延期, 超时申诉) and marks from above (催办, 督办): rows in and out."""

from collections.abc import Sequence
from typing import Final

import pandas as pd
from sqlalchemy import func, select

from govdash.core.filters import Scope
from govdash.core.vocab import Asked, AskState, Mark
from govdash.store.engine import Session
from govdash.store.models import Case, CaseMark, CaseRequest
from govdash.store.visible import visible

UNDECIDED: Final = (AskState.WAITING, AskState.ONCE)
REQUEST_COLUMNS: Final = (
    "id", "case_id", "kind", "state", "reason", "asked_by", "asked_at", "first_by", "first_at",
    "first_note", "second_by", "second_at", "second_note",
)  # fmt: skip
MARK_COLUMNS: Final = ("id", "case_id", "kind", "by", "at", "reason", "due_at")
_AT_ONCE: Final = 10_000  # SQLite takes 32 766 values in one statement


def request_for_update(session: Session, request_id: int) -> CaseRequest | None:
    """Return a request as it is now, locked until the transaction ends."""
    return session.get(CaseRequest, request_id, populate_existing=True, with_for_update=True)


def requests_of(
    session: Session, case_id: int, kind: Asked, *, states: Sequence[AskState] = ()
) -> Sequence[CaseRequest]:
    """Return the requests of one kind for a case that is changed, oldest first."""
    asked = select(CaseRequest).where(CaseRequest.case_id == case_id, CaseRequest.kind == kind)
    if states:
        asked = asked.where(CaseRequest.state.in_(states))
    return session.scalars(asked.order_by(CaseRequest.id)).all()


def lapse(session: Session, case_id: int, kind: Asked) -> None:
    """Let the undecided request of one kind lapse: the case has ended."""
    for request in requests_of(session, case_id, kind, states=UNDECIDED):
        request.state = AskState.LAPSED


def requests(
    session: Session,
    scope: Scope,
    *,
    case_id: int | None = None,
    undecided: bool = False,
    limit: int = 500,
) -> pd.DataFrame:
    """Return requests for cases inside the scope, oldest first (`REQUEST_COLUMNS`).

    Of one case, or of all; with `undecided` those that wait for somebody.
    """
    chosen = (
        select(*(getattr(CaseRequest, name) for name in REQUEST_COLUMNS))
        .join(Case, Case.id == CaseRequest.case_id)
        .where(visible(scope, Case.area_path, Case.unit_code))
    )
    if case_id is not None:
        chosen = chosen.where(CaseRequest.case_id == case_id)
    if undecided:
        chosen = chosen.where(CaseRequest.state.in_(UNDECIDED))
    found = session.execute(chosen.order_by(CaseRequest.asked_at, CaseRequest.id).limit(limit))
    return pd.DataFrame([tuple(r) for r in found], columns=list(REQUEST_COLUMNS), dtype=object)


def marks(session: Session, case_ids: Sequence[int], scope: Scope) -> pd.DataFrame:
    """Return every mark on those cases that are inside the scope, oldest first (`MARK_COLUMNS`)."""
    rows: list[tuple[object, ...]] = []
    for first in range(0, len(case_ids), _AT_ONCE):
        found = session.execute(
            select(*(getattr(CaseMark, name) for name in MARK_COLUMNS))
            .join(Case, Case.id == CaseMark.case_id)
            .where(CaseMark.case_id.in_(case_ids[first : first + _AT_ONCE]))
            .where(visible(scope, Case.area_path, Case.unit_code))
            .order_by(CaseMark.at, CaseMark.id)
        )
        rows += [tuple(row) for row in found]
    return pd.DataFrame(rows, columns=list(MARK_COLUMNS), dtype=object)


def newest_mark(session: Session, case_id: int, kinds: Sequence[Mark]) -> CaseMark | None:
    """Return the newest mark of these kinds on a case that is changed."""
    chosen = select(CaseMark).where(CaseMark.case_id == case_id, CaseMark.kind.in_(kinds))
    return session.scalar(chosen.order_by(CaseMark.at.desc(), CaseMark.id.desc()).limit(1))


def supervised(session: Session, scope: Scope) -> pd.DataFrame:
    """Return the 督办 that hold now on cases inside the scope (`MARK_COLUMNS`)."""
    newest = (
        select(func.max(CaseMark.id))
        .where(CaseMark.kind.in_((Mark.SUPERVISE, Mark.LIFT)))
        .group_by(CaseMark.case_id)
    )
    found = session.execute(
        select(*(getattr(CaseMark, name) for name in MARK_COLUMNS))
        .join(Case, Case.id == CaseMark.case_id)
        .where(CaseMark.id.in_(newest), CaseMark.kind == Mark.SUPERVISE)
        .where(visible(scope, Case.area_path, Case.unit_code))
        .order_by(CaseMark.due_at)
    )
    return pd.DataFrame([tuple(row) for row in found], columns=list(MARK_COLUMNS), dtype=object)
