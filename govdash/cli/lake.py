"""`govdash lake sync|rebuild|status`: the columnar copy of the events."""

import json
from collections.abc import Callable, Generator
from contextlib import AbstractContextManager, contextmanager
from typing import Annotated, Any

import typer

from govdash import sync as syncing
from govdash.access import User
from govdash.cli.acting import acting, done
from govdash.cli.origin import here
from govdash.core.permissions import Permission
from govdash.core.settings import Settings
from govdash.lake import Lake
from govdash.store import Store

app = typer.Typer(help="数据湖：事件的列式副本；随时可以重建。", no_args_is_help=True)

Json = Annotated[bool, typer.Option("--json", help="输出一个 JSON 对象。")]
NoWait = Annotated[
    bool, typer.Option("--no-wait", help="有别的进程正在写数据湖时，不等待，直接退出。")
]


@app.command(help="把数据库里的新变更写入数据湖。")
def sync(*, as_json: Json = False, no_wait: NoWait = False) -> None:
    """Bring what changed into the lake."""
    with _opened() as (store, lake), _operating(store, "lake.sync", "同步") as user:
        made = syncing.sync(store, lake, wait=not no_wait, progress=_progress(as_json=as_json))
        _journal(store, user, "lake.sync", made)
    _say_done(made, "已重建" if made.rebuilt else "已同步", as_json=as_json)


@app.command(help="从数据库重新生成整个数据湖；完成之前，读者仍看到旧的。")
def rebuild(*, as_json: Json = False) -> None:
    """Write the whole lake anew."""
    with _opened() as (store, lake), _operating(store, "lake.rebuild", "重建") as user:
        made = syncing.rebuild(store, lake, progress=_progress(as_json=as_json))
        _journal(store, user, "lake.rebuild", made)
    _say_done(made, "已重建", as_json=as_json)


@app.command(help="显示数据湖的大小与进度；加 --check 则与数据库核对。")
def status(
    *,
    as_json: Json = False,
    check: Annotated[
        bool, typer.Option("--check", help="与数据库逐月核对条数与校验和；不一致时退出码为 1。")
    ] = False,
) -> None:
    """Say how large and how fresh the lake is; exit 1 when it differs from the store."""
    with _opened() as (store, lake):
        told: dict[str, Any] = dict(syncing.status(lake))
        told["behind"] = syncing.behind(store, lake)
        if check:
            found = syncing.parity(store, lake)
            told |= {"ok": found.ok, "differences": found.differences}
    if as_json:
        typer.echo(json.dumps(told, ensure_ascii=False))
    else:
        typer.echo(
            f"变更序号 {told['data_version']:,}，待同步 {told['behind']:,}；"
            f"{told['rows']:,} 条，{told['months']} 个月，{told['segments']} 个文件，"
            f"{told['bytes'] / 2**20:,.1f} MB"
        )
        if check:
            typer.echo("与数据库一致" if told["ok"] else f"与数据库不一致：{told['differences']}")
    if check and not told["ok"]:
        raise typer.Exit(1)


@contextmanager
def _opened() -> Generator[tuple[Store, Lake]]:
    settings = Settings.from_environment()
    store, lake = Store.of(settings, origin=here()), Lake.open(settings)
    try:
        yield store, lake
    finally:
        lake.close()
        store.close()


def _operating(store: Store, did: str, what: str) -> AbstractContextManager[User]:
    needs = Permission.SYSTEM_OPERATE
    return acting(store, did=did, subject="platform", needs=needs, what=f"{what}数据湖")


def _journal(store: Store, user: User, did: str, made: syncing.SyncSummary) -> None:
    done(store, user, did=did, subject="platform", rows=made.n_rows, version=made.data_version)


def _progress(*, as_json: bool) -> Callable[[int], None] | None:
    if as_json:
        return None
    return lambda n: typer.echo(f"已读 {n:,} 条…", err=True)


def _say_done(done: syncing.SyncSummary, did: str, *, as_json: bool) -> None:
    if as_json:
        told = {"rows": done.n_rows, "data_version": done.data_version, "rebuilt": done.rebuilt}
        typer.echo(json.dumps(told, ensure_ascii=False))
    else:
        typer.echo(f"{did} {done.n_rows:,} 条；数据湖已到变更序号 {done.data_version:,}")
