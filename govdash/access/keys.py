"""API keys: made once, shown once, and never more than their owner may do at that moment."""

import hashlib
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from govdash.access.users import User, load_user
from govdash.core.errors import BadKey, InputError, NotFound
from govdash.core.filters import Scope
from govdash.core.permissions import Permission
from govdash.store import Session, accounts, journal, keys
from govdash.store import areas as places
from govdash.store.models import ApiKey

MARK: Final = "gdk_"  # lets a scanner of leaked secrets know what it found
LONGEST: Final = timedelta(days=366)  # a key is renewed once a year
NOTED_EVERY: Final = timedelta(minutes=1)  # finer, each request would change the row
#: What a person answers for with a name, so no machine does it.
_BY_PERSONS: Final = {Permission.EXPORT_PERSONAL, Permission.EXPORT_APPROVE}
#: Only what concerns rows in a scope: nobody administers by a key.
ALLOWED: Final = tuple(p for p in Permission if p.startswith("scope:") and p not in _BY_PERSONS)
_NAME_CHARS: Final = 60
_PREFIX_CHARS: Final = 12  # the mark and eight hex digits


class KeyRefused(BadKey):
    """A key that is known and does not count: expired, revoked, or of a closed account."""

    def __init__(self, said: str, *, prefix: str, owner: str) -> None:
        super().__init__(said)
        self.prefix, self.owner = prefix, owner


def make_key(  # the words of a row
    session: Session,
    *,
    actor: User,
    name: str,
    owner: str,
    permissions: Sequence[Permission],
    expires_at: datetime,
    at: datetime,
    areas: Sequence[str] = (),
    whole_scope: bool = False,
) -> str:
    """Make a key, write the journal line, and return the key itself, which is kept nowhere.

    Raises
    ------
    Refused
        When the actor may not give out keys.
    InputError
        When it would hold what its owner does not, or has no end or no scope.
    """
    actor.require_held(Permission.KEY_EDIT)
    user = load_user(session, owner)
    account = accounts.account(session, owner)
    if account is None:
        raise NotFound(f"没有账号“{owner}”。")
    _check(session, user, name, permissions, areas, whole_scope=whole_scope)
    if not at < expires_at <= at + LONGEST:
        raise InputError(f"有效期应为 1 至 {LONGEST.days} 天，写的是到 {expires_at:%Y-%m-%d}。")
    prefix = MARK + secrets.token_hex(4)
    key = f"{prefix}_{secrets.token_urlsafe(32)}"  # 256 random bits: no slow hash is needed
    row = ApiKey(
        prefix=prefix,
        key_hash=_hash(key),
        name=name.strip(),
        owner_id=account.id,
        permissions=sorted(set(permissions)),
        whole_scope=whole_scope,
        areas=sorted(set(areas)),
        created_by=actor.login,
        created_at=at,
        expires_at=expires_at,
    )
    keys.add(session, row)
    detail = {
        "owner": owner,
        "permissions": row.permissions,
        "areas": row.areas,
        "whole_scope": whole_scope,
        "expires_at": expires_at.isoformat(),
    }
    journal.record(
        session, actor=actor.login, did="key.add", subject=f"key:{prefix}", at=at, detail=detail
    )
    return key


def revoke(session: Session, prefix: str, *, actor: User, at: datetime) -> None:
    """End a key now and for good."""
    actor.require_held(Permission.KEY_EDIT)
    key = keys.by_prefix(session, prefix)
    if key is None:
        raise NotFound(f"没有以“{prefix}”开头的密钥；用 govdash keys list 查看。")
    if key.revoked_at is None:
        key.revoked_at = at
        journal.record(session, actor=actor.login, did="key.revoke", subject=f"key:{prefix}", at=at)


def user_of_key(session: Session, key: str, *, at: datetime) -> User:
    """Return the owner as the key lets them act: the smaller of both, permissions and scope.

    The use is noted on the key, so the transaction must be one that writes.

    Raises
    ------
    BadKey
        When there is no such key; `KeyRefused` when it is expired, revoked, or its owner's
        account is closed.
    """
    found = keys.by_hash(session, _hash(key))
    if found is None:
        raise BadKey("密钥无效；请向管理员索取新的密钥。")
    row, owner = found
    why = ""
    if row.revoked_at is not None:
        why = "已吊销"
    elif row.expires_at <= at:
        why = f"已于 {row.expires_at:%Y-%m-%d} 过期"
    elif not owner.active:
        why = "所属账号已停用"
    if why:
        raise KeyRefused(
            f"密钥 {row.prefix} {why}；请向管理员索取新的密钥。",
            prefix=row.prefix,
            owner=owner.login,
        )
    user = load_user(session, owner.login)
    if row.last_used_at is None or at - row.last_used_at >= NOTED_EVERY:
        keys.used(session, row, at=at)
    return User(
        login=user.login,
        name=f"{user.name}（密钥 {row.prefix}）",
        permissions=user.permissions & {p for p in ALLOWED if p in row.permissions},
        scope=user.scope if row.whole_scope else narrowed(user.scope, row.areas),
    )


def narrowed(scope: Scope, areas: Sequence[str]) -> Scope:
    """Return what of `scope` lies inside `areas`.

    Units are left out: they would show rows outside the areas.
    """
    inside = {area for area in areas if scope.covers(area)}
    inside |= {mine for mine in scope.areas if any(mine.startswith(area) for area in areas)}
    return Scope(areas=tuple(sorted(inside)))


def _check(
    session: Session,
    owner: User,
    name: str,
    permissions: Sequence[Permission],
    areas: Sequence[str],
    *,
    whole_scope: bool,
) -> None:
    if not 0 < len(name.strip()) <= _NAME_CHARS:
        raise InputError(f"请给密钥一个名称（1 至 {_NAME_CHARS} 个字），例如使用它的系统。")
    if not permissions:
        raise InputError(f"密钥至少要有一项权限；可用：{'、'.join(ALLOWED)}。")
    for permission in permissions:
        if permission not in ALLOWED:
            raise InputError(f"密钥不能有权限 {permission}；可用：{'、'.join(ALLOWED)}。")
        if not owner.holds(permission):
            raise InputError(f"{owner.name}自己没有权限 {permission}，密钥也不能有。")
    if whole_scope == bool(areas):
        raise InputError("密钥的范围：要么与所属账号相同，要么列出区域，二者选一。")
    known = set(places.frame(session)["path"])
    for area in areas:
        if area not in known:
            raise InputError(f"没有区域“{area}”；应为区域路径，例如 /310000/。")
        if not narrowed(owner.scope, [area]).areas:
            raise InputError(f"区域“{area}”不在{owner.name}的管辖范围内。")


def prefix_of(key: str) -> str:
    """Return the part of a key by which it may be named."""
    return key[:_PREFIX_CHARS]


def _hash(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()
