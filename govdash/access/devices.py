"""Wall displays: tokens that show what lies in some areas, change nothing, and can be revoked."""

import hashlib
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from govdash.access import lockout, sessions
from govdash.access.people import check_areas
from govdash.access.signin import Door
from govdash.access.users import User
from govdash.core.errors import InputError, NotFound, Refused
from govdash.core.permissions import Permission
from govdash.core.vocab import Result, Tried
from govdash.store import Session, devices, journal
from govdash.store.models import DeviceToken

MARK: Final = "gdd_"  # lets a scanner of leaked secrets know what it found
LONGEST: Final = timedelta(days=366)  # a token is renewed once a year
WRONG: Final = "令牌无效或已失效；请向管理员索取新的令牌。"  # the same for all that do not count
_NAME_CHARS: Final = 40


def make_device(
    session: Session,
    *,
    actor: User,
    name: str,
    expires_at: datetime,
    at: datetime,
    areas: Sequence[str] = (),
    whole_city: bool = False,
) -> str:
    """Make the token of a display, journal it, and return the token, which is kept nowhere.

    Raises
    ------
    Refused
        When the actor may not.
    InputError
        When it has no name, no end, or nothing to show.
    """
    actor.require_held(Permission.DEVICE_EDIT)
    name = name.strip()
    if not 0 < len(name) <= _NAME_CHARS:
        raise InputError(f"请填写大屏的名称（1 至 {_NAME_CHARS} 个字）。")
    if not at < expires_at <= at + LONGEST:
        raise InputError(f"有效期应为 1 至 {LONGEST.days} 天，写的是到 {expires_at:%Y-%m-%d}。")
    if whole_city == bool(areas):
        raise InputError("请用 --area 给出区域，或用 --all-areas 表示全市，二者选一。")
    check_areas(session, areas)
    prefix = MARK + secrets.token_hex(4)
    token = f"{prefix}_{secrets.token_urlsafe(32)}"  # 256 random bits: no slow hash is needed
    row = DeviceToken(
        prefix=prefix,
        token_hash=_hash(token),
        name=name,
        whole_city=whole_city,
        areas=sorted(set(areas)),
        created_by=actor.login,
        created_at=at,
        expires_at=expires_at,
    )
    devices.add(session, row)
    detail = {
        "name": name,
        "areas": row.areas,
        "whole_city": whole_city,
        "expires_at": expires_at.isoformat(),
    }
    journal.record(
        session, actor=actor.login, did="device.add", subject=f"device:{prefix}", at=at,
        detail=detail,
    )  # fmt: skip
    return token


def revoke(session: Session, prefix: str, *, actor: User, at: datetime) -> None:
    """End a token now and for good; what shows by it goes dark at the next look."""
    actor.require_held(Permission.DEVICE_EDIT)
    device = devices.by_prefix(session, prefix)
    if device is None:
        raise NotFound(f"没有以“{prefix}”开头的令牌；用 govdash devices list 查看。")
    if device.revoked_at is None:
        device.revoked_at = at
        devices.end_sessions(session, device.id, at=at)
        journal.record(
            session, actor=actor.login, did="device.revoke", subject=f"device:{prefix}", at=at
        )


def sign_in(door: Door, token: str, *, at: datetime) -> tuple[str, datetime]:
    """Begin the session of a display; return its token and when it ends at the latest.

    One token is one display: a session that it had before ends.

    Raises
    ------
    Refused
        When the token does not count; `TooMany` when it was tried too often from this address.
    """
    tried = [(Tried.ADDRESS, lockout.key_of(door.store.origin.address))]
    with door.store.write() as session:
        locks = lockout.begin(session, tried, at=at)
        device = devices.by_hash(session, _hash(token.strip()))
        if device is not None and device.revoked_at is None and at < device.expires_at:
            lockout.succeeded(session, tried, at=at)
            devices.end_sessions(session, device.id, at=at)
            device.last_used_at = at
            made = sessions.begin_device(
                session, device, at=at, origin=door.store.origin, agent=door.agent
            )
            _note(session, f"device:{device.prefix}", at)
            return made, device.expires_at
        _note(session, f"device:{device.prefix}" if device else "?", at, why=WRONG, locks=locks)
    raise Refused(WRONG)


def _note(session: Session, who: str, at: datetime, *, why: str = "", **detail: object) -> None:
    journal.record(
        session, actor=who, did="session.begin", subject=who, at=at, detail=detail, note=why,
        result=Result.REFUSED if why else Result.DONE,
    )  # fmt: skip


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
