"""From where a command acts: the user of the machine, and the machine."""

import getpass
import socket

from govdash.core.origin import Origin, new_request_id


def here() -> Origin:
    """Return ``user@host`` as the address, and an id of this call."""
    try:
        who = getpass.getuser()
    except (KeyError, OSError):  # a process without a name of its own, as in some containers
        who = "?"
    return Origin(f"{who}@{socket.gethostname()}", new_request_id(), "cli")
