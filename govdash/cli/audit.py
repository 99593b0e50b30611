"""`govdash audit verify|checkpoint`: the journal proves itself, and by what lies elsewhere."""

import json
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from govdash.cli.acting import acting
from govdash.cli.origin import here
from govdash.core.errors import InputError
from govdash.core.permissions import Permission
from govdash.core.settings import Settings
from govdash.store import Store, chain
from govdash.store.sealing import Mark, load_seal

app = typer.Typer(help="操作日志：核对有无改动，签出检查点。", no_args_is_help=True)

Json = Annotated[bool, typer.Option("--json", help="输出一个 JSON 对象。")]


@app.command(help="逐行核对操作日志；有被改、缺失、调换或截断的行时指出第一行，退出码为 1。")
def verify(
    *,
    checkpoint: Annotated[
        Path | None,
        typer.Option(help="另存在别处的检查点文件，一并核对；整库被换成旧的只有它能发现。"),
    ] = None,
    as_json: Json = False,
) -> None:
    """Check every line, the signed head and the checkpoints; nothing is written."""
    store = Store.of(Settings.from_environment(), origin=here())
    store.require_schema()
    kept = [] if checkpoint is None else _read(checkpoint)
    with store.read() as session:
        found = chain.verify(session, outside=kept)
    if as_json:
        told = {"ok": found.first is None, **asdict(found), "outside": len(kept)}
        typer.echo(json.dumps(told, ensure_ascii=False))
    elif found.first is None:
        typer.echo(
            f"操作日志完好：{found.lines:,} 行，"
            f"核对检查点 {found.checkpoints + len(kept)} 个（库内 {found.checkpoints}）。"
        )
    else:
        typer.echo(f"操作日志被动过，第一处：{found.first}", err=True)
    raise typer.Exit(0 if found.first is None else 1)


@app.command(help="为操作日志的现状签一个检查点；--out 追加到文件，请存到另一台机器上。")
def checkpoint(
    *,
    out: Annotated[Path | None, typer.Option(help="追加到此文件，一行一个。")] = None,
    as_json: Json = False,
) -> None:
    """Sign the journal as it is, if it is whole: none may vouch for a broken one."""
    settings = Settings.from_environment()
    store = Store.of(settings, origin=here())
    store.require_schema()
    needs, what = Permission.JOURNAL_READ, "签出检查点"
    with (
        acting(store, did=chain.DID, subject="journal", needs=needs, what=what) as user,
        store.write() as session,
    ):
        found = chain.verify(session)
        if found.first is not None:
            raise InputError(f"操作日志被动过，不能签检查点：{found.first}")
        mark = chain.add_checkpoint(
            session, load_seal(settings), actor=user.login, at=datetime.now(UTC)
        )
        if out is not None:
            _append(out, mark)  # inside the transaction: what was not kept elsewhere is not made
    line = mark.to_json()
    if as_json:
        typer.echo(line)
    else:
        place = f" → {out}" if out else "（未另存；用 --out 写到文件）"
        typer.echo(f"已签检查点：第 {mark.last_id} 行，共 {mark.lines:,} 行{place}")


def _read(path: Path) -> list[Mark]:
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"检查点文件 {path} 无法读取：{error}") from error
    kept = [Mark.of_json(line) for line in text.splitlines() if line.strip()]
    if not kept:
        raise InputError(f"检查点文件 {path} 里没有检查点。")
    return kept


def _append(path: Path, mark: Mark) -> None:
    try:
        with path.open("a", encoding="utf-8") as file:
            file.write(mark.to_json() + "\n")
    except OSError as error:
        raise InputError(f"检查点文件 {path} 无法写入：{error}") from error
