"""Roles as data: what each may do, and that the three administrators stay apart."""

from collections.abc import Sequence
from itertools import combinations
from pathlib import Path
from typing import Final

import yaml
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from govdash.access import local
from govdash.access.users import LOCAL_ROLE
from govdash.core.errors import InputError, SettingsError
from govdash.core.permissions import Permission
from govdash.store import Session, accounts
from govdash.store.models import Role

FILE: Final = "roles.yaml"


class RoleEntry(BaseModel):
    """One role of ``roles.yaml``."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    code: str = Field(pattern=r"^[a-z_]{2,40}$")
    name: str = Field(min_length=1)
    permissions: tuple[Permission, ...]
    administers: bool = False
    watermark: bool = True


_ENTRIES: Final = TypeAdapter(tuple[RoleEntry, ...])


def load(data: Path) -> tuple[RoleEntry, ...]:
    """Read and check ``roles.yaml``.

    Raises
    ------
    SettingsError
        When it cannot be read, or two administrators share a permission.
    """
    path = data / FILE
    try:
        entries = _ENTRIES.validate_python(yaml.safe_load(path.read_text("utf-8")))
    except (OSError, yaml.YAMLError, ValidationError) as error:
        raise SettingsError(f"角色文件 {path} 不能用：{error}") from error
    for one, other in combinations([e for e in entries if e.administers], 2):
        if shared := set(one.permissions) & set(other.permissions):
            listed = "、".join(sorted(shared))
            raise SettingsError(f"角色文件 {path}：{one.name}与{other.name}不能共有权限 {listed}。")
    return entries


def seed(session: Session, data: Path) -> None:
    """Write the roles into the database, as the file has them now."""
    for entry in load(data):
        accounts.put_role(
            session,
            code=entry.code,
            name=entry.name,
            permissions=[p.value for p in entry.permissions],
            administers=entry.administers,
            watermark=entry.watermark,
        )


def grantable(session: Session) -> list[Role]:
    """Return the roles that can be given to somebody, by code."""
    return [role for role in accounts.roles(session) if role.code != LOCAL_ROLE]


def chosen(session: Session, codes: Sequence[str]) -> list[Role]:
    """Return the roles of `codes`, which one person may hold together.

    Raises
    ------
    Refused
        When it is the local operator's, which nobody is given.
    InputError
        When there is no such role, or two administrators would be one person.
    """
    known = {role.code: role for role in grantable(session)}
    for code in codes:
        local.require_role(code)
        if code not in known:
            listed = "、".join(f"{role.code}（{role.name}）" for role in known.values())
            raise InputError(f"没有角色“{code}”；可用：{listed}。")
    held = [known[code] for code in dict.fromkeys(codes)]
    administers = [role.name for role in held if role.administers]
    if administers and len(held) > 1:
        raise InputError(
            f"{administers[0]}不能兼任其他角色（{'、'.join(r.name for r in held)}）：三员分立。"
        )
    return held
