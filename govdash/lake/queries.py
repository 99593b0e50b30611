"""Questions to the lake. Each takes an `EventQuery` (or a `Scope`) and returns a frame."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

import ibis
import ibis.expr.types as ir
import pandas as pd
import pyarrow as pa

from govdash.core.errors import InputError
from govdash.core.filters import EventQuery, Period, Scope
from govdash.lake.conditions import known, major, matching, visible
from govdash.lake.lake import Lake
from govdash.lake.manifest import Manifest
from govdash.lake.mercator import binned
from govdash.lake.moments import GRAINS, TIMES, local
from govdash.lake.schema import EVENT_SCHEMA, EVENTS, LEVELS, Expr, compute

_PLAIN: Final = (
    *LEVELS, "category", "kind", "channel", "facet", "unit_code", "urgency", "sentiment",
    "source", "status_hint",
)  # fmt: skip
#: What counts may be grouped by.
GROUPS: Final = (*_PLAIN, "major", "hour", "weekday")
_AMPLE: Final = 20  # a filter that keeps one event in twenty still finds its page in them
POINT_COLUMNS: Final = (
    "event_id", "lon", "lat", "reported_at", "category", "channel", "facet", "urgency", "title",
    "area_path",
)  # fmt: skip


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
    _check([order.removeprefix("-")], EVENT_SCHEMA.names, "排序字段")
    told = _page(
        lake,
        query,
        matching(query, as_of=as_of),
        columns=EVENT_SCHEMA.names,
        order=order,
        limit=limit,
        offset=offset,
    )
    return (
        told.cast(EVENT_SCHEMA)
        .to_pandas(types_mapper={pa.int64(): pd.Int64Dtype()}.get)
        .astype({"change_seq": "int64"})
    )


def stream(
    lake: Lake, query: EventQuery, *, batch_rows: int = 10_000, as_of: datetime | None = None
) -> Iterator[pa.RecordBatch]:
    """Hand out all events in canonical columns, newest first, in batches of at most `batch_rows`.

    All batches come from one published state; only one month is sorted at a time.
    """
    period = query.filter.period
    asked = _ordered(matching(query, as_of=as_of), "-reported_at").select(*EVENT_SCHEMA.names)
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
    events = matching(query, as_of=as_of).filter(EVENTS.lon.notnull())
    told = _page(
        lake, query, events, columns=POINT_COLUMNS, order="-reported_at", limit=limit, offset=0
    )
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


def _page(
    lake: Lake,
    query: EventQuery,
    events: ir.Table,
    *,
    columns: Sequence[str],
    order: str,
    limit: int,
    offset: int,
) -> pa.Table:
    """Return rows `offset` … `offset` + `limit` of `events` in `order`, ties in order of change.

    In two steps of one published state: find the numbers of the rows in their narrow columns,
    then fetch only these; reading every text of the period to sort it takes five times as long.
    """
    state, period = lake.manifest, query.filter.period
    keys = events.select(*dict.fromkeys((order.removeprefix("-"), "reported_at", "change_seq")))
    asked = _ordered(keys, order).limit(limit, offset=offset).select("reported_at", "change_seq")
    start = period.start
    if order == "-reported_at":  # the newest months mostly hold a whole page
        start = _newest(state, period, rows=_AMPLE * (offset + limit))
    found = lake.table(asked, start=start, end=period.end, manifest=state)
    if found.num_rows < limit and start != period.start:
        found = lake.table(asked, start=period.start, end=period.end, manifest=state)
    span = compute.min_max(found["reported_at"]).as_py()
    if found.num_rows == 0:
        return EVENT_SCHEMA.empty_table().select(list(columns))
    wanted = ibis.table({"change_seq": "int64"}, name="wanted")
    fetched = EVENTS.filter(EVENTS.reported_at.between(span["min"], span["max"])).semi_join(
        wanted, "change_seq"
    )
    return lake.table(
        _ordered(fetched, order).select(*columns),
        start=span["min"],
        end=span["max"] + timedelta(microseconds=1),
        manifest=state,
        beside={"wanted": found.select(["change_seq"])},
    )


def _newest(state: Manifest, period: Period, *, rows: int) -> datetime:
    """Return the start of the month from which on the period holds about `rows` or more."""
    segments = state.between(period.start, period.end)
    held = 0
    for segment in sorted(segments, key=lambda s: s.month, reverse=True):
        held += segment.rows
        if held >= rows:
            return datetime.strptime(f"{segment.month} +0000", "%Y-%m %z")
    return period.start


def _local(state: Manifest, query: EventQuery, time: str) -> Expr:
    period = query.filter.period
    segments = state.between(period.start, period.end)
    first = min((s.first_at[time] for s in segments), default=0)
    last = max((s.last_at[time] for s in segments), default=0)
    return local(EVENTS[time], period.zone, first=first, last=last)


def _ordered(events: ir.Table, order: str) -> ir.Table:
    turned = ibis.desc if order.startswith("-") else ibis.asc
    by: Expr = [turned(order.removeprefix("-")), turned("change_seq")]
    return events.order_by(by)


def _check(told: Sequence[str], allowed: Sequence[str] | Mapping[str, str], what: str) -> None:
    unknown = [name for name in told if name not in allowed]
    if unknown:
        raise InputError(f"{what}“{'、'.join(unknown)}”不认识；可用：{'、'.join(allowed)}。")
