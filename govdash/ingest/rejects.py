"""The file of rejected rows: sealed on disk, taken out as CSV, corrected, and imported again."""

import csv
import io
import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final

from govdash.core.cells import guard
from govdash.core.errors import InputError, SettingsError
from govdash.ingest.findings import in_words
from govdash.ingest.tables import REASON_COLUMN, ROW_COLUMN, SURPLUS_COLUMN
from govdash.store.imports import Rejected
from govdash.store.vault import ID_LENGTH, Vault

FOLDER: Final = "rejects"
ADDED: Final = (SURPLUS_COLUMN, REASON_COLUMN, ROW_COLUMN)


#: A sealed file begins with this and the id of its key; then, for each part, its length and it.
_MAGIC: Final = b"GDREJECT1:"
_LENGTH: Final = 4  # bytes of a part's length, big-endian


class RejectFile:
    """What is taken out is UTF-8 with BOM: the source's columns, then why."""

    def __init__(
        self,
        var: Path,
        import_id: int | str,
        source: Path,
        columns: Sequence[str],
        *,
        vault: Vault | None,
    ) -> None:
        stem = "".join(c if c.isalnum() or c in "-_." else "_" for c in source.stem)[:60]
        self.path = var / FOLDER / f"{import_id}-{stem}.csv.sealed"
        self.columns = [name for name in columns if name not in ADDED]
        self.rows = 0
        self._parts = 0
        self._vault = vault

    @property
    def name(self) -> str:
        """Path of the file, "" when no row was rejected."""
        return str(self.path) if self.rows else ""

    def add(self, rejected: Iterable[Rejected]) -> None:
        """Seal rows and bring them to disk."""
        rows = list(rejected)
        if not rows:
            return
        if self._vault is None:
            raise SettingsError("没有个人信息密钥，不能保存被拒的行；请检查 GOVDASH_PERSON_KEY。")
        text = io.StringIO(newline="")
        if not self.rows:
            text.write("\ufeff")
            csv.writer(text).writerow([*self.columns, *ADDED])
        csv.writer(text).writerows(self._cells(row) for row in rows)
        self.path.parent.mkdir(parents=True, exist_ok=True)
        flags = os.O_WRONLY | os.O_CREAT | (os.O_APPEND if self.rows else os.O_TRUNC)
        with os.fdopen(os.open(self.path, flags, 0o600), "wb") as file:
            if not self.rows:
                file.write(_MAGIC + self._vault.current.encode())
            file.write(_part(self._vault, self.path, self._parts, text.getvalue().encode()))
        self.rows += len(rows)
        self._parts += 1

    def _cells(self, row: Rejected) -> list[str]:
        surplus = [row.raw[SURPLUS_COLUMN]] if row.raw.get(SURPLUS_COLUMN) else []
        known = {*self.columns, *ADDED}
        surplus += [f"{name}={text}" for name, text in row.raw.items() if name not in known]
        told = [
            *(row.raw.get(name, "") for name in self.columns),
            " | ".join(surplus),
            "；".join(in_words(code) for code in row.reasons),
            str(row.row_number),
        ]
        return [guard(text) for text in told]


def read_rejects(path: Path, vault: Vault | None) -> bytes:
    """Return the CSV of a file of rejected rows.

    Raises
    ------
    SettingsError
        When its key is not at hand, or it was changed.
    InputError
        When it is cut off.
    """
    content = path.read_bytes()
    if not content.startswith(_MAGIC):  # from before files were sealed
        return content
    if vault is None:
        raise SettingsError("没有个人信息密钥，不能取出被拒的行；请检查 GOVDASH_PERSON_KEY。")
    key_id = content[len(_MAGIC) :][:ID_LENGTH].decode()
    at, parts = len(_MAGIC) + ID_LENGTH, list[bytes]()
    while at < len(content):
        size = int.from_bytes(content[at : at + _LENGTH])
        at += _LENGTH
        if at + size > len(content):
            raise InputError(f"被拒行的文件 {path.name} 不完整；请重新导入原文件。")
        place = _place(path, len(parts))
        parts.append(vault.open_bytes(content[at : at + size], place, key_id))
        at += size
    return b"".join(parts)


def reseal_file(path: Path, vault: Vault) -> bool:
    """Seal a file with the current key; tell whether that was needed. Whole or not at all."""
    head = _MAGIC + vault.current.encode()
    with path.open("rb") as file:
        if file.read(len(head)) == head:
            return False
    content = read_rejects(path, vault)
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    opened = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(opened, "wb") as file:
        file.write(head + _part(vault, path, 0, content))
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)
    return True


def _place(path: Path, part: int) -> str:
    return f"rejects:{path.name}:{part}"


def _part(vault: Vault, path: Path, part: int, content: bytes) -> bytes:
    sealed = vault.seal_bytes(content, _place(path, part))
    return len(sealed).to_bytes(_LENGTH) + sealed


def raw_of(columns: Sequence[str], texts: Sequence[str]) -> Mapping[str, str]:
    """Return a row as it came, empty cells left out."""
    return {name: text for name, text in zip(columns, texts, strict=False) if text}
