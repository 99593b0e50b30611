"""XLSX (and XLS, ODS): the sheets whose header fits, cells as texts."""

from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from zipfile import BadZipFile

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, load_workbook

from govdash.core.errors import InputError
from govdash.ingest.bounds import check_book
from govdash.ingest.encoding import fingerprint
from govdash.ingest.tables import (
    CHUNK_ROWS,
    HEADER_WITHIN,
    SURPLUS_COLUMN,
    Broken,
    Chunk,
    Table,
    header_at,
    tidy_header,
    value_text,
    zone_of,
)


def open_sheets(
    path: Path, *, known: frozenset[str], header: Sequence[str] = (), sheet: str | None = None
) -> Table:
    """Open a workbook: the `sheet` named, else every sheet with the header that fits best.

    Raises
    ------
    InputError
        When it is no workbook, the sheet is missing, or there is no row.
    """
    check_book(path)
    with _told(path):
        return _open(path, known, sheet, header)


@contextmanager
def _told(path: Path) -> Generator[None]:
    """Tell in words what is wrong with a book or a sheet in it; sheets are read row by row."""
    try:
        yield
    except (CalamineError, BadZipFile, OSError) as error:
        raise InputError(f"{path.name} 无法作为 Excel 工作簿打开；文件可能不完整。") from error


def _open(path: Path, known: frozenset[str], sheet: str | None, header: Sequence[str]) -> Table:
    book = load_workbook(str(path))
    if sheet is not None and sheet not in book.sheet_names:
        raise InputError(f"{path.name} 没有工作表“{sheet}”；有：{'、'.join(book.sheet_names)}。")
    wanted = known | set(header)
    starts = {
        name: start
        for name in ([sheet] if sheet else book.sheet_names)
        if (start := _start(book.get_sheet_by_name(name), wanted, header)) is not None
    }
    if not starts:
        raise InputError(f"{path.name} 是空的工作簿，没有可导入的行。")
    hits = {name: len(wanted.intersection(columns)) for name, (columns, *_) in starts.items()}
    best = max(hits, key=lambda name: hits[name])
    columns = starts[best][0]
    chosen = [name for name in starts if starts[name][0] == columns] if hits[best] else [best]
    chunks = _whole(path, _chunks(book, [(name, starts[name][1]) for name in chosen], columns))
    first = next(chunks, None)
    if first is None:
        raise InputError(f"{path.name} 只有表头，没有数据行。")
    return Table(
        path, "xlsx", columns, _again(first, chunks), fingerprint(path), zone=starts[best][2]
    )


def _start(
    sheet: CalamineSheet, wanted: frozenset[str], header: Sequence[str]
) -> tuple[tuple[str, ...], int, str] | None:
    """Return the columns, the first row of data, the zone named; None for an empty sheet."""
    sample: list[list[str]] = []
    for cells in sheet.iter_rows():
        sample.append([value_text(cell) for cell in cells])
        if len(sample) >= HEADER_WITHIN * 2:
            break
    if not any(cell.strip() for row in sample for cell in row):
        return None
    if header and not set(header) <= set(tidy_header(sample[0])):
        return tuple(header), 0, ""
    at = header_at(sample, wanted) or 0
    return tidy_header(sample[at]), at + 1, zone_of(sample[at])


def _chunks(
    book: CalamineWorkbook, sheets: Sequence[tuple[str, int]], columns: tuple[str, ...]
) -> Iterator[Chunk]:
    chunk, number, width = Chunk(columns), 0, len(columns)
    for name, first in sheets:
        sheet = book.get_sheet_by_name(name)
        total = max(1, sheet.total_height)
        for line, cells in enumerate(sheet.iter_rows()):
            if line < first:
                continue
            texts = [value_text(cell) for cell in cells]
            if not any(text.strip() for text in texts):
                chunk.blank += 1
                continue
            number += 1
            if any(text.strip() for text in texts[width:]):
                raw = dict(zip(columns, texts, strict=False))
                raw[SURPLUS_COLUMN] = " | ".join(texts[width:])
                chunk.broken.append(Broken(number, "field_count", raw))
            else:
                chunk.rows.append((texts + [""] * width)[:width])
                chunk.numbers.append(number)
            if chunk.size >= CHUNK_ROWS:
                chunk.fraction = min(1.0, line / total) if len(sheets) == 1 else None
                yield chunk
                chunk = Chunk(columns)
    if chunk.size:
        chunk.fraction = 1.0
        yield chunk


def _whole(path: Path, chunks: Iterator[Chunk]) -> Iterator[Chunk]:
    with _told(path):
        yield from chunks


def _again(first: Chunk, rest: Iterator[Chunk]) -> Iterator[Chunk]:
    yield first
    yield from rest
