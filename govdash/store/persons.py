"""Who reported an event, and the texts as they came: sealed when they are written."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, cast

from sqlalchemy import Table, func, select, tuple_

from govdash.core.filters import Scope
from govdash.store.bulk import insert_rows
from govdash.store.engine import Session
from govdash.store.event_rows import PERSON
from govdash.store.models import Event, EventPerson
from govdash.store.vault import Vault, vault_of
from govdash.store.visible import visible

_AT_ONCE: Final = 5_000  # two values each; SQLite takes 32 766 in one statement


@dataclass(frozen=True, slots=True)
class Person:
    """The person data of one event, in clear: hold it no longer than it is shown."""

    reporter_name: str = ""
    reporter_contact: str = ""
    reporter_identity: str = ""
    reporter_address: str = ""
    raw_title: str = ""
    raw_text: str = ""
    raw_address: str = ""


def place(event_id: str, version: int, name: str) -> str:
    """Say where a sealed field belongs."""
    return f"person:{event_id}:{version}:{name}"


def add(session: Session, rows: Sequence[Mapping[str, Any]]) -> None:
    """Seal and add person data.

    Parameters
    ----------
    rows : mappings with ``event_id``, ``version`` and the texts of `PERSON`, empty ones too

    Raises
    ------
    SettingsError
        When there is no key.
    """
    if rows:
        vault = vault_of(session)
        sealed = [sealed_row(vault, row) for row in rows]
        insert_rows(session.connection(), cast("Table", EventPerson.__table__), sealed)


def sealed_row(vault: Vault, row: Mapping[str, Any]) -> dict[str, Any]:
    """Seal one row; an empty text stays absent."""
    event_id, version = row["event_id"], row["version"]
    told: dict[str, Any] = {"event_id": event_id, "version": version, "key_id": vault.current}
    for name in PERSON:
        text = row.get(name)
        told[name] = vault.seal(text, place(event_id, version, name)) if text else None
    return told


def opened(vault: Vault, row: EventPerson) -> Person:
    """Open every field of a row."""
    told: dict[str, str] = {}
    for name in PERSON:
        sealed: bytes | None = getattr(row, name)
        if sealed is not None:
            told[name] = vault.open(sealed, place(row.event_id, row.version, name), row.key_id)
    return Person(**told)


def counts(session: Session) -> dict[str, int]:
    """Return how many rows each key has sealed, by the id of the key."""
    found = select(EventPerson.key_id, func.count()).group_by(EventPerson.key_id)
    return {key_id: n for key_id, n in session.execute(found)}  # noqa: C416  # rows, not pairs


def reseal(session: Session, *, limit: int) -> int:
    """Seal up to `limit` rows of other keys with the current one; return how many."""
    vault = vault_of(session)
    old = select(EventPerson).where(EventPerson.key_id != vault.current).limit(limit)
    rows = session.scalars(old).all()
    for row in rows:
        for name in PERSON:
            sealed: bytes | None = getattr(row, name)
            if sealed is not None:
                where = place(row.event_id, row.version, name)
                setattr(row, name, vault.seal(vault.open(sealed, where, row.key_id), where))
        row.key_id = vault.current
    session.flush()
    session.expunge_all()
    return len(rows)


def of_events(
    session: Session, keys: Sequence[tuple[str, int]], scope: Scope
) -> dict[tuple[str, int], Person]:
    """Open the person data of those event versions that are inside the scope.

    By (event id, version); events without person data are absent.
    """
    vault, found = vault_of(session), dict[tuple[str, int], Person]()
    chosen = (
        select(EventPerson)
        .join(
            Event,
            (Event.event_id == EventPerson.event_id) & (Event.version == EventPerson.version),
        )
        .where(visible(scope, Event.area_path, Event.unit_code))
    )
    key = tuple_(EventPerson.event_id, EventPerson.version)
    for first in range(0, len(keys), _AT_ONCE):
        some = list(keys[first : first + _AT_ONCE])
        for row in session.scalars(chosen.where(key.in_(some))):
            found[row.event_id, row.version] = opened(vault, row)
        session.expunge_all()
    return found
