"""How much a file from outside may grow while it is read: archives, nesting, single texts."""

import zipfile
import zlib
from pathlib import Path
from typing import Final

import numpy as np

from govdash.core.errors import InputError

ENTRIES: Final = 5_000  # a workbook has some dozens
#: Unpacked bytes of a workbook. A full sheet (a million rows, twenty columns) has about 1.5 GB.
UNPACKED: Final = 2 << 30
#: Unpacked to packed. Real sheets reach 20–60; a bomb has a thousand.
RATIO: Final = 200
SMALL: Final = 32 << 20  # unpacked bytes that harm nobody, whatever the ratio
DEPTH: Final = 64  # of nested JSON; GeoJSON needs 9
#: Bytes of one text in JSON. A field may have 100 kB; the reader looks at a text again with each
#: piece that comes, so its time grows with the square.
TEXT: Final = 1 << 20
_PIECE: Final = 1 << 20
_STEP: Final = np.zeros(256, dtype=np.int8)
_STEP[[ord("["), ord("{")]] = 1
_STEP[[ord("]"), ord("}")]] = -1


def check_book(path: Path) -> None:
    """Refuse a workbook that unpacks to far more than it is; sizes in it may lie, so it is tried.

    Raises
    ------
    InputError
        When it has too many parts, grows too much, is encrypted or is damaged.
    """
    if not zipfile.is_zipfile(path):
        return  # an old binary XLS, which packs nothing; or damaged, which the reader says
    limit = max(SMALL, min(UNPACKED, RATIO * path.stat().st_size))
    unpacked = 0
    try:
        with zipfile.ZipFile(path) as book:
            parts = book.infolist()
            if len(parts) > ENTRIES:
                raise InputError(f"{path.name} 内含 {len(parts)} 个部分，不是正常的工作簿。")
            for part in parts:
                part.file_size = UNPACKED + 1  # read to its real end, not to where it says
                with book.open(part) as stream:
                    while piece := stream.read(_PIECE):
                        unpacked += len(piece)
                        if unpacked > limit:
                            raise InputError(
                                f"{path.name} 解压后超过 {limit >> 20} MB，与文件大小不相称，"
                                "未导入；请拆分，或另存为 CSV 后导入。"
                            )
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise InputError(
            f"{path.name} 无法作为 Excel 工作簿打开；文件可能不完整，或有密码。"
        ) from error


class JsonLimits:
    """Watches JSON go by, piece by piece, for nesting and for texts without end."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._depth = 0
        self._inside = False  # a text has begun
        self._length = 0  # of that text, so far
        self._escaping = False  # the last piece ended in a backslash that escapes

    def look_at(self, piece: bytes) -> None:
        """Look at the next bytes.

        Raises
        ------
        InputError
            When they are nested too deeply, or a text is too long.
        """
        if self._escaping:
            piece = piece[1:] if piece else piece
        bare = piece.replace(b"\\\\", b"")
        self._escaping = bare.endswith(b"\\")
        for n, part in enumerate(bare.replace(b'\\"', b"").split(b'"')):
            if n:
                self._inside, self._length = not self._inside, 0
            if self._inside:
                self._length += len(part)
                if self._length > TEXT:
                    raise InputError(f"{self._name} 中有超过 {TEXT >> 20} MB 的单个文本，未导入。")
            else:
                self._go_deeper(part)

    def _go_deeper(self, part: bytes) -> None:
        depths = self._depth + np.cumsum(_STEP[np.frombuffer(part, np.uint8)], dtype=np.int64)
        if not len(depths):
            return
        self._depth = int(depths[-1])
        if depths.max() > DEPTH:
            raise InputError(f"{self._name} 的嵌套超过 {DEPTH} 层，未导入。")
