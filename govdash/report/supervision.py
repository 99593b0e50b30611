"""督办: which units have late cases, and which cases of a unit are late, soon late or watched."""

from datetime import datetime, timedelta
from typing import Final

import pandas as pd

from govdash.core.filters import EventQuery
from govdash.store import Session, caseload, casework, units
from govdash.workflow import board
from govdash.workflow.flow import OPEN_STATES

SOON: Final = timedelta(days=1)
MOST_CASES: Final = 500
#: What stands for "no unit" in links and rows.
NOBODY: Final = "-"


def by_unit(session: Session, query: EventQuery, *, at: datetime) -> pd.DataFrame:
    """Return the units with open cases in the query's scope, the most late ones first.

    Columns ``unit`` (code, `NOBODY` for none), ``name``, ``n``, ``overdue``, ``soon``,
    ``watched``.
    """
    load = caseload.workload(session, query.scope, at=at)
    listed = units.units(session)
    names = dict(zip(listed["code"], listed["name"], strict=True))
    held = casework.supervised(session, query.scope)
    open_ids = board.cases(
        session, query.scope, at=at, ids=[int(n) for n in held["case_id"]], state=OPEN_STATES
    ) if len(held) else None  # fmt: skip
    watched = {} if open_ids is None else open_ids["unit_code"].value_counts(dropna=False).to_dict()
    told = load.assign(
        unit=[code or NOBODY for code in load["unit_code"]],
        name=[names.get(code, "未派单位") for code in load["unit_code"]],
        watched=[int(watched.get(code, 0)) for code in load["unit_code"]],
    )
    return told[["unit", "name", "n", "overdue", "soon", "watched"]]


def pressing(
    session: Session, query: EventQuery, unit: str | None, *, at: datetime
) -> pd.DataFrame:
    """Return the open cases that are late, due within a day, or watched, the most late first.

    Of one unit (`NOBODY`: of none), or of all; in the filter's areas and categories. Columns of
    `board.CASE_COLUMNS` and ``watched_until`` (None: not watched).
    """
    chosen = query.filter
    table = board.cases(
        session,
        query.scope,
        at=at,
        state=OPEN_STATES,
        unit=(unit,) if unit and unit != NOBODY else chosen.units,
        areas=chosen.areas,
        categories=chosen.categories,
        limit=MOST_CASES,
    )
    if unit == NOBODY:
        table = table[table["unit_code"].isna()]
    held = casework.supervised(session, query.scope)
    until = dict(zip(held["case_id"], held["due_at"], strict=True))
    watched = pd.Series([until.get(n) for n in table["id"]], index=table.index, dtype=object)
    table = table.assign(watched_until=watched)
    due = pd.to_datetime(table["due_at"], utc=True)
    wanted = (due < pd.Timestamp(at + SOON)) | table["watched_until"].notna()
    return table[wanted.fillna(value=False)].reset_index(drop=True)
