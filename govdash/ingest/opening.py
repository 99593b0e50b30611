"""Which reader a file needs: told by its first bytes, for names lie."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from govdash.core.errors import InputError
from govdash.ingest.columnar import open_parquet
from govdash.ingest.delimited import open_delimited
from govdash.ingest.documents import open_document
from govdash.ingest.encoding import scan
from govdash.ingest.profiles import Profile
from govdash.ingest.sheets import open_sheets
from govdash.ingest.tables import Table

READABLE: Final = "CSV、TSV、XLSX、JSON、GeoJSON、Parquet"
ENCODINGS: Final = ("utf-8", "gb18030")
SAMPLE_ROWS: Final = 50
_JSON_NAMES: Final = frozenset({".json", ".geojson", ".jsonl", ".ndjson"})
_BOOK: Final = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")  # xlsx/ods, xls
_UNREADABLE: Final = (b"%PDF", b"\x1f\x8b", b"Rar!", b"7z\xbc\xaf", b"\x89PNG", b"\xff\xd8\xff")


@dataclass(frozen=True, slots=True)
class Preview:
    """The columns of a file and its first rows, for matching columns by eye."""

    columns: tuple[str, ...]
    rows: Sequence[Sequence[str]]


def open_table(path: Path, profile: Profile | None = None) -> Table:
    """Open a file with the reader that its content needs.

    Raises
    ------
    InputError
        When it is missing, empty, or nothing that can be read.
    """
    if not path.is_file():
        raise InputError(f"找不到文件 {path}；请检查路径。")
    with path.open("rb") as file:
        head = file.read(512)
    if not head.strip():
        raise InputError(f"{path.name} 是空文件，没有可导入的行。")
    known = profile.known_columns if profile else frozenset[str]()
    header = profile.header if profile else ()
    if head.startswith(_BOOK):
        sheet = profile.sheet if profile else None
        return open_sheets(path, known=known, header=header, sheet=sheet)
    if head.startswith(b"PAR1"):
        return open_parquet(path)
    if head.startswith(_UNREADABLE):
        raise InputError(f"{path.name} 的类型不受支持；可导入 {READABLE}。")
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    if start[:1] == b"<":
        raise InputError(
            f"{path.name} 其实是网页（HTML/XML）；请用表格软件打开后另存为 XLSX 或 CSV。"
        )
    scanned = scan(path, profile.encodings if profile else ENCODINGS)
    if path.suffix.lower() in _JSON_NAMES or start[:2] in {b'{"', b"[{", b"{\n", b"[\n", b"{\r"}:
        return open_document(path, scanned)
    delimiter = profile.delimiter if profile else None
    return open_delimited(path, scanned, known=known, header=header, delimiter=delimiter)


def preview(path: Path, profile: Profile | None = None) -> Preview:
    """Return the columns and the first rows of a file."""
    table = open_table(path, profile)
    first = next(iter(table.chunks), None)
    rows = first.rows[:SAMPLE_ROWS] if first else []
    return Preview(table.columns, rows)
