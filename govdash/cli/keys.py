"""`govdash keys add|list|revoke`: keys by which other systems use the HTTP interface."""

import json
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer

from govdash.access import keys
from govdash.cli.acting import acting, done
from govdash.cli.origin import here
from govdash.core.errors import InputError
from govdash.core.permissions import Permission
from govdash.core.settings import Settings
from govdash.store import Store
from govdash.store import keys as kept
from govdash.store.models import ApiKey

app = typer.Typer(no_args_is_help=True, help="接口密钥：供其他系统通过 HTTP 取数，可随时吊销。")

AsJson = Annotated[bool, typer.Option("--json", help="输出一个 JSON 对象。")]


@app.command(help="发一个密钥；密钥只显示这一次。")
def add(
    *,
    owner: Annotated[str, typer.Option("--owner", help="所属账号；密钥不会大于该账号当时的权限。")],
    name: Annotated[str, typer.Option("--name", help="名称，例如使用它的系统。")],
    permission: Annotated[list[str], typer.Option("--permission", help="权限代码，可多次。")],
    days: Annotated[int, typer.Option("--days", min=1, max=366, help="有效天数。")],
    area: Annotated[list[str] | None, typer.Option("--area", help="区域路径，可多次。")] = None,
    whole: Annotated[bool, typer.Option("--all-areas", help="与所属账号的范围相同。")] = False,
    as_json: AsJson = False,
) -> None:
    """Make a key and print it."""
    at = datetime.now(UTC)
    wanted = [_permission(code) for code in permission]
    store = Store.of(Settings.from_environment(), origin=here())
    with (
        acting(store, did="key.add", subject=f"account:{owner}") as user,
        store.write() as session,
    ):
        key = keys.make_key(
            session,
            actor=user,
            name=name,
            owner=owner,
            permissions=wanted,
            expires_at=at + timedelta(days=days),
            at=at,
            areas=area or (),
            whole_scope=whole,
        )
    if as_json:
        typer.echo(json.dumps({"key": key}))
    else:
        typer.echo(f"{key}\n请立即保存：密钥只显示这一次，平台只留其摘要。")


@app.command("list", help="列出全部密钥（不含密钥本身）。")
def list_(*, as_json: AsJson = False) -> None:
    """List the keys."""
    at = datetime.now(UTC)
    store = Store.of(Settings.from_environment(), origin=here())
    did, needs = "key.list", Permission.KEY_EDIT
    with acting(store, did=did, subject="keys", needs=needs, what="查看接口密钥") as user:
        with store.read() as session:
            told = [_told(key, owner, at) for key, owner in kept.listed(session)]
        done(store, user, did=did, subject="keys", keys=len(told))
    if as_json:
        typer.echo(json.dumps([asdict(row) for row in told], ensure_ascii=False))
        return
    for row in told:
        typer.echo(
            f"{row.prefix}  {row.state}  {row.name}  账号 {row.owner}  至 {row.expires_at[:10]}"
            f"  最近使用 {row.last_used_at[:16] or '从未'}"
        )
        typer.echo(f"    {'、'.join(row.permissions)}  {'、'.join(row.areas) or '与账号相同'}")
    if not told:
        typer.echo("还没有密钥；用 govdash keys add 发一个。")


@app.command(help="吊销一个密钥，立即生效，不能恢复。")
def revoke(
    prefix: Annotated[str, typer.Argument(help="密钥的前缀，见 govdash keys list。")],
) -> None:
    """End a key."""
    store = Store.of(Settings.from_environment(), origin=here())
    with (
        acting(store, did="key.revoke", subject=f"key:{prefix}") as user,
        store.write() as session,
    ):
        keys.revoke(session, prefix, actor=user, at=datetime.now(UTC))
    typer.echo(f"密钥 {prefix} 已吊销。")


def _permission(code: str) -> Permission:
    try:
        return Permission(code)
    except ValueError:
        raise InputError(f"没有权限“{code}”；密钥可用：{'、'.join(keys.ALLOWED)}。") from None


@dataclass(frozen=True, slots=True)
class _Told:
    """What is told of a key."""

    prefix: str
    state: str
    name: str
    owner: str
    permissions: list[str]
    areas: list[str]
    expires_at: str
    last_used_at: str


def _told(key: ApiKey, owner: str, at: datetime) -> _Told:
    return _Told(
        prefix=key.prefix,
        state="已吊销" if key.revoked_at else "已过期" if key.expires_at <= at else "有效",
        name=key.name,
        owner=owner,
        permissions=key.permissions,
        areas=key.areas,
        expires_at=key.expires_at.isoformat(),
        last_used_at=key.last_used_at.isoformat() if key.last_used_at else "",
    )
