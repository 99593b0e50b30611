"""Inboxes (站内信) and addresses of e-mail: where people get what is said to them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.dialects import postgresql, sqlite

from govdash.core.filters import Scope
from govdash.store.engine import Session
from govdash.store.models import InboxMessage, UserAccount, UserEmail
from govdash.store.visible import visible


def put(session: Session, message: dict[str, Any]) -> bool:
    """Put a message into an inbox; False when its key is there already."""
    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    made = session.execute(
        insert(InboxMessage)
        .values(message)
        .on_conflict_do_nothing(index_elements=["key"])
        .returning(InboxMessage.id)
    )
    return made.scalar_one_or_none() is not None


def mine(
    session: Session, scope: Scope, login: str, *, unread: bool = False, limit: int = 100
) -> Sequence[InboxMessage]:
    """Return somebody's messages about what they see now, the newest first."""
    own = select(InboxMessage).where(InboxMessage.login == login, _seen(scope))
    if unread:
        own = own.where(InboxMessage.read_at.is_(None))
    return session.scalars(own.order_by(InboxMessage.id.desc()).limit(limit)).all()


def unread(session: Session, scope: Scope, login: str) -> int:
    """Return how many messages somebody has not read."""
    left = select(func.count()).where(
        InboxMessage.login == login, InboxMessage.read_at.is_(None), _seen(scope)
    )
    return session.scalar(left) or 0


def mark_read(
    session: Session, login: str, *, at: datetime, ids: Sequence[int] | None = None
) -> int:
    """Mark somebody's own messages as read, all or some; return how many were not before."""
    own = (
        InboxMessage.login == login,
        InboxMessage.read_at.is_(None),
        *(() if ids is None else (InboxMessage.id.in_(ids),)),
    )
    marked = session.execute(
        update(InboxMessage)
        .where(*own)
        .values(read_at=at)
        .returning(InboxMessage.id)
        .execution_options(synchronize_session=False)
    )
    return len(marked.all())


def email_of(session: Session, login: str) -> str:
    """Return where somebody gets e-mail; empty when they get none."""
    wanted = (
        select(UserEmail.email)
        .join(UserAccount, UserAccount.id == UserEmail.user_id)
        .where(UserAccount.login == login)
    )
    return session.scalar(wanted) or ""


def with_email(session: Session) -> frozenset[str]:
    """Return the logins of everybody who has an address of e-mail."""
    known = select(UserAccount.login).join(UserEmail, UserEmail.user_id == UserAccount.id)
    return frozenset(session.scalars(known))


def set_email(session: Session, user_id: int, email: str, *, at: datetime) -> None:
    """Keep where somebody gets e-mail; an empty address takes it away."""
    kept = session.get(UserEmail, user_id)
    if not email:
        if kept is not None:
            session.delete(kept)
    elif kept is None:
        session.add(UserEmail(user_id=user_id, email=email, changed_at=at))
    else:
        kept.email, kept.changed_at = email, at
    session.flush()


def _seen(scope: Scope) -> Any:  # noqa: ANN401  # a condition
    return visible(scope, InboxMessage.area_path, InboxMessage.unit_code)
