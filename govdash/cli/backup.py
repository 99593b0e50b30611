"""`govdash backup` and `govdash restore`: a city in a folder, and back from it."""

import json
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from govdash.cli.acting import acting
from govdash.cli.origin import here
from govdash.core.errors import InputError
from govdash.core.permissions import Permission
from govdash.core.settings import Settings
from govdash.report import backup as backups
from govdash.store import Store
from govdash.store.sealing import PublicKey, find_seal

Json = Annotated[bool, typer.Option("--json", help="输出一个 JSON 对象。")]


def backup(
    *,
    out: Annotated[Path, typer.Option(help="新目录；每次备份用一个新的。")],
    as_json: Json = False,
) -> None:
    """Write a backup; the server may run meanwhile."""
    settings = Settings.from_environment()
    store = Store.of(settings, origin=here())
    store.require_schema()
    needs, did = Permission.BACKUP_RUN, backups.MAKE
    with acting(store, did=did, subject="platform", needs=needs, what="备份") as user:
        told = backups.make(
            store,
            settings,
            out,
            actor=user,
            at=datetime.now(UTC),
            tell=None if as_json else _say,
        )
    if as_json:
        typer.echo(json.dumps(asdict(told), ensure_ascii=False))
    else:
        typer.echo(
            f"备份完成：{sum(told.tables.values()):,} 行，"
            f"日志到第 {told.journal['last_id']:,} 行 → {out}。"
            "数据湖（可重建）和密钥不在其中；密钥请另行保存。"
        )


def restore(
    *,
    source: Annotated[Path, typer.Option("--from", help="govdash backup 写出的目录。")],
    into: Annotated[str, typer.Option(help="空的数据库；默认是 GOVDASH_DATABASE_URL。")] = "",
    check: Annotated[bool, typer.Option("--check", help="只核对备份，不恢复。")] = False,
    key: Annotated[
        Path | None, typer.Option(help="核对时所信任的公钥文件；默认用本机的审计密钥。")
    ] = None,
    as_json: Json = False,
) -> None:
    """Fill an empty installation from a backup, and prove the journal in it."""
    settings = Settings.from_environment()
    if check:
        told = backups.check(source, _trusted(settings, key))
    else:
        settings = replace(settings, database_url=into) if into else settings
        store = Store.open(settings.database_url).acting(here())
        told = backups.restore(
            settings,
            source,
            at=datetime.now(UTC),
            store=store,
            tell=None if as_json else _say,
        )
        store.close()
    if as_json:
        typer.echo(json.dumps(asdict(told), ensure_ascii=False))
    elif check:
        typer.echo(f"备份完好：{told.made_at}，{sum(told.tables.values()):,} 行。")
    else:
        typer.echo(
            f"已恢复 {told.made_at} 的备份：{sum(told.tables.values()):,} 行，操作日志核对无误。"
            "请运行 govdash lake rebuild 重建数据湖，再运行 govdash doctor。"
        )


def _trusted(settings: Settings, key: Path | None) -> PublicKey:
    if key is not None:
        try:
            return PublicKey.of(key.read_text("utf-8"))
        except (OSError, UnicodeDecodeError) as error:
            raise InputError(f"公钥文件 {key} 无法读取：{error}") from error
    seal = find_seal(settings)
    if seal is None:
        raise InputError("本机没有审计密钥；请用 --key 指定公钥文件（<var>/keys/audit.pub）。")
    return seal.public


def _say(name: str, rows: int) -> None:
    typer.echo(f"{name}：{rows:,} 行", err=True)
