"""Who can be told what: active accounts with their roles, permissions and scopes, at one moment."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Self

from govdash.access.users import LOCAL_OPERATOR, User
from govdash.core.filters import Scope
from govdash.core.permissions import Permission
from govdash.store import Session, accounts


@dataclass(frozen=True, slots=True)
class Person:
    """An active account: the user as they may act, and the codes of their roles."""

    user: User
    roles: frozenset[str]

    def sees(self, area_path: str | None, unit_code: str | None = None) -> bool:
        """Whether something of this area and unit lies in the person's scope."""
        scope = self.user.scope
        return scope.covers(area_path) or (unit_code is not None and unit_code in scope.units)


@dataclass(frozen=True, slots=True)
class Audience:
    """Everybody who can be told something."""

    people: Mapping[str, Person]  # by login
    role_names: Mapping[str, str]

    @classmethod
    def load(cls, session: Session) -> Self:
        """Read all active accounts in a few queries; the local operator reads no messages."""
        roles = {role.code: role for role in accounts.roles(session)}
        held = accounts.holdings(session)
        people: dict[str, Person] = {}
        for account in accounts.listed(session):
            mine = held.get(account.id)
            if not account.active or mine is None or account.login == LOCAL_OPERATOR:
                continue
            given = {Permission(p) for code in mine.roles for p in roles[code].permissions}
            user = User(
                account.login,
                account.name,
                frozenset(given),
                Scope(mine.areas, mine.units, whole_city=account.whole_city),
            )
            people[account.login] = Person(user, frozenset(mine.roles))
        return cls(people, {code: role.name for code, role in roles.items()})

    def with_role(
        self, role: str, needs: Permission, *, area: str | None, unit: str | None = None
    ) -> list[Person]:
        """Return who holds a role, may read the thing and sees its area, by login."""
        return self._sorted(
            p for p in self.people.values()
            if role in p.roles and p.user.holds(needs) and p.sees(area, unit)
        )  # fmt: skip

    def of_unit(self, unit: str, needs: Permission) -> list[Person]:
        """Return who works for a unit and holds a permission, by login."""
        return self._sorted(
            p for p in self.people.values() if unit in p.user.scope.units and p.user.holds(needs)
        )

    def with_permission(self, *needs: Permission, area: str | None) -> list[Person]:
        """Return who holds all these permissions and sees an area, by login."""
        return self._sorted(
            p for p in self.people.values()
            if all(p.user.holds(need) for need in needs) and p.user.scope.covers(area)
        )  # fmt: skip

    @staticmethod
    def _sorted(found: Iterable[Person]) -> list[Person]:
        return sorted(found, key=lambda person: person.user.login)
