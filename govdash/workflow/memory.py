"""What ticks remember of their work: files that are whole or not there, and may be deleted.

A file holds the key of what it was made from, a checksum, and its content. One that is missing,
damaged or made from something else is not there; whoever asks makes it again.
"""

import hashlib
import json
import os
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self

from govdash.core.settings import Settings

#: Raised when contents change their meaning.
_FORMAT: Final = b"govdash memory 1\n"
_DIGEST: Final = 16
_FOLDER: Final = "detect"


@dataclass(frozen=True, slots=True)
class Memory:
    """The folder of these files; safe to share by processes, the last writer stays."""

    root: Path

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """Return the memory beside the other run-time files."""
        return cls(settings.var / _FOLDER)

    def recall(self, name: str, key: bytes) -> bytes | None:
        """Return what was kept as `name` for `key`; None when there is no such thing."""
        try:
            stored = (self.root / name).read_bytes()
        except OSError:
            return None
        head = _FORMAT + key
        content = stored[len(head) + _DIGEST :]
        if stored[: len(head)] != head or stored[len(head) : len(head) + _DIGEST] != _sum(content):
            return None
        return content

    def keep(self, name: str, key: bytes, content: bytes) -> None:
        """Put `content` in the place of what was kept as `name`, in one step.

        A disk that takes no more makes the next tick slower, not this one fail.
        """
        path = self.root / name
        with suppress(OSError):
            path.parent.mkdir(parents=True, exist_ok=True)
            handle, fresh = tempfile.mkstemp(dir=path.parent, prefix=".new-")
            try:
                with os.fdopen(handle, "wb") as file:
                    file.write(_FORMAT + key + _sum(content) + content)
                Path(fresh).replace(path)
            except OSError:
                Path(fresh).unlink(missing_ok=True)
                raise


def key_of(told: Any) -> bytes:  # noqa: ANN401 - anything JSON can tell
    """Return the key of what something is made from: a digest of it as canonical JSON."""
    return _sum(json.dumps(told, ensure_ascii=False, sort_keys=True, default=str).encode())


def _sum(content: bytes) -> bytes:
    return hashlib.blake2b(content, digest_size=_DIGEST).digest()
