"""Parquet, read in batches."""

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from govdash.core.errors import InputError
from govdash.ingest.encoding import fingerprint
from govdash.ingest.tables import CHUNK_ROWS, Chunk, Table, value_text


def open_parquet(path: Path) -> Table:
    """Open a Parquet file.

    Raises
    ------
    InputError
        When it is no Parquet, is cut off, or has no row.
    """
    try:
        file = pq.ParquetFile(path)
    except (pa.ArrowException, OSError):
        raise InputError(f"{path.name} 无法作为 Parquet 打开；文件可能不完整。") from None
    if file.metadata.num_rows == 0:
        raise InputError(f"{path.name} 只有表头，没有数据行。")
    columns = tuple(str(name) for name in file.schema_arrow.names)
    return Table(path, "parquet", columns, _chunks(file, columns), fingerprint(path))


def _chunks(file: pq.ParquetFile, columns: tuple[str, ...]) -> Iterator[Chunk]:
    total, done = file.metadata.num_rows, 0
    for batch in file.iter_batches(batch_size=CHUNK_ROWS):
        texts = [[value_text(value) for value in column.to_pylist()] for column in batch.columns]
        rows = list(zip(*texts, strict=True))
        numbers = list(range(done + 1, done + len(rows) + 1))
        done += len(rows)
        yield Chunk(columns, [*rows], numbers, fraction=done / total)
