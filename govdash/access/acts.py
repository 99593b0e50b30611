"""One user action at an edge: one transaction; a refusal is journalled in one of its own."""

from collections.abc import Generator
from contextlib import contextmanager
from datetime import datetime

from govdash.access.users import User
from govdash.core.errors import NotFound, Refused
from govdash.core.permissions import Permission
from govdash.core.vocab import Result
from govdash.store import Session, Store, journal


@contextmanager
def refusals(store: Store, actor: User, *, did: str, subject: str, at: datetime) -> Generator[None]:
    """Journal it when the body is refused, then let the error go on.

    What lies outside the actor's scope is told as not found; for the journal it is refused too.
    """
    try:
        yield
    except (Refused, NotFound) as error:
        with store.write() as session:
            journal.record(
                session,
                actor=actor.login,
                did=did,
                subject=subject,
                at=at,
                note=str(error),
                result=Result.REFUSED,
            )
        raise


@contextmanager
def act(store: Store, actor: User, *, did: str, subject: str, at: datetime) -> Generator[Session]:
    """Open the transaction of one action of a person, with `refusals` around it."""
    with refusals(store, actor, did=did, subject=subject, at=at), store.write() as session:
        yield session


def require(actor: User, permission: Permission, what: str) -> None:
    """Raise `Refused` unless `actor` holds `permission` anywhere; `what` names the action."""
    if not actor.holds(permission):
        raise Refused(f"{actor.name}没有“{what}”的权限（{permission.value}）；请联系管理员授权。")
