"""API keys as kept: by hash, with their owners."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select

from govdash.store.engine import Session
from govdash.store.models import ApiKey, UserAccount


def add(session: Session, key: ApiKey) -> None:
    """Keep a new key."""
    session.add(key)
    session.flush()


def by_hash(session: Session, key_hash: str) -> tuple[ApiKey, UserAccount] | None:
    """Return the key of a hash with its owner, whatever state both are in."""
    owned = select(ApiKey, UserAccount).join(UserAccount, ApiKey.owner_id == UserAccount.id)
    found = session.execute(owned.where(ApiKey.key_hash == key_hash)).one_or_none()
    return None if found is None else (found[0], found[1])


def by_prefix(session: Session, prefix: str) -> ApiKey | None:
    """Return the key that begins so."""
    return session.scalar(select(ApiKey).where(ApiKey.prefix == prefix))


def listed(session: Session) -> Sequence[tuple[ApiKey, str]]:
    """Return every key with its owner's login, the newest first."""
    owned = select(ApiKey, UserAccount.login).join(UserAccount, ApiKey.owner_id == UserAccount.id)
    return [(key, login) for key, login in session.execute(owned.order_by(ApiKey.id.desc()))]


def used(session: Session, key: ApiKey, *, at: datetime) -> None:
    """Note that the key was used."""
    key.last_used_at = at
    session.flush()
