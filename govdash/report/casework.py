"""处置工单: the cases of one tray, the stages that a case passes, the conditions chosen from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final, Self

import pandas as pd
import yaml

from govdash.core.errors import InputError
from govdash.core.filters import EventQuery, Scope
from govdash.core.vocab import CaseState, Labelled
from govdash.store import Session, casework
from govdash.workflow import board
from govdash.workflow.flow import END_STATES, OPEN_STATES

MOST_CASES: Final = 500  # more than one screen can be worked through; the list says when it was cut

#: The road of a case as people draw it: a stage and the states in which a case is at it.
STAGES: Final[tuple[tuple[str, tuple[CaseState, ...]], ...]] = (
    ("立案", (CaseState.RECEIVED, CaseState.REJECTED)),
    ("派遣", (CaseState.ACCEPTED, CaseState.RETURNED, CaseState.REOPENED)),
    (
        "处置",
        (CaseState.DISPATCHED, CaseState.IN_PROGRESS, CaseState.ON_HOLD, CaseState.REWORK),
    ),
    ("核查", (CaseState.RESOLVED_CLAIMED,)),
    ("结案", (CaseState.VERIFIED, CaseState.CLOSED)),
)


class Tray(Labelled):
    """Where a case lies for the people who work on it."""

    OPEN = "open", "在办"
    LATE = "late", "超期"
    ENDED = "ended", "已结束"

    @property
    def states(self) -> tuple[CaseState, ...]:
        """What lies in it."""
        return END_STATES if self is Tray.ENDED else OPEN_STATES


def cases(
    session: Session,
    query: EventQuery,
    tray: Tray,
    *,
    at: datetime,
    state: CaseState | None = None,
    unit: str | None = None,
) -> pd.DataFrame:
    """Return the cases of one tray in scope, area and category.

    Columns of `board.CASE_COLUMNS` and ``beside``, which is another one when somebody put a mark
    on the case, asked for something or decided it.

    What has ended is listed for the filter's period (by opening) only; what is open is listed
    however old it is. The next deadline first.
    """
    chosen = query.filter
    ended = tray is Tray.ENDED
    table = board.cases(
        session,
        query.scope,
        at=at,
        state=(state,) if state else tray.states,
        overdue=tray is Tray.LATE,
        unit=(unit,) if unit else chosen.units,
        since=chosen.period.start if ended else None,
        until=chosen.period.end if ended else None,
        areas=chosen.areas,
        categories=chosen.categories,
        limit=MOST_CASES,
    )
    return table.assign(beside=_beside(session, query.scope, [int(n) for n in table["id"]]))


def _beside(session: Session, scope: Scope, case_ids: Sequence[int]) -> list[str]:
    """Return, for each case, what is another text when a mark or a request came or was decided."""
    told: dict[int, str] = {}
    for mark in casework.marks(session, case_ids, scope).to_dict("records"):
        told[mark["case_id"]] = str(mark["id"])
    for asked in casework.requests(session, scope, undecided=True).to_dict("records"):
        number = asked["case_id"]
        told[number] = f"{told.get(number, '')} {asked['id']} {asked['state']}"
    return [told.get(number, "") for number in case_ids]


def leaders(
    session: Session, scope: Scope, row: Mapping[str, Any], *, at: datetime
) -> dict[int, str]:
    """Return the open cases that one could be merged into, by id, the likeliest first."""
    table = board.cases(session, scope, at=at, state=OPEN_STATES, limit=MOST_CASES)
    table = table[table["id"] != row["id"]]
    like = (table["category"] == row["category"]).astype(int) + (
        table["area_path"] == row["area_path"]
    )
    ordered = table.assign(like=like).sort_values("like", ascending=False, kind="stable")
    return {
        int(case["id"]): f"{case['number']} {case['title']}（{case['area_name']}）"
        for case in ordered.to_dict("records")
    }


def stage_of(state: CaseState) -> int:
    """Return which of `STAGES` a case is at; a cancelled or merged one is nowhere (-1)."""
    for n, (_, states) in enumerate(STAGES):
        if state in states:
            return n
    return -1


def stage_times(steps: pd.DataFrame) -> Sequence[datetime | None]:
    """Return when a case first left each stage for a later one, None where it has not yet."""
    left: list[datetime | None] = [None] * len(STAGES)
    for told, at in zip(steps["to_state"], steps["at"], strict=True):
        state = CaseState(str(told))
        reached = len(STAGES) if state is CaseState.CLOSED else max(stage_of(state), 0)
        for n in range(reached):
            left[n] = left[n] or at
    return left


@dataclass(frozen=True, slots=True)
class Conditions:
    """The conditions that people choose from when a case is registered and closed."""

    register: tuple[str, ...]
    close: tuple[str, ...]

    @classmethod
    def load(cls, data_dir: Path) -> Self:
        """Read ``conditions.yaml``.

        Raises
        ------
        InputError
            When the file is missing or is not two lists of texts.
        """
        path = data_dir / "conditions.yaml"
        try:
            told = yaml.safe_load(path.read_text(encoding="utf-8"))
            return cls(
                tuple(str(text) for text in told["register"]),
                tuple(str(text) for text in told["close"]),
            )
        except (OSError, KeyError, TypeError, yaml.YAMLError) as error:
            raise InputError(f"立案、结案条件文件 {path} 不可用：{error}") from error
