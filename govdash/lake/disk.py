"""Files that are whole or not there: durable writing, the writer's lock, the disk's own clock."""

import fcntl
import hashlib
import os
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from govdash.core.errors import Busy

LOCK = "lock"


def write_whole(path: Path, text: str) -> None:
    """Put `text` in the place of `path` in one step that survives a power cut."""
    fresh = path.with_name(path.name + ".new")
    with fresh.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
    sync_folder(path.parent)


def sync_file(path: Path) -> None:
    """Wait until the content of a written file is on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_folder(folder: Path) -> None:
    """Wait until the names in `folder` are on the disk."""
    sync_file(folder)


def checksum(path: Path) -> str:
    """Return the BLAKE2b of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.blake2b(digest_size=16)).hexdigest()


@contextmanager
def exclusive(folder: Path, *, wait: bool) -> Generator[float]:
    """Be the only writer of `folder`; the lock falls with the process, whatever kills it.

    Yields
    ------
    float
        The present moment by the clock of the file system, in seconds: only to tell how long a
        file has been retired, so that no fact depends on it.

    Raises
    ------
    Busy
        When somebody else writes and `wait` is false.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / LOCK).open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError:
            raise Busy("另一个进程正在写数据湖；请稍后再试。") from None
        os.utime(file.fileno())
        yield os.fstat(file.fileno()).st_mtime
