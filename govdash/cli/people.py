"""`govdash people keys|rotate`: the keys that seal person data, and sealing with a new one."""

import json
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated

import typer

from govdash.cli.acting import acting
from govdash.cli.origin import here
from govdash.core.permissions import Permission
from govdash.core.settings import Settings
from govdash.ingest.rejects import FOLDER, reseal_file
from govdash.store import Session, Store, imports, journal, persons
from govdash.store.vault import renew_file

app = typer.Typer(no_args_is_help=True, help="个人信息：加密密钥的状况和轮换。")

AsJson = Annotated[bool, typer.Option("--json", help="输出一个 JSON 对象。")]


@app.command(help="列出各密钥加密了多少行；没有密钥的行要先找回密钥。")
def keys(*, as_json: AsJson = False) -> None:
    """Count rows by the id of their key. Exit 1 when a key is missing."""
    store = _open(Settings.from_environment())
    vault = store.vault
    with store.read() as session:
        found = Counter(persons.counts(session)) + Counter(imports.rejected_by_key(session))
    known = vault.ids if vault else frozenset[str]()
    current = vault.current if vault else ""
    missing = sum(n for key_id, n in found.items() if key_id not in known)
    if as_json:
        told = {"current": current, "rows": dict(found), "missing": missing}
        typer.echo(json.dumps(told, ensure_ascii=False))
    else:
        for key_id in sorted({*found, *known}, key=lambda one: one != current):
            state = "现用" if key_id == current else "旧" if key_id in known else "缺少密钥"
            typer.echo(f"{key_id}  {state}  {found[key_id]:,} 行")
    raise typer.Exit(1 if missing else 0)


@app.command(help="用现用密钥重新加密全部个人信息；可中断，再运行即继续。")
def rotate(
    *,
    new_key: Annotated[
        bool,
        typer.Option("--new-key", help="先换一个新密钥（仅演示；正式环境改设置）。"),
    ] = False,
    batch: Annotated[int, typer.Option("--batch", min=1, help="每个事务的行数。")] = 2_000,
    as_json: AsJson = False,
) -> None:
    """Seal everything with the current key, a batch in each transaction."""
    settings = Settings.from_environment()
    store = _open(settings)
    needs, what = Permission.KEY_EDIT, "轮换个人信息密钥"
    with acting(store, did="people.rotate", subject="person-keys", needs=needs, what=what) as user:
        if new_key:
            renew_file(settings)
            store = _open(settings)
        key_id = store.vault.current if store.vault else ""
        with store.write() as session:
            waiting = _waiting(session, key_id)
            journal.record(
                session, actor=user.login, did="people.rotate", subject="person-keys",
                at=datetime.now(UTC), detail={"key": key_id, "rows": waiting},
            )  # fmt: skip
    people = _all(store, lambda session: persons.reseal(session, limit=batch))
    rejected = _all(store, lambda session: imports.reseal_rejected(session, limit=batch))
    files = _files(settings, store)
    if as_json:
        told = {"key": key_id, "persons": people, "rejected_rows": rejected, "files": files}
        typer.echo(json.dumps(told))
    else:
        typer.echo(
            f"已用密钥 {key_id} 重新加密：人员 {people:,} 行，被拒的行 {rejected:,} 行，"
            f"被拒行的文件 {files} 个。旧密钥不再需要（备份里的仍要，直到备份过期）。"
        )


def _open(settings: Settings) -> Store:
    store = Store.of(settings, origin=here())
    store.require_schema()
    return store


def _waiting(session: Session, key_id: str) -> int:
    counts = (persons.counts(session), imports.rejected_by_key(session))
    return sum(n for found in counts for other, n in found.items() if other != key_id)


def _all(store: Store, reseal: Callable[[Session], int]) -> int:
    total = 0
    while True:
        with store.write() as session:
            done = reseal(session)
        total += done
        if not done:
            return total


def _files(settings: Settings, store: Store) -> int:
    folder = settings.var / FOLDER
    files = sorted(folder.glob("*.csv*")) if folder.is_dir() else []
    return sum(reseal_file(path, store.vault) for path in files if store.vault)
