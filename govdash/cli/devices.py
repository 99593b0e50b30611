"""`govdash devices add|list|revoke`: tokens by which wall displays show, and change nothing."""

import json
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer

from govdash.access import devices
from govdash.cli.acting import acting, reader
from govdash.cli.origin import here
from govdash.core.permissions import Permission
from govdash.core.settings import Settings
from govdash.store import Store
from govdash.store import devices as kept
from govdash.store.models import DeviceToken

app = typer.Typer(no_args_is_help=True, help="大屏令牌：只能查看所给区域，可随时吊销。")

AsJson = Annotated[bool, typer.Option("--json", help="输出一个 JSON 对象。")]


@app.command(help="发一个令牌；只显示这一次。在大屏的浏览器里打开 /device 填入。")
def add(
    *,
    name: Annotated[str, typer.Option("--name", help="名称，例如大屏所在的地方。")],
    days: Annotated[int, typer.Option("--days", min=1, max=366, help="有效天数。")],
    area: Annotated[list[str] | None, typer.Option("--area", help="区域路径，可多次。")] = None,
    whole: Annotated[bool, typer.Option("--all-areas", help="全市。")] = False,
    as_json: AsJson = False,
) -> None:
    """Make a token and print it."""
    at = datetime.now(UTC)
    store = _store()
    with (
        acting(store, did="device.add", subject="platform") as user,
        store.write() as session,
    ):
        token = devices.make_device(
            session,
            actor=user,
            name=name,
            expires_at=at + timedelta(days=days),
            at=at,
            areas=area or (),
            whole_city=whole,
        )
    if as_json:
        typer.echo(json.dumps({"token": token}))
    else:
        typer.echo(f"{token}\n令牌只显示这一次：在大屏的浏览器里打开 /device 填入。")


@app.command("list", help="列出全部令牌（不含令牌本身）。")
def list_(*, as_json: AsJson = False) -> None:
    """List the tokens."""
    at = datetime.now(UTC)
    with _store().read() as session:
        reader(session).require_held(Permission.DEVICE_EDIT)
        told = [_told(device, at) for device in kept.listed(session)]
    if as_json:
        typer.echo(json.dumps([asdict(row) for row in told], ensure_ascii=False))
        return
    for row in told:
        seen = "全市" if row.whole_city else "、".join(row.areas)
        used = row.last_used_at[:16] or "从未"
        typer.echo(f"{row.prefix}  {row.state}  {row.name}  至 {row.expires_at[:10]}  {seen}")
        typer.echo(f"    最近登录 {used}")
    if not told:
        typer.echo("还没有大屏令牌；用 govdash devices add 发一个。")


@app.command(help="吊销一个令牌，大屏随即变暗，不能恢复。")
def revoke(
    prefix: Annotated[str, typer.Argument(help="令牌的前缀，见 govdash devices list。")],
) -> None:
    """End a token."""
    store = _store()
    with (
        acting(store, did="device.revoke", subject=f"device:{prefix}"[:120]) as user,
        store.write() as session,
    ):
        devices.revoke(session, prefix, actor=user, at=datetime.now(UTC))
    typer.echo(f"令牌 {prefix} 已吊销。")


def _store() -> Store:
    return Store.of(Settings.from_environment(), origin=here())


@dataclass(frozen=True, slots=True)
class _Told:
    """What is told of a token."""

    prefix: str
    state: str
    name: str
    areas: list[str]
    whole_city: bool
    expires_at: str
    last_used_at: str


def _told(device: DeviceToken, at: datetime) -> _Told:
    state = "已吊销" if device.revoked_at else "已过期" if device.expires_at <= at else "有效"
    return _Told(
        prefix=device.prefix,
        state=state,
        name=device.name,
        areas=device.areas,
        whole_city=device.whole_city,
        expires_at=device.expires_at.isoformat(),
        last_used_at=device.last_used_at.isoformat() if device.last_used_at else "",
    )
