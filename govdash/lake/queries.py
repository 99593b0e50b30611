"""Questions to the lake. Each takes an `EventQuery` (or a `Scope`) and returns a frame."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Final

import ibis
import ibis.expr.types as ir
import pandas as pd
import pyarrow as pa

from govdash.core.errors import InputError
from govdash.core.filters import EventQuery, Scope
from govdash.lake.conditions import known, major, matching, visible
from govdash.lake.lake import Lake
from govdash.lake.manifest import Manifest
from govdash.lake.mercator import binned
from govdash.lake.moments import GRAINS, TIMES, local
from govdash.lake.schema import EVENT_SCHEMA, EVENTS, LEVELS, Expr

_PLAIN: Final = (
    *LEVELS, "category", "kind", "channel", "facet", "unit_code", "urgency", "sentiment",
    "source", "status_hint",
)  # fmt: skip
#: What counts may be grouped by.
GROUPS: Final = (*_PLAIN, "major", "hour", "weekday")
POINT_COLUMNS: Final = (
    "event_id", "lon", "lat", "reported_at", "category", "channel", "facet", "urgency", "title",
    "area_path",
)  # fmt: skip
_TWO_STEPS: Final = 2_000  # up to so many rows, finding them first and fetching them then is faster


def counts(
    lake: Lake,
    query: EventQuery,
    *,
    by: Sequence[str] = (),
    grain: str | None = None,
    time: str = "reported_at",
    as_of: datetime | None = None,
) -> pd.DataFrame:
    """Count events by groups and, with `grain`, by local time.

    Parameters
    ----------
    by : sequence of str
        Any of `GROUPS`. Area levels are path prefixes; missing below an event's own level, and
        everywhere for events in no area (未落格). ``hour`` is 0…23 and ``weekday`` 0 (Monday) …
        6, both local.
    grain : {"hour", "day", "week", "month"}, optional
        Adds ``bucket``, the naive local start; a week begins on Monday.
    time : {"reported_at", "occurred_at", "received_at"}
        What is cut into buckets, hours and weekdays. The period is always that of reporting.
    as_of : datetime, optional
        Count the versions known at this moment instead of the current ones.

    Returns
    -------
    DataFrame
        ``*by``, ``bucket`` (with a grain), ``n``; sorted; only groups that have events. A quiet
        hour is filled in with a zero by `aggregate.fill`.
    """
    _check(by, GROUPS, "分组字段")
    _check([time], TIMES, "时间字段")
    if grain is not None:
        _check([grain], GRAINS, "时间粒度")
    state = lake.manifest
    period = query.filter.period
    keys: dict[str, Expr] = {name: EVENTS[name] for name in by if name in _PLAIN}
    if "major" in by:
        keys["major"] = major()
    if grain is not None or {"hour", "weekday"} & set(by):
        at = _local(state, query, time)
        if "hour" in by:
            keys["hour"] = at.hour()
        if "weekday" in by:
            keys["weekday"] = at.day_of_week.index()
        if grain is not None:
            keys["bucket"] = at.truncate(GRAINS[grain])
    names = [*by, *(["bucket"] if grain is not None else [])]
    events = matching(query, as_of=as_of)
    if not names:
        asked = events.aggregate(n=events.count())
    else:
        asked = events.group_by(**{name: keys[name] for name in names}).aggregate(n=events.count())
        asked = asked.order_by(names)
    told = lake.table(asked, start=period.start, end=period.end)
    return told.to_pandas().astype({"n": "int64"})


def total(lake: Lake, query: EventQuery, *, as_of: datetime | None = None) -> int:
    """Return the number of events."""
    return int(counts(lake, query, as_of=as_of)["n"].iloc[0])


def rows(
    lake: Lake,
    query: EventQuery,
    *,
    limit: int,
    offset: int = 0,
    order: str = "-reported_at",
    as_of: datetime | None = None,
) -> pd.DataFrame:
    """Return one page of events in canonical columns.

    Parameters
    ----------
    order : str
        A canonical column, with "-" before it for descending. Ties are in order of change, so
        pages neither overlap nor leave out.
    """
    column, descending = order.removeprefix("-"), order.startswith("-")
    _check([column], EVENT_SCHEMA.names, "排序字段")
    period = query.filter.period
    events = matching(query, as_of=as_of)
    if limit <= _TWO_STEPS:
        page = events.select(*dict.fromkeys((column, "reported_at", "change_seq")))
        found = lake.table(
            _ordered(page, column, descending=descending).limit(limit, offset=offset),
            start=period.start,
            end=period.end,
        )
        if found.num_rows == 0:
            return _framed(EVENT_SCHEMA.empty_table())
        reported = found["reported_at"].to_pandas()
        first, last = reported.min().to_pydatetime(), reported.max().to_pydatetime()
        events = events.filter(
            EVENTS.reported_at.between(first, last),
            EVENTS.change_seq.isin(found["change_seq"].to_pylist()),
        )
        offset = 0
    asked = _ordered(events.select(*EVENT_SCHEMA.names), column, descending=descending)
    told = lake.table(asked.limit(limit, offset=offset), start=period.start, end=period.end)
    return _framed(told.cast(EVENT_SCHEMA))


def stream(
    lake: Lake, query: EventQuery, *, batch_rows: int = 10_000, as_of: datetime | None = None
) -> Iterator[pa.RecordBatch]:
    """Hand out all events in canonical columns, newest first, in batches of at most `batch_rows`.

    All batches come from one published state; only one month is sorted at a time.
    """
    period = query.filter.period
    asked = _ordered(
        matching(query, as_of=as_of).select(*EVENT_SCHEMA.names), "reported_at", descending=True
    )
    months: dict[str, list[str]] = {}
    for segment in lake.manifest.between(period.start, period.end):
        months.setdefault(segment.month, []).append(segment.file)
    for month in sorted(months, reverse=True):
        for batch in lake.batches(asked, months[month], rows=batch_rows):
            yield batch.cast(EVENT_SCHEMA)


def points(
    lake: Lake, query: EventQuery, *, limit: int, as_of: datetime | None = None
) -> pd.DataFrame:
    """Return the newest events that have a point, in `POINT_COLUMNS`."""
    period = query.filter.period
    events = matching(query, as_of=as_of).filter(EVENTS.lon.notnull())
    asked = _ordered(
        events.select(*POINT_COLUMNS, "change_seq"), "reported_at", descending=True
    ).limit(limit)
    told = lake.table(asked.drop("change_seq"), start=period.start, end=period.end)
    return told.to_pandas()


def bins(
    lake: Lake,
    query: EventQuery,
    *,
    cell_px: float,
    zoom: float,
    as_of: datetime | None = None,
) -> pd.DataFrame:
    """Count events by square cells of the screen at a zoom of the map.

    Returns
    -------
    DataFrame
        ``lon``, ``lat`` of the cell's centre and ``n``, most first.
    """
    if cell_px <= 0:
        raise InputError(f"格子边长 {cell_px} 应大于 0。")
    period = query.filter.period
    events = matching(query, as_of=as_of).filter(EVENTS.lon.notnull())
    asked = binned(events, cell_px=cell_px, zoom=zoom)
    return lake.table(asked, start=period.start, end=period.end).to_pandas()


def freshness(lake: Lake, scope: Scope) -> pd.DataFrame:
    """Return when each source last reported and was last received, and its events so far."""
    events = EVENTS.filter(known(), visible(scope))
    asked = (
        events.group_by("source", "channel")
        .aggregate(
            last_reported_at=events.reported_at.max(),
            last_received_at=events.received_at.max(),
            n=events.count(),
        )
        .order_by("source", "channel")
    )
    return lake.table(asked).to_pandas().astype({"n": "int64"})


def _framed(events: pa.Table) -> pd.DataFrame:
    return events.to_pandas(types_mapper={pa.int64(): pd.Int64Dtype()}.get).astype(
        {"change_seq": "int64"}
    )


def _local(state: Manifest, query: EventQuery, time: str) -> Expr:
    period = query.filter.period
    segments = state.between(period.start, period.end)
    first = min((s.first_at[time] for s in segments), default=0)
    last = max((s.last_at[time] for s in segments), default=0)
    return local(EVENTS[time], period.zone, first=first, last=last)


def _ordered(events: ir.Table, column: str, *, descending: bool) -> ir.Table:
    def turned(name: str) -> Expr:
        return ibis.desc(name) if descending else ibis.asc(name)

    return events.order_by([turned(column), turned("change_seq")])


def _check(told: Sequence[str], allowed: Sequence[str] | Mapping[str, str], what: str) -> None:
    unknown = [name for name in told if name not in allowed]
    if unknown:
        raise InputError(f"{what}“{'、'.join(unknown)}”不认识；可用：{'、'.join(allowed)}。")
