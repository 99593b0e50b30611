"""Delivery: claims what is due on one channel, asks again whether it is still to be said, sends it.

At least once, with the same key on every try. What is taken is taken for a while only (a lease), so
that two workers send one set, and what a killed worker had taken is sent by the next one. Each
channel is a lane of its own, and one that fails rests, so that a dead one delays no other.
"""

import hashlib
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from govdash.core.errors import Undelivered
from govdash.core.vocab import Attempted
from govdash.store import Store
from govdash.store import inbox as inboxes
from govdash.store import notifications as rows
from govdash.store.models import Notification
from govdash.workflow.notify import email
from govdash.workflow.notify.channel import Channel, Message
from govdash.workflow.notify.standing import judge
from govdash.workflow.notify.targets import People

#: A channel answers within 10 s; a batch of 20 that all wait as long still holds its claim.
BATCH: Final = 20
LEASE_SECONDS: Final = 300.0
_SPARE: Final = timedelta(seconds=30)  # nothing is begun so shortly before the claim runs out
#: 30 s, 1 min, 2 min … one hour at most: eight tries take about an hour.
FIRST_WAIT: Final = 30.0
LONGEST_WAIT: Final = 3600.0
MOST_TRIES: Final = 8
JITTER: Final = 0.2  # a share either way, so that many messages do not come back at once

Clock = Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class Courier:
    """One worker's hand in the delivery."""

    store: Store
    channels: Mapping[str, Channel]
    worker: str
    clock: Clock = field(repr=False)
    lease_seconds: float = LEASE_SECONDS

    def due(self) -> list[str]:
        """Return the channels on which something waits now."""
        with self.store.read() as session:
            return rows.due_channels(session, self.clock())

    def run(self) -> "Counter[Attempted]":
        """Work off every lane, one after the other; for commands and tests."""
        done: Counter[Attempted] = Counter()
        for code in self.due():
            done += self.lane(code)
        return done

    def lane(self, code: str) -> "Counter[Attempted]":
        """Send what is due on one channel, until nothing is left or the channel fails."""
        done: Counter[Attempted] = Counter()
        while taken := self._claim(code):
            for n, row in enumerate(taken):
                if self.clock() > (row.claimed_until or row.next_at) - _SPARE:
                    return done  # the rest is free again when the claim runs out
                result = self._one(code, row)
                done[result] += 1
                if result is Attempted.RETRY:
                    self._rest([left.id for left in taken[n + 1 :]])
                    return done
        return done

    def _claim(self, code: str) -> list[Notification]:
        with self.store.write() as session:
            taken = rows.claim(
                session, code, self.worker,
                at=self.clock(), seconds=self.lease_seconds, limit=BATCH,
            )  # fmt: skip
            session.expunge_all()
            return list(taken)

    def _one(self, code: str, row: Notification) -> Attempted:
        at = self.clock()
        with self.store.read() as session:
            verdict = judge(session, row, People(session), at=at)
            address = inboxes.email_of(session, row.recipient) if code == email.CODE else ""
        if verdict.result is not None:
            return self._settle(row, verdict.result, verdict.why)
        channel = self.channels.get(code)
        if channel is None:
            return self._settle(row, Attempted.FAILED, f"没有配置通知渠道 {code}")
        try:
            said = channel.send(Message.of(row, address=address), at=at)
        except Undelivered as error:
            return self._failed(row, error)
        return self._settle(row, Attempted.SENT, said)

    def _failed(self, row: Notification, error: Undelivered) -> Attempted:
        tries = row.tries + 1
        if not error.retry or tries >= MOST_TRIES:
            given_up = f"；已试 {tries} 次，不再重试" if error.retry else ""
            return self._settle(row, Attempted.FAILED, f"{error}{given_up}")
        wait = max(wait_seconds(row.key, tries), min(error.after or 0.0, LONGEST_WAIT))
        next_at = self.clock() + timedelta(seconds=wait)
        return self._settle(row, Attempted.RETRY, str(error), next_at=next_at)

    def _settle(
        self, row: Notification, result: Attempted, detail: str, *, next_at: datetime | None = None
    ) -> Attempted:
        with self.store.write() as session:
            rows.settle(
                session, row.id, self.worker, result,
                at=self.clock(), detail=detail, next_at=next_at,
            )  # fmt: skip
        return result

    def _rest(self, ids: list[int]) -> None:
        """Give back what was not tried: the channel failed just now, and is let alone a while."""
        with self.store.write() as session:
            next_at = self.clock() + timedelta(seconds=FIRST_WAIT)
            rows.release(session, ids, self.worker, next_at=next_at)


def wait_seconds(key: str, tries: int) -> float:
    """Return how long to wait after the n-th failed try: doubled each time, with a jitter.

    The jitter is drawn from the key, so that the same message always waits as long.
    """
    drawn = hashlib.sha256(f"{key}|{tries}".encode()).digest()
    share = int.from_bytes(drawn[:8]) / 2**64  # in [0, 1)
    wait = min(FIRST_WAIT * 2 ** (tries - 1), LONGEST_WAIT)
    return wait * (1 + JITTER * (2 * share - 1))
