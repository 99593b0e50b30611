"""The second factor: a code from an app, RFC 6238; each counts once."""

import hmac
from datetime import datetime
from typing import Final

from pyotp import parse_uri, random_base32
from pyotp.totp import TOTP

from govdash.access.secret import Safe
from govdash.core.errors import InputError, NotFound
from govdash.core.settings import Settings
from govdash.store import Session, accounts
from govdash.store.models import UserAccount

ISSUER: Final = "govdash 城市运行平台"
STEP: Final = 30  # seconds, as every app has it
_DIGITS: Final = 6
_EITHER_SIDE: Final = 1  # steps by which a clock may differ
_PURPOSE: Final = "totp"


def propose(session: Session, login: str, *, settings: Settings) -> str:
    """Return the address (``otpauth://…``) of the secret that the account is to take over.

    It is the same until a first code confirms it, so that a page may be loaded again.
    """
    account = _account(session, login)
    if account.totp_on_at is not None:
        raise InputError("已经设置了动态验证码；更换手机请联系安全管理员重置。")
    safe = Safe(settings, _PURPOSE)
    if account.totp_secret is None:
        account.totp_secret = safe.lock(random_base32())
        session.flush()
    secret = safe.unlock(account.totp_secret)
    return TOTP(secret).provisioning_uri(name=account.login, issuer_name=ISSUER)


def secret_in(address: str) -> str:
    """Return the secret of an address, to be typed in by hand."""
    return parse_uri(address).secret


def is_on(session: Session, login: str) -> bool:
    """Whether the account has a second factor."""
    return _account(session, login).totp_on_at is not None


def confirm(session: Session, login: str, code: str, *, settings: Settings, at: datetime) -> bool:
    """Switch the second factor on when the first code is right."""
    account = _account(session, login)
    if account.totp_on_at is not None or not taken(account, code, settings=settings, at=at):
        return False
    account.totp_on_at = at
    session.flush()
    return True


def check(session: Session, login: str, code: str, *, settings: Settings, at: datetime) -> bool:
    """Whether the code is right and not taken before."""
    account = _account(session, login)
    if account.totp_on_at is None:
        return False
    return taken(account, code, settings=settings, at=at)


def taken(account: UserAccount, code: str, *, settings: Settings, at: datetime) -> bool:
    """Take a code: true when it is of now, give or take a step, and newer than the last one."""
    given = "".join(code.split())
    if account.totp_secret is None or len(given) != _DIGITS or not given.isascii():
        return False
    maker = TOTP(Safe(settings, _PURPOSE).unlock(account.totp_secret))
    present = int(at.timestamp()) // STEP
    for step in range(present - _EITHER_SIDE, present + _EITHER_SIDE + 1):
        fresh = account.totp_step is None or step > account.totp_step
        if hmac.compare_digest(maker.at(step * STEP), given) and fresh:
            account.totp_step = step
            return True
    return False


def present_code(account: UserAccount, *, settings: Settings, at: datetime) -> str:
    """Return the code of now; for demos without a phone, and for tests."""
    if account.totp_secret is None:
        raise NotFound(f"账号“{account.login}”还没有设置动态验证码。")
    return TOTP(Safe(settings, _PURPOSE).unlock(account.totp_secret)).at(at)


def reset(account: UserAccount) -> None:
    """Forget the second factor; where it is needed it is set up at the next sign-in."""
    account.totp_secret = account.totp_on_at = account.totp_step = None


def _account(session: Session, login: str) -> UserAccount:
    account = accounts.account(session, login, lock=True)
    if account is None:
        raise NotFound(f"没有账号“{login}”。")
    return account
