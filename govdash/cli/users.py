"""`govdash users …`: accounts, their roles and scopes, from the command line."""

import json
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated

import typer

from govdash.access import emails, oidc, people, totp
from govdash.access.directory import directory
from govdash.cli.acting import acting, reader
from govdash.cli.origin import here
from govdash.core.errors import InputError, Refused
from govdash.core.permissions import Permission
from govdash.core.settings import Settings
from govdash.core.vocab import Mode
from govdash.store import Store

app = typer.Typer(no_args_is_help=True, help="账号：开设、授权、停用、重置密码。")

AsJson = Annotated[bool, typer.Option("--json", help="输出一个 JSON 对象。")]
Login = Annotated[str, typer.Argument(help="登录名。")]
Areas = Annotated[list[str] | None, typer.Option("--area", help="区域路径，可多次。")]
Units = Annotated[list[str] | None, typer.Option("--unit", help="处置单位代码，可多次。")]
Whole = Annotated[bool, typer.Option("--all-areas", help="全市，包括未落格的事件。")]


@app.command(help="开设账号；初始密码只显示这一次，首次登录必须修改。")
def add(
    login: Login,
    *,
    name: Annotated[str, typer.Option("--name", help="姓名。")],
    as_json: AsJson = False,
) -> None:
    """Open an account and print its first password."""
    store = _store()
    with _acting(store, "user.add", login) as user, store.write() as session:
        first = people.add(session, actor=user, login=login, name=name, at=_now())
    if as_json:
        typer.echo(json.dumps({"login": login, "password": first}))
    else:
        typer.echo(f"账号 {login} 已开设，还没有角色。初始密码（只显示这一次）：{first}")
        typer.echo(f"接着：govdash users roles {login} --role 角色；govdash users areas {login} …")


@app.command("list", help="列出全部账号。")
def list_(*, as_json: AsJson = False) -> None:
    """List the accounts."""
    store = _store()
    at = _now()
    with store.read() as session:
        told = directory(session, reader(session, first=Permission.USER_EDIT), at=at)
    if as_json:
        typer.echo(json.dumps([asdict(row) for row in told], ensure_ascii=False))
        return
    for row in told:
        seen = "全市" if row.whole_city else "、".join([*row.areas, *row.units]) or "（无）"
        typer.echo(f"{row.login}  {row.state}  {row.name}  {'、'.join(row.roles) or '（无角色）'}")
        typer.echo(f"    范围 {seen}  验证码 {'有' if row.factor else '无'}  会话 {row.sessions}")


@app.command("set-password", help="重置密码；新密码只显示这一次，登录后必须修改。")
def set_password(login: Login, *, as_json: AsJson = False) -> None:
    """Give an account another first password."""
    store = _store()
    with _acting(store, "user.password", login) as user, store.write() as session:
        made = people.new_password(session, login, actor=user, at=_now())
        waits = people.waits(people.found(session, login))
    if as_json:
        typer.echo(json.dumps({"login": login, "password": made}))
    else:
        typer.echo(f"{login} 的新密码（只显示这一次）：{made}")
        if waits:
            typer.echo(f"安全管理员确认后才能登录：govdash users confirm {login}")


@app.command(help="确认密码或统一身份的重置；安全管理员核实本人后运行，此后才能登录。")
def confirm(login: Login) -> None:
    """Let a reset count."""
    store = _store()
    first = Permission.ROLE_EDIT
    with _acting(store, "user.confirm", login, first) as user, store.write() as session:
        people.confirm(session, login, actor=user, at=_now())
    typer.echo(f"账号 {login} 的重置已确认。")


@app.command(help="绑定统一身份平台的标识；不给标识则解除。绑定后立即退出其全部会话。")
def bind(
    login: Login,
    told: Annotated[str, typer.Argument(help="标识（GOVDASH_OIDC_CLAIM 的值）。")] = "",
) -> None:
    """Bind an account to an identity."""
    settings = Settings.from_environment()
    if told and not settings.oidc_issuer:
        raise InputError("没有设置统一身份认证（GOVDASH_OIDC_ISSUER 等三项）。")
    store = _store()
    with _acting(store, "user.bind", login) as user, store.write() as session:
        identity = oidc.identity_of(settings, told) if told else None
        people.bind(session, login, identity, actor=user, at=_now())
        waits = people.waits(people.found(session, login))
    typer.echo(f"账号 {login} 已{'绑定' if told else '解除'}统一身份。")
    if told and waits:
        typer.echo(f"安全管理员确认后才能登录：govdash users confirm {login}")


@app.command(help="停用账号，立即退出其全部会话。")
def lock(login: Login) -> None:
    """Close an account."""
    store = _store()
    with _acting(store, "user.lock", login) as user, store.write() as session:
        people.lock(session, login, actor=user, at=_now())
    typer.echo(f"账号 {login} 已停用。")


@app.command(help="启用账号，并解除登录失败造成的锁定。")
def unlock(login: Login) -> None:
    """Open an account again."""
    store = _store()
    with _acting(store, "user.unlock", login) as user, store.write() as session:
        people.unlock(session, login, actor=user, at=_now())
    typer.echo(f"账号 {login} 已启用。")


@app.command(help="授予角色（替换原有的）；不写 --role 则收回全部。")
def roles(
    login: Login,
    *,
    role: Annotated[list[str] | None, typer.Option("--role", help="角色代码，可多次。")] = None,
) -> None:
    """Give roles."""
    store = _store()
    with (
        _acting(store, "user.roles", login, Permission.ROLE_EDIT) as user,
        store.write() as session,
    ):
        people.give_roles(session, login, role or (), actor=user, at=_now())
    typer.echo(f"账号 {login} 的角色：{'、'.join(role or ()) or '（无）'}。")


@app.command(help="授予可见的区域和单位（替换原有的）；都不写则什么也看不到。")
def areas(login: Login, *, area: Areas = None, unit: Units = None, whole: Whole = False) -> None:
    """Give a scope."""
    store = _store()
    with (
        _acting(store, "user.areas", login, Permission.ROLE_EDIT) as user,
        store.write() as session,
    ):
        people.give_scope(
            session,
            login,
            areas=area or (),
            units=unit or (),
            whole_city=whole,
            actor=user,
            at=_now(),
        )
    typer.echo(f"账号 {login} 的范围已更新。")


@app.command(help="登记接收通知的电子邮箱；不写地址则取消。")
def email(
    login: Login, address: Annotated[str, typer.Argument(help="电子邮箱地址。")] = ""
) -> None:
    """Register where somebody gets e-mail."""
    store = _store()
    with _acting(store, "user.email", login) as user, store.write() as session:
        emails.set_email(session, login, address, actor=user, at=_now())
    typer.echo(f"账号 {login} 的电子邮箱已{'登记' if address else '取消'}。")


@app.command("revoke-sessions", help="让某人在所有地方退出登录。")
def revoke_sessions(login: Login) -> None:
    """End every session of an account."""
    store = _store()
    with _acting(store, "user.sessions", login) as user, store.write() as session:
        ended = people.end_sessions(session, login, actor=user, at=_now())
    typer.echo(f"已结束 {login} 的 {ended} 个会话。")


@app.command("reset-totp", help="重置动态验证码（更换或丢失手机时）。")
def reset_totp(login: Login) -> None:
    """Forget a second factor."""
    store = _store()
    with (
        _acting(store, "user.factor", login, Permission.ROLE_EDIT) as user,
        store.write() as session,
    ):
        people.reset_factor(session, login, actor=user, at=_now())
    typer.echo(f"{login} 的动态验证码已重置；需要验证码的角色下次登录时重新设置。")


@app.command(help="显示此刻的动态验证码；只在演示模式可用，省去手机。")
def code(login: Login) -> None:
    """Print the present code of a demo account."""
    settings = Settings.from_environment()
    if settings.mode is not Mode.DEMO:
        raise Refused("动态验证码只能由本人的手机给出；此命令只在演示模式可用。")
    store = Store.of(settings, origin=here())
    with store.read() as session:
        account = people.found(session, login)
        typer.echo(totp.present_code(account, settings=settings, at=_now()))


def _store() -> Store:
    return Store.of(Settings.from_environment(), origin=here())


def _now() -> datetime:
    return datetime.now(UTC)


def _acting(store: Store, did: str, login: str, first: Permission = Permission.USER_EDIT):  # noqa: ANN202  # a context manager of a user
    return acting(store, did=did, subject=f"account:{login}"[:120], first=first)
