"""A worker of its own process that dies between sending and noting it; run by the tests."""

import os
import signal
import sys
from datetime import datetime

from govdash.core.settings import Settings
from govdash.store import Store
from govdash.workflow.notify import channels, config
from govdash.workflow.notify.channel import Channel, Message
from govdash.workflow.notify.delivery import Courier


class Dying:
    """Sends over another channel and is killed before it can say so."""

    def __init__(self, inner: Channel) -> None:
        self.inner = inner

    def send(self, message: Message, *, at: datetime) -> str:
        self.inner.send(message, at=at)
        os.kill(os.getpid(), signal.SIGKILL)
        raise AssertionError


if __name__ == "__main__":
    at = datetime.fromisoformat(sys.argv[1])
    settings = Settings.from_environment()
    store = Store.of(settings)
    known = channels.made(store, config.load(settings))
    dying = {code: Dying(channel) for code, channel in known.items()}
    Courier(store, dying, "killed", lambda: at).run()
