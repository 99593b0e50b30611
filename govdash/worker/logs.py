"""Where a long-running process writes what happened: to standard error and ``var/logs/``."""

import logging
import re
from logging.handlers import RotatingFileHandler
from urllib.parse import unquote, urlsplit

from govdash.core.settings import Settings

FORMAT = "%(asctime)s %(levelname)s %(name)s %(message)s"
SIZE, KEPT = 5 << 20, 4  # 25 MB at most for each kind of process
HIDDEN = "［隐去］"
#: API keys, what an Authorization header holds, the password in an address.
_SECRET = re.compile(
    r"(?P<key>gdk_[0-9a-f]{8})_[\w-]+|(?P<scheme>\b(?:bearer|basic)\s+)[^\s\"',]+"
    r"|(?P<user>://[^\s:/@]*:)[^\s@]+(?=@)",
    re.IGNORECASE,
)


class Redacting(logging.Formatter):
    """Formats a line, its traceback included, without secrets."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(FORMAT)
        password = urlsplit(settings.database_url).password or ""
        keys = (settings.secret_key, settings.contact_key, settings.audit_key)
        told = {*keys, password, unquote(password)}
        self._secrets = sorted(filter(None, told), key=len, reverse=True)

    def format(self, record: logging.LogRecord) -> str:
        """Return the text of the line."""
        text = super().format(record)
        for secret in self._secrets:
            text = text.replace(secret, HIDDEN)
        return _SECRET.sub(
            lambda found: (found["key"] or found["scheme"] or found["user"] or "") + HIDDEN, text
        )


def begin(settings: Settings, kind: str) -> None:
    """Write the log of this process; `kind` (``web``, ``worker``) names its file."""
    folder = settings.var / "logs"
    folder.mkdir(parents=True, exist_ok=True)
    file = RotatingFileHandler(
        folder / f"{kind}.log", maxBytes=SIZE, backupCount=KEPT, encoding="utf-8"
    )
    screen = logging.StreamHandler()
    screen.setLevel(logging.WARNING)
    for handler in (screen, file):
        handler.setFormatter(Redacting(settings))
    logging.basicConfig(level=logging.INFO, handlers=[screen, file], force=True)
    # One line for each run of each job says nothing; errors come through.
    logging.getLogger("apscheduler").setLevel(logging.ERROR)
