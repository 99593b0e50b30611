"""Backups: every table at one moment, the small files, a signed manifest; restored into nothing."""

import gzip
import hashlib
import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, fields, replace
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any, Final, Self

from govdash.access import SYSTEM, User, mode
from govdash.core.errors import InputError, SettingsError, Tampered
from govdash.core.permissions import Permission
from govdash.core.settings import Settings
from govdash.core.times import aware_utc
from govdash.report import auditing, checkpoints
from govdash.store import Store, chain, dump, journal
from govdash.store.sealing import PublicKey, Seal, find_seal, manifest_text

MAKE: Final = "backup.make"
RESTORE: Final = "backup.restore"
KIND: Final = "backup"
MANIFEST: Final = "manifest.json"
FORMAT: Final = 1
#: Below var/: what is not in the database and cannot be made again.
FILES: Final = ("profiles", "checkpoints", "evidence")
Tell = Callable[[str, int], None]

#: What `Settings` never prints.
_UNSHOWN: Final = frozenset(field.name for field in fields(Settings) if not field.repr)


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup holds; signed with the audit key."""

    format: int
    made_at: str
    schema: str  # version of the tables
    tables: dict[str, int]  # rows
    files: dict[str, str]  # path in the backup → SHA-256
    journal: dict[str, Any]  # lines, last_id, last_hash at that moment
    settings: dict[str, str]  # without secrets
    key_id: str
    signature: str = ""

    @property
    def said(self) -> str:
        """What is signed: all but the signature."""
        return manifest_text(asdict(self))

    @classmethod
    def read(cls, folder: Path) -> Self:
        """Read the manifest of a backup, or raise `InputError`."""
        path = folder / MANIFEST
        try:
            told = cls(**json.loads(path.read_text("utf-8")))
        except OSError as error:
            raise InputError(f"{folder} 不是备份：清单无法读取（{error.strerror}）。") from error
        except (ValueError, TypeError) as error:
            raise InputError(f"备份清单 {path} 读不懂；它可能被改动过。") from error
        if told.format != FORMAT:
            raise InputError(f"备份的格式 {told.format} 不认识；请用写出它的程序版本恢复。")
        return told


def make(
    store: Store,
    settings: Settings,
    folder: Path,
    *,
    actor: User,
    at: datetime,
    tell: Tell | None = None,
) -> Manifest:
    """Write a backup into a new folder, while others go on writing; journal it.

    Raises
    ------
    Refused
        Without the permission.
    InputError
        When the folder is there already, or cannot be written.
    """
    actor.require_held(Permission.BACKUP_RUN)
    seal = store.require_key()
    if folder.exists() and any(folder.iterdir()):
        raise InputError(f"目录 {folder} 里已有文件；请换一个新目录。")
    part = folder.with_name(f".{folder.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    try:
        part.mkdir(mode=0o700, parents=True)  # names and texts of people are in it
        (part / "tables").mkdir()
        told = _write(store, settings, part, seal, at=at, tell=tell)
        if folder.exists():
            folder.rmdir()
        part.rename(folder)
    except OSError as error:
        raise InputError(f"备份 {folder} 无法写入（{error}）；请检查目录和磁盘空间。") from error
    finally:
        shutil.rmtree(part, ignore_errors=True)
    detail = {"rows": sum(told.tables.values()), "signature": told.signature} | told.journal
    with store.write() as session:
        journal.record(
            session, actor=actor.login, did=MAKE, subject="platform", at=at, detail=detail
        )
    return told


def check(folder: Path, key: PublicKey) -> Manifest:
    """Check the signature of a backup and every file of it.

    Raises
    ------
    InputError
        When it cannot be read.
    Tampered
        When it is not as it was written, or signed with another key.
    """
    told = Manifest.read(folder)
    if told.key_id != key.key_id or not key.signed_text(told.said, KIND, told.signature):
        raise Tampered("备份清单的签名不对（被改动，或用了别的密钥）；不能使用。")
    for name, sha256 in told.files.items():
        path = folder / name
        if not path.resolve().is_relative_to(folder.resolve()) or not path.is_file():
            raise Tampered(f"备份缺少文件 {name}；不能使用。")
        if _sha256(path) != sha256:
            raise Tampered(f"备份的文件 {name} 被改动过；不能使用。")
    there = {p.relative_to(folder).as_posix() for p in folder.rglob("*") if not p.is_dir()}
    if more := sorted(there - set(told.files) - {MANIFEST}):
        raise Tampered(f"备份里多出文件 {more[0]}；不能使用。")
    return told


def restore(
    settings: Settings, folder: Path, *, at: datetime, store: Store, tell: Tell | None = None
) -> Manifest:
    """Fill the empty installation of `settings` from a backup, and prove the journal in it.

    `store` is its database, opened without a key; the audit key of the backup must be in place.

    Raises
    ------
    SettingsError
        When the audit key is missing, or the database is for another mode.
    InputError
        When the target holds something, or the backup is of another version.
    Tampered
        When the backup or the journal in it is not as it was written; nothing is left behind.
    """
    seal = find_seal(settings)
    if seal is None:
        raise SettingsError(
            "缺少审计密钥：备份里没有密钥，请先取回 <var>/keys 里的文件，或设 GOVDASH_AUDIT_KEY。"
        )
    told = check(folder, seal.public)
    if not dump.is_empty(store):
        raise InputError("目标数据库里已有数据，不能恢复到其中；请指定一个空的数据库。")
    store = replace(store, seal=seal)
    store.migrate()
    if told.schema != (here := store.schema_version()[0]):
        raise InputError(
            f"备份的结构版本是 {told.schema}，本程序是 {here}；请用当时的程序恢复后再升级。"
        )
    with store.write() as session:
        loading = dump.Loading(session)
        loading.begin()
        for name in told.tables:
            told_rows = _rows(folder, name)
            while rows := list(islice(told_rows, dump.BATCH)):
                loading.put(name, rows)
            if tell is not None:
                tell(name, told.tables[name])
        loading.end()
        session.expire_all()
        mode.require_same(session, settings)
        kept = folder / "checkpoints" / checkpoints.FILE
        outside = checkpoints.read(kept) if kept.exists() else []
        found = chain.verify(session, outside=outside)
        end = {"lines": found.lines, "last_id": found.last_id, "last_hash": found.last_hash}
        if found.first is not None or end != told.journal:
            raise Tampered(
                f"备份里的操作日志不完整，没有恢复：{auditing.fault(found) or '行数不符'}"
            )
        detail = {"made_at": told.made_at, "rows": sum(told.tables.values())}
        journal.record(
            session, actor=SYSTEM.login, did=RESTORE, subject="platform", at=at, detail=detail
        )
    for name in FILES:
        if (folder / name).is_dir():
            shutil.copytree(folder / name, settings.var / name, dirs_exist_ok=True)
    return told


def _write(
    store: Store, settings: Settings, part: Path, seal: Seal, *, at: datetime, tell: Tell | None
) -> Manifest:
    counts: dict[str, int] = {}
    with store.read() as session:  # one view of all tables, whoever writes meanwhile
        schema = store.schema_version()[0] or ""
        for name in dump.names():
            counts[name] = 0
            with gzip.open(part / "tables" / f"{name}.jsonl.gz", "wt", encoding="utf-8") as file:
                for row in dump.rows(session, name):
                    file.write(json.dumps(row, ensure_ascii=False) + "\n")
                    counts[name] += 1
            if tell is not None:
                tell(name, counts[name])
        found = chain.verify(session)
        if found.first is not None:
            raise Tampered(f"操作日志被动过，备份没有做：{auditing.fault(found)}")
    for name in FILES:
        if (settings.var / name).is_dir():
            shutil.copytree(settings.var / name, part / name)
    made = Manifest(
        format=FORMAT,
        made_at=aware_utc(at).isoformat(),
        schema=schema,
        tables=counts,
        files={
            path.relative_to(part).as_posix(): _sha256(path)
            for path in sorted(part.rglob("*"))
            if path.is_file()
        },
        journal={"lines": found.lines, "last_id": found.last_id, "last_hash": found.last_hash},
        settings={
            name: str(value) for name, value in asdict(settings).items() if not _secret(name)
        },
        key_id=seal.public.key_id,
    )
    signed = replace(made, signature=seal.sign_text(made.said, KIND))
    text = json.dumps(asdict(signed), ensure_ascii=False, indent=2)
    (part / MANIFEST).write_text(text + "\n", "utf-8")
    return signed


def _rows(folder: Path, name: str) -> Iterator[dump.Row]:
    with gzip.open(folder / "tables" / f"{name}.jsonl.gz", "rt", encoding="utf-8") as file:
        for line in file:
            yield json.loads(line)


def _secret(name: str) -> bool:
    return name in _UNSHOWN or name == "database_url"


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
