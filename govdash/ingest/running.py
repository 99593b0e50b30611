"""Which imports are alive: each holds a lock that the kernel gives back when its process ends."""

import fcntl
import os
from collections.abc import Generator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from govdash.core.settings import Settings
from govdash.store import Store, imports

FOLDER: Final = "imports"
#: A run whose lock is not on this machine may live on another; after this long it does not.
ELSEWHERE: Final = timedelta(days=1)


@contextmanager
def alive(settings: Settings, import_id: int) -> Generator[None]:
    """Hold the lock of a run while it goes on."""
    file = _file(settings, import_id)
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        try:
            yield
        finally:
            file.unlink(missing_ok=True)


def mark_interrupted(store: Store, settings: Settings, *, at: datetime) -> int:
    """Mark the runs whose process ended in the middle, and return how many there were.

    Called when the server or an import starts. What those runs wrote is valid; the file is
    simply imported again.
    """
    with store.read() as session:
        open_runs = imports.going(session)
    dead = [id_ for id_, since in open_runs if _is_dead(settings, id_, at - since)]
    if not dead:
        return 0
    living = [id_ for id_, _ in open_runs if id_ not in dead]
    with store.write() as session:
        count = imports.mark_interrupted(session, at=at, running=living)
    for id_ in dead:
        _file(settings, id_).unlink(missing_ok=True)
    return count


def _is_dead(settings: Settings, import_id: int, age: timedelta) -> bool:
    with suppress(FileNotFoundError):
        lock = os.open(_file(settings, import_id), os.O_RDWR)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        else:
            return True
        finally:
            os.close(lock)
    return age > ELSEWHERE


def _file(settings: Settings, import_id: int) -> Path:
    return settings.var / FOLDER / f"{import_id}.lock"
