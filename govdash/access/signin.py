"""Signing in and out, step by step: password, second factor, new password; each one action."""

from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from govdash.access import local, lockout, passwords, sessions, totp
from govdash.access.sessions import Signed, Stage
from govdash.core.errors import Conflict, InputError, Refused, SignedOut, TooMany
from govdash.core.settings import Settings
from govdash.core.vocab import Result, Tried
from govdash.store import Session, Store, accounts, journal, signing
from govdash.store.models import UserAccount

WRONG: Final = "登录名或密码不对。"  # the same whether the login exists or not
WRONG_CODE: Final = "验证码不对或已用过；请等下一个验证码再试。"
_UNKNOWN: Final = "?"  # never what was typed: people type passwords into the wrong field


@dataclass(frozen=True, slots=True)
class Door:
    """What signing in works with: the store as of this request, and what the browser is."""

    store: Store
    settings: Settings
    agent: str = ""


def sign_in(door: Door, login: str, password: str, *, at: datetime) -> str:
    """Judge login and password; return the token of a new session.

    Raises
    ------
    Refused
        When they are wrong or wait to be confirmed; `TooMany` when it was tried too often.
    """
    login = login.strip()
    tried = lockout.keys(login, door.store.origin.address)

    def typed(session: Session) -> str:
        account = accounts.account(session, login)
        return account.login if account else _UNKNOWN

    with _counting(door, typed, "session.begin", at=at) as session:
        locks = lockout.begin(session, tried, at=at)
        lockout.forget_old(session, at=at)
        account = accounts.account(session, login)
        known = account.password_hash if account and _comes_in(account) else None
    # The slow part is outside every transaction: on SQLite others wait for a writer.
    good, why = passwords.verified(password, known), WRONG
    with door.store.write() as session:
        account = accounts.account(session, login)
        if good and known and account and _comes_in(account) and account.password_hash == known:
            lockout.succeeded(session, tried, at=at)
            if account.reset_by is None:
                if passwords.weak_hash(known):
                    account.password_hash = passwords.hashed(password)
                token = sessions.begin(
                    session, account, at=at, origin=door.store.origin, agent=door.agent
                )
                _note(session, login, "session.begin", at=at)
                return token
            why, locks = sessions.WAITS, False
        who = account.login if account else _UNKNOWN
        _note(session, who, "session.begin", at=at, why=why, locks=locks)
    raise Refused(why)


def give_code(door: Door, token: str, code: str, *, at: datetime) -> str:
    """Judge the code of the second factor, or the first one of a new one; return another token.

    Whoever has none may set one up at any time; their other sessions then wait for a code.

    Raises
    ------
    Refused
        When it is wrong; `TooMany` when it was tried too often.
    """
    with _counting(door, _whose(door, token, at), "factor.give", at=at) as session:
        signed = sessions.validate(session, token, settings=door.settings, at=at)
        enrols = may_enrol(session, signed)
        if signed.stage is not Stage.FACTOR and not enrols:
            raise InputError("现在不需要验证码。")
        # Counted on its own: giving the password again must not make more guesses free.
        tried = lockout.keys(signed.login, door.store.origin.address, kind=Tried.FACTOR)
        locks = lockout.begin(session, tried, at=at)
        judge = totp.confirm if enrols else totp.check
        did = "factor.enrol" if enrols else "factor.give"
        if judge(session, signed.login, code, settings=door.settings, at=at):
            lockout.succeeded(session, tried, at=at)
            _note(session, signed.login, did, at=at)
            return sessions.rotate(session, token, at=at, factor=True)
        _note(session, signed.login, did, at=at, why=WRONG_CODE, locks=locks)
    raise Refused(WRONG_CODE)


def may_enrol(session: Session, signed: Signed) -> bool:
    """Whether a person who is signed in sets a second factor up: they must, or have none yet."""
    if signed.stage is Stage.ENROL:
        return True
    return (
        signed.stage is Stage.OPEN
        and not signed.is_device
        and not totp.is_on(session, signed.login)
    )


@contextmanager
def _counting(
    door: Door, who: Callable[[Session], str], did: str, *, at: datetime
) -> Generator[Session]:
    """Open the transaction that counts a try; what is refused as one too many is a line too."""
    try:
        with door.store.write() as session:
            yield session
    except TooMany as error:
        with door.store.write() as session:
            _note(session, who(session), did, at=at, why=str(error))
        raise


def _whose(door: Door, token: str, at: datetime) -> Callable[[Session], str]:
    def login(session: Session) -> str:
        return sessions.validate(session, token, settings=door.settings, at=at).login

    return login


def change_password(door: Door, token: str, old: str, new: str, *, at: datetime) -> str:
    """Give the account of a session a new password; its other sessions end. Another token.

    Raises
    ------
    Refused
        When the old one is wrong; `TooMany` when it was tried too often.
    InputError
        When the new one breaks the rules.
    """
    with _counting(door, _whose(door, token, at), "password.change", at=at) as session:
        signed = _person(session, door, token, at)
        tried = lockout.keys(signed.login, door.store.origin.address)
        locks = lockout.begin(session, tried, at=at)
        account = accounts.account(session, signed.login)
        known = account.password_hash if account else None
    good, why = passwords.verified(old, known), "原密码不对。"
    with door.store.write() as session:
        if good:  # a new password that breaks the rules is no failed try
            lockout.succeeded(session, tried, at=at)
        else:
            _note(session, signed.login, "password.change", at=at, why=why, locks=locks)
    if not good:
        raise Refused(why)
    with door.store.write() as session:
        signed = _person(session, door, token, at)
        account = accounts.account(session, signed.login, lock=True)
        if account and account.password_hash == known:
            passwords.put(session, account, new, at=at, must_change=False)
            ended = signing.revoke_of_user(session, account.id, at=at, but=signed.session_id)
            _note(session, signed.login, "password.change", at=at, sessions_ended=ended)
            return sessions.rotate(session, token, at=at)
    raise Conflict("密码刚被别处修改；请重新登录后再试。")


def sign_out(store: Store, token: str, *, at: datetime, everywhere: bool = True) -> None:
    """End the sessions of whoever this is, in every browser; without one there is nothing to do.

    Not `everywhere`: this session alone, because another takes its place. A display ends alone.
    """
    with store.write() as session:
        ended = sessions.end(session, token, at=at)
        if ended is None:
            return
        account = None if ended.is_device else accounts.account(session, ended.login)
        others = 0
        if everywhere and account is not None:
            others = signing.revoke_of_user(session, account.id, at=at)
        _note(session, ended.login, "session.end", at=at, others_ended=others)


def end_others(door: Door, token: str, *, at: datetime) -> int:
    """End every other session of whoever is signed in; return how many there were."""
    with door.store.write() as session:
        signed = _person(session, door, token, at)
        account = accounts.account(session, signed.login)
        if account is None:
            return 0
        ended = signing.revoke_of_user(session, account.id, at=at, but=signed.session_id)
        _note(session, signed.login, "user.sessions", at=at, sessions_ended=ended)
    return ended


def _comes_in(account: UserAccount) -> bool:
    """Whether an account is one that somebody signs in with."""
    return account.active and not local.is_local(account)


def _person(session: Session, door: Door, token: str, at: datetime) -> Signed:
    signed = sessions.validate(session, token, settings=door.settings, at=at)
    if signed.is_device or signed.stage not in {Stage.OPEN, Stage.PASSWORD}:
        raise SignedOut("登录还没有完成，请继续登录。")
    return signed


def _note(
    session: Session, login: str, did: str, *, at: datetime, why: str = "", **detail: object
) -> None:
    journal.record(
        session,
        actor=login,
        did=did,
        subject=f"account:{login}",
        at=at,
        detail=detail,
        note=why,
        result=Result.REFUSED if why else Result.DONE,
    )
