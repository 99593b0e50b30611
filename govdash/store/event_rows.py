"""Canonical rows as the events table holds them: ids, content hashes, person data aside."""

import hashlib
from typing import Any, Final

import numpy as np
import pandas as pd

from govdash.core.errors import InputError

#: What makes two rows of one event equal. Not in it: when and by which import they came.
CONTENT: Final = (
    "occurred_at",
    "reported_at",
    "closed_at",
    "kind",
    "category",
    "area_path",
    "lon",
    "lat",
    "address",
    "title",
    "text",
    "channel",
    "facet",
    "asset_code",
    "unit_code",
    "urgency",
    "sentiment",
    "status_hint",
)
TIMES: Final = ("occurred_at", "reported_at", "received_at", "closed_at")
NUMBERS: Final = ("lon", "lat")
OPTIONAL: Final = frozenset(
    {"closed_at", "area_path", "lon", "lat", "asset_code", "unit_code", "sentiment", "reporter_key"}
)
PERSON: Final = (
    "reporter_name", "reporter_contact", "reporter_identity", "reporter_address",
    "raw_title", "raw_text", "raw_address",
)  # fmt: skip
#: Every column that `accept` needs; person columns may be absent.
CANONICAL: Final = ("source", "source_id", "received_at", "reporter_key", *CONTENT)

#: The end of a content hash speaks of the reporter, whom our own exports leave out: a row without
#: one equals a stored row with one, so that an export read back is all duplicates.
REPORTER_DIGITS: Final = 8
NO_REPORTER: Final = "0" * REPORTER_DIGITS
DEGREE_DIGITS: Final = 7  # about 1 cm; what lies below is noise of the source's file format


def event_id(source: str, source_id: str) -> str:
    """Return our id of an event: the same source and source id always give the same one."""
    told = f"{source}\x1f{source_id}".encode()
    return hashlib.blake2b(told, digest_size=10).hexdigest()


def check_columns(canonical: pd.DataFrame) -> None:
    """Raise `InputError` unless every canonical column is there and times are aware."""
    missing = [name for name in CANONICAL if name not in canonical.columns]
    if missing:
        raise InputError(f"事件表缺少列：{'、'.join(missing)}。")
    for name in TIMES:
        if not isinstance(canonical[name].dtype, pd.DatetimeTZDtype):
            raise InputError(f"{name} 没有时区；导入时请按来源时区转换为 UTC。")


def rows_of(part: pd.DataFrame) -> list[dict[str, Any]]:
    """Turn a frame into rows for the table, with ids, hashes and the person data aside."""
    columns = {name: _values(part[name], name) for name in CANONICAL}
    hashes = _content_hashes(part, columns)
    persons = [_values(part[name], name) if name in part else None for name in PERSON]
    names = list(columns)
    rows: list[dict[str, Any]] = []
    for n, values in enumerate(zip(*columns.values(), strict=True)):
        row = dict(zip(names, values, strict=True))
        row["event_id"] = event_id(row["source"], row["source_id"])
        row["content_hash"] = hashes[n]
        told = [values[n] if values else "" for values in persons]
        row["person"] = dict(zip(PERSON, told, strict=True)) if any(told) else None
        rows.append(row)
    return rows


def _values(column: pd.Series, name: str) -> list[Any]:
    """Return plain Python values: None where empty and the column allows it, else ""."""
    if name in TIMES:
        moments = pd.DatetimeIndex(column).tz_convert("UTC").as_unit("us").to_pydatetime()
        return [None if moment is pd.NaT else moment for moment in moments]
    if name in NUMBERS:
        numbers = column.to_numpy(dtype=float, na_value=np.nan).round(DEGREE_DIGITS)
        return [None if number != number else number for number in numbers.tolist()]
    empty = None if name in OPTIONAL else ""
    told: list[object] = column.astype(object).where(column.notna(), None).tolist()
    return [empty if value is None else str(value) for value in told]


def _content_hashes(part: pd.DataFrame, columns: dict[str, list[Any]]) -> list[str]:
    told: list[list[str]] = []
    for name in CONTENT:
        if name in TIMES:  # to the second: spreadsheets keep no more
            moments = part[name].dt.tz_convert("UTC").dt.round("s").dt.as_unit("s")
            numbers: list[int] = moments.to_numpy(dtype="datetime64[s]").astype("int64").tolist()
            told.append([str(number) for number in numbers])
        else:
            told.append(["" if value is None else str(value) for value in columns[name]])
    bodies = (
        _digest("\x1f".join(values), 32 - REPORTER_DIGITS) for values in zip(*told, strict=True)
    )
    ends = (
        _digest(key, REPORTER_DIGITS) if key else NO_REPORTER for key in columns["reporter_key"]
    )
    return [body + end for body, end in zip(bodies, ends, strict=True)]


def _digest(text: str, digits: int) -> str:
    return hashlib.blake2b(text.encode(), digest_size=digits // 2).hexdigest()
