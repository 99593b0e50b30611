"""Sessions, failed tries, old passwords and the mode, as kept."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, select, update
from sqlalchemy.dialects import postgresql, sqlite

from govdash.core.vocab import Mode, Tried
from govdash.store.engine import Session
from govdash.store.models import (
    DeviceToken,
    FailedTries,
    Installation,
    PasswordHistory,
    UserAccount,
    UserSession,
)


def add_session(session: Session, row: UserSession) -> None:
    """Keep a new session."""
    session.add(row)
    session.flush()


def by_hash(
    session: Session, token_hash: str
) -> tuple[UserSession, UserAccount | None, DeviceToken | None] | None:
    """Return the session of a token with its account or display, whatever state they are in."""
    found = session.execute(
        select(UserSession, UserAccount, DeviceToken)
        .outerjoin(UserAccount, UserSession.user_id == UserAccount.id)
        .outerjoin(DeviceToken, UserSession.device_id == DeviceToken.id)
        .where(UserSession.token_hash == token_hash)
    ).one_or_none()
    return None if found is None else (found[0], found[1], found[2])


def touch(session: Session, session_id: int, *, at: datetime) -> None:
    """Note activity; never backwards."""
    session.execute(
        update(UserSession)
        .where(UserSession.id == session_id, UserSession.active_at < at)
        .values(active_at=at)
        .execution_options(synchronize_session=False)
    )


def revoke(session: Session, session_id: int, *, at: datetime) -> None:
    """End one session."""
    session.execute(
        update(UserSession)
        .where(UserSession.id == session_id, UserSession.revoked_at.is_(None))
        .values(revoked_at=at)
    )


def revoke_of_user(session: Session, user_id: int, *, at: datetime, but: int | None = None) -> int:
    """End every session of a user (except `but`); return how many were open."""
    ended = session.execute(
        update(UserSession)
        .where(
            UserSession.user_id == user_id,
            UserSession.revoked_at.is_(None),
            UserSession.ends_at > at,
            UserSession.id != (but or 0),
        )
        .values(revoked_at=at)
        .returning(UserSession.id)
    )
    return len(ended.all())


def open_of_user(session: Session, user_id: int, *, at: datetime) -> Sequence[UserSession]:
    """Return the sessions of a user that are neither revoked nor at their end, newest first."""
    mine = select(UserSession).where(
        UserSession.user_id == user_id,
        UserSession.revoked_at.is_(None),
        UserSession.ends_at > at,
    )
    return session.scalars(mine.order_by(UserSession.id.desc())).all()


def tries(session: Session, kind: Tried, key_hash: str, *, at: datetime) -> FailedTries:
    """Return the count of a key, made when missing, locked until the transaction ends."""
    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    new = {"kind": kind.value, "key_hash": key_hash, "count": 0, "last_at": at}
    session.execute(insert(FailedTries).values(new).on_conflict_do_nothing())
    wanted = select(FailedTries).where(
        FailedTries.kind == kind.value, FailedTries.key_hash == key_hash
    )
    return session.scalars(wanted.with_for_update().execution_options(populate_existing=True)).one()


def forget_tries(
    session: Session,
    *,
    key_hash: str | None = None,
    before: datetime | None = None,
) -> None:
    """Delete the counts of one key, or those whose newest try was `before`."""
    gone = delete(FailedTries)
    if key_hash is not None:
        gone = gone.where(FailedTries.key_hash == key_hash)
    if before is not None:
        gone = gone.where(FailedTries.last_at < before)
    session.execute(gone.execution_options(synchronize_session=False))


def locked(session: Session, *, at: datetime) -> dict[str, datetime]:
    """Return until when each key is locked, by its hash."""
    held = select(FailedTries.key_hash, FailedTries.until).where(FailedTries.until > at)
    found: dict[str, datetime] = {}
    for key, until in session.execute(held):
        if until is not None:
            found[key] = max(until, found.get(key, until))
    return found


def old_passwords(session: Session, user_id: int, *, newest: int) -> Sequence[str]:
    """Return the hashes of the `newest` passwords of a user, the present one included."""
    kept = select(PasswordHistory.password_hash).where(PasswordHistory.user_id == user_id)
    return session.scalars(kept.order_by(PasswordHistory.id.desc()).limit(newest)).all()


def remember_password(session: Session, user_id: int, password_hash: str, *, at: datetime) -> None:
    """Keep a password's hash in the history."""
    session.add(PasswordHistory(user_id=user_id, password_hash=password_hash, set_at=at))
    session.flush()


def mode(session: Session) -> Mode | None:
    """Return what this database was made for; None when nobody said."""
    found = session.get(Installation, 1)
    return None if found is None else found.mode


def mark_mode(session: Session, mode_: Mode, *, at: datetime) -> None:
    """Say what this database is for, once and for all."""
    if session.get(Installation, 1) is None:
        session.add(Installation(id=1, mode=mode_, at=at))
        session.flush()
