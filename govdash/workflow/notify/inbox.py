"""The inbox (站内信) as a channel: a row that the person marks as read."""

from dataclasses import dataclass
from datetime import datetime

from govdash.store import Store, inbox
from govdash.workflow.notify.channel import Message

CODE = "inbox"


@dataclass(frozen=True, slots=True)
class Inbox:
    """Writes into the database; a key that is there already changes nothing."""

    store: Store

    def send(self, message: Message, *, at: datetime) -> str:
        """Put the message into its recipient's inbox."""
        row = {
            "key": message.key,
            "login": message.recipient,
            "title": message.title,
            "body": message.body,
            "link": message.link,
            "level": message.level,
            "area_path": message.area_path,
            "unit_code": message.unit_code,
            "at": at,
            "read_at": None,
        }
        with self.store.write() as session:
            new = inbox.put(session, row)
        return "已放入站内信" if new else "站内信里已有同一条"
