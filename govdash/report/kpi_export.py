"""The KPI table as rows that leave the platform, and what makes it from a few parameters."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

import pandas as pd

from govdash.access import User
from govdash.aggregate.indicators import ALL
from govdash.core.errors import InputError
from govdash.core.filters import EventQuery, Period
from govdash.core.permissions import Permission
from govdash.report import kpi
from govdash.report.export_table import Column, Export, Holds, frame_batches
from govdash.report.export_words import Names, in_words, span_of
from govdash.report.kpi import GROUPS, Board, Book
from govdash.store import Session, accounts
from govdash.workflow import schemes

WHAT: Final = "kpi"
LAMPS: Final[Mapping[str, str]] = {
    "green": "● 达标", "yellow": "■ 预警", "red": "◆ 不达标", "off": "○ 不亮灯",
}  # fmt: skip
COLUMNS: Final = (
    Column("group", "代码"),
    Column("group_name", "对象"),
    Column("code", "指标代码"),
    Column("name", "指标"),
    Column("numerator_name", "分子"),
    Column("numerator", "分子数", Holds.COUNT),
    Column("denominator_name", "分母"),
    Column("denominator", "分母数", Holds.COUNT),
    Column("value", "值", Holds.NUMBER),
    Column("unit", "单位"),
    Column("low", "95%下限", Holds.NUMBER),
    Column("high", "95%上限", Holds.NUMBER),
    Column("rank", "名次", Holds.COUNT),
    Column("lamp_label", "灯"),
    Column("note", "说明"),
)


@dataclass(frozen=True, slots=True)
class Choice:
    """What makes a table beside its query: by whom, as known when, scored by which version."""

    by: str = "street"
    known_at: datetime | None = None  # None: now
    version: int | None = None  # None: the one that was valid

    @classmethod
    def from_params(cls, params: Mapping[str, str]) -> "Choice":
        """Read it from URL parameters.

        Raises
        ------
        InputError
            When a part cannot be read; the message names it.
        """
        version = params.get("scheme", "")
        if version and not (version.isascii() and version.isdigit() and len(version) < 7):
            raise InputError(f"考核方案的版本“{version[:20]}”应为数字。")
        return cls(
            by=params.get("by") or "street",
            known_at=read_moment(params["as_of"]) if params.get("as_of") else None,
            version=int(version) if version else None,
        )

    def to_params(self) -> dict[str, str]:
        """Write it as URL parameters."""
        told = {"by": self.by}
        told |= {"as_of": self.known_at.isoformat()} if self.known_at else {}
        return told | ({"scheme": str(self.version)} if self.version is not None else {})


def read_moment(text: str) -> datetime:
    """Read an ISO moment with its zone.

    Raises
    ------
    InputError
        When it is none, or has no zone.
    """
    try:
        at = datetime.fromisoformat(text.replace(" ", "+"))  # "+" of a link that was not quoted
    except ValueError:
        raise InputError(f"“{text[:40]}”不是时刻；应如 2026-06-30T18:00:00+08:00。") from None
    if at.tzinfo is None:
        raise InputError(f"时刻“{text[:40]}”没有时区；应如 2026-06-30T18:00:00+08:00。")
    return at


def read_period(text: str, zone_name: str) -> Period:
    """Read ``2026-05``, ``2026-Q2``, ``2026-W22``, ``2026``, a day, or ``first..last``.

    Raises
    ------
    InputError
        When it is none of these.
    """
    try:
        first, dots, last = text.strip().partition("..")
        if dots:
            return Period(date.fromisoformat(first), date.fromisoformat(last), zone_name)
        return Period(*_whole(first.upper()), zone_name)
    except ValueError:
        raise InputError(
            f"时段“{text[:40]}”不认识；可写 2026-05、2026-Q2、2026-W22、2026、2026-05-01 "
            "或 2026-05-01..2026-05-15。"
        ) from None


def _whole(text: str) -> tuple[date, date]:
    day = timedelta(days=1)
    year, _, part = text.partition("-")
    if part.startswith("W"):
        monday = date.fromisocalendar(int(year), int(part[1:]), 1)
        return monday, monday + 6 * day
    if part.count("-") == 1:
        return date.fromisoformat(text), date.fromisoformat(text)
    months = {"": (1, 12), "Q1": (1, 3), "Q2": (4, 6), "Q3": (7, 9), "Q4": (10, 12)}
    begin, end = months[part] if part in months else (int(part), int(part))
    after = date(int(year) + end // 12, end % 12 + 1, 1)
    return date(int(year), begin, 1), after - day


def who_for(session: Session, user: User, key: str) -> Callable[[str], str]:
    """Return what logins are called for a viewer: pseudonyms without `Permission.KPI_PEOPLE`."""
    if not user.holds(Permission.KPI_PEOPLE):
        return kpi.pseudonym(key)
    names = accounts.names(session)
    return lambda login: names.get(login, login)


def make(
    session: Session,
    query: EventQuery,
    book: Book,
    choice: Choice,
    *,
    at: datetime,
    data_dir: Path,
    who: Callable[[str], str],
) -> Board:
    """Make the table of a query's period, as known at `choice.known_at` or `at`."""
    period, known_at = query.filter.period, choice.known_at or at
    scheme = schemes.scheme_for(
        session, period.last, table=book.table, data_dir=data_dir, known_at=known_at,
        version=choice.version,
    )  # fmt: skip
    told = kpi.occasions(session, query, book, scheme, known_at=known_at)
    return kpi.board(told, book, scheme, period=period, by=choice.by, known_at=known_at, who=who)


def told(board: Board, book: Book, names: Names) -> pd.DataFrame:
    """Return the table as people read it (`COLUMNS`): all together first, then each group.

    Shares are percentages here; what our data lack is a row without figures that says so.
    """
    whole = board.whole.assign(group="")
    rows = whole if board.by == "city" else pd.concat([whole, board.rows], ignore_index=True)
    known = {row.code: row for row in book.table.indicators}
    score = {row.code: row.unit for row in book.table.indicators if row.score}
    lines: list[dict[str, Any]] = []
    for row in _records(rows):
        indicator = known.get(row["code"])
        points = indicator is None or row["code"] in score
        times = 1 if points else 100
        few = row["denominator"] < board.scheme.body.least
        lines.append(
            {
                **row,
                "group_name": group_name(board.by, str(row["group"]), names),
                "numerator_name": indicator.numerator_name if indicator else "",
                "denominator_name": indicator.denominator_name if indicator else "",
                "numerator": None if points else row["numerator"],
                "denominator": None if points else row["denominator"],
                "value": row["value"] * times,
                "low": row["low"] * times,
                "high": row["high"] * times,
                "unit": "分" if points else "%",
                "lamp_label": LAMPS[row["lamp"]],
                "note": f"件数不到 {board.scheme.body.least}，不排名" if few else "",
            }
        )  # fmt: skip
    lines += [
        {
            "group": "", "group_name": ALL, "code": row.code, "name": row.name,
            "numerator_name": row.numerator_name, "denominator_name": row.denominator_name,
            "unit": row.unit, "lamp_label": LAMPS["off"], "note": f"缺数据：{row.needs}",
        }
        for row in book.table.indicators if row.needs
    ]  # fmt: skip
    table = pd.DataFrame(lines, columns=[column.code for column in COLUMNS])
    counts = dict.fromkeys(("numerator", "denominator", "rank"), "Int64")
    return table.astype(counts)


def _records(rows: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(name): value for name, value in row.items()} for row in rows.to_dict("records")]


def group_name(by: str, group: str, names: Names) -> str:
    """Say whom a row is about."""
    if not group or group == ALL:
        return ALL
    if by == "unit":
        return names.units.get(group, group)
    return names.area(group) if group.startswith("/") else group


def export(
    board: Board, book: Book, query: EventQuery, names: Names, choice: Choice, *, zone: ZoneInfo
) -> Export:
    """Return the table for a file; the query is on its first sheet."""
    shown = told(board, book, names)

    kept = ("时间范围", "区域", "类别", "处置单位", "查看权限")
    words = [pair for pair in in_words(query, names) if pair[0] in kept]
    words += [
        ("分组", GROUPS[board.by][0]),
        ("考核方案", f"{board.scheme.label}；件数不到 {board.scheme.body.least} 的不排名、不亮灯"),
        ("口径", "只数到期时间在本期之内、并且已经到期的；详见 docs/indicators.md"),
    ]
    return Export(
        what=WHAT,
        title="绩效考核",
        columns=COLUMNS,
        batches=lambda: frame_batches(shown, COLUMNS),
        rows=len(shown),
        zone=zone,
        as_of=board.known_at,
        words=tuple(words),
        params=query.filter.to_params() | choice.to_params(),
        span=span_of(query.filter),
    )
