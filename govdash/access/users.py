"""The acting person, with permissions and scope, as every workflow function receives it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from govdash.core.errors import NotFound, Refused
from govdash.core.filters import Scope
from govdash.core.permissions import Permission
from govdash.store import Session, accounts

LOCAL_OPERATOR = "operator"
LOCAL_ROLE = "local_operator"
DISPLAY = "device:"  # begins the login of a wall display, and of nobody else


@dataclass(frozen=True, slots=True)
class User:
    """Somebody (or the system) who acts: a login, what they may do, where."""

    login: str
    name: str
    permissions: frozenset[Permission]
    scope: Scope

    def may(self, permission: Permission, *, area: str | None = None) -> bool:
        """Whether the user holds `permission`, and `area` (None: in no area) is in scope."""
        return permission in self.permissions and self.scope.covers(area)

    def holds(self, permission: Permission) -> bool:
        """Whether the user holds `permission` anywhere."""
        return permission in self.permissions

    @property
    def is_display(self) -> bool:
        """Whether this is a wall display: what it shows, everybody in the room sees."""
        return self.login.startswith(DISPLAY)

    def require_person(self) -> None:
        """Raise `Refused` for a wall display: what may hold a person's data is not for it."""
        if self.is_display:
            raise Refused("大屏不显示附件、信息报告和诉求人；请用个人账号查看。")

    def require_held(self, permission: Permission) -> None:
        """Raise `Refused` unless the user holds `permission`; administrators have no areas."""
        if permission not in self.permissions:
            raise Refused(f"{self.name}没有此项权限（{permission.value}）；请联系管理员授权。")

    def require(self, permission: Permission, *, area: str | None) -> None:
        """Raise `Refused` unless the user may do this in `area`."""
        self.require_held(permission)
        if not self.scope.covers(area):
            raise Refused(f"该事项不在{self.name}的管辖范围内，不能操作。")


#: The platform itself: timed jobs and the detector act as this user.
SYSTEM = User("system", "系统", frozenset(Permission), Scope(areas=(), whole_city=True))

ROLES: dict[str, tuple[str, Iterable[Permission]]] = {
    LOCAL_ROLE: ("本机值班员", tuple(Permission)),
}


def seed_local_operator(session: Session, *, at: datetime) -> None:
    """Make the one local operator with whole-city scope, if there is no user yet.

    Nobody signs in as it; whom commands act as is decided in `local`.
    """
    for code, (name, permissions) in ROLES.items():
        accounts.put_role(session, code=code, name=name, permissions=[p.value for p in permissions])
    if accounts.account(session, LOCAL_OPERATOR) is None:
        accounts.add_account(
            session,
            login=LOCAL_OPERATOR,
            name="本机值班员",
            roles=(LOCAL_ROLE,),
            whole_city=True,
            at=at,
        )


def load_user(session: Session, login: str = LOCAL_OPERATOR) -> User:
    """Return the user with present permissions and scope.

    Raises
    ------
    NotFound
        When there is no active account of that login.
    """
    found = accounts.account(session, login)
    if found is None or not found.active:
        raise NotFound(f"没有可用的账号“{login}”；请先运行 govdash init。")
    return User(
        login=found.login,
        name=found.name,
        permissions=frozenset(Permission(p) for p in accounts.permissions_of(session, found.id)),
        scope=Scope(
            areas=accounts.areas_of(session, found.id),
            units=accounts.units_of(session, found.id),
            whole_city=found.whole_city,
        ),
    )
