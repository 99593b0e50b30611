"""Parquet for analysts: stored codes, canonical names, UTC times, the query in the metadata."""

import io
import json
from collections.abc import Iterator

import pyarrow as pa
import pyarrow.parquet as pq

from govdash.report.export_table import Export, Tally, arrow_type, column_of


def chunks(export: Export, tally: Tally) -> Iterator[bytes]:
    """Yield the file piece by piece: a row group a batch, then the footer."""
    schema = pa.schema([(c.code, arrow_type(c)) for c in export.columns])
    schema = schema.with_metadata(
        {
            "govdash": json.dumps(
                {
                    "what": export.what,
                    "query": dict(export.params),
                    "as_of": export.as_of_text,
                    "data_version": export.data_version,
                },
                ensure_ascii=False,
            )
        }
    )
    out = io.BytesIO()
    with pq.ParquetWriter(out, schema, compression="zstd") as writer:
        for batch in export.batches():
            arrays = [column_of(batch, c).cast(arrow_type(c)) for c in export.columns]
            writer.write_batch(pa.record_batch(arrays, schema=schema))
            tally.rows += batch.num_rows
            yield _drain(out)
    yield _drain(out)


def _drain(out: io.BytesIO) -> bytes:
    # The writer counts what it has written by itself, so that the buffer can be emptied.
    piece = out.getvalue()
    out.seek(0)
    out.truncate()
    return piece
