"""What people see of alerts and cases: lists with what can be done next, and one thing's life."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, TypeVar

import pandas as pd

from govdash.access import SYSTEM
from govdash.core.errors import NotFound
from govdash.core.filters import Scope
from govdash.core.vocab import (
    CaseAction,
    CaseState,
    Clock,
    Handling,
    Labelled,
    Level,
    LimitUnit,
    Signal,
)
from govdash.detect import Evidence
from govdash.store import Session, accounts
from govdash.store import alerts as alert_rows
from govdash.store import cases as case_rows
from govdash.store.caseload import waiting_alerts
from govdash.store.models import ClockInterval
from govdash.taxonomy import Limit
from govdash.workflow import causes, filling, practice, timing, typed
from govdash.workflow.clocks import Lamp
from govdash.workflow.deadlines import Deadlines, in_force
from govdash.workflow.flow import AlertAction, actions_from, alert_actions
from govdash.workflow.naming import Names
from govdash.workflow.signals import SEVERE

L = TypeVar("L", bound=Labelled)

#: ``level``, ``signal``, ``handling`` and ``disposition`` are codes, the labels stand beside them;
#: ``actions`` is a tuple of `AlertAction` codes; times are aware UTC, None where there is none.
ALERT_COLUMNS: Final = (
    "id",
    "number",
    "version",
    "level",
    "level_label",
    "title",
    "category",
    "category_name",
    "area_path",
    "area_name",
    "direction",
    "window_first",
    "window_last",
    "observed",
    "expected",
    "p_value",
    "sentence",
    "signal",
    "signal_label",
    "handling",
    "handling_label",
    "disposition",
    "disposition_label",
    "handler",
    "handled_at",
    "acknowledged_until",
    "unseen",
    "note",
    "first_seen_at",
    "last_seen_at",
    "cleared_at",
    "rule_code",
    "rule_version",
    "rule_name",
    "predecessor_id",
    "leader_id",
    "n_members",
    "case_id",
    "case_number",
    "actions",
)
#: ``remaining_seconds`` is time of the case's own clock (working time for 工作时 and 工作日),
#: negative when late, None without a limit; ``lamp`` is a `Lamp` code; ``actions`` is a tuple of
#: `CaseAction` codes.
CASE_COLUMNS: Final = (
    "id",
    "number",
    "version",
    "level",
    "level_label",
    "urgency",
    "urgency_label",
    "title",
    "description",
    "category",
    "category_name",
    "area_path",
    "area_name",
    "address",
    "lon",
    "lat",
    "unit_code",
    "unit_name",
    "state",
    "state_label",
    "limit",
    "due_at",
    "remaining_seconds",
    "lamp",
    "lamp_label",
    "overdue",
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
    "alert_id",
    "alert_number",
    "event_id",
    "actions",
)
STEP_LABELS: Final[Mapping[str, str]] = {
    "raise": "发出提示",
    "update": "提示更新",
    "evidence": "证据更新",
    "expire": "签收到期，退回待签收",
    "regress": "结束后再现，退回待签收",
    "spread": "扩展，退回待签收",
    "join": "并入同一事项",
    "leave": "单独提示",
    "auto_close": "自动关闭",
    "signal": "信号变化",
    "seen_again": "结束后再次出现",
    "reopen": "退回待签收",
    "close": "随案件关闭",
    "release": "案件终止，退回待签收",
} | {action.value: action.label for action in AlertAction}


#: More earlier alerts of one kind tell nothing that these do not.
MOST_SIMILAR: Final = 20


@dataclass(frozen=True, slots=True)
class AlertLife:
    """One alert: its row (`ALERT_COLUMNS`), evidence, log, like ones before it, what can be done.

    ``log``: ``at``, ``actor`` (login), ``actor_name``, ``did``, ``did_label``, ``note``,
    ``detail``. ``similar``: other alerts of the same category, area and direction, the last first.
    ``group``: the other alerts of the same matter, its leader first.
    """

    row: Mapping[str, Any]
    evidence: Evidence | None
    log: pd.DataFrame
    similar: pd.DataFrame
    group: pd.DataFrame
    actions: tuple[AlertAction, ...]


@dataclass(frozen=True, slots=True)
class CaseLife:
    """One case: its row (`CASE_COLUMNS`), steps, clocks, follow-up calls, what can be done.

    ``steps``: ``seq``, ``at``, ``actor``, ``actor_name``, ``action``, ``action_label``,
    ``from_state``, ``to_state``, ``to_label``, ``unit_code``, ``note``, ``detail``. ``waits``: the
    numbers of the alerts in the viewer's scope that end with it; ``judged``: whether any does.
    """

    row: Mapping[str, Any]
    steps: pd.DataFrame
    clocks: tuple[timing.Reading, ...]
    feedback: pd.DataFrame
    actions: tuple[CaseAction, ...]
    waits: tuple[str, ...]
    judged: bool


def alerts(
    session: Session,
    scope: Scope,
    *,
    handling: Sequence[Handling] = (),
    level: Sequence[Level] = (),
    since: datetime | None = None,
    until: datetime | None = None,
    areas: Sequence[str] = (),
    categories: Sequence[str] = (),
    folded: bool = False,
    limit: int = 200,
) -> pd.DataFrame:
    """Return alerts inside the scope (`ALERT_COLUMNS`): waiting first, worst first, newest first.

    `since` and `until` bound when they were first seen, half-open. `folded`: without the members
    of alerts that are listed.
    """
    found = alert_rows.listed(
        session,
        scope,
        handling=handling,
        level=level,
        since=since,
        until=until,
        areas=areas,
        categories=categories,
        folded=folded,
        limit=limit,
    )
    return _alert_board(session, found)


def cases(
    session: Session,
    scope: Scope,
    *,
    at: datetime,
    state: Sequence[CaseState] = (),
    overdue: bool = False,
    unit: Sequence[str] = (),
    since: datetime | None = None,
    until: datetime | None = None,
    areas: Sequence[str] = (),
    categories: Sequence[str] = (),
    ids: Sequence[int] = (),
    limit: int = 500,
    deadlines: Deadlines | None = None,
) -> pd.DataFrame:
    """Return cases inside the scope (`CASE_COLUMNS`): open ones by deadline, then the ended.

    `overdue`: only open ones past their deadline. `since` and `until` bound the opening.
    """
    found = case_rows.listed(
        session,
        scope,
        state=state,
        overdue_at=at if overdue else None,
        unit=unit,
        since=since,
        until=until,
        areas=areas,
        categories=categories,
        ids=ids,
        limit=limit,
    )
    return _case_board(session, found, scope, at=at, deadlines=deadlines or in_force())


def alert_life(session: Session, alert_id: int, scope: Scope) -> AlertLife:
    """Return everything about one alert; `NotFound` outside the scope."""
    alert = alert_rows.get(session, alert_id, scope)
    if alert is None:
        raise NotFound(f"没有编号为 {alert_id} 的监测提示，或不在您的管辖范围内。")
    board = _alert_board(session, alert_rows.listed(session, scope, ids=[alert_id]))
    similar = alert_rows.listed(session, scope, like=alert, limit=MOST_SIMILAR)
    led = alert_rows.listed(session, scope, leader=alert.leader_id or alert.id)
    group = led[led["id"] != alert.id]
    if alert.leader_id is not None:
        group = pd.concat([alert_rows.listed(session, scope, ids=[alert.leader_id]), group])
    log = _with_names(session, typed.masked(alert_rows.steps(session, alert_id, scope)))
    log = log[log["did"] != "evidence"].reset_index(drop=True)  # that is for `alertlog.rebuild`
    log["did_label"] = [STEP_LABELS.get(str(did), str(did)) for did in log["did"]]
    try:
        evidence = Evidence.from_dict(alert.evidence)
    except (KeyError, TypeError, ValueError):  # written by a version that knew other fields
        evidence = None
    return AlertLife(
        row=_only_row(board),
        evidence=evidence,
        log=log,
        similar=_alert_board(session, similar),
        group=_alert_board(session, group.reset_index(drop=True)),
        actions=alert_actions(alert.handling),
    )


def case_life(
    session: Session,
    case_id: int,
    scope: Scope,
    *,
    at: datetime,
    deadlines: Deadlines | None = None,
) -> CaseLife:
    """Return everything about one case at a moment; `NotFound` outside the scope."""
    known = deadlines or in_force()
    case = case_rows.get(session, case_id, scope)
    if case is None:
        raise NotFound(f"没有编号为 {case_id} 的案件，或不在您的管辖范围内。")
    found = case_rows.listed(session, scope, ids=[case_id])
    steps = _with_names(session, typed.masked(case_rows.steps(session, case_id, scope)))
    told = [_seen_leading(session, detail, scope) for detail in steps["detail"]]
    steps["detail"] = pd.Series(told, index=steps.index, dtype=object)
    steps["action_label"] = [action.label if action else "登记" for action in steps["action"]]
    steps["to_label"] = [state.label for state in steps["to_state"]]
    for name in ("action", "to_state"):
        steps[name] = [None if code is None else code.value for code in steps[name]]
    ledger = case_rows.intervals(session, [case_id], scope)
    return CaseLife(
        row=_only_row(_case_board(session, found, scope, at=at, deadlines=known)),
        steps=steps,
        clocks=tuple(timing.read_all(ledger, at=at, calendar=known.calendar)),
        feedback=typed.masked(case_rows.feedback(session, case_id, scope)),
        actions=tuple(
            action
            for action in actions_from(case.state)
            if not filling.refusal(session, case, action, at=at, rules=practice.in_force())
        ),
        waits=tuple(number for _, number in waiting_alerts(session, case_id, scope)),
        judged=bool(causes.waiting(session, case)),
    )


def _seen_leading(session: Session, detail: Mapping[str, Any], scope: Scope) -> dict[str, Any]:
    """Leave the number of a leading case out for who sees only the case that was merged."""
    number = detail.get("leading")
    if number and case_rows.id_of(session, str(number), scope) is None:
        return dict(detail) | {"leading": "（不在您的管辖范围内）"}
    return dict(detail)


def _alert_board(session: Session, found: pd.DataFrame) -> pd.DataFrame:
    names = Names.load(session)
    table = typed.masked(found)
    table["category_name"] = [names.category(str(key)) for key in table["category"]]
    table["area_name"] = [names.whole_area(path) for path in table["area_path"]]
    table["sentence"] = [str(told.get("sentence", "")) for told in table["evidence"]]
    table["actions"] = [
        tuple(action.value for action in alert_actions(handling)) for handling in table["handling"]
    ]
    severe = table["level"].isin(list(SEVERE)) & table["handled_at"].isna()
    table["unseen"] = (
        severe & (table["signal"] == Signal.CLEARED) & (table["handling"] == Handling.NEW)
    )
    _label(table, "level", "signal", "handling", "disposition")
    return table[list(ALERT_COLUMNS)]


def _case_board(
    session: Session, found: pd.DataFrame, scope: Scope, *, at: datetime, deadlines: Deadlines
) -> pd.DataFrame:
    names = Names.load(session)
    table = typed.masked(found)
    ids = [int(number) for number in table["id"]]
    ledgers: dict[int, list[ClockInterval]] = {}
    for interval in case_rows.intervals(session, ids, scope, clock=Clock.CASE):
        ledgers.setdefault(interval.case_id, []).append(interval)
    readings = [
        timing.read(ledgers[number], Clock.CASE, at=at, calendar=deadlines.calendar)
        if number in ledgers
        else None
        for number in ids
    ]
    table["category_name"] = [names.category(str(key)) for key in table["category"]]
    table["area_name"] = [names.whole_area(path) for path in table["area_path"]]
    limits = zip(table["limit_amount"], table["limit_unit"], strict=True)
    table["limit"] = [_limit_words(amount, unit) for amount, unit in limits]
    table["remaining_seconds"] = [r.remaining_seconds if r else None for r in readings]
    lamps = [r.lamp if r else Lamp.OFF for r in readings]
    table["lamp"] = pd.Series(lamps, index=table.index, dtype=object)
    table["overdue"] = [r is not None and r.lamp is Lamp.RED for r in readings]
    table["actions"] = [
        tuple(action.value for action in actions_from(state)) for state in table["state"]
    ]
    _label(table, "level", "urgency", "state", "lamp")
    return table[list(CASE_COLUMNS)]


def _limit_words(amount: float | None, unit: LimitUnit | None) -> str:
    return "" if amount is None or unit is None else str(Limit(amount, unit))


def _label(table: pd.DataFrame, *columns: str) -> None:
    """Put the label of each code beside it and leave plain codes (the frame is our own copy)."""
    for name in columns:
        codes: list[Labelled | None] = list(table[name])
        labels = pd.Series([c.label if c else None for c in codes], index=table.index, dtype=object)
        plain = pd.Series([c.value if c else None for c in codes], index=table.index, dtype=object)
        table[f"{name}_label"], table[name] = labels, plain


def _with_names(session: Session, log: pd.DataFrame) -> pd.DataFrame:
    """Return a log with the name of each actor; a login that is not known stands for itself."""
    known = accounts.names(session) | {SYSTEM.login: SYSTEM.name}
    return log.assign(actor_name=[known.get(str(login), str(login)) for login in log["actor"]])


def _only_row(table: pd.DataFrame) -> dict[str, Any]:
    return {str(name): value for name, value in table.iloc[0].items()}
