"""Where a long-running process writes what happened: to standard error and ``var/logs/``."""

import logging
from logging.handlers import RotatingFileHandler

from govdash.core.settings import Settings

FORMAT = "%(asctime)s %(levelname)s %(name)s %(message)s"
SIZE, KEPT = 5 << 20, 4  # 25 MB at most for each kind of process


def begin(settings: Settings, kind: str) -> None:
    """Write the log of this process; `kind` (``web``, ``worker``) names its file."""
    folder = settings.var / "logs"
    folder.mkdir(parents=True, exist_ok=True)
    file = RotatingFileHandler(
        folder / f"{kind}.log", maxBytes=SIZE, backupCount=KEPT, encoding="utf-8"
    )
    screen = logging.StreamHandler()
    screen.setLevel(logging.WARNING)
    logging.basicConfig(level=logging.INFO, format=FORMAT, handlers=[screen, file], force=True)
    # One line for each run of each job says nothing; errors come through.
    logging.getLogger("apscheduler").setLevel(logging.ERROR)
