"""A file as a stream of text rows, whatever its format; memory stays that of one chunk."""

import json
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Final
from zoneinfo import available_timezones

CHUNK_ROWS: Final = 10_000
HEADER_WITHIN: Final = 10  # a header stands in the first lines, below titles
#: Columns that a reject file adds; their presence says that texts carry guards.
REASON_COLUMN: Final = "拒绝原因"
ROW_COLUMN: Final = "行号"
SURPLUS_COLUMN: Final = "多余列"
_ZONED: Final = re.compile(r"[（(]([A-Z][A-Za-z]+/[A-Za-z_/]+|UTC)[）)]$")
_MILLI: Final = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class Broken:
    """A row that could not be taken apart: where, why, and what there was."""

    number: int
    reason: str
    raw: Mapping[str, str]


@dataclass(slots=True)
class Chunk:
    """Some rows: texts under `columns`, "" where empty."""

    columns: Sequence[str]
    rows: list[Sequence[str]] = field(default_factory=list[Sequence[str]])
    numbers: list[int] = field(default_factory=list[int])  # rows of data, from 1
    broken: list[Broken] = field(default_factory=list[Broken])
    blank: int = 0  # empty rows, left out
    unfinished: int = 0  # 1 when the last row has no line end
    fraction: float | None = None  # how far into the file

    @property
    def size(self) -> int:
        """Rows read, broken ones included."""
        return len(self.rows) + len(self.broken)


@dataclass(frozen=True, slots=True)
class Table:
    """An opened file: what its columns are, its chunks once, its fingerprint."""

    path: Path
    kind: str  # "csv", "xlsx", "json", "geojson", "parquet"
    columns: tuple[str, ...]
    chunks: Iterator[Chunk]
    sha256: str
    zone: str = ""  # of its times, where the header says it


def tidy_header(cells: Sequence[str]) -> tuple[str, ...]:
    """Return column names: trimmed, without zones, empty ones numbered, repeats told apart."""
    seen: dict[str, int] = {}
    names: list[str] = []
    for place, cell in enumerate(cells, start=1):
        plain = _ZONED.sub("", cell.replace("\ufeff", "").strip())
        name = plain or f"列{place}"
        seen[name] = seen.get(name, 0) + 1
        names.append(name if seen[name] == 1 else f"{name}_{seen[name]}")
    return tuple(names)


def zone_of(cells: Sequence[str]) -> str:
    """Return the zone that a header names, as our workbooks do: ``上报时间（Asia/Shanghai）``."""
    said = (match[1] for cell in cells if (match := _ZONED.search(cell.strip())))
    return next((zone for zone in said if zone in available_timezones()), "")


def header_at(sample: Sequence[Sequence[str]], known: frozenset[str]) -> int | None:
    """Return which of the first rows is the header: the one with the most `known` names.

    Without any known name the first row that is as wide as most rows; None for an empty sample.
    """
    rows = [tidy_header(row) for row in sample[:HEADER_WITHIN]]
    if not rows:
        return None
    hits = [len(known.intersection(row)) for row in rows]
    if max(hits) > 0:
        return hits.index(max(hits))
    filled = [sum(bool(cell.strip()) for cell in row) for row in sample]
    usual = max(set(filled), key=lambda n: (filled.count(n), n))
    return next((n for n, count in enumerate(filled[:HEADER_WITHIN]) if count >= usual), 0)


def value_text(value: object) -> str:
    """Write a value as text: whole numbers without a point, times in ISO, nothing as ""."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        if not math.isfinite(value):
            return ""
        # More than 15 digits cannot be trusted: they stay as read, so that a check sees them.
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, datetime):
        # Days as floating point carry noise below a millisecond.
        whole = value.replace(microsecond=0) + _MILLI * round(value.microsecond / 1000)
        return whole.isoformat(sep=" ")
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False, default=str)
    if isinstance(value, bytes):
        return ""
    return str(value)
