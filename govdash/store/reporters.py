"""Reads who reported one event, inside the viewer's scope."""

from govdash.core.filters import Scope
from govdash.store import events, persons
from govdash.store.engine import Session
from govdash.store.models import EventPerson
from govdash.store.vault import vault_of


def of_event(session: Session, event_id: str, scope: Scope) -> persons.Person | None:
    """Return the person data of an event's current version; None when there is none.

    Raises
    ------
    NotFound
        When there is no such event in the scope.
    """
    version = events.get_event(session, event_id, scope).version
    found = session.get(EventPerson, (event_id, version))
    return None if found is None else persons.opened(vault_of(session), found)
