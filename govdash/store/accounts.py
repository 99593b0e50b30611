"""Accounts, roles, and the areas and units of each."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select

from govdash.store.engine import Session
from govdash.store.models import Role, UserAccount, UserArea, UserRole, UserUnit


def put_role(session: Session, *, code: str, name: str, permissions: Sequence[str]) -> None:
    """Create or replace a role."""
    session.merge(Role(code=code, name=name, permissions=sorted(permissions)))


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


def account(session: Session, login: str) -> UserAccount | None:
    """Return the account of a login, active or not."""
    return session.scalar(select(UserAccount).where(UserAccount.login == login))


def names(session: Session) -> dict[str, str]:
    """Return the name of every account by its login, closed ones included."""
    found = session.execute(select(UserAccount.login, UserAccount.name))
    return dict(found.all())


def permissions_of(session: Session, user_id: int) -> frozenset[str]:
    """Return every permission that the user's roles give."""
    roles = session.scalars(
        select(Role)
        .join(UserRole, UserRole.role_code == Role.code)
        .where(UserRole.user_id == user_id)
    )
    return frozenset(permission for role in roles for permission in role.permissions)


def areas_of(session: Session, user_id: int) -> tuple[str, ...]:
    """Return the area paths that the user may see."""
    mine = select(UserArea.area_path).where(UserArea.user_id == user_id)
    return tuple(session.scalars(mine.order_by(UserArea.area_path)))


def units_of(session: Session, user_id: int) -> tuple[str, ...]:
    """Return the codes of the units that the user works for."""
    mine = select(UserUnit.unit_code).where(UserUnit.user_id == user_id)
    return tuple(session.scalars(mine.order_by(UserUnit.unit_code)))
