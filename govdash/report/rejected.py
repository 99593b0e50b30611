"""The rows that an import refused, as they came: a file taken out by name, each time a line."""

from datetime import datetime
from pathlib import Path

from govdash.access import User, acts
from govdash.core.errors import NotFound
from govdash.core.permissions import Permission
from govdash.core.settings import Settings
from govdash.ingest.rejects import FOLDER, read_rejects
from govdash.store import Store, journal

DID = "rejects.download"


def path_of(settings: Settings, name: str) -> Path | None:
    """Return the file of that name, None unless it lies in the folder of such files."""
    folder = (settings.var / FOLDER).resolve()
    path = (folder / name).resolve()
    return path if path.parent == folder and path.is_file() else None


def shown_name(name: str) -> str:
    """Return the name that a downloaded file gets."""
    return f"被拒_{name.removesuffix('.sealed')}"


def take(store: Store, settings: Settings, name: str, *, actor: User, at: datetime) -> bytes:
    """Return the rows in plain text, journalled: they may hold person data.

    Raises
    ------
    Refused
        When the actor may not import for the whole city.
    NotFound
        When there is no such file any more.
    """
    subject = f"file:{Path(name).name}"[:120]
    with acts.act(store, actor, did=DID, subject=subject, at=at) as session:
        actor.require(Permission.EVENT_IMPORT, area=None)  # first: else the answer tells of files
        path = path_of(settings, name)
        if path is None:
            raise NotFound("被拒行的文件已不在服务器上。")
        journal.record(session, actor=actor.login, did=DID, subject=subject, at=at)
    return read_rejects(path, store.vault)
