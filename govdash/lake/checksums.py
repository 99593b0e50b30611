"""The lake's half of the parity check: sums over its rows, and the files as they were written."""

from collections.abc import Sequence
from typing import Final

import ibis
import pandas as pd
import pyarrow as pa

from govdash.lake import disk
from govdash.lake.lake import Lake
from govdash.lake.manifest import Manifest
from govdash.lake.schema import EVENT_SCHEMA, EVENTS, Expr

_GONE: Final = pa.schema([EVENT_SCHEMA.field("event_id"), EVENT_SCHEMA.field("version")])
_FORM: Final = "%Y-%m-%d %H:%M:%S.%f"


@ibis.udf.scalar.builtin
def md5(text: str) -> str:  # pyright: ignore[reportReturnType]  # the engine's own function
    """Return the MD5 in hex digits."""


def month_checksums(  # the same definition as `store.changes.month_checksums`
    lake: Lake,
    manifest: Manifest,
    *,
    columns: Sequence[str],
    separator: str,
    absent: str,
    per_degree: int,
    without: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Count and add up the event versions of each month, by the store's definition.

    Parameters
    ----------
    columns, separator, absent, per_degree
        How a row is written down as text.
    without : DataFrame, optional
        ``event_id`` and ``version`` of rows to leave out.

    Returns
    -------
    DataFrame
        ``month``, ``n``, ``checksum``, by month.
    """
    pieces = [_text(EVENTS[name], per_degree=per_degree).fill_null(absent) for name in columns]
    events, beside = EVENTS, {}
    if without is not None and len(without):
        beside["gone"] = pa.Table.from_pandas(without, schema=_GONE, preserve_index=False)
        gone = ibis.table(ibis.Schema.from_pyarrow(_GONE), name="gone")
        events = EVENTS.anti_join(gone, _GONE.names)
    between: Expr = ibis.literal(separator)
    digest: Expr = md5(between.join(pieces))
    hashed = events.select(
        month=EVENTS.reported_at.strftime("%Y-%m"),
        first=_number(digest.substr(0, 8)),
        second=_number(digest.substr(8, 8)),
    )
    asked = hashed.group_by("month").aggregate(
        n=hashed.count(), first=hashed.first.sum(), second=hashed.second.sum()
    )
    told = lake.table(asked.order_by("month"), manifest=manifest, beside=beside).to_pandas()
    return pd.DataFrame(
        {
            "month": told["month"],
            "n": told["n"].astype("int64"),
            "checksum": [
                f"{int(a)}-{int(b)}" for a, b in zip(told["first"], told["second"], strict=True)
            ],
        }
    )


def damaged_files(lake: Lake, manifest: Manifest) -> list[str]:
    """Return the segments that are missing or not as they were written."""
    bad: list[str] = []
    for segment in manifest.segments:
        path = lake.root / segment.file
        if not path.is_file() or disk.checksum(path) != segment.checksum:
            bad.append(segment.file)
    return bad


def _text(column: Expr, *, per_degree: int) -> Expr:
    kind = EVENT_SCHEMA.field(column.get_name()).type
    if pa.types.is_timestamp(kind):
        return column.strftime(_FORM)
    if pa.types.is_floating(kind):
        return (column * per_degree).round().cast("int64").cast("string")
    return column.cast("string")


def _number(digits: Expr) -> Expr:
    """Read hex digits as a number."""
    prefix: Expr = ibis.literal("0x")
    return prefix.concat(digits).cast("int64")
