"""Accounts, roles, and the areas and units of each."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select

from govdash.store.engine import Session
from govdash.store.models import Role, UserAccount, UserArea, UserRole, UserUnit


@dataclass(frozen=True, slots=True)
class Holding:
    """What one account holds: codes of roles, paths of areas, codes of units."""

    roles: tuple[str, ...]
    areas: tuple[str, ...]
    units: tuple[str, ...]


def put_role(
    session: Session,
    *,
    code: str,
    name: str,
    permissions: Sequence[str],
    administers: bool = False,
    watermark: bool = True,
) -> None:
    """Create or replace a role."""
    session.merge(
        Role(
            code=code,
            name=name,
            permissions=sorted(permissions),
            administers=administers,
            watermark=watermark,
        )
    )


def roles(session: Session) -> Sequence[Role]:
    """Return every role, by code."""
    return session.scalars(select(Role).order_by(Role.code)).all()


def roles_of(session: Session, user_id: int) -> Sequence[Role]:
    """Return the roles that a user holds."""
    held = select(Role).join(UserRole, UserRole.role_code == Role.code)
    return session.scalars(held.where(UserRole.user_id == user_id).order_by(Role.code)).all()


def set_roles(session: Session, user_id: int, codes: Sequence[str]) -> None:
    """Let a user hold these roles and no others."""
    session.execute(delete(UserRole).where(UserRole.user_id == user_id))
    session.add_all(UserRole(user_id=user_id, role_code=code) for code in codes)
    session.flush()


def set_scope(
    session: Session,
    account_: UserAccount,
    *,
    areas: Sequence[str],
    units: Sequence[str],
    whole_city: bool,
) -> None:
    """Let a user see these areas and units and no others."""
    session.execute(delete(UserArea).where(UserArea.user_id == account_.id))
    session.execute(delete(UserUnit).where(UserUnit.user_id == account_.id))
    session.add_all(UserArea(user_id=account_.id, area_path=path) for path in areas)
    session.add_all(UserUnit(user_id=account_.id, unit_code=code) for code in units)
    account_.whole_city = whole_city
    session.flush()


def add_account(
    session: Session,
    *,
    login: str,
    name: str,
    roles: Sequence[str],
    at: datetime,
    areas: Sequence[str] = (),
    units: Sequence[str] = (),
    whole_city: bool = False,
) -> UserAccount:
    """Add an account with its roles, area paths and unit codes."""
    account_ = UserAccount(login=login, name=name, whole_city=whole_city, created_at=at)
    session.add(account_)
    session.flush()
    session.add_all(UserRole(user_id=account_.id, role_code=code) for code in roles)
    session.add_all(UserArea(user_id=account_.id, area_path=path) for path in areas)
    session.add_all(UserUnit(user_id=account_.id, unit_code=code) for code in units)
    session.flush()
    return account_


def account(session: Session, login: str, *, lock: bool = False) -> UserAccount | None:
    """Return the account of a login, active or not; `lock` keeps others from changing it."""
    wanted = select(UserAccount).where(UserAccount.login == login)
    if lock:
        wanted = wanted.with_for_update().execution_options(populate_existing=True)
    return session.scalar(wanted)


def by_identity(session: Session, identity: str) -> UserAccount | None:
    """Return the account that an identity of a provider is bound to."""
    return session.scalar(select(UserAccount).where(UserAccount.identity == identity))


def listed(session: Session) -> Sequence[UserAccount]:
    """Return every account, by login."""
    return session.scalars(select(UserAccount).order_by(UserAccount.login)).all()


def holdings(session: Session) -> dict[int, Holding]:
    """Return what every account with a role holds, by the account's id, in three queries."""
    told: list[dict[int, list[str]]] = []
    for rows in (
        session.execute(select(UserRole.user_id, UserRole.role_code).order_by(UserRole.role_code)),
        session.execute(select(UserArea.user_id, UserArea.area_path).order_by(UserArea.area_path)),
        session.execute(select(UserUnit.user_id, UserUnit.unit_code).order_by(UserUnit.unit_code)),
    ):
        found: dict[int, list[str]] = {}
        for user_id, value in rows:
            found.setdefault(user_id, []).append(value)
        told.append(found)
    roles, areas, units = told
    return {
        user_id: Holding(tuple(codes), tuple(areas.get(user_id, ())), tuple(units.get(user_id, ())))
        for user_id, codes in roles.items()
    }


def names(session: Session) -> dict[str, str]:
    """Return the name of every account by its login, closed ones included."""
    found = session.execute(select(UserAccount.login, UserAccount.name))
    return dict(found.all())


def permissions_of(session: Session, user_id: int) -> frozenset[str]:
    """Return every permission that the user's roles give."""
    held = roles_of(session, user_id)
    return frozenset(permission for role in held for permission in role.permissions)


def areas_of(session: Session, user_id: int) -> tuple[str, ...]:
    """Return the area paths that the user may see."""
    mine = select(UserArea.area_path).where(UserArea.user_id == user_id)
    return tuple(session.scalars(mine.order_by(UserArea.area_path)))


def units_of(session: Session, user_id: int) -> tuple[str, ...]:
    """Return the codes of the units that the user works for."""
    mine = select(UserUnit.unit_code).where(UserUnit.user_id == user_id)
    return tuple(session.scalars(mine.order_by(UserUnit.unit_code)))
