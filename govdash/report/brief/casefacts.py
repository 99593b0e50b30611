"""What a report says of cases: the indicators of a period, by street, and what was overdue then."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import pandas as pd

from govdash.core.filters import EventQuery
from govdash.core.vocab import BriefKind
from govdash.report import kpi_export
from govdash.report.brief import periods
from govdash.report.kpi import Board, Book
from govdash.report.kpi_export import Choice
from govdash.store import Session, caselogs
from govdash.workflow.typed import masked

#: The indicators that a report shows, in its order.
SHOWN: Final = (
    "register_rate", "dispose_rate", "intime_dispose_rate", "overtime_todispose_rate",
    "archive_rate", "intime_archive_rate", "rework_rate", "delay_rate", "return_rate",
    "resp_rate", "solve_rate", "satis_rate",
)  # fmt: skip
RANKED: Final = "intime_dispose_rate"
OVERDUE: Final = 20


@dataclass(frozen=True, slots=True)
class Rate:
    """An indicator of a period and of the one before; None: nothing to count."""

    code: str
    name: str
    numerator: int
    denominator: int
    value: float | None
    before: float | None

    @property
    def points(self) -> float | None:
        """The difference, as a share (0.012 is 1.2 percentage points)."""
        if self.value is None or self.before is None:
            return None
        return self.value - self.before


@dataclass(frozen=True, slots=True)
class Place:
    """How punctual an area was; no rank where there was too little to judge."""

    path: str
    numerator: int
    denominator: int
    value: float | None
    rank: int | None


@dataclass(frozen=True, slots=True)
class Late:
    """A case whose handling was overdue and not done."""

    id: int
    number: str
    title: str
    area_path: str | None
    unit_code: str | None
    due_at: datetime


@dataclass(frozen=True)
class CaseFacts:
    """Cases of a period as they were known at a moment."""

    rates: tuple[Rate, ...]
    places: tuple[Place, ...]
    late: tuple[Late, ...]  # the longest overdue first
    target: float | None
    least: int  # so few are no rank
    scheme: str


def gather(
    session: Session,
    query: EventQuery,
    kind: BriefKind,
    *,
    as_of: datetime,
    level: str,
    book: Book,
    data_dir: Path,
) -> CaseFacts:
    """Work out the indicators of the query's period, by areas of a level (street at the lowest)."""
    by = level if level in ("district", "street") else "street"
    choice = Choice(by=by, known_at=as_of)
    now = kpi_export.make(session, query, book, choice, at=as_of, data_dir=data_dir, who=str)
    earlier = query.with_period(periods.before(query.filter.period, kind))
    before = kpi_export.make(session, earlier, book, choice, at=as_of, data_dir=data_dir, who=str)
    return CaseFacts(
        rates=tuple(_rates(now, before)),
        places=tuple(_places(now)),
        late=tuple(_late(session, query, now)),
        target=next(
            (row.target for row in book.judged(by, now.scheme) if row.code == RANKED), None
        ),
        least=now.scheme.body.least,
        scheme=f"第 {now.scheme.version} 版" if now.scheme.version else "自带",
    )


def _rates(now: Board, before: Board) -> list[Rate]:
    mine, theirs = _by_code(now.whole), _by_code(before.whole)
    return [
        Rate(
            code=code,
            name=str(row["name"]),
            numerator=int(row["numerator"]),
            denominator=int(row["denominator"]),
            value=_known(row["value"]),
            before=_known(theirs[code]["value"]) if code in theirs else None,
        )
        for code in SHOWN
        if (row := mine.get(code)) is not None
    ]


def _places(now: Board) -> list[Place]:
    mine = now.rows[now.rows["code"] == RANKED]
    found = [
        Place(
            path=str(row["group"]),
            numerator=int(row["numerator"]),
            denominator=int(row["denominator"]),
            value=_known(row["value"]),
            rank=None if pd.isna(row["rank"]) else int(row["rank"]),
        )
        for row in mine.to_dict("records")
    ]
    return sorted(
        found, key=lambda one: (one.rank is None, one.rank or 0, -one.denominator, one.path)
    )


def _late(session: Session, query: EventQuery, now: Board) -> list[Late]:
    told = now.occasions
    waiting = told[(told["basis"] == "handle_due") & told["late_waiting"].astype(bool)]
    waiting = waiting[~waiting["exempt"].astype(bool)].sort_values(["at", "case_id"])
    ids = [int(number) for number in waiting["case_id"]]
    named = masked(caselogs.numbers(session, query.scope, ids))
    by_id: Mapping[int, Mapping[str, Any]] = {
        int(row["id"]): {str(key): value for key, value in row.items()}
        for row in named.to_dict("records")
    }
    return [
        Late(
            id=int(row["case_id"]),
            number=str(by_id[int(row["case_id"])]["number"]),
            title=str(by_id[int(row["case_id"])]["title"]),
            area_path=row["area_path"],
            unit_code=row["unit_code"],
            due_at=pd.Timestamp(row["at"]).to_pydatetime(),
        )
        for row in waiting.to_dict("records")
        if int(row["case_id"]) in by_id
    ]


def _by_code(table: pd.DataFrame) -> dict[str, dict[str, Any]]:
    return {
        str(row["code"]): {str(key): value for key, value in row.items()}
        for row in table.to_dict("records")
    }


def _known(value: Any) -> float | None:  # noqa: ANN401 - a number, or one that is missing
    return None if value is None or pd.isna(value) else float(value)
