"""CSV and TSV: delimiter and header sniffed, rows recovered after a quote that never closes."""

import csv
import io
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Final

from govdash.core.errors import InputError
from govdash.ingest.encoding import LOST, Scan, open_text
from govdash.ingest.tables import (
    CHUNK_ROWS,
    SURPLUS_COLUMN,
    Broken,
    Chunk,
    Table,
    header_at,
    tidy_header,
)

DELIMITERS: Final = (",", "\t", ";", "|")
SAMPLE_ROWS: Final = 50
MOST_LINES: Final = 200  # in one row: more is an open quote, not a long text
MOST_CHARS: Final = 1 << 20  # in one field, likewise
LINE_LIMIT: Final = 1 << 24  # a line longer than 16 MB is no table


@dataclass(frozen=True, slots=True)
class Record:
    """One row taken apart, or (`whole` False) the line that could not be."""

    fields: Sequence[str]
    whole: bool
    lines: Sequence[str]


class _RunawayQuote(Exception):
    """More lines in one row than any text has."""


@dataclass
class _Lines:
    """Lines of a stream, remembering those of the present row so that they can be given back."""

    stream: io.TextIOBase
    waiting: deque[str] = field(default_factory=deque[str])
    taken: list[str] = field(default_factory=list[str])
    last: str = ""

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        if len(self.taken) >= MOST_LINES:
            raise _RunawayQuote
        line = self.waiting.popleft() if self.waiting else self.stream.readline(LINE_LIMIT)
        if not line:
            raise StopIteration
        if len(line) >= LINE_LIMIT:
            raise InputError("有一行超过 16 MB，这不是表格；请检查文件格式。")
        self.taken.append(line)
        self.last = line
        return line


def records(stream: io.TextIOBase, delimiter: str, width: int) -> Iterator[Record]:
    """Yield the rows of a delimited text.

    A quote that is never closed swallows the lines after it. When a row of several lines has not
    `width` fields and one of its later lines alone has, only its first line is given up and the
    others are read again.
    """
    csv.field_size_limit(MOST_CHARS)
    lines = _Lines(stream)
    reader = csv.reader(lines, delimiter=delimiter)
    while True:
        lines.taken.clear()
        try:
            fields = next(reader)
        except StopIteration:
            return
        except (csv.Error, _RunawayQuote):
            fields = None
        taken = list(lines.taken)
        if fields is not None and (len(taken) == 1 or len(fields) == width):
            yield Record(fields, whole=True, lines=taken)
            continue
        if fields is not None and not any(_width(line, delimiter) == width for line in taken[1:]):
            yield Record(fields, whole=True, lines=taken)
            continue
        lines.waiting.extendleft(reversed(taken[1:]))
        yield Record(taken[0].rstrip("\r\n").split(delimiter), whole=False, lines=taken[:1])


def open_delimited(
    path: Path,
    scanned: Scan,
    *,
    known: frozenset[str],
    header: Sequence[str] = (),
    delimiter: str | None = None,
) -> Table:
    """Open a CSV or TSV.

    Parameters
    ----------
    known : names of columns that the profile speaks of; they tell header and delimiter
    header : names for a file without a header line; a header that is there all the same (as in a
        reject file) is recognised

    Raises
    ------
    InputError
        When the file is empty, or has a header and no row.
    """
    delimiter = delimiter or _sniff(path, scanned, known | set(header), len(header))
    sample = _sample(path, scanned, delimiter)
    if not sample:
        raise InputError(f"{path.name} 是空文件，没有可导入的行。")
    if header and not set(header) <= set(tidy_header(sample[0])):
        columns, skip = tuple(header), 0
    else:
        at = header_at(sample, known | set(header)) or 0
        columns, skip = tidy_header(sample[at]), at + 1
    if len(sample) <= skip:
        raise InputError(f"{path.name} 只有表头，没有数据行。")
    chunks = _chunks(path, scanned, delimiter, columns, skip)
    return Table(path, "csv", columns, chunks, scanned.sha256)


def _chunks(
    path: Path, scanned: Scan, delimiter: str, columns: tuple[str, ...], skip: int
) -> Iterator[Chunk]:
    stream, raw = open_text(path, scanned.encoding)
    with stream:
        found = _filled(records(stream, delimiter, len(columns)))
        if skip:
            _pass_over(found, skip)
        chunk, number = Chunk(columns), 0
        held: Record | None = None  # one row back: only the last can be cut off by the end
        for record in found:
            if isinstance(record, int):
                chunk.blank += record
                continue
            if held is not None:
                number += 1
                _put(chunk, held, number, last=False)
                if chunk.size >= CHUNK_ROWS:
                    chunk.fraction = _fraction(raw, scanned)
                    yield chunk
                    chunk = Chunk(columns)
            held = record
        if held is not None:
            _put(chunk, held, number + 1, last=True)
        if chunk.size or chunk.blank:
            chunk.fraction = 1.0
            yield chunk


def _pass_over(found: Iterator[Record | int], rows: int) -> None:
    """Read past title lines and the header."""
    for record in found:
        rows -= isinstance(record, Record)
        if rows == 0:
            return


def _filled(found: Iterator[Record]) -> Iterator[Record | int]:
    """Yield the rows with anything in them, and 1 for each without."""
    for record in found:
        yield record if any(cell.strip() for cell in record.fields) else 1


def _put(chunk: Chunk, record: Record, number: int, *, last: bool) -> None:
    width, fields = len(chunk.columns), list(record.fields)
    if len(fields) > width and not any(cell.strip() for cell in fields[width:]):
        fields = fields[:width]  # delimiters at the end of a line
    cut = last and not record.lines[-1].endswith(("\n", "\r"))
    text = "".join(record.lines) if LOST in "".join(fields) or cut else ""
    reason = None
    if cut and (len(fields) < width or text.count('"') % 2):
        reason = "truncated_row"
    elif not record.whole and max(map(len, fields)) > csv.field_size_limit():
        reason = "text_too_long"
    elif not record.whole or len(fields) != width:
        reason = "field_count"
    elif LOST in text:
        reason = "truncated_row" if cut and text.rstrip('"').endswith(LOST) else "bad_encoding"
    elif cut:
        chunk.unfinished = 1
    if reason is None:
        chunk.rows.append(fields)
        chunk.numbers.append(number)
        return
    raw = dict(zip(chunk.columns, fields, strict=False))
    if len(fields) > width:
        raw[SURPLUS_COLUMN] = delimiter_free(fields[width:])
    chunk.broken.append(Broken(number, reason, raw))


def delimiter_free(fields: Sequence[str]) -> str:
    """Join what stands in no column, so that nothing of the row is lost."""
    return " | ".join(fields)


def _sniff(path: Path, scanned: Scan, known: frozenset[str], width: int) -> str:
    """Choose the delimiter whose rows hold the most known names, then are the most alike."""

    def merit(delimiter: str) -> tuple[int, float, int]:
        sample = _sample(path, scanned, delimiter)
        if not sample:
            return 0, 0.0, 0
        hits = max(len(known.intersection(tidy_header(row))) for row in sample[:10])
        widths = [len(row) for row in sample]
        usual = width or max(set(widths), key=widths.count)
        alike = widths.count(usual) / len(widths) if usual > 1 else 0.0
        return hits, alike, usual

    return max(DELIMITERS, key=merit)


def _sample(path: Path, scanned: Scan, delimiter: str) -> list[Sequence[str]]:
    stream, _ = open_text(path, scanned.encoding)
    rows: list[Sequence[str]] = []
    with stream:
        for record in records(stream, delimiter, -1):
            if any(cell.strip() for cell in record.fields):
                rows.append(record.fields)
            if len(rows) >= SAMPLE_ROWS:
                break
    return rows


def _width(line: str, delimiter: str) -> int:
    try:
        return len(next(csv.reader([line], delimiter=delimiter), []))
    except csv.Error:
        return 0


def _fraction(raw: BinaryIO, scanned: Scan) -> float:
    return min(1.0, raw.tell() / max(1, scanned.size))
