"""Journal lines as a file that proves itself: every column, the seals, a signed manifest."""

import csv
import hashlib
import io
import json
import os
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, Final, Self, TextIO

from govdash.access import User
from govdash.core.cells import guard, unguard
from govdash.core.errors import InputError
from govdash.core.times import aware_utc
from govdash.report.export_csv import BOM
from govdash.report.journal_table import DID, WHAT
from govdash.store import Session, chain, journal, journal_search
from govdash.store.chain_pass import Broken, Pass, Start
from govdash.store.sealing import PublicKey, Seal, manifest_text

KIND: Final = "journal file"
SUFFIX: Final = ".manifest.json"
#: Every column of a line, with its header for people; all of them are needed to prove it.
COLUMNS: Final = {
    "id": "行号",
    "at": "时间",
    "actor": "账号",
    "did": "操作代码",
    "subject": "对象",
    "result": "结果",
    "detail": "明细",
    "note": "说明",
    "address": "来源地址",
    "via": "入口",
    "request_id": "请求编号",
    "before": "之前",
    "after": "之后",
    "hash_version": "格式版本",
    "prev_hash": "上一行校验值",
    "hash": "校验值",
    "seal": "封签",
}
NUMBERS: Final = ("id", "hash_version")
NESTED: Final = ("detail", "before", "after")
LONGEST: Final = 16 << 20  # characters of one cell that is read back; more is no line of ours


class FileFormat(StrEnum):
    """How lines are written: a table for people, or an object in each line for machines."""

    CSV = "csv"
    JSONL = "jsonl"


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a file of journal lines holds; signed, and kept beside it."""

    file: str
    format: str  # of `FileFormat`
    sha256: str
    lines: int
    first_id: int
    last_id: int
    prev_hash: str  # of the line before the first
    version: int  # the oldest format among the lines
    last_hash: str
    made_at: str
    head: dict[str, Any] | None  # the signed end of the journal when the file was made
    key_id: str
    signature: str = ""

    @property
    def said(self) -> str:
        """What is signed: all but the signature."""
        return manifest_text(asdict(self))

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read the manifest of the file `path`, or raise `InputError`."""
        beside = path.with_name(path.name + SUFFIX)
        try:
            return cls(**json.loads(beside.read_text("utf-8")))
        except OSError as error:
            raise InputError(
                f"清单 {beside} 无法读取（{error.strerror}）；请放回日志文件旁边。"
            ) from error
        except (ValueError, TypeError) as error:
            raise InputError(f"清单 {beside} 读不懂；它可能被改动过。") from error


def span(session: Session, *, since: datetime | None, until: datetime | None) -> tuple[int, int]:
    """Return the numbers of the first line at or after `since` and the last before `until`.

    All lines between them go into a file, so that each fits the one before it.

    Raises
    ------
    InputError
        When there are none.
    """
    first, last = journal_search.span(session, since=since, until=until)
    if first is None or last is None or first > last:
        raise InputError("这段时间里没有日志；请换一段时间。")
    return first, last


@dataclass(slots=True)
class Writing:
    """A file that is being written under another name; `kept` gives it its own."""

    path: Path
    part: Path
    manifest: Manifest

    @contextmanager
    def kept(self) -> Generator[None]:
        """Put the file and its manifest in place when the body ends well, else take it away."""
        try:
            yield
            self.part.replace(self.path)
            beside = self.path.with_name(self.path.name + SUFFIX)
            told = json.dumps(asdict(self.manifest), ensure_ascii=False, indent=2)
            beside.write_text(told + "\n", encoding="utf-8")
        finally:
            self.part.unlink(missing_ok=True)


def format_of(path: Path) -> FileFormat:
    """Tell the format from a file name, or raise `InputError`."""
    try:
        return FileFormat(path.suffix.lstrip(".").lower())
    except ValueError:
        raise InputError(
            f"“{path.name}”的后缀不是日志文件的格式；请用 .csv 或 .jsonl，或加 --format。"
        ) from None


def record(session: Session, made: Manifest, *, actor: User, at: datetime) -> None:
    """Write the journal line of a file."""
    journal.record(
        session,
        actor=actor.login,
        did=DID,
        subject=WHAT,
        at=at,
        detail={
            "format": made.format,
            "rows": made.lines,
            "first_id": made.first_id,
            "last_id": made.last_id,
            "sha256": made.sha256,
        },
    )


def write(
    session: Session,
    path: Path,
    ids: tuple[int, int],
    *,
    chosen: FileFormat,
    seal: Seal,
    at: datetime,
) -> Writing:
    """Write the lines from the first to the last number; `Writing.kept` makes the file appear.

    Raises
    ------
    InputError
        When the file is there already, or a line cannot be read any more.
    """
    if path.exists():
        raise InputError(f"文件 {path} 已存在；请换名。")
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    digest, n, first, last = hashlib.sha256(), 0, None, None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with part.open("wb") as file:
            for piece, line in _pieces(session, ids, chosen):
                digest.update(piece)
                file.write(piece)
                if line is not None:
                    first, last, n = first or line, line, n + 1
            file.flush()
            os.fsync(file.fileno())  # lines may be taken out of the database after this
    except OSError as error:
        part.unlink(missing_ok=True)
        raise InputError(f"文件 {path} 无法写入（{error.strerror}）；请检查目录和磁盘。") from error
    if first is None or last is None:
        part.unlink()
        raise InputError("这段时间里没有日志；请换一段时间。")
    head = journal.head(session)
    made = Manifest(
        file=path.name,
        format=chosen.value,
        sha256=digest.hexdigest(),
        lines=n,
        first_id=first["id"],
        last_id=last["id"],
        prev_hash=first["prev_hash"],
        version=first["hash_version"],
        last_hash=last["hash"],
        made_at=aware_utc(at).isoformat(),
        head=None if head is None else json.loads(head.to_json()),
        key_id=seal.public.key_id,
    )
    signed = replace(made, signature=seal.sign_text(made.said, KIND))
    return Writing(path, part, signed)


def verify(
    path: Path, *, key: PublicKey, seal: Seal | None = None
) -> tuple[Manifest, Broken | None]:
    """Check a file against its manifest, and every line; return the first fault.

    `key` is the public half that is trusted; with the secret `seal` each line's seal is checked.

    Raises
    ------
    InputError
        When the file or its manifest cannot be read.
    """
    told = Manifest.read(path)
    if told.key_id != key.key_id or not key.signed_text(told.said, KIND, told.signature):
        return told, Broken(told.first_id, "清单的签名不对（被改动，或用了别的密钥）")
    before = told.first_id - 1
    start = Start(before, before, told.prev_hash, told.version)
    seen = Pass(seal if seal and seal.public == key else None, None, start)
    try:
        for line in _read(path, FileFormat(told.format)):
            if found := seen.take(line, ()):
                return told, found
        sha256 = _sha256(path)
    except OSError as error:
        raise InputError(f"文件 {path} 无法读取（{error.strerror}）。") from error
    if (seen.n - before, seen.last_id, seen.last_hash) != (
        told.lines,
        told.last_id,
        told.last_hash,
    ):
        n = f"文件有 {seen.n - before:,} 行，清单记有 {told.lines:,} 行"
        return told, Broken(seen.last_id + 1, f"缺失（{n}）")
    if sha256 != told.sha256:
        return told, Broken(told.first_id, "各行都对，但文件的散列值与清单不符（排版被改动）")
    return told, None


def _pieces(
    session: Session, ids: tuple[int, int], chosen: FileFormat
) -> Iterator[tuple[bytes, dict[str, Any] | None]]:
    """Yield the bytes of each line with the line; a header comes without one."""
    if chosen is FileFormat.CSV:
        yield BOM + _csv_row(list(COLUMNS.values())), None
    for line in chain.raw_lines(session, first=ids[0], last=ids[1]):
        if "unreadable" in line:
            raise InputError(
                f"第 {line['id']} 行日志已无法识别，不能导出；请先运行 govdash audit verify。"
            )
        plain = {name: line[name] for name in COLUMNS} | {"at": aware_utc(line["at"]).isoformat()}
        if chosen is FileFormat.JSONL:
            yield (json.dumps(plain, ensure_ascii=False) + "\n").encode(), line
        else:
            yield _csv_row([_cell(name, value) for name, value in plain.items()]), line


def _csv_row(cells: list[str]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\r\n").writerow(cells)
    return text.getvalue().encode()


def _cell(name: str, value: Any) -> str:  # noqa: ANN401  # a column's value
    if name in NESTED:
        return "" if value is None else json.dumps(value, ensure_ascii=False)
    return str(value) if name in NUMBERS else guard(value)


def _read(path: Path, chosen: FileFormat) -> Iterator[dict[str, Any]]:
    """Yield the lines of a file raw; what cannot be read is a finding."""
    with path.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as file:
        told = _csv_lines(file) if chosen is FileFormat.CSV else _json_lines(file)
        for n, line in enumerate(told, start=1):
            try:
                yield line | {"at": aware_utc(datetime.fromisoformat(line["at"]))}
            except (ValueError, TypeError, KeyError, InputError):
                yield {"id": n, "unreadable": True}


def _json_lines(file: TextIO) -> Iterator[dict[str, Any]]:
    while text := file.readline(LONGEST):
        try:
            line = json.loads(text)
        except ValueError:
            line = None
        yield line if isinstance(line, dict) and line.keys() == COLUMNS.keys() else {}


def _csv_lines(file: TextIO) -> Iterator[dict[str, Any]]:
    csv.field_size_limit(LONGEST)
    reader = csv.reader(file)
    next(reader, None)
    for cells in reader:
        line: dict[str, Any] = dict(zip(COLUMNS, map(unguard, cells), strict=False))
        try:
            line |= {name: int(line[name]) for name in NUMBERS}
            line |= {name: json.loads(line[name]) if line[name] else None for name in NESTED}
        except (ValueError, KeyError):
            line = {}
        yield line


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
