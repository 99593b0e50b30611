"""One action of a person at the command line: who acts, and the refusal in the journal."""

from collections.abc import Generator
from contextlib import contextmanager
from datetime import UTC, datetime

from govdash.access import User, acts, local
from govdash.core.permissions import Permission
from govdash.core.settings import Settings
from govdash.store import Session, Store, journal


def reader(session: Session, *, first: Permission | None = None) -> User:
    """Return who acts, by the settings of this process."""
    return local.commander(session, Settings.from_environment(), first=first)


@contextmanager
def acting(
    store: Store,
    *,
    did: str,
    subject: str,
    needs: Permission | None = None,
    what: str = "",
    first: Permission | None = None,
) -> Generator[User]:
    """Give the acting user; without `needs`, or refused inside, it is journalled as refused.

    `first`: what is needed, when the command may make the first account that holds it.
    """
    with store.read() as session:
        user = reader(session, first=first)
    with acts.refusals(store, user, did=did, subject=subject, at=datetime.now(UTC)):
        if needs is not None:
            acts.require(user, needs, what)
        yield user


def done(store: Store, user: User, *, did: str, subject: str, **detail: object) -> None:
    """Journal an action that has no transaction of its own."""
    with store.write() as session:
        journal.record(
            session,
            actor=user.login,
            did=did,
            subject=subject,
            at=datetime.now(UTC),
            detail=detail,
        )
