"""The accounts as a list: who, which roles, what they see, whether they can come in now."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from govdash.access.lockout import key_of
from govdash.access.users import User
from govdash.core.permissions import Permission
from govdash.store import Session, accounts, signing
from govdash.store.models import UserAccount


@dataclass(frozen=True, slots=True)
class Entry:
    """One account; roles by name, areas by path, units by code."""

    login: str
    name: str
    state: str
    roles: list[str]
    areas: list[str]
    units: list[str]
    whole_city: bool
    factor: bool
    sessions: int
    reset_by: str  # login of who reset it, while that waits to be confirmed; else empty


def directory(session: Session, actor: User, *, at: datetime) -> Sequence[Entry]:
    """Return every account, by login, for either administrator of them.

    Raises
    ------
    Refused
        When the actor is neither.
    """
    if not actor.holds(Permission.ROLE_EDIT):
        actor.require_held(Permission.USER_EDIT)
    locked = signing.locked(session, at=at)
    return [_entry(session, account, locked, at) for account in accounts.listed(session)]


def _entry(
    session: Session, account: UserAccount, locked: dict[str, datetime], at: datetime
) -> Entry:
    state = "有效" if account.active else "已停用"
    if account.active and key_of(account.login) in locked:
        state = "暂时锁定"
    elif account.active and account.reset_by is not None:
        state = "待确认"
    return Entry(
        login=account.login,
        name=account.name,
        state=state,
        roles=[role.name for role in accounts.roles_of(session, account.id)],
        areas=list(accounts.areas_of(session, account.id)),
        units=list(accounts.units_of(session, account.id)),
        whole_city=account.whole_city,
        factor=account.totp_on_at is not None,
        sessions=len(signing.open_of_user(session, account.id, at=at)),
        reset_by=account.reset_by or "",
    )
