"""What the overview shows: how many, compared with when; of what; where; which alerts stand."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

import pandas as pd

from govdash.aggregate.compare import Change, compare, compare_groups
from govdash.aggregate.series import only
from govdash.core.filters import EventFilter, EventQuery, Period, Scope
from govdash.core.vocab import Facet, Handling, Level
from govdash.lake import Lake, queries
from govdash.report import performance
from govdash.store import Session, escalations
from govdash.store import performance as case_store
from govdash.workflow import board, typed

OPEN: Final = (Handling.NEW, Handling.ACKNOWLEDGED, Handling.LINKED)
#: More open alerts than this nobody can work through; the tile counts at most so many.
MOST_ALERTS: Final = 1_000


@dataclass(frozen=True, slots=True)
class Tally:
    """How many events, and how that compares. Both sides cover the same hours of their days.

    `n` is everything so far, also what is too new to be compared.
    """

    n: int
    on_previous: Change  # 环比: against as many days just before
    on_year: Change  # 同比: against the same dates a year earlier
    hours: int | None  # complete hours of the last day that are compared; None: whole days
    days: tuple[int, ...]  # each of the last fourteen days, for the small line


def tally(lake: Lake, query: EventQuery, *, until: pd.Timestamp) -> Tally:
    """Count the query's events, like with like.

    Parameters
    ----------
    until : Timestamp
        Naive wall clock of the city, a full hour: what came later is in `n` but in no
        comparison, since the periods compared with were over.
    """
    period = query.filter.period
    running = period.last >= until.date()
    previous, year = (
        _so_far(lake, query, other, until - (period.first - other.first))
        for other in (period.previous(), period.year_before())
    )
    told = compare(_so_far(lake, query, period, until), previous, year)
    fortnight = Period(period.last - timedelta(days=13), period.last, period.zone_name)
    daily = queries.counts(lake, query.with_period(fortnight), grain="day").set_index("bucket")["n"]
    return Tally(
        n=queries.total(lake, query),
        on_previous=told.on_previous,
        on_year=told.on_year,
        hours=until.hour if running else None,
        days=tuple(int(daily.get(pd.Timestamp(day), 0)) for day in fortnight.days()),
    )


def facets(lake: Lake, query: EventQuery, *, until: pd.Timestamp) -> pd.DataFrame:
    """Count each of the six facets: ``facet`` (code), ``n``, ``ratio`` (环比, NaN unknown)."""
    period = query.filter.period
    before = period.previous()
    known = [facet.value for facet in Facet]
    told = compare_groups(
        _hourly(lake, query, period, until),
        _hourly(lake, query, before, until - (period.first - before.first)),
        by="facet",
        known=known,
    )
    everything = only(queries.counts(lake, query, by=("facet",)), known, by="facet")
    return everything.assign(ratio=told["ratio"])


def facet_categories(lake: Lake, query: EventQuery, *, limit: int) -> pd.DataFrame:
    """Return the most frequent categories of each facet: ``facet``, ``category``, ``n``."""
    counted = queries.counts(lake, query, by=("facet", "category")).dropna()
    most = counted.sort_values(["facet", "n"], ascending=[True, False])
    return most.groupby("facet", sort=False).head(limit).reset_index(drop=True)


def top(lake: Lake, query: EventQuery, *, by: str, limit: int) -> pd.DataFrame:
    """Return the most frequent values of a column: ``key``, ``n``."""
    counted = queries.counts(lake, query, by=(by,)).dropna()
    most = counted.sort_values("n", ascending=False).head(limit)
    return most.rename(columns={by: "key"}).reset_index(drop=True)


def newest(lake: Lake, scope: Scope) -> datetime | None:
    """Return when the newest event was reported, None without events."""
    told = queries.freshness(lake, scope)
    return None if told.empty else pd.Timestamp(told["last_reported_at"].max()).to_pydatetime()


def sources(lake: Lake, scope: Scope) -> pd.DataFrame:
    """Return each source with when it last reported and was received."""
    return queries.freshness(lake, scope)


def open_alerts(session: Session, query: EventQuery) -> pd.DataFrame:
    """Return the open alerts that the query's areas and categories concern, the worst first."""
    mine = board.alerts(
        session,
        query.scope,
        handling=OPEN,
        areas=query.filter.areas,
        categories=query.filter.categories,
        folded=True,
        limit=MOST_ALERTS,
    )
    rank = mine["level"].map(lambda level: Level(level).rank)
    return (
        mine.assign(rank=rank)
        .sort_values(["rank", "first_seen_at"], ascending=[True, False], ignore_index=True)
        .drop(columns="rank")
    )


def due(session: Session, alerts: pd.DataFrame, scope: Scope) -> pd.DataFrame:
    """Add ``due_at`` to open alerts: until when something must be done with each (NaT: nothing).

    One that waits for 签收: when more people are told; one that has it: when it runs out; one with
    a case: the case's deadline.
    """
    living = escalations.living_alerts(session, scope).set_index("id")["next_at"]
    cases = escalations.living_cases(session, scope).set_index("id")["due_at"]
    until = [
        {
            Handling.NEW: living.get(row["id"]),
            Handling.ACKNOWLEDGED: row["acknowledged_until"],
            Handling.LINKED: cases.get(row["case_id"]),
        }[Handling(row["handling"])]
        for row in alerts.to_dict("records")
    ]
    return alerts.assign(due_at=pd.to_datetime(pd.Series(until, index=alerts.index), utc=True))


def cases(
    session: Session, query: EventQuery, *, since: datetime, until: datetime | None = None
) -> pd.DataFrame:
    """Return the cases of the query's areas and categories, with typed texts masked.

    Columns as in `store.performance.lifelines`.
    """
    areas = query.filter.areas
    found = case_store.lifelines(session, query.scope, areas=areas, since=since, until=until)
    mine = concerned(found, replace(query.filter, areas=()))
    return typed.masked(found[mine].reset_index(drop=True))


def rates(session: Session, query: EventQuery) -> performance.Rates:
    """Return how the cases that were closed in the query's period went."""
    period = query.filter.period
    said = case_store.said(
        session, query.scope, areas=query.filter.areas, since=period.start, until=period.end
    )
    closed = cases(session, query, since=period.start, until=period.end)
    return performance.rates(closed, said)


def concerned(rows: pd.DataFrame, chosen: EventFilter) -> pd.Series:
    """Tell which alerts or cases lie in the chosen areas and under the chosen categories."""
    inside = rows["area_path"].map(lambda path: _under(path, chosen.areas))
    kind = rows["category"].map(lambda key: _under(key, chosen.categories))
    return inside.astype(bool) & kind.astype(bool)


def _under(value: object, chosen: Sequence[str]) -> bool:
    """Whether `value` is one of the chosen paths or keys, or below one ("A-06" holds "A-06001")."""
    return not chosen or (isinstance(value, str) and value.startswith(tuple(chosen)))


def _so_far(lake: Lake, query: EventQuery, period: Period, until: pd.Timestamp) -> int:
    counted = queries.counts(lake, query.with_period(period), grain="hour")
    return int(counted.loc[counted["bucket"] < until, "n"].sum())


def _hourly(lake: Lake, query: EventQuery, period: Period, until: pd.Timestamp) -> pd.DataFrame:
    counted = queries.counts(lake, query.with_period(period), by=("facet",), grain="hour")
    return counted[counted["bucket"] < until]
