"""派遣: the rules of routing applied to cases: at their opening, to one, to all of a stretch."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path

import pandas as pd

from govdash.access import User
from govdash.core.errors import NotFound
from govdash.core.filters import Scope
from govdash.core.permissions import Permission
from govdash.core.settings import Settings
from govdash.store import Session, units
from govdash.store import caseload as rows
from govdash.workflow import routing
from govdash.workflow.naming import Names
from govdash.workflow.routing import FROM_ALERT, Body, Book, Facts, Route

#: What a trial says of each case.
TRIAL_COLUMNS = (
    "number", "category", "area_path", "source", "rule", "unit_code", "unit_name", "proposed",
    "proposed_name", "same", "why",
)  # fmt: skip


@dataclass(frozen=True)
class Trial:
    """What the rules would have done with past cases: `table` has `TRIAL_COLUMNS`."""

    table: pd.DataFrame

    @property
    def n(self) -> int:
        """How many cases were tried."""
        return len(self.table)

    @property
    def n_same(self) -> int:
        """How many would have gone to the unit that has them."""
        return int(self.table["same"].sum())

    @property
    def n_fallback(self) -> int:
        """For how many no rule held."""
        return int((self.table["rule"] == "兜底").sum())

    @property
    def n_without(self) -> int:
        """How many would have had no unit: none as long as there is one."""
        return int(self.table["proposed"].isna().sum())

    def by_rule(self) -> pd.DataFrame:
        """Return ``rule``, ``n`` and ``same`` (share), the busiest rule first."""
        told = self.table.groupby("rule").agg(n=("same", "size"), same=("same", "mean"))
        return told.sort_values("n", ascending=False).reset_index()


def propose(
    session: Session,
    scope: Scope,
    *,
    category: str,
    area_path: str | None,
    event_id: str | None,
    alert: bool,
) -> Route:
    """Return where a case that is being opened goes: part of opening it, by whoever may."""
    channel = rows.channel_of(session, event_id, scope) if event_id else None
    source = FROM_ALERT if alert else channel
    return routing.route(in_force(), Facts(category, area_path, source), bodies(session))


def explain(session: Session, case_id: int, scope: Scope, *, book: Book | None = None) -> str:
    """Say where the rules of now send a case of the scope, and why.

    Raises
    ------
    NotFound
        When there is no such case in the scope.
    """
    found = rows.routed(session, scope, case_id=case_id)
    if found.empty:
        raise NotFound(f"没有编号为 {case_id} 的案件，或不在您的管辖范围内。")
    return str(_tried(session, found, book or in_force()).table["why"].iloc[0])


def explain_facts(session: Session, facts: Facts, *, book: Book | None = None) -> str:
    """Say where the rules send what is not a case yet, and why."""
    every = bodies(session)
    names = Names.load(session)
    told = routing.route(book or in_force(), facts, every)
    return _sentence(told, names, every)


def dry_run(
    session: Session,
    *,
    actor: User,
    since: datetime,
    until: datetime,
    book: Book | None = None,
) -> Trial:
    """Apply rules to the cases opened in a half-open stretch; nothing is written.

    Raises
    ------
    Refused
        When the actor may not read cases.
    """
    actor.require_held(Permission.CASE_READ)
    found = rows.routed(session, actor.scope, since=since, until=until)
    return _tried(session, found, book or in_force())


def bodies(session: Session) -> list[Body]:
    """Return every unit as rules find it."""
    return [
        Body(str(row["code"]), str(row["name"]), row["area_path"])
        for row in units.units(session).to_dict("records")
    ]


def in_force() -> Book:
    """Return the rules of the data folder in use (`GOVDASH_DATA`); read once for a process."""
    return _load(Settings.from_environment().data / routing.FOLDER)


@lru_cache(maxsize=2)
def _load(folder: Path) -> Book:
    return Book.load(folder)


def _tried(session: Session, found: pd.DataFrame, book: Book) -> Trial:
    every = bodies(session)
    names = Names.load(session)
    called = {body.code: body.name for body in every}
    told: list[tuple[object, ...]] = []
    for row in found.to_dict("records"):
        source = FROM_ALERT if row["alert_id"] is not None else row["channel"]
        went = routing.route(book, Facts(row["category"], row["area_path"], source), every)
        told.append(
            (
                row["number"], row["category"], row["area_path"], source, went.code,
                row["unit_code"], called.get(row["unit_code"], ""), went.unit_code,
                called.get(went.unit_code or "", ""), went.unit_code == row["unit_code"],
                _sentence(went, names, every),
            )
        )  # fmt: skip
    table = pd.DataFrame(told, columns=list(TRIAL_COLUMNS), dtype=object)
    return Trial(table.assign(same=table["same"].astype(bool)))


def _sentence(told: Route, names: Names, every: Sequence[Body]) -> str:
    return routing.sentence(
        told,
        areas=names.areas,
        categories=names.categories,
        units={body.code: body.name for body in every},
    )
