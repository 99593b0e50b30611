"""The accounts as administrators keep them: who, which roles, what they see, locked or not.

The system administrator keeps accounts and passwords, the security administrator roles, scopes and
second factors. To act as somebody else takes both: a reset counts when it is confirmed.
"""

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from govdash.access import local, lockout, passwords, roles, totp
from govdash.access.users import User
from govdash.core.errors import InputError, NotFound, Refused
from govdash.core.permissions import Permission
from govdash.store import Session, accounts, journal, signing
from govdash.store import areas as places
from govdash.store import units as offices
from govdash.store.models import UserAccount

_LOGIN: Final = re.compile(r"[a-z0-9][a-z0-9._-]{1,39}\Z")
_NAME_CHARS: Final = 40


def add(session: Session, *, actor: User, login: str, name: str, at: datetime) -> str:
    """Open an account that may do nothing yet; return its first password, to be changed at once.

    Raises
    ------
    Refused
        When the actor may not.
    InputError
        When the login cannot be used or is taken.
    """
    actor.require_held(Permission.USER_EDIT)
    login, name = login.strip().lower(), name.strip()
    if not _LOGIN.match(login):
        raise InputError(
            f"登录名“{login}”不能用：2 至 40 个字符，小写字母、数字、点、横线，以字母或数字开头。"
        )
    if not 0 < len(name) <= _NAME_CHARS:
        raise InputError(f"请填写姓名（1 至 {_NAME_CHARS} 个字）。")
    if accounts.account(session, login) is not None:
        raise InputError(f"登录名“{login}”已有人使用。")
    account = accounts.add_account(session, login=login, name=name, roles=(), at=at)
    first = passwords.made(login)
    passwords.put(session, account, first, at=at, must_change=True)
    _log(session, actor, "user.add", login, at, after={"name": name})
    return first


def new_password(session: Session, login: str, *, actor: User, at: datetime) -> str:
    """Give an account another password, to be changed at once; its sessions end.

    Whoever may do something signs in with it only when `confirm` followed.
    """
    actor.require_held(Permission.USER_EDIT)
    account = changeable(session, login)
    made = passwords.made(login)
    passwords.put(session, account, made, at=at, must_change=True)
    _await(session, account, actor, at)
    ended = signing.revoke_of_user(session, account.id, at=at)
    detail = {"sessions_ended": ended, "waits": waits(account)}
    _log(session, actor, "user.password", login, at, detail=detail)
    return made


def bind(session: Session, login: str, identity: str | None, *, actor: User, at: datetime) -> None:
    """Bind an account to an identity at the provider (`oidc.identity_of`), or to none.

    Raises
    ------
    InputError
        When the identity is bound to another account.
    """
    actor.require_held(Permission.USER_EDIT)
    account = changeable(session, login)
    other = accounts.by_identity(session, identity) if identity else None
    if other is not None and other.id != account.id:
        raise InputError(f"这个统一身份已绑定账号“{other.login}”；请先解除。")
    before = {"identity": account.identity}
    account.identity = identity
    if identity is not None and identity != before["identity"]:
        _await(session, account, actor, at)
    signing.revoke_of_user(session, account.id, at=at)
    _log(session, actor, "user.bind", login, at, before=before, after={"identity": identity})


def confirm(session: Session, login: str, *, actor: User, at: datetime) -> None:
    """Let a reset password or a new identity count: the second of two people.

    Raises
    ------
    Refused
        When the actor may not, reset it, or is the one whose account it is.
    InputError
        When nothing waits.
    """
    actor.require_held(Permission.ROLE_EDIT)
    _not_oneself(actor, login, "确认重置")
    account = changeable(session, login)
    if not waits(account):
        raise InputError(f"账号“{login}”没有等待确认的重置。")
    if account.reset_by == actor.login:
        raise Refused("这次重置是您自己做的，不能由您确认；请由另一位安全管理员办理。")
    before = {"reset_by": account.reset_by}
    account.reset_by = account.reset_at = None
    _log(session, actor, "user.confirm", login, at, before=before)


def waits(account: UserAccount) -> bool:
    """Whether a reset of the account waits to be confirmed."""
    return account.reset_by is not None


def lock(session: Session, login: str, *, actor: User, at: datetime) -> None:
    """Close an account; its sessions end now."""
    actor.require_held(Permission.USER_EDIT)
    _not_oneself(actor, login, "停用")
    account = changeable(session, login)
    before = {"active": account.active}
    account.active = False
    signing.revoke_of_user(session, account.id, at=at)
    _log(session, actor, "user.lock", login, at, before=before, after={"active": False})


def unlock(session: Session, login: str, *, actor: User, at: datetime) -> None:
    """Open an account again, and forget its failed tries."""
    actor.require_held(Permission.USER_EDIT)
    account = changeable(session, login)
    before = {"active": account.active}
    account.active = True
    lockout.unlock(session, account.login)
    _log(session, actor, "user.unlock", login, at, before=before, after={"active": True})


def give_roles(
    session: Session, login: str, codes: Sequence[str], *, actor: User, at: datetime
) -> None:
    """Let an account hold these roles and no others."""
    actor.require_held(Permission.ROLE_EDIT)
    _not_oneself(actor, login, "授权")
    account = changeable(session, login)
    held = roles.chosen(session, codes)
    before = [role.code for role in accounts.roles_of(session, account.id)]
    accounts.set_roles(session, account.id, [role.code for role in held])
    after = {"roles": sorted(role.code for role in held)}
    _log(session, actor, "user.roles", login, at, before={"roles": before}, after=after)


def give_scope(
    session: Session,
    login: str,
    *,
    actor: User,
    at: datetime,
    areas: Sequence[str] = (),
    units: Sequence[str] = (),
    whole_city: bool = False,
) -> None:
    """Let an account see these areas and units and no others."""
    actor.require_held(Permission.ROLE_EDIT)
    _not_oneself(actor, login, "授权")
    account = changeable(session, login)
    check_areas(session, areas)
    known = set(offices.units(session)["code"])
    for unit in units:
        if unit not in known:
            raise InputError(f"没有处置单位“{unit}”。")
    before = _scope(session, account)
    accounts.set_scope(
        session,
        account,
        areas=sorted(set(areas)),
        units=sorted(set(units)),
        whole_city=whole_city,
    )
    after = _scope(session, account)
    _log(session, actor, "user.areas", login, at, before=before, after=after)


def end_sessions(session: Session, login: str, *, actor: User, at: datetime) -> int:
    """Sign somebody out everywhere; return how many sessions ended."""
    if not actor.holds(Permission.ROLE_EDIT):  # either administrator may end, neither can begin
        actor.require_held(Permission.USER_EDIT)
    account = found(session, login)
    ended = signing.revoke_of_user(session, account.id, at=at)
    _log(session, actor, "user.sessions", login, at, detail={"sessions_ended": ended})
    return ended


def reset_factor(session: Session, login: str, *, actor: User, at: datetime) -> None:
    """Forget somebody's second factor (a lost phone); their sessions end."""
    actor.require_held(Permission.ROLE_EDIT)
    account = changeable(session, login)
    totp.reset(account)
    signing.revoke_of_user(session, account.id, at=at)
    _log(session, actor, "user.factor", login, at)


def found(session: Session, login: str) -> UserAccount:
    """Return an account, or raise `NotFound`."""
    account = accounts.account(session, login, lock=True)
    if account is None:
        raise NotFound(f"没有账号“{login}”；用 govdash users list 查看。")
    return account


def changeable(session: Session, login: str) -> UserAccount:
    """Return an account that belongs to somebody, or raise `Refused` or `NotFound`."""
    local.require_somebody(login)
    return found(session, login)


def check_areas(session: Session, areas: Sequence[str]) -> None:
    """Raise `InputError` when one of the areas does not exist."""
    known = set(places.frame(session)["path"]) if areas else set[str]()
    for area in areas:
        if area not in known:
            raise InputError(f"没有区域“{area}”；应为区域路径，例如 /310000/。")


def _await(session: Session, account: UserAccount, actor: User, at: datetime) -> None:
    """Let a reset count only when it is confirmed, if the account may do anything at all."""
    if accounts.roles_of(session, account.id):
        account.reset_by, account.reset_at = actor.login, at


def _not_oneself(actor: User, login: str, what: str) -> None:
    if actor.login == login:
        raise Refused(f"不能给自己{what}；请由另一位管理员办理。")


def _scope(session: Session, account: UserAccount) -> dict[str, Any]:
    return {
        "areas": accounts.areas_of(session, account.id),
        "units": accounts.units_of(session, account.id),
        "whole_city": account.whole_city,
    }


def _log(
    session: Session,
    actor: User,
    did: str,
    login: str,
    at: datetime,
    *,
    detail: dict[str, Any] | None = None,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
) -> None:
    session.flush()
    journal.record(
        session,
        actor=actor.login,
        did=did,
        subject=f"account:{login}",
        at=at,
        detail=detail,
        before=before,
        after=after,
    )
