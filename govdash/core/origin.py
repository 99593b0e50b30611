"""Where an action comes from: the address, the request, and the door it came through."""

import re
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

_SANE: Final = re.compile(r"[A-Za-z0-9._:-]{8,64}\Z")
ADDRESS_LENGTH: Final = 64


@dataclass(frozen=True, slots=True)
class Origin:
    """What the journal says of "from where". Empty: not known."""

    address: str = ""  # an IP address, or user@host for commands
    request_id: str = ""
    via: str = ""  # "page", "api", "api:<prefix of the API key>", "cli", "worker"

    def __post_init__(self) -> None:
        """Cut an address to what the journal holds."""
        object.__setattr__(self, "address", self.address[:ADDRESS_LENGTH])


NOWHERE: Final = Origin()


def new_request_id() -> str:
    """Make a request id."""
    return uuid.uuid4().hex


def sane_request_id(given: str, make: Callable[[], str] = new_request_id) -> str:
    """Return the id that a client or proxy gave, if it is harmless in logs; else a new one."""
    return given if _SANE.match(given) else make()
