"""Every error that govdash raises on purpose: a stable English code, a Chinese message."""

from collections.abc import Iterable
from typing import ClassVar


class GovDashError(Exception):
    """Base of the tree. The message says what is wrong and what to do next, in Chinese."""

    code: ClassVar[str] = "error"


class InputError(GovDashError):
    """What came in from a person, a file or another system cannot be used."""

    code = "bad_input"


class NotFound(InputError):
    """The thing named does not exist, or lies outside the viewer's scope."""

    code = "not_found"


class Refused(GovDashError):
    """The actor may not do this, here."""

    code = "refused"


class BadKey(Refused):
    """An API key that does not count (any more)."""

    code = "bad_key"


class SignedOut(Refused):
    """Nobody is signed in, or not any more."""

    code = "signed_out"


class TooMany(Refused):
    """Too many failed tries; `seconds` tells how long to wait."""

    code = "too_many"

    def __init__(self, seconds: int) -> None:
        wait = f"{seconds} 秒" if seconds < 120 else f"{-(-seconds // 60)} 分钟"
        super().__init__(f"尝试次数过多，请 {wait}后再试。")
        self.seconds = seconds


class Conflict(GovDashError):
    """Somebody else changed the same thing first; nothing was overwritten."""

    code = "conflict"


class IllegalTransition(GovDashError):
    """The workflow has no such step from the present state."""

    code = "illegal_transition"

    def __init__(self, state: str, action: str, *, allowed: Iterable[str]) -> None:
        steps = "、".join(allowed) or "（无，流程已结束）"
        super().__init__(f"“{state}”状态下不能“{action}”；现在可以：{steps}。")


class SettingsError(GovDashError):
    """The configuration is missing or contradicts itself; the process must not start."""

    code = "bad_settings"


class Tampered(GovDashError):
    """The journal is not as it was written."""

    code = "tampered"


class Busy(GovDashError):
    """Another process holds the lock or the lease; try again when it is done."""

    code = "busy"


class Unavailable(GovDashError):
    """Something that govdash needs (the database) does not answer now."""

    code = "unavailable"


class NotReady(GovDashError):
    """The database is missing or has another version than this program."""

    code = "not_ready"


class Undelivered(GovDashError):
    """A message did not reach the other side; `retry` tells whether another try may help."""

    code = "undelivered"

    def __init__(self, said: str, *, retry: bool, after: float | None = None) -> None:
        super().__init__(said)
        self.retry = retry
        self.after = after  # seconds that the other side asked to wait
