"""Exports: the rows of a query as CSV, XLSX, Parquet or GeoJSON, streamed in constant memory."""

import hashlib
import json
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Final

from govdash.access import User
from govdash.core.errors import InputError, Refused
from govdash.core.permissions import Permission
from govdash.language.masking import mask
from govdash.report import export_csv, export_geojson, export_parquet, export_xlsx
from govdash.report.export_table import Export, Tally
from govdash.store import Session, journal


class Format(StrEnum):
    """A file format; the value is the suffix."""

    CSV = "csv"
    XLSX = "xlsx"
    PARQUET = "parquet"
    GEOJSON = "geojson"

    @property
    def mime(self) -> str:
        """Media type for HTTP."""
        return {
            "csv": "text/csv; charset=utf-8",
            "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            "parquet": "application/vnd.apache.parquet",
            "geojson": "application/geo+json",
        }[self.value]

    @property
    def hint(self) -> str:
        """What the format is for, on the screen."""
        return {
            "csv": "Excel 可直接打开；中文表头",
            "xlsx": "Excel 工作簿；首页写明查询条件",
            "parquet": "分析用；标准字段名与代码",
            "geojson": "地图用；WGS-84 坐标",
        }[self.value]

    @classmethod
    def of(cls, path: Path) -> "Format":
        """Tell the format from a file name.

        Raises
        ------
        InputError
            When the suffix is none of ours.
        """
        suffix = path.suffix.lstrip(".").lower()
        try:
            return cls(suffix)
        except ValueError:
            known = "、".join(f".{f.value}" for f in cls)
            raise InputError(f"“{path.name}”的后缀不是可导出的格式；可用：{known}。") from None


WRITERS = {
    Format.CSV: export_csv.chunks,
    Format.XLSX: export_xlsx.chunks,
    Format.PARQUET: export_parquet.chunks,
    Format.GEOJSON: export_geojson.chunks,
}


@dataclass(frozen=True, slots=True)
class Written:
    """A finished file and what its sidecar says of it."""

    path: Path
    sidecar: Path
    rows: int
    sha256: str


def chunks(export: Export, chosen: Format, tally: Tally | None = None) -> Iterator[bytes]:
    """Yield the bytes of the file; `tally` counts what has gone out."""
    return WRITERS[chosen](export, tally or Tally())


def notes(export: Export, chosen: Format) -> str:
    """Say before the export what the format cannot hold in one piece; empty when nothing."""
    return export_xlsx.limit_note(export.rows) if chosen is Format.XLSX else ""


def file_name(export: Export, chosen: Format) -> str:
    """Return the standard name: ``事件_20260101-20260131_截至20261122T1830.csv``."""
    as_of = export.as_of.astimezone(export.zone)
    parts = [export.title, export.span, f"截至{as_of:%Y%m%dT%H%M}"]
    return "_".join(part for part in parts if part) + f".{chosen.value}"


#: What somebody must hold to take these rows out.
NEEDS: Final[Mapping[str, tuple[Permission, ...]]] = {
    "events": (Permission.EVENT_EXPORT, Permission.EVENT_READ),
    "alerts": (Permission.EVENT_EXPORT, Permission.ALERT_READ),
    "cases": (Permission.EVENT_EXPORT, Permission.CASE_READ),
    "counts": (Permission.EVENT_EXPORT, Permission.EVENT_READ),
    "kpi": (Permission.EVENT_EXPORT, Permission.KPI_READ),
}


def require(user: User, what: str) -> None:
    """Raise `Refused` unless the user may take `what` out of the platform."""
    for needed in NEEDS[what]:
        if not user.holds(needed):
            raise Refused(f"{user.name}没有导出权限（{needed.value}）；请联系管理员授权。")


def record(  # the words of a journal line
    session: Session,
    export: Export,
    chosen: Format,
    *,
    actor: User,
    at: datetime,
    sha256: str = "",
) -> None:
    """Write the journal line of one export; words that were searched for are masked in it."""
    said = export.params.get("q", "")
    detail = {
        "format": chosen.value,
        "rows": export.rows,
        "query": dict(export.params) | ({"q": mask(said)} if said else {}),
        "data_version": export.data_version,
    }
    if sha256:
        detail["sha256"] = sha256
    journal.record(
        session, actor=actor.login, did="export", subject=export.what, at=at, detail=detail
    )


def write(
    export: Export,
    path: Path,
    *,
    replace: bool = False,
    note: Callable[[str], None] = lambda _sha256: None,
) -> Written:
    """Write the file and ``<file>.meta.json`` beside it; a half-written file never gets the name.

    `note` writes the journal line, given the SHA-256: where it fails, there is no file.

    Raises
    ------
    InputError
        When the suffix is unknown, or the file is there already and `replace` is false.
    """
    chosen = Format.of(path)
    if path.exists() and not replace:
        raise InputError(f"文件 {path} 已存在；请换名，或加 --replace 覆盖。")
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    digest, tally = hashlib.sha256(), Tally()
    try:
        with part.open("wb") as file:
            for piece in chunks(export, chosen, tally):
                digest.update(piece)
                file.write(piece)
        note(digest.hexdigest())
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
    sidecar = path.with_name(path.name + ".meta.json")
    said = {
        "file": path.name,
        "what": export.what,
        "rows": tally.rows,
        "sha256": digest.hexdigest(),
        "as_of": export.as_of_text,
        "data_version": export.data_version,
        "timezone": export.zone.key,
        "query": dict(export.params),
        "query_in_words": dict(export.words),
        "columns": {column.code: column.label for column in export.columns},
    }
    sidecar.write_text(json.dumps(said, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    return Written(path, sidecar, tally.rows, digest.hexdigest())
