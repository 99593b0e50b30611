"""The file of rejected rows: opens in a spreadsheet, is corrected there, and imported again."""

import csv
import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final

from govdash.core.cells import guard
from govdash.ingest.findings import in_words
from govdash.ingest.tables import REASON_COLUMN, ROW_COLUMN, SURPLUS_COLUMN
from govdash.store.imports import Rejected

FOLDER: Final = "rejects"
ADDED: Final = (SURPLUS_COLUMN, REASON_COLUMN, ROW_COLUMN)


class RejectFile:
    """UTF-8 with BOM, the source's columns, then why. Only its owner may read it."""

    def __init__(
        self, var: Path, import_id: int | str, source: Path, columns: Sequence[str]
    ) -> None:
        stem = "".join(c if c.isalnum() or c in "-_." else "_" for c in source.stem)[:60]
        self.path = var / FOLDER / f"{import_id}-{stem}.csv"
        self.columns = [name for name in columns if name not in ADDED]
        self.rows = 0

    @property
    def name(self) -> str:
        """Path of the file, "" when no row was rejected."""
        return str(self.path) if self.rows else ""

    def add(self, rejected: Iterable[Rejected]) -> None:
        """Write rows and bring them to disk."""
        rows = list(rejected)
        if not rows:
            return
        self.path.parent.mkdir(parents=True, exist_ok=True)
        flags = os.O_WRONLY | os.O_CREAT | (os.O_APPEND if self.rows else os.O_TRUNC)
        with os.fdopen(os.open(self.path, flags, 0o600), "w", encoding="utf-8", newline="") as file:
            if not self.rows:
                file.write("\ufeff")
                csv.writer(file).writerow([*self.columns, *ADDED])
            csv.writer(file).writerows(self._cells(row) for row in rows)
        self.rows += len(rows)

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


def raw_of(columns: Sequence[str], texts: Sequence[str]) -> Mapping[str, str]:
    """Return a row as it came, empty cells left out."""
    return {name: text for name, text in zip(columns, texts, strict=False) if text}
