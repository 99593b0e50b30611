"""The bytes of a text file: fingerprint, encoding, and whether they are text at all."""

import codecs
import hashlib
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

from charset_normalizer import from_bytes

from govdash.core.errors import InputError

BLOCK: Final = 1 << 20
#: More unreadable places than one in so many bytes: the encoding is another one.
MOST_BAD: Final = 1000
FEW: Final = 3  # a small file may have this many, whatever its size
LOST: Final = "\ufffd"
_BOMS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


@dataclass(frozen=True, slots=True)
class Scan:
    """What one pass over a file tells."""

    size: int
    sha256: str
    encoding: str


def fingerprint(path: Path) -> str:
    """Return the SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def scan(path: Path, candidates: Sequence[str]) -> Scan:
    """Read the whole file once for each encoding tried, and say which one it is.

    A byte order mark decides. Else the first of `candidates` that reads every byte; else the one
    with the fewest unreadable places, if they are few: those rows are rejected one by one. A
    character cut off at the very end does not count.

    Raises
    ------
    InputError
        When the file is no text, or no encoding fits.
    """
    size, sha256 = path.stat().st_size, fingerprint(path)
    with path.open("rb") as file:
        head = file.read(BLOCK)
    marked = next((name for bom, name in _BOMS if head.startswith(bom)), None)
    if marked is None and head.count(0) > max(FEW, len(head) // MOST_BAD):
        raise InputError(
            f"{path.name} 不是文本文件；可导入 CSV、TSV、XLSX、JSON、GeoJSON、Parquet。"
        )
    bad: dict[str, int] = {}
    for encoding in (marked,) if marked else candidates:
        bad[encoding] = _unreadable(path, encoding)
        if bad[encoding] == 0:
            return Scan(size, sha256, encoding)
    best = min(bad, key=lambda encoding: bad[encoding])
    if bad[best] <= max(FEW, size // MOST_BAD):
        return Scan(size, sha256, best)
    guess = from_bytes(head).best()
    hint = f"可能是 {guess.encoding}，" if guess else ""
    raise InputError(
        f"{path.name} 的编码无法识别（试过 {'、'.join(bad)}，最少也有 {bad[best]} 处读不出）；"
        f"{hint}请另存为 UTF-8 后再导入。"
    )


def open_text(path: Path, encoding: str) -> tuple[io.TextIOWrapper, BinaryIO]:
    """Open a text for reading, line ends as they are; the second tells how far the bytes are."""
    raw = path.open("rb")
    return io.TextIOWrapper(raw, encoding=encoding, errors="replace", newline=""), raw


def _unreadable(path: Path, encoding: str) -> int:
    """Count the places that `encoding` cannot read, the end of the file apart."""
    decoder = codecs.getincrementaldecoder(encoding)(errors="replace")
    bad = 0
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            bad += decoder.decode(block).count(LOST)
    return bad
