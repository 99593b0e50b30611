"""Where a long-running process writes what happened: to standard error and ``var/logs/``."""

import logging
import re
from contextlib import suppress
from logging.handlers import TimedRotatingFileHandler
from urllib.parse import unquote, urlsplit

from govdash.core.settings import Settings

FORMAT = "%(asctime)s %(levelname)s %(name)s %(message)s"
HIDDEN = "［隐去］"
#: API keys, what an Authorization header holds, the password in an address.
_SECRET = re.compile(
    r"(?P<key>gdk_[0-9a-f]{8})_[\w-]+|(?P<scheme>\b(?:bearer|basic)\s+)[^\s\"',]+"
    r"|(?P<user>://[^\s:/@]*:)[^\s@]+(?=@)"
    r"|(?P<named>[?&](?:key|token|access_token|secret|sign|code)=)[^\s&\"']+"
    r"|(?P<cookie>\bgovdash_session=)[^\s;\"',]+",
    re.IGNORECASE,
)


class Redacting(logging.Formatter):
    """Formats a line, its traceback included, without secrets."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(FORMAT)
        password = urlsplit(settings.database_url).password or ""
        keys = (
            settings.secret_key, settings.contact_key, settings.audit_key,
            settings.person_key, *settings.person_keys_old, settings.oidc_client_secret,
        )  # fmt: skip
        self._told = {*keys, password, unquote(password)}
        self._var, self._seen = settings.var, (0, 0)
        self._secrets: list[str] = []
        self._look_again()

    def format(self, record: logging.LogRecord) -> str:
        """Return the text of the line."""
        text = super().format(record)
        self._look_again()
        for secret in self._secrets:
            text = text.replace(secret, HIDDEN)
        return _SECRET.sub(
            lambda found: next(filter(None, found.groupdict().values()), "") + HIDDEN, text
        )

    def _look_again(self) -> None:
        """Learn the keys of a demo, which lie in files that may be made at any time."""
        folders = (self._var, self._var / "keys")
        seen = tuple(folder.stat().st_mtime_ns if folder.is_dir() else 0 for folder in folders)
        if self._secrets and seen == self._seen:
            return
        told = set(self._told)
        for folder in folders:
            for path in folder.glob("*.key"):
                with suppress(OSError, UnicodeDecodeError):
                    told.update(path.read_text("utf-8").split())
        self._seen, self._secrets = seen, sorted(filter(None, told), key=len, reverse=True)


def begin(settings: Settings, kind: str) -> None:
    """Write the log of this process; `kind` (``web``, ``worker``) names its file.

    A day's file is kept for as many days as the settings say, half a year at least.
    """
    folder = settings.var / "logs"
    folder.mkdir(parents=True, exist_ok=True)
    file = TimedRotatingFileHandler(
        folder / f"{kind}.log", when="midnight", backupCount=settings.log_days, encoding="utf-8"
    )
    screen = logging.StreamHandler()
    screen.setLevel(logging.WARNING)
    for handler in (screen, file):
        handler.setFormatter(Redacting(settings))
    logging.basicConfig(level=logging.INFO, handlers=[screen, file], force=True)
    # One line for each run of each job says nothing; errors come through.
    logging.getLogger("apscheduler").setLevel(logging.ERROR)
