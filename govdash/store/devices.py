"""Tokens of wall displays as kept: by hash."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select, update

from govdash.store.engine import Session
from govdash.store.models import DeviceToken, UserSession


def add(session: Session, device: DeviceToken) -> None:
    """Keep a new token."""
    session.add(device)
    session.flush()


def by_hash(session: Session, token_hash: str) -> DeviceToken | None:
    """Return the token of a hash, whatever state it is in."""
    return session.scalar(select(DeviceToken).where(DeviceToken.token_hash == token_hash))


def by_prefix(session: Session, prefix: str) -> DeviceToken | None:
    """Return the token that begins so."""
    return session.scalar(select(DeviceToken).where(DeviceToken.prefix == prefix))


def listed(session: Session) -> Sequence[DeviceToken]:
    """Return every token, the newest first."""
    return session.scalars(select(DeviceToken).order_by(DeviceToken.id.desc())).all()


def end_sessions(session: Session, device_id: int, *, at: datetime) -> None:
    """End every session of a display."""
    session.execute(
        update(UserSession)
        .where(UserSession.device_id == device_id, UserSession.revoked_at.is_(None))
        .values(revoked_at=at)
    )
