"""Reads who reported one event, or the event of one case, inside the viewer's scope."""

from sqlalchemy import select

from govdash.core.errors import NotFound
from govdash.core.filters import Scope
from govdash.store import cases, events, persons
from govdash.store.engine import Session
from govdash.store.models import Event, EventPerson
from govdash.store.vault import vault_of


def of_event(session: Session, event_id: str, scope: Scope) -> persons.Person | None:
    """Return the person data of an event's current version; None when there is none.

    Raises
    ------
    NotFound
        When there is no such event in the scope.
    """
    return _opened(session, event_id, events.get_event(session, event_id, scope).version)


def of_case(session: Session, case_id: int, scope: Scope) -> persons.Person | None:
    """Return the person data of the event that a case was made from; None when there is none.

    Who sees the case may see who reported it, wherever the event lies.

    Raises
    ------
    NotFound
        When there is no such case in the scope.
    """
    case = cases.get(session, case_id, scope)
    if case is None:
        raise NotFound(f"没有编号为 {case_id} 的案件，或不在您的管辖范围内。")
    if case.event_id is None:
        return None
    current = select(Event.version).where(
        Event.event_id == case.event_id, Event.superseded_at.is_(None)
    )
    version = session.scalar(current)
    return None if version is None else _opened(session, case.event_id, version)


def _opened(session: Session, event_id: str, version: int) -> persons.Person | None:
    found = session.get(EventPerson, (event_id, version))
    return None if found is None else persons.opened(vault_of(session), found)
