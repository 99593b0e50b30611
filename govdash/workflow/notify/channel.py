"""What a channel is: something that brings one message to one recipient, or says why not."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from govdash.core.vocab import Level
from govdash.store.models import Notification


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One message as a channel gets it: no person data, the same key on every try."""

    key: str
    topic: str
    title: str
    body: str
    link: str  # page and parameters, without the host
    level: Level | None
    recipient: str  # a login; empty for a group's robot
    address: str = ""  # of e-mail
    area_path: str | None = None
    unit_code: str | None = None

    @classmethod
    def of(cls, row: Notification, *, address: str = "") -> "Message":
        """Make the message of an intent."""
        return cls(
            key=row.key,
            topic=row.topic,
            title=row.title,
            body=row.body,
            link=row.link,
            level=row.level,
            recipient=row.recipient,
            address=address,
            area_path=row.area_path,
            unit_code=row.unit_code,
        )

    @property
    def heading(self) -> str:
        """The title with its level, by numeral and word."""
        return (
            f"【{self.level.numeral} {self.level.label}】{self.title}" if self.level else self.title
        )

    @property
    def mark(self) -> str:
        """Eight letters by which a person knows a message that came twice."""
        return hashlib.sha256(self.key.encode()).hexdigest()[:8]


class Channel(Protocol):
    """A way to bring messages to people. Each has its own lane: a dead one delays no other."""

    def send(self, message: Message, *, at: datetime) -> str:
        """Bring a message to its recipient and return what the other side said.

        The same key may come twice, after a crash between sending and noting it.

        Raises
        ------
        Undelivered
            When it did not arrive; the error tells whether another try may help.
        """
        ...
