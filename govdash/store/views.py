"""Saved views as kept: each person's own, by login."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import select

from govdash.store.engine import Session
from govdash.store.models import SavedView


def mine(session: Session, login: str) -> Sequence[SavedView]:
    """Return somebody's own views by name."""
    own = select(SavedView).where(SavedView.login == login)
    return session.scalars(own.order_by(SavedView.name)).all()


def put(
    session: Session, login: str, name: str, *, page: str, params: Mapping[str, str], at: datetime
) -> SavedView:
    """Keep a view; one of the same person and name is replaced."""
    found = session.scalar(
        select(SavedView).where(SavedView.login == login, SavedView.name == name)
    )
    view = found or SavedView(login=login, name=name)
    view.page, view.params, view.saved_at = page, dict(params), at
    session.add(view)
    session.flush()
    return view


def own(session: Session, login: str, view_id: int) -> SavedView | None:
    """Return one of somebody's own views."""
    return session.scalar(
        select(SavedView).where(SavedView.id == view_id, SavedView.login == login)
    )


def drop(session: Session, view: SavedView) -> None:
    """Forget a view."""
    session.delete(view)
    session.flush()
