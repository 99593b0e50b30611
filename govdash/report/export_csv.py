"""CSV for people and Excel: UTF-8 with BOM, CRLF, Chinese headers, no cell run as a formula."""

import csv
import io
from collections.abc import Iterator
from typing import Any

import pyarrow as pa

from govdash.core.cells import guard
from govdash.report.export_table import (
    Column,
    Export,
    Holds,
    Tally,
    column_of,
    labelled,
    time_texts,
)

BOM = b"\xef\xbb\xbf"


def chunks(export: Export, tally: Tally) -> Iterator[bytes]:
    """Yield the file piece by piece, one piece for each batch."""
    yield BOM + _lines([[column.label for column in export.columns]])
    for batch in export.batches():
        cells = [_cells(batch, column, export) for column in export.columns]
        tally.rows += batch.num_rows
        yield _lines(zip(*cells, strict=True))


def _lines(rows: Any) -> bytes:  # noqa: ANN401  # whatever csv.writer takes
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\r\n").writerows(rows)
    return text.getvalue().encode()


def _cells(batch: pa.RecordBatch, column: Column, export: Export) -> list[Any]:
    values = column_of(batch, column)
    if column.holds is Holds.TIME:
        return time_texts(values, export.zone)
    if column.holds is Holds.TEXT:
        said = labelled(values.to_pylist(), column.codes)
        return [None if text is None else guard(text) for text in said]
    return values.to_pylist()
