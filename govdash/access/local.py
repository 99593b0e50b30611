"""The local operator: whom commands act as in a demo, and nobody else anywhere.

It holds every permission, so nobody may become it: it has no password and no identity, no session
in production, and its role is nobody else's. In production a command acts as a named account.
"""

from dataclasses import replace
from typing import Final

from govdash.access.users import LOCAL_OPERATOR, LOCAL_ROLE, User, load_user
from govdash.core.errors import NotFound, Refused, SettingsError
from govdash.core.permissions import Permission
from govdash.core.settings import Settings
from govdash.core.vocab import Mode
from govdash.store import Session, accounts
from govdash.store.models import UserAccount

#: What the local operator may do in production while nobody of a name can: the first accounts.
FIRST: Final = frozenset({Permission.USER_EDIT, Permission.ROLE_EDIT})
_TOLD: Final = {Permission.USER_EDIT: "系统管理员", Permission.ROLE_EDIT: "安全管理员"}


def is_local(account: UserAccount) -> bool:
    """Whether this is the account of the local operator."""
    return account.login == LOCAL_OPERATOR


def require_somebody(login: str) -> None:
    """Raise `Refused` when the account is the local operator's, which nobody changes."""
    if login == LOCAL_OPERATOR:
        raise Refused(
            f"“{LOCAL_OPERATOR}”是命令行的内部账号，不属于任何人：不能设密码、绑定身份、"
            "停用启用或授权；请为本人开设账号。"
        )


def require_role(code: str) -> None:
    """Raise `Refused` when the role is the local operator's, which nobody is given."""
    if code == LOCAL_ROLE:
        raise Refused(f"角色“{LOCAL_ROLE}”含全部权限，只属于命令行，不能授予任何人。")


def commander(session: Session, settings: Settings, *, first: Permission | None = None) -> User:
    """Return who a command acts as: ``GOVDASH_ACTOR``, in a demo the local operator without one.

    `first` is what the command needs, when it may make the first account that holds it: in
    production the local operator then acts with that alone, until there is one.

    Raises
    ------
    SettingsError
        When the setting is missing in production, or names no account that can act.
    """
    if settings.actor:
        return _named(session, settings.actor)
    if settings.mode is Mode.DEMO:
        return load_user(session)
    if first is None or first not in FIRST:
        raise SettingsError(
            "正式环境的命令要以具名账号执行：请设 GOVDASH_ACTOR=您的登录名，"
            "例如 GOVDASH_ACTOR=gao govdash …；操作按该账号的角色和范围判断，并记在其名下。"
        )
    if holders := _holders(session, first):
        raise SettingsError(
            f"已有{_TOLD[first]}（{'、'.join(holders)}），不再由本机值班员代办："
            "请设 GOVDASH_ACTOR=其中一位的登录名。"
        )
    return replace(load_user(session), permissions=frozenset({first}))


def _named(session: Session, login: str) -> User:
    if login == LOCAL_OPERATOR:
        raise SettingsError(f"GOVDASH_ACTOR 不能是“{LOCAL_OPERATOR}”；请写一个具名账号的登录名。")
    try:
        return load_user(session, login)
    except NotFound:
        raise SettingsError(
            f"GOVDASH_ACTOR={login} 没有这个账号或已停用；用 govdash users list 查看。"
        ) from None


def _holders(session: Session, needs: Permission) -> list[str]:
    """Return the logins of those who come in and hold a permission, the local operator aside."""
    return [
        account.login
        for account in accounts.listed(session)
        if account.active
        and account.reset_by is None
        and not is_local(account)
        and needs in accounts.permissions_of(session, account.id)
    ]
