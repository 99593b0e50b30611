"""The columns of the lake: the event's own, and its areas by level, worked out once at writing."""

from typing import Any, Final, TypeAlias

import ibis
import pandas as pd
import pyarrow as pa
import pyarrow.compute

#: A column or condition of an Ibis expression; what it can do is known only at run time.
Expr: TypeAlias = Any

_TIME: Final = pa.timestamp("us", tz="UTC")
_TEXT: Final = pa.string()

#: An event version as every query hands it out.
EVENT_SCHEMA: Final = pa.schema(
    [
        ("event_id", _TEXT),
        ("version", pa.int32()),
        ("source", _TEXT),
        ("source_id", _TEXT),
        ("content_hash", _TEXT),
        ("occurred_at", _TIME),
        ("reported_at", _TIME),
        ("received_at", _TIME),
        ("closed_at", _TIME),
        ("kind", _TEXT),
        ("category", _TEXT),
        ("area_path", _TEXT),
        ("lon", pa.float64()),
        ("lat", pa.float64()),
        ("address", _TEXT),
        ("title", _TEXT),
        ("text", _TEXT),
        ("channel", _TEXT),
        ("facet", _TEXT),
        ("asset_code", _TEXT),
        ("unit_code", _TEXT),
        ("urgency", _TEXT),
        ("sentiment", _TEXT),
        ("status_hint", _TEXT),
        ("reporter_key", _TEXT),
        ("import_id", pa.int64()),
        ("recorded_at", _TIME),
        ("superseded_at", _TIME),
        ("change_seq", pa.int64()),
    ]
)
#: Levels of the area tree in order of depth: "/1/" is a city, "/1/2/" a district, …
LEVELS: Final = ("city", "district", "street", "community", "grid")
SCHEMA: Final = pa.schema([*EVENT_SCHEMA, *((name, _TEXT) for name in LEVELS)])
#: Texts with few different values: stored once per row group, compared by number.
CODED: Final = [
    "source", "kind", "category", "area_path", "channel", "facet", "unit_code", "urgency",
    "sentiment", "status_hint", *LEVELS,
]  # fmt: skip
#: Arrow's functions are made at run time, too.
compute: Final[Any] = pyarrow.compute
#: Bump it when the columns change: an older lake then counts as empty and is made again.
FORMAT: Final = 1

#: The table that every query is built on; it has no data until an engine binds files to it.
EVENTS: Final[Expr] = ibis.table(ibis.Schema.from_pyarrow(SCHEMA), name="events")


def to_table(frame: pd.DataFrame) -> pa.Table:
    """Return event rows as a table of the lake, sorted as a segment is."""
    table = pa.Table.from_pandas(
        frame[EVENT_SCHEMA.names], schema=EVENT_SCHEMA, preserve_index=False
    )
    for name, values in _levels(table["area_path"].combine_chunks()):
        table = table.append_column(name, values)
    return in_order(table.cast(SCHEMA))


def in_order(table: pa.Table) -> pa.Table:
    """Sort by time, so that a query skips what lies outside its period."""
    return table.sort_by([("reported_at", "ascending"), ("change_seq", "ascending")])


def months_of(table: pa.Table) -> pa.Array:
    """Return the UTC month of each row's ``reported_at``: "2026-06"."""
    return compute.strftime(table["reported_at"], format="%Y-%m")


def _levels(paths: pa.StringArray) -> list[tuple[str, pa.Array]]:
    """Cut each path at every level; null below its own depth (未落格)."""
    coded = paths.dictionary_encode()
    cut = [path.strip("/").split("/") for path in coded.dictionary.to_pylist()]
    levels: list[tuple[str, pa.Array]] = []
    for depth, name in enumerate(LEVELS, start=1):
        told = ["/" + "/".join(p[:depth]) + "/" if len(p) >= depth else None for p in cut]
        levels.append((name, pa.array(told, _TEXT).take(coded.indices)))
    return levels
