"""What an export holds before it has a format: columns, streamed batches, the query in words."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pyarrow as pa

from govdash.core.vocab import Labelled

BATCH_ROWS = 20_000  # ~10 MB of events: constant memory, and few enough batches to be quick


class Holds(StrEnum):
    """What sort of value a column holds, which decides how each format writes it."""

    TEXT = "text"
    NUMBER = "number"
    COUNT = "count"  # whole numbers
    TIME = "time"  # aware UTC in the batches; the city's zone in the file
    DATE = "date"


@dataclass(frozen=True, slots=True)
class Column:
    """One column: a stable code for machines, a Chinese header for people."""

    code: str
    label: str
    holds: Holds = Holds.TEXT
    codes: type[Labelled] | None = None  # stored codes that people read as labels


@dataclass(slots=True)
class Tally:
    """What a writer has put out so far; read it when the last chunk is out."""

    rows: int = 0
    cut_cells: int = 0  # texts longer than the format can hold
    sheets: int = 0


@dataclass(frozen=True, slots=True)
class Export:
    """A table ready to be written: exactly the rows of one query, streamed.

    `batches` starts a new pass at each call. Times in it are aware, points WGS-84.
    """

    what: str  # one of `export_sources.SOURCES`
    title: str  # "事件"
    columns: tuple[Column, ...]
    batches: Callable[[], Iterator[pa.RecordBatch]]
    rows: int  # announced before the first byte
    zone: ZoneInfo
    as_of: datetime
    words: tuple[tuple[str, str], ...]  # the query, said to a person
    params: Mapping[str, str] = field(default_factory=dict[str, str])  # the query, for a machine
    span: str = ""  # "20260101-20260131", for the file name
    data_version: int = 0
    watermark: str = ""  # number of this download; the rows carry it in a column
    marked_for: str = ""  # who took it and when

    @property
    def as_of_text(self) -> str:
        """As-of time in the city's zone, with its offset."""
        return self.as_of.astimezone(self.zone).isoformat(sep=" ", timespec="seconds")


def local_naive(
    times: pa.Array, zone: ZoneInfo
) -> "np.ndarray[tuple[int], np.dtype[np.datetime64]]":
    """Return aware times as wall clock of the city's `zone`, microseconds; null is NaT."""
    series = pd.Series(times.cast(pa.timestamp("us", tz="UTC")).to_numpy(zero_copy_only=False))
    local = series.dt.tz_localize("UTC").dt.tz_convert(zone).dt.tz_localize(None)
    return local.to_numpy().astype("datetime64[us]")


def time_texts(times: pa.Array, zone: ZoneInfo) -> list[str | None]:
    """Write aware times as ``2026-01-31 18:30:00+08:00``; a fraction only where there is one."""
    local = local_naive(times, zone)
    utc = times.cast(pa.timestamp("us", tz="UTC")).to_numpy(zero_copy_only=False)
    null = np.isnat(local)
    minutes = np.where(null, 0, (local - utc) / np.timedelta64(60, "s")).astype(int)
    unit = "s" if not (local[~null].astype("int64") % 1_000_000).any() else "us"
    texts = np.char.replace(np.datetime_as_string(local, unit=unit), "T", " ").astype(object)
    texts = (
        texts
        + np.array([_offset(m) for m in np.unique(minutes)], dtype=object)[
            np.searchsorted(np.unique(minutes), minutes)
        ]
    )
    texts[null] = None
    return texts.tolist()


def _offset(minutes: int) -> str:
    hours, rest = divmod(abs(minutes), 60)
    return f"{'-' if minutes < 0 else '+'}{hours:02d}:{rest:02d}"


def labelled(values: list[Any], codes: type[Labelled] | None) -> list[Any]:
    """Replace stored codes by their labels; an unknown code, or text without codes, stays."""
    if codes is None:
        return values
    labels = {code.value: code.label for code in codes}
    return [labels.get(value, value) for value in values]


def column_of(batch: pa.RecordBatch, column: Column) -> pa.Array:
    """Return one column, decoded from a dictionary; all null where the batch lacks it."""
    at = batch.schema.get_field_index(column.code)
    if at < 0:
        return pa.nulls(batch.num_rows, arrow_type(column))
    values = batch.column(at)
    if pa.types.is_dictionary(values.type):
        values = values.dictionary_decode()
    return values


def frame_batches(frame: pd.DataFrame, columns: Sequence[Column]) -> Iterator[pa.RecordBatch]:
    """Yield the columns of a frame at hand as the batches of an export."""
    arrays = [
        pa.array(frame[column.code].tolist(), arrow_type(column), from_pandas=True)
        for column in columns
    ]
    table = pa.table(arrays, names=[column.code for column in columns])
    yield from table.to_batches(max_chunksize=BATCH_ROWS)


def arrow_type(column: Column) -> pa.DataType:
    """Return the Arrow type in which a column is written to Parquet."""
    return {
        Holds.TEXT: pa.string(),
        Holds.NUMBER: pa.float64(),
        Holds.COUNT: pa.int64(),
        Holds.TIME: pa.timestamp("us", tz="UTC"),
        Holds.DATE: pa.date32(),
    }[column.holds]
