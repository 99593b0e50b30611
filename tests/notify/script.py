"""A notification script on a virtual clock: what must come when; anything else fails."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import select

from govdash.store import Store
from govdash.store.models import InboxMessage
from govdash.workflow.notify import escalation
from govdash.workflow.notify.delivery import Courier
from govdash.workflow.notify.inbox import Inbox
from tests.notify.conftest import VirtualClock


@dataclass(frozen=True)
class Expected:
    """A message to somebody with these words, in this stretch of minutes after the beginning."""

    login: str
    words: str
    first: float
    last: float


@dataclass
class Script:
    """Runs escalation and delivery minute by minute, and compares at the end."""

    store: Store
    clock: VirtualClock
    start: datetime = field(init=False)
    expected: list[Expected] = field(default_factory=list)
    workers: int = 1

    def __post_init__(self) -> None:
        self.start = self.clock.now

    @property
    def minute(self) -> float:
        return (self.clock.now - self.start) / timedelta(minutes=1)

    def expect(self, logins: str, words: str, first: float, last: float | None = None) -> None:
        """Expect one message for each of the logins; by default within the two next minutes."""
        until = first + 2 if last is None else last
        self.expected += [Expected(login, words, first, until) for login in logins.split()]

    def run(self, *, until: float, every: float = 1) -> None:
        """Let time pass, up to a minute after the beginning."""
        while True:
            for n in range(self.workers):
                escalation.escalate(self.store, at=self.clock.now)
                courier = Courier(self.store, {"inbox": Inbox(self.store)}, f"w{n}", self.clock)
                courier.run()
            if self.minute >= until:
                return
            self.clock.go(minutes=min(every, until - self.minute))

    def check(self) -> None:
        """Compare what came with what was expected, both ways."""
        with self.store.read() as session:
            came = [
                (row.login, f"{row.title} {row.body}", (row.at - self.start) / timedelta(minutes=1))
                for row in session.scalars(select(InboxMessage).order_by(InboxMessage.id))
            ]
        left, unexpected = list(self.expected), []
        for login, text, minute in came:
            match = next(
                (
                    e
                    for e in left
                    if e.login == login and e.words in text and e.first <= minute <= e.last
                ),
                None,
            )
            if match is None:
                unexpected.append((login, text, minute))
            else:
                left.remove(match)
        assert (unexpected, left) == ([], []), f"came unexpectedly: {unexpected}\nmissing: {left}"
