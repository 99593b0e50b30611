"""What stands beside the road of a case: its cluster, requests, marks, what can be asked now."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pandas as pd

from govdash.access import SYSTEM, User
from govdash.core.errors import NotFound
from govdash.core.permissions import Permission
from govdash.core.vocab import CASE_ENDS, Asked, Mark
from govdash.language.masking import mask
from govdash.store import Session, accounts, caseload, casework
from govdash.store import cases as rows
from govdash.store.models import Case
from govdash.workflow import asking, typed


@dataclass(frozen=True, slots=True)
class Beside:
    """One case's surroundings, as one viewer may see and change them.

    ``cluster``: ``id``, ``number``, ``title``, ``state``, ``opened_at``, ``leading_id`` of the
    others in its cluster. ``requests`` and ``marks``: `store.casework` columns, texts masked, with
    ``…_name`` beside each login. ``watched``: the 督办 that holds, or None.
    """

    cluster: pd.DataFrame
    requests: pd.DataFrame
    marks: pd.DataFrame
    watched: Mapping[str, Any] | None
    asks: tuple[Asked, ...]
    puts: tuple[Mark, ...]
    decides: frozenset[int]


def of(session: Session, case_id: int, viewer: User, *, at: datetime) -> Beside:
    """Return what stands beside a case; `NotFound` outside the viewer's scope."""
    case = rows.get(session, case_id, viewer.scope)
    if case is None:
        raise NotFound(f"没有编号为 {case_id} 的案件，或不在您的管辖范围内。")
    names = accounts.names(session) | {SYSTEM.login: SYSTEM.name}
    requests = _told(casework.requests(session, viewer.scope, case_id=case_id), names)
    marks = _told(casework.marks(session, [case_id], viewer.scope), names)
    standing = marks[marks["kind"].isin([Mark.SUPERVISE, Mark.LIFT])]
    newest = None if standing.empty else standing.iloc[-1].to_dict()
    watched = newest if newest and newest["kind"] is Mark.SUPERVISE else None
    asks = tuple(kind for kind in Asked if not asking.refusal(session, case, kind, at=at))
    return Beside(
        cluster=typed.masked(caseload.cluster(session, case_id, viewer.scope)),
        requests=requests,
        marks=marks,
        watched={str(k): v for k, v in watched.items()} if watched else None,
        asks=asks if _may(viewer, Permission.CASE_HANDLE, case) else (),
        puts=_puts(viewer, case, watched=watched is not None),
        decides=_decides(viewer, case, requests),
    )


def _puts(viewer: User, case: Case, *, watched: bool) -> tuple[Mark, ...]:
    can: list[Mark] = []
    if case.state not in CASE_ENDS and _may(viewer, Permission.CASE_URGE, case):
        can.append(Mark.URGE)
    if _may(viewer, Permission.CASE_SUPERVISE, case):
        if watched:
            can.append(Mark.LIFT)
        elif case.state not in CASE_ENDS:
            can.append(Mark.SUPERVISE)
    return tuple(can)


def _decides(viewer: User, case: Case, requests: pd.DataFrame) -> frozenset[int]:
    if not viewer.may(Permission.CASE_APPROVE, area=case.area_path):
        return frozenset()
    waiting = requests[requests["state"].isin(casework.UNDECIDED)]
    return frozenset(
        int(row["id"])
        for row in waiting.to_dict("records")
        if viewer.login not in {row["asked_by"], row["first_by"]}
    )


def _may(viewer: User, permission: Permission, case: Case) -> bool:
    """As the workflow asks: the permission, and the case's area or one's own unit."""
    mine = case.unit_code in viewer.scope.units and viewer.holds(permission)
    return mine or viewer.may(permission, area=case.area_path)


def _told(table: pd.DataFrame, names: Mapping[str, str]) -> pd.DataFrame:
    told = table.copy()
    for name in ("reason", "first_note", "second_note"):
        if name in told:
            told[name] = [mask(str(text)) for text in told[name]]
    for name in ("asked_by", "first_by", "second_by", "by"):
        if name in told:
            told[f"{name}_name"] = [names.get(str(login), login) for login in told[name]]
    return told
