"""Which process runs the timed jobs: the one that holds the lease in the database."""

import os
import socket
import time
import uuid
from dataclasses import dataclass, field
from datetime import datetime

from govdash.store import Store, jobs

LEASE = "worker"
#: A dead holder is replaced after this long; a live one renews three times within it.
LEASE_SECONDS = 30.0


def process_name() -> str:
    """Name this process so that no other, on any machine, ever has the same name."""
    return f"{socket.gethostname()[:40]}:{os.getpid()}:{uuid.uuid4().hex[:8]}"


@dataclass
class Leadership:
    """The lease as this process knows it.

    `held` trusts the monotonic clock from before the lease was asked for, so this process stops
    a little before the database lets another begin, whatever happens to the wall clock.
    """

    store: Store
    holder: str = field(default_factory=process_name)
    seconds: float = LEASE_SECONDS
    _until: float = field(default=0.0, init=False, repr=False)

    @property
    def held(self) -> bool:
        """Whether this process may run jobs now."""
        return time.monotonic() < self._until

    def renew(self, at: datetime) -> bool:
        """Take the lease or hold it longer; False while another process has it."""
        asked = time.monotonic()
        with self.store.write() as session:
            taken = jobs.take_lease(session, LEASE, self.holder, at, self.seconds)
        self._until = asked + self.seconds if taken else 0.0
        return taken

    def release(self) -> None:
        """Give the lease back, so that another process need not wait for it to expire."""
        self._until = 0.0
        with self.store.write() as session:
            jobs.release_lease(session, LEASE, self.holder)
