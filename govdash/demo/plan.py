"""What the demo city of an installation was made with, so that it can be completed and go on."""

import fcntl
import json
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Self

from govdash.core.errors import Busy
from govdash.core.settings import Settings


@dataclass(frozen=True)
class Plan:
    """What a demo city was made with; kept in ``var/demo/demo.json``."""

    seed: int
    events: int
    at: datetime
    lived: bool = False  # its history of alerts and cases was begun
    done: bool = False
    live_until: datetime | None = None  # up to here live events have come in

    @classmethod
    def read(cls, settings: Settings) -> Self | None:
        """Return the plan of the demo city in this installation, None when there is none."""
        file = folder(settings) / "demo.json"
        if not file.is_file():
            return None
        told = json.loads(file.read_text(encoding="utf-8"))
        times = {k: told[k] and datetime.fromisoformat(told[k]) for k in ("at", "live_until")}
        return cls(**(told | times))

    def write(self, settings: Settings) -> None:
        """Keep the plan."""
        file = folder(settings) / "demo.json"
        file.parent.mkdir(parents=True, exist_ok=True)
        times = {
            k: v and v.isoformat() for k, v in (("at", self.at), ("live_until", self.live_until))
        }
        told = asdict(self) | times
        new = file.with_suffix(".new")
        new.write_text(json.dumps(told, ensure_ascii=False, indent=1), encoding="utf-8")
        new.replace(file)


def folder(settings: Settings) -> Path:
    """Return where the demo city keeps its files."""
    return settings.var / "demo"


@contextmanager
def alone(settings: Settings) -> Generator[None]:
    """Let no other process make the demo city, or its accounts, meanwhile."""
    folder(settings).mkdir(parents=True, exist_ok=True)
    with (folder(settings) / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Busy("另一个进程正在建立演示城市；请等它完成。") from None
        yield
