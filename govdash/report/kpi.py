"""The KPI tables of 绩效考核: rates, scores, ranks and lamps of a period, as known at a moment."""

import hashlib
import hmac
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Final

import pandas as pd

from govdash.aggregate import indicators
from govdash.aggregate.indicators import ALL, Indicator, Table
from govdash.core.errors import InputError
from govdash.core.filters import EventFilter, EventQuery, Period
from govdash.store import Session, caselogs
from govdash.workflow import retelling
from govdash.workflow.deadlines import Deadlines
from govdash.workflow.schemes import Scheme

#: What tables are made by, and who of `Indicator.judges` is judged then.
GROUPS: Final[Mapping[str, tuple[str, str]]] = {
    "city": ("全部", ""), "district": ("区", "area"), "street": ("街道", "area"),
    "unit": ("处置单位", "unit"), "post": ("岗位", "post"), "inspector": ("核查人员", "inspector"),
}  # fmt: skip
_DEPTH: Final = {"district": 2, "street": 3}
#: What somebody does whom the occasions of a basis judge.
_POSTS: Final = {
    "received": "受理", "accepted": "受理", "dispatch_due": "派遣", "handle_due": "处置",
    "verify_due": "核查",
}  # fmt: skip
COLUMNS: Final = (
    "group", "code", "name", "numerator", "denominator", "value", "low", "high", "rank", "lamp",
)  # fmt: skip


@dataclass(frozen=True)
class Board:
    """A table of one period: every indicator for each group, and for all together.

    `rows` and `whole` have `COLUMNS`: ``value`` a share (a composite: points), ``rank`` only for
    what the scheme ranks by and where there are enough occasions, ``lamp`` a colour's name.
    """

    period: Period
    by: str
    known_at: datetime
    scheme: Scheme
    rows: pd.DataFrame
    whole: pd.DataFrame
    occasions: pd.DataFrame  # of the period, with `group`


@dataclass(frozen=True)
class Book:
    """The indicators and how they are counted here: all that does not change with the period."""

    table: Table
    deadlines: Deadlines

    @classmethod
    def load(cls, data_dir: Path) -> "Book":
        """Read the indicators, the calendar and the limits of the stages."""
        return cls(Table.load(data_dir), Deadlines.load(data_dir))

    def judged(self, by: str, scheme: Scheme) -> tuple[Indicator, ...]:
        """Return the indicators that judge such groups, with the city's own lamps."""
        _, whom = GROUPS[by]
        rows = (row for row in self.table.indicators if not whom or whom in row.judges)
        targets = scheme.body.targets
        return tuple(
            replace(row, target=targets[row.code][0], warn=targets[row.code][1])
            if row.code in targets else row
            for row in rows
        )  # fmt: skip


def occasions(
    session: Session, query: EventQuery, book: Book, scheme: Scheme, *, known_at: datetime
) -> pd.DataFrame:
    """Return the occasions of a query's period, areas, categories and units, as known then.

    Only `period`, `areas`, `categories` and `units` of the filter concern cases.
    """
    period = query.filter.period
    logs = caselogs.known(
        session, query.scope, since=period.start, until=period.end, known_at=known_at
    )
    told = retelling.retell(logs, scheme.body.terms, deadlines=book.deadlines)
    return indicators.within(_chosen(told, query.filter), period.start, period.end)


def board(
    occasions: pd.DataFrame,
    book: Book,
    scheme: Scheme,
    *,
    period: Period,
    by: str,
    known_at: datetime,
    who: Callable[[str], str] = str,
) -> Board:
    """Make the table of the occasions of a period (`occasions`).

    `who` says what a login is called: a pseudonym for those who may not know.
    """
    if by not in GROUPS:
        known = "、".join(f"{code}（{name}）" for code, (name, _) in GROUPS.items())
        raise InputError(f"不能按“{by}”分组；可用：{known}。")
    told = grouped(occasions, by, who=who)
    judged = book.judged(by, scheme)
    all_of = book.judged("city", scheme)
    rows = _completed(told, judged, book, scheme, by="group")
    whole = _completed(told, all_of, book, scheme, by=None)
    return Board(period, by, known_at, scheme, rows, whole, told)


def grouped(occasions: pd.DataFrame, by: str, *, who: Callable[[str], str] = str) -> pd.DataFrame:
    """Return the occasions with ``group``: whom each one is about; None is nobody."""
    if by == "city":
        group = pd.Series(ALL, index=occasions.index, dtype=object)
    elif by in _DEPTH:
        group = occasions["area_path"].map(lambda path: _cut(path, _DEPTH[by]))
    elif by == "unit":
        group = occasions["unit_code"]
    else:
        checks = by == "inspector"
        bases = {"verify_due": "核查"} if checks else _POSTS
        group = pd.Series(
            [
                f"{bases[basis]}·{who(person)}" if basis in bases and person else None
                for basis, person in zip(occasions["basis"], occasions["person"], strict=True)
            ],
            index=occasions.index,
            dtype=object,
        )
    return occasions.assign(group=group.astype(object).where(group.notna(), None))


def pseudonym(key: str) -> Callable[[str], str]:
    """Return what calls a login by four letters: the same person always, and nobody by name."""

    def called(login: str) -> str:
        return hmac.new(key.encode(), login.encode(), hashlib.sha256).hexdigest()[:4].upper()

    return called


def behind(board: Board, code: str, book: Book, *, group: str | None = None) -> pd.DataFrame:
    """Return the occasions behind a figure, with ``hit``; those of the numerator last."""
    told = board.occasions if group is None else board.occasions[board.occasions["group"] == group]
    mine = indicators.counted(told, book.table.of(code))
    return mine.sort_values(["hit", "at"], kind="stable", ignore_index=True)


def moves(now: Board, before: Board) -> pd.DataFrame:
    """Compare two tables: ``group``, ``code``, ``before``, ``difference``, ``rank_before``, ``up``.

    ``up``: how many places a group went up (down: negative); missing without both ranks.
    """
    keys = ["group", "code"]
    told = now.rows[[*keys, "value", "rank"]].merge(
        before.rows[[*keys, "value", "rank"]], on=keys, how="left", suffixes=("", "_before")
    )
    return pd.DataFrame(
        {
            "group": told["group"],
            "code": told["code"],
            "before": told["value_before"],
            "difference": told["value"] - told["value_before"],
            "rank_before": told["rank_before"].astype("Int64"),
            "up": told["rank_before"].astype("Int64") - told["rank"].astype("Int64"),
        }
    )


def _chosen(occasions: pd.DataFrame, chosen: EventFilter) -> pd.DataFrame:
    told = occasions
    for column, wanted in (("area_path", chosen.areas), ("category", chosen.categories)):
        if wanted:
            told = told[told[column].fillna("").str.startswith(tuple(wanted))]
    if chosen.units:
        told = told[told["unit_code"].isin(chosen.units)]
    return told


def _completed(
    told: pd.DataFrame,
    judged: Sequence[Indicator],
    book: Book,
    scheme: Scheme,
    *,
    by: str | None,
) -> pd.DataFrame:
    """Measure, add composites, and what cannot be counted to the whole; lamps and ranks."""
    needed = {code for score in scheme.body.scores.values() for code in score.weights}
    rates = [row for row in book.table.rates if row in judged or row.code in needed]
    by_code = {row.code: row for row in judged}
    counts = indicators.measure(told, rates, by=by)
    parts = [counts[counts["code"].isin(by_code)]]
    if any(row.is_rate and {"area", "unit"} & set(row.judges) for row in judged):
        parts.append(_scores(counts, judged, book.table, scheme))
    table = pd.concat([part for part in parts if len(part)] or [counts], ignore_index=True)
    named = {row.code: row.name for row in book.table.indicators}
    named |= {key: score.name for key, score in scheme.body.scores.items()}
    table["name"] = table["code"].map(named)
    table["lamp"] = [
        indicators.lamp(value, by_code[code]) if code in by_code and n >= scheme.body.least
        else "off"
        for code, value, n in zip(
            table["code"], table["value"], table["denominator"], strict=True
        )
    ]  # fmt: skip
    table["rank"] = pd.Series(pd.NA, index=table.index, dtype="Int64")
    for code, mine in table.groupby("code"):
        row = by_code.get(str(code))
        table.loc[mine.index, "rank"] = indicators.ranks(
            mine["value"], mine["denominator"],
            direction=row.direction if row else "up", least=scheme.body.least,
        )  # fmt: skip
    if by is None:
        table["rank"] = pd.Series(pd.NA, index=table.index, dtype="Int64")
    return table[list(COLUMNS)]


def _scores(
    counts: pd.DataFrame, judged: Sequence[Indicator], table: Table, scheme: Scheme
) -> pd.DataFrame:
    """Return the composites of each group; as many occasions as its smallest part has."""
    codes = {row.score: row.code for row in judged if row.score}
    rows: list[tuple[object, ...]] = []
    for group, mine in counts.groupby("group", sort=False):
        values = dict(zip(mine["code"], mine["value"], strict=True))
        sizes = dict(zip(mine["code"], mine["denominator"], strict=True))
        for key, score in scheme.body.scores.items():
            points = indicators.score(values, score.weights, table)
            least = min(int(sizes.get(code, 0)) for code in score.weights)
            nan = float("nan")
            told = nan if points is None else points
            rows.append((group, codes.get(key, key), 0, least, told, nan, nan))
    names = ["group", "code", "numerator", "denominator", "value", "low", "high"]
    return pd.DataFrame(rows, columns=names)


def _cut(path: object, depth: int) -> str | None:
    """Return the first `depth` parts of a path; None when it has fewer."""
    parts = path.strip("/").split("/") if isinstance(path, str) else []
    return "/" + "/".join(parts[:depth]) + "/" if len(parts) >= depth else None
