"""The accounts of a demo, one for each role; their passwords lie in a file below ``var/``."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from govdash.access import SYSTEM, mode, people, roles, totp
from govdash.core.errors import InputError
from govdash.core.settings import Settings
from govdash.core.vocab import AreaLevel, Mode
from govdash.demo.plan import alone, folder
from govdash.store import Session, Store, accounts, areas

_HEAD: Final = (
    "# 演示账号：登录名、密码、角色、姓名；管理员另有验证码密钥（加入手机验证器，或运行\n"
    "# govdash users code 登录名 取得此刻的验证码）。只用于演示。\n"
)


@dataclass(frozen=True, slots=True)
class Cast:
    """A role of the demo: who plays it, and what they see."""

    login: str
    role: str
    name: str
    sees: str = ""  # "city", "district", or the kind of unit that they work for there


CAST: Final = (
    Cast("duty", "duty", "沈岚", "city"),
    Cast("lead", "leader", "顾青", "city"),
    Cast("dispatch", "dispatcher", "陆川", "city"),
    Cast("handle", "handler", "石磊", "CLEAN"),
    Cast("verify", "verifier", "苏晴", "district"),
    Cast("manage", "manager", "周维", "city"),
    Cast("analyse", "analyst", "林乔", "city"),
    Cast("sysadmin", "system", "高远"),
    Cast("secadmin", "security", "方正"),
    Cast("audit", "auditor", "严明"),
)


@dataclass(frozen=True, slots=True)
class Opened:
    """A demo account with its password, as it is shown once."""

    login: str
    password: str
    role: str
    name: str
    otpauth: str = ""  # address of the second factor's secret

    @property
    def line(self) -> str:
        """One line of the table."""
        factor = f"  {self.otpauth}" if self.otpauth else ""
        return f"{self.login:<10}{self.password}  {self.role}  {self.name}{factor}"


def file_of(settings: Settings) -> Path:
    """Return where the passwords are kept."""
    return folder(settings) / "accounts.txt"


def open_accounts(store: Store, settings: Settings, *, at: datetime) -> Sequence[Opened]:
    """Open the accounts that are missing, with passwords in a file that only its owner reads.

    Returns
    -------
    The accounts that were opened now; none when they are there already.

    Raises
    ------
    InputError
        When this is no demo.
    """
    if settings.mode is not Mode.DEMO:
        raise InputError("演示账号只能建在演示模式的数据库里。")
    with alone(settings), store.write() as session:
        mode.require_same(session, settings)
        roles.seed(session, settings.data)
        names = {role.code: role.name for role in accounts.roles(session)}
        opened = [
            _open(session, cast, names[cast.role], settings, at)
            for cast in CAST
            if accounts.account(session, cast.login) is None
        ]
        if opened:
            _keep(file_of(settings), opened)
    return opened


def _open(session: Session, cast: Cast, role: str, settings: Settings, at: datetime) -> Opened:
    password = people.add(session, actor=SYSTEM, login=cast.login, name=cast.name, at=at)
    people.give_roles(session, cast.login, [cast.role], actor=SYSTEM, at=at)
    place = _district(session) if cast.sees not in {"", "city"} else ""
    people.give_scope(
        session,
        cast.login,
        areas=[place] if cast.sees == "district" else (),
        units=[f"{place.split('/')[-2]}-{cast.sees}"] if cast.sees.isupper() else (),
        whole_city=cast.sees == "city",
        actor=SYSTEM,
        at=at,
    )
    account = people.found(session, cast.login)
    account.must_change = False
    otpauth = ""
    if any(held.administers for held in accounts.roles_of(session, account.id)):
        otpauth = totp.propose(session, cast.login, settings=settings)
        account.totp_on_at = at
    return Opened(cast.login, password, role, cast.name, otpauth)


def _district(session: Session) -> str:
    table = areas.frame(session)
    return str(table.loc[table["level"] == AreaLevel.DISTRICT, "path"].min())


def _keep(path: Path, opened: Sequence[Opened]) -> None:
    before = path.read_text("utf-8") if path.exists() else _HEAD
    part = path.with_suffix(".part")
    part.unlink(missing_ok=True)
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(before + "".join(f"{account.line}\n" for account in opened))
    part.replace(path)
