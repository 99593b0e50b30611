"""`govdash audit`: the journal proves itself, by its key, by what lies elsewhere, and in files."""

import json
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer

from govdash.cli.acting import acting
from govdash.cli.origin import here
from govdash.core.errors import InputError
from govdash.core.permissions import Permission
from govdash.core.settings import Settings
from govdash.core.times import day_start
from govdash.report import auditing, checkpoints, journal_file, journal_table, pruning
from govdash.report.journal_file import FileFormat
from govdash.store import Store, chain
from govdash.store.chain_pass import PRUNED
from govdash.store.sealing import PublicKey, find_seal, new_key

app = typer.Typer(help="操作日志：核对有无改动，签出检查点，导出。", no_args_is_help=True)

Json = Annotated[bool, typer.Option("--json", help="输出一个 JSON 对象。")]


@app.command(help="逐行核对操作日志；有被改、缺失、调换或截断的行时指出第一行，退出码为 1。")
def verify(
    *,
    checkpoint: Annotated[
        Path | None,
        typer.Option(help="再核对一个检查点文件；GOVDASH_CHECKPOINTS 里的总会核对。"),
    ] = None,
    file: Annotated[
        Path | None, typer.Option(help="只核对 govdash audit export 导出的文件，不需要数据库。")
    ] = None,
    key: Annotated[
        Path | None, typer.Option(help="核对文件所信任的公钥文件；默认用本机的审计密钥。")
    ] = None,
    as_json: Json = False,
) -> None:
    """Check every line, the signed head and the checkpoints, and journal what was found."""
    settings = Settings.from_environment()
    if file is not None:
        _verify_file(file, settings, key, as_json=as_json)
        return
    store = Store.of(settings, origin=here())
    store.require_schema()
    needs, did, what = Permission.JOURNAL_READ, auditing.VERIFY, "核对操作日志"
    with acting(store, did=did, subject=auditing.SUBJECT, needs=needs, what=what) as user:
        kept = checkpoints.kept(settings)
        kept += [] if checkpoint is None else checkpoints.read(checkpoint)
        found = auditing.verify(store, actor=user, at=datetime.now(UTC), outside=kept)
    if as_json:
        told = {"ok": found.first is None, **asdict(found), "outside": len(kept)}
        typer.echo(json.dumps(told, ensure_ascii=False))
    elif found.first is None:
        typer.echo(
            f"操作日志完好：{found.lines:,} 行，"
            f"核对检查点 {found.checkpoints + len(kept)} 个（库内 {found.checkpoints}，"
            f"库外 {len(kept)}）。"
        )
    else:
        typer.echo(f"操作日志被动过，第一处：{found.first}", err=True)
    raise typer.Exit(0 if found.first is None else 1)


def _verify_file(path: Path, settings: Settings, key: Path | None, *, as_json: bool) -> None:
    seal = find_seal(settings)
    if key is not None:
        trusted = PublicKey.of(_text_of(key, "公钥文件"))
    elif seal is not None:
        trusted = seal.public
    else:
        raise InputError("本机没有审计密钥；请用 --key 指定公钥文件（<var>/keys/audit.pub）。")
    told, first = journal_file.verify(path, key=trusted, seal=seal)
    if as_json:
        broken = None if first is None else asdict(first)
        found = {"ok": first is None, "file": str(path), "lines": told.lines, "first": broken}
        typer.echo(json.dumps(found, ensure_ascii=False))
    elif first is None:
        typer.echo(
            f"文件完好：{told.lines:,} 行（第 {told.first_id} 至 {told.last_id} 行），"
            f"导出于 {told.made_at}，签名密钥 {told.key_id}。"
        )
    else:
        typer.echo(f"文件被动过，第一处：{first}", err=True)
    raise typer.Exit(0 if first is None else 1)


@app.command(help="导出操作日志的全部字段、封签和签了名的清单；导出的文件能自证没有被改动。")
def export(
    *,
    out: Annotated[Path, typer.Option(help="文件；旁边另写 <文件>.manifest.json。")],
    first: Annotated[
        datetime | None, typer.Option("--from", formats=["%Y-%m-%d"], help="首日（城市时区）。")
    ] = None,
    last: Annotated[
        datetime | None, typer.Option("--to", formats=["%Y-%m-%d"], help="末日，含当天。")
    ] = None,
    chosen: Annotated[
        FileFormat | None, typer.Option("--format", help="csv 或 jsonl；默认按文件后缀。")
    ] = None,
    as_json: Json = False,
) -> None:
    """Write the lines of some days; the file appears when it is journalled."""
    settings = Settings.from_environment()
    store = Store.of(settings, origin=here())
    store.require_schema()
    since = day_start(first.date(), settings.zone) if first else None
    until = day_start(last.date() + timedelta(days=1), settings.zone) if last else None
    needs, did, what = Permission.JOURNAL_READ, journal_table.DID, "导出操作日志"
    with acting(store, did=did, subject=journal_table.WHAT, needs=needs, what=what) as user:
        now = datetime.now(UTC)
        with store.read() as session:
            made = journal_file.write(
                session,
                out,
                journal_file.span(session, since=since, until=until),
                chosen=chosen or journal_file.format_of(out),
                seal=store.require_key(),
                at=now,
            )
        told = made.manifest
        with made.kept(), store.write() as session:
            journal_file.record(session, told, actor=user, at=now)
    if as_json:
        typer.echo(json.dumps(asdict(told), ensure_ascii=False))
    else:
        typer.echo(
            f"已导出第 {told.first_id} 至 {told.last_id} 行，共 {told.lines:,} 行 → {out}，"
            f"清单 {out.name}{journal_file.SUFFIX}；用 govdash audit verify --file 核对。"
        )


@app.command(help="为操作日志的现状签一个检查点；--out 追加到文件，请存到另一台机器上。")
def checkpoint(
    *,
    out: Annotated[Path | None, typer.Option(help="追加到此文件，一行一个。")] = None,
    as_json: Json = False,
) -> None:
    """Sign the journal as it is, if it is whole: none may vouch for a broken one."""
    store = Store.of(Settings.from_environment(), origin=here())
    store.require_schema()
    needs, what = Permission.JOURNAL_READ, "签出检查点"
    with acting(store, did=chain.DID, subject="journal", needs=needs, what=what) as user:
        made = checkpoints.make(store, out, actor=user.login, at=datetime.now(UTC), full=True)
    mark = made.mark
    if as_json:
        typer.echo(mark.to_json())
    else:
        place = f" → {out}" if out else "（未另存；用 --out 写到文件）"
        typer.echo(f"已签检查点：第 {mark.last_id} 行，共 {mark.lines:,} 行{place}")


@app.command(help="显示审计密钥的编号和公钥，是否与数据库相符；--new 生成一个新密钥。")
def key(
    *,
    new: Annotated[
        bool, typer.Option("--new", help="只生成并显示一个新密钥，供新装的正式环境使用。")
    ] = False,
) -> None:
    """Tell which audit key this installation has, or make one for a new installation."""
    if new:
        typer.echo(new_key())
        typer.echo(
            "这是新的审计密钥，只显示这一次：请另行保存（不要只存在本机），设为 GOVDASH_AUDIT_KEY。"
            "已有日志的数据库须用原来的密钥，换了会拒绝写入。",
            err=True,
        )
        return
    store = Store.of(Settings.from_environment(), origin=here())
    seal = store.require_key()
    fits = "与数据库相符" if store.sealed_by() else "数据库还没有日志"
    typer.echo(f"审计密钥 {seal.public.key_id}（{fits}）\n公钥 {seal.public.text}")


@app.command(help="清理 180 天以前的操作日志：先归档为能自证的文件，再删除；其余日志仍可核对。")
def prune(
    *,
    before: Annotated[
        datetime, typer.Option(formats=["%Y-%m-%d"], help="清理此日以前的行；至少在 180 天以前。")
    ],
    archive: Annotated[Path, typer.Option(help="归档文件（.jsonl 或 .csv），请长期保存。")],
    as_json: Json = False,
) -> None:
    """Take old lines out of the journal, after they were written to a file and read back."""
    settings = Settings.from_environment()
    store = Store.of(settings, origin=here())
    store.require_schema()
    needs, what = Permission.JOURNAL_PRUNE, "清理操作日志"
    with acting(store, did=PRUNED, subject="journal", needs=needs, what=what) as user:
        told = pruning.prune(
            store,
            archive,
            before=day_start(before.date(), settings.zone),
            actor=user,
            at=datetime.now(UTC),
        )
    if as_json:
        typer.echo(json.dumps(asdict(told), ensure_ascii=False))
    else:
        typer.echo(
            f"已清理第 {told.first_id} 至 {told.last_id} 行，共 {told.lines:,} 行；归档 {archive}。"
        )


def _text_of(path: Path, what: str) -> str:
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{what} {path} 无法读取：{error}") from error
