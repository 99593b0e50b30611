"""Who somebody is, in words for the screen: name, roles, units."""

from dataclasses import dataclass

from govdash.access.sessions import Signed
from govdash.store import Session, accounts, areas, units


@dataclass(frozen=True, slots=True)
class Profile:
    """What stands beside the name of whoever is signed in."""

    login: str
    name: str
    roles: tuple[str, ...] = ()
    units: tuple[str, ...] = ()
    whole_city: bool = False
    is_device: bool = False
    areas: tuple[str, ...] = ()  # names
    marked: bool = True  # whether the watermark lies over what they see

    @property
    def place(self) -> str:
        """The unit, or what stands for it."""
        return "、".join(self.units) or ("全市" if self.whole_city else "")

    @property
    def mark(self) -> str:
        """The place as a watermark tells it: areas where there is no unit."""
        return self.place or "、".join(self.areas[:2])


def profile_of(session: Session, signed: Signed) -> Profile:
    """Describe who is signed in; a display has a name only."""
    account = None if signed.is_device else accounts.account(session, signed.login)
    if account is None:
        return Profile(signed.login, signed.name, is_device=signed.is_device)
    table = units.units(session)
    held = accounts.roles_of(session, account.id)
    names = dict(zip(table["code"], table["name"], strict=True))
    return Profile(
        login=account.login,
        name=account.name,
        roles=tuple(role.name for role in held),
        units=tuple(names.get(code, code) for code in accounts.units_of(session, account.id)),
        whole_city=account.whole_city,
        areas=_area_names(session, account.id),
        marked=not held or any(role.watermark for role in held),
    )


def _area_names(session: Session, account_id: int) -> tuple[str, ...]:
    paths = accounts.areas_of(session, account_id)
    names = areas.names(session) if paths else {}
    return tuple(names.get(path, path) for path in paths)
