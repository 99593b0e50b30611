"""What a report says of events: how many, of what, where, and what changed more than by chance."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

import pandas as pd

from govdash.aggregate.notable import notable
from govdash.aggregate.series import Grain
from govdash.core.filters import EventQuery, Period
from govdash.core.vocab import BriefKind
from govdash.lake import Lake, queries
from govdash.report import timeline, why
from govdash.report.brief import periods
from govdash.workflow.calendar import WorkCalendar

By = Literal["channel", "facet", "category", "area"]
NAMED: Final = 3  # odd points of the course that are named
_UNPLACED: Final = ""


@dataclass(frozen=True, slots=True)
class Group:
    """One channel, facet, category or area; an area's key is its path, "" for 未落格.

    ``expected`` and ``p`` are None where too little came before (`aggregate.notable`).
    """

    key: str
    n: int
    before: int
    expected: float | None
    p: float | None
    high: bool
    notable: bool


@dataclass(frozen=True)
class EventFacts:
    """Events of a period as they were known at a moment; groups with most events first."""

    n: int
    n_before: int
    n_year: int
    course: pd.DataFrame
    grain: Grain
    odd: tuple[why.Odd, ...]
    behind: tuple[str, ...]  # the category behind each odd point, "" where none
    groups: Mapping[By, tuple[Group, ...]]


def gather(
    lake: Lake,
    query: EventQuery,
    kind: BriefKind,
    *,
    as_of: datetime,
    level: str,
    calendar: WorkCalendar,
) -> EventFacts:
    """Count the query's events, its period being over.

    Parameters
    ----------
    level : str
        The level of areas to tell apart, one of `lake.schema.LEVELS`.
    """
    period = query.filter.period
    fine = timeline.grain_for(period)
    grain: Grain = "hour" if period.n_days == 1 else "day" if fine == "hour" else fine
    end = pd.Timestamp(period.last) + pd.Timedelta(days=1)
    course = timeline.course(lake, query, grain=grain, until=end, as_of=as_of)
    if grain in ("hour", "day"):
        named = calendar.holidays(period.first, period.last)
        course = timeline.without_holidays(course, named)
    odd = why.farthest(course, limit=NAMED)
    return EventFacts(
        n=queries.total(lake, query, as_of=as_of),
        n_before=queries.total(lake, query.with_period(periods.before(period, kind)), as_of=as_of),
        n_year=queries.total(lake, query.with_period(period.year_before()), as_of=as_of),
        course=course,
        grain=grain,
        odd=odd,
        behind=tuple(why.behind(lake, query, odd, grain=grain, as_of=as_of)),
        groups={
            "channel": _groups(lake, query, kind, "channel", as_of=as_of),
            "facet": _groups(lake, query, kind, "facet", as_of=as_of),
            "category": _groups(lake, query, kind, "category", as_of=as_of),
            "area": _groups(lake, query, kind, level, as_of=as_of),
        },
    )


def _groups(
    lake: Lake, query: EventQuery, kind: BriefKind, column: str, *, as_of: datetime
) -> tuple[Group, ...]:
    """Count each group now, just before, and in the stretches that say what is usual."""
    period = query.filter.period
    usual = periods.earlier(period, kind)
    just_before = periods.before(period, kind)
    first = min(just_before.first, *(one.first for one, _ in usual))
    longer = Period(first, period.last, period.zone_name)
    daily = queries.counts(lake, query.with_period(longer), by=(column,), grain="day", as_of=as_of)
    daily["key"] = daily[column].fillna(_UNPLACED).astype(str)
    daily["day"] = daily["bucket"].dt.date

    def of(stretch: Period) -> pd.Series:
        inside = daily["day"].between(stretch.first, stretch.last)
        return daily[inside].groupby("key")["n"].sum()

    now = of(period)
    begun = daily["day"].min() if len(daily) else period.first
    past = pd.DataFrame(
        {
            back: of(stretch) * scale
            for back, (stretch, scale) in enumerate(usual)
            if stretch.first >= begun
        }
    ).fillna(0.0)
    told = notable(now, past)
    told.insert(1, "before", of(just_before).reindex(told.index, fill_value=0))
    found = [
        Group(
            key=str(row["key"]),
            n=int(row["n"]),
            before=int(row["before"]),
            expected=_known(row["expected"]),
            p=_known(row["p"]),
            high=bool(row["high"]),
            notable=bool(row["notable"]),
        )
        for row in told.rename_axis("key").reset_index().to_dict("records")
    ]
    seen = [one for one in found if one.n or one.before or one.notable]
    return tuple(sorted(seen, key=lambda one: (-one.n, one.key)))


def _known(value: float) -> float | None:
    return None if pd.isna(value) else float(value)
