"""Sessions on the server: begun, judged, touched, changed for another, ended.

The browser holds a random token, the database its hash. What is asked automatically is judged
(`validate`) and is no activity; only what a person does is (`touch`).
"""

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from govdash.access import local, passwords
from govdash.access.users import DISPLAY, User, load_user
from govdash.core.errors import SignedOut
from govdash.core.filters import Scope
from govdash.core.origin import Origin
from govdash.core.permissions import Permission
from govdash.core.settings import Settings
from govdash.core.vocab import Mode
from govdash.store import Session, accounts, signing
from govdash.store.models import DeviceToken, UserAccount, UserSession

ABSOLUTE: Final = timedelta(hours=12)
_AGENT: Final = 200
WAITS: Final = "密码或统一身份刚被重置，须由安全管理员确认后才能登录；请联系安全管理员。"
#: What a wall display may do.
SHOWN: Final = frozenset({Permission.EVENT_READ, Permission.ALERT_READ, Permission.CASE_READ})


class Stage(StrEnum):
    """What a person has to do before anything else is shown."""

    FACTOR = "factor"  # give the code of the second factor
    ENROL = "enrol"  # set a second factor up
    PASSWORD = "password"  # noqa: S105  # nosec B105 # a stage: choose a new password
    OPEN = "open"  # nothing


@dataclass(frozen=True, slots=True)
class Signed:
    """A session that counts at this moment."""

    session_id: int
    login: str  # of the account; for a display ``device:`` and its prefix
    name: str
    stage: Stage
    ends_at: datetime
    is_device: bool = False


def begin(  # the words of a row
    session: Session,
    account: UserAccount,
    *,
    at: datetime,
    origin: Origin,
    agent: str,
    federated: bool = False,
) -> str:
    """Begin a session of an account whose password was right; return its token.

    `federated`: whom a provider of identities vouches for, without a password of ours.
    """
    ends, user = at + ABSOLUTE, account.id
    return _begin(
        session, at=at, ends=ends, origin=origin, agent=agent, user=user, federated=federated
    )


def begin_device(
    session: Session, device: DeviceToken, *, at: datetime, origin: Origin, agent: str
) -> str:
    """Begin the session of a wall display, which ends with its token; return the session's."""
    ends = device.expires_at
    return _begin(session, at=at, ends=ends, origin=origin, agent=agent, device=device.id)


def validate(session: Session, token: str, *, settings: Settings, at: datetime) -> Signed:
    """Judge a token, the cookie's or another's; this is no activity.

    Raises
    ------
    SignedOut
        When it is none, or its session has ended for whatever reason.
    """
    row, account, device = _found(session, token)
    if why := ended(row, account, device, idle=timedelta(minutes=settings.idle_minutes), at=at):
        raise SignedOut(why)
    if device is not None:
        login = f"{DISPLAY}{device.prefix}"
        return Signed(row.id, login, device.name, Stage.OPEN, row.ends_at, is_device=True)
    assert account is not None  # noqa: S101  # nosec B101 # `ended` looked
    if settings.mode is Mode.PRODUCTION and local.is_local(account):
        raise SignedOut("命令行的内部账号不能在网页使用，请用本人的账号登录。")
    stage = _stage(session, row, account, settings, at)
    return Signed(row.id, account.login, account.name, stage, row.ends_at)


def ended(
    row: UserSession,
    account: UserAccount | None,
    device: DeviceToken | None,
    *,
    idle: timedelta,
    at: datetime,
) -> str:
    """Say in Chinese why a session does not count any more; empty while it does."""
    if row.revoked_at is not None or at >= row.ends_at:
        return "登录已结束，请重新登录。"
    if device is not None:
        gone = device.revoked_at is not None or at >= device.expires_at
        return "大屏令牌已失效，请向管理员索取新的令牌。" if gone else ""
    if account is None or not account.active:
        return "账号已停用，请联系管理员。"
    if account.reset_by is not None:
        return WAITS
    if at - row.active_at >= idle:
        return f"超过 {idle // timedelta(minutes=1)} 分钟没有操作，请重新登录。"
    return ""


def user_of(session: Session, token: str, *, settings: Settings, at: datetime) -> User:
    """Return who acts with a token, with permissions and scope as they are now.

    Raises
    ------
    SignedOut
        When the session has ended, or something must be done first (`Stage`).
    """
    signed = validate(session, token, settings=settings, at=at)
    require_open(signed)
    if not signed.is_device:
        return load_user(session, signed.login)
    _row, _account, device = _found(session, token)
    assert device is not None  # noqa: S101  # nosec B101 # `validate` found it
    return User(signed.login, signed.name, SHOWN, scope_of(device))


def require_open(signed: Signed) -> None:
    """Raise `SignedOut` while something must be done first."""
    if signed.stage is not Stage.OPEN:
        raise SignedOut("登录还没有完成，请继续登录。")


def scope_of(device: DeviceToken) -> Scope:
    """Return what a display shows."""
    return Scope(areas=tuple(device.areas), whole_city=device.whole_city)


def own(
    session: Session, signed: Signed, *, settings: Settings, at: datetime
) -> Sequence[UserSession]:
    """Return the sessions that somebody has now, newest first; a display has none of its own."""
    account = None if signed.is_device else accounts.account(session, signed.login)
    if account is None:
        return []
    idle = timedelta(minutes=settings.idle_minutes)
    mine = signing.open_of_user(session, account.id, at=at)
    return [row for row in mine if not ended(row, account, None, idle=idle, at=at)]


def touch(session: Session, signed: Signed, *, at: datetime) -> None:
    """Note that a person did something."""
    signing.touch(session, signed.session_id, at=at)


def rotate(session: Session, token: str, *, at: datetime, factor: bool = False) -> str:
    """Give a session another token, because it may do more from now on; the old one is void.

    With `factor` the second factor was given; it then counts as given to the end.
    """
    row, _account, _device = _found(session, token)
    new = secrets.token_urlsafe(32)
    row.token_hash = _hash(new)
    row.active_at = max(row.active_at, at)
    if factor:
        row.factor_at = at
    session.flush()
    return new


def end(session: Session, token: str, *, at: datetime) -> Signed | None:
    """End the session of a token, in every tab; None when there was none to end."""
    found = signing.by_hash(session, _hash(token))
    if found is None or found[0].revoked_at is not None:
        return None
    row, account, device = found
    signing.revoke(session, row.id, at=at)
    login = account.login if account else f"{DISPLAY}{device.prefix}" if device else ""
    name = account.name if account else device.name if device else ""
    return Signed(row.id, login, name, Stage.OPEN, row.ends_at, is_device=device is not None)


def _begin(  # the words of a row
    session: Session,
    *,
    at: datetime,
    ends: datetime,
    origin: Origin,
    agent: str,
    user: int | None = None,
    device: int | None = None,
    federated: bool = False,
) -> str:
    token = secrets.token_urlsafe(32)  # 256 random bits: no slow hash is needed
    row = UserSession(
        token_hash=_hash(token),
        user_id=user,
        device_id=device,
        created_at=at,
        active_at=at,
        ends_at=ends,
        federated=federated,
        address=origin.address,
        agent=agent[:_AGENT],
    )
    signing.add_session(session, row)
    return token


def _found(
    session: Session, token: str
) -> tuple[UserSession, UserAccount | None, DeviceToken | None]:
    found = signing.by_hash(session, _hash(token))
    if found is None:
        raise SignedOut("请先登录。")
    return found


def _stage(
    session: Session, row: UserSession, account: UserAccount, settings: Settings, at: datetime
) -> Stage:
    if account.totp_on_at is not None and row.factor_at is None:
        return Stage.FACTOR
    old = account.must_change or passwords.too_old(account, settings, at=at)
    if old and not row.federated:
        return Stage.PASSWORD
    if account.totp_on_at is None and needs_factor(session, account):
        return Stage.ENROL
    return Stage.OPEN


def needs_factor(session: Session, account: UserAccount) -> bool:
    """Whether the account holds a role that is not used without a second factor."""
    return any(role.administers for role in accounts.roles_of(session, account.id))


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
