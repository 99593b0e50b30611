"""Failed tries: after five the next must wait, each time twice as long, whoever is meant.

Counted by what was typed, not by account, so that a login which does not exist is locked like one
that does. A try is counted before it is judged: a hundred at once are not a hundred guesses.
"""

import hashlib
import math
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import ip_address, ip_network
from typing import Final

from govdash.core.errors import TooMany
from govdash.core.vocab import Tried
from govdash.store import Session, signing
from govdash.store.models import FailedTries

FREE: Final = 5  # tries without waiting
FIRST: Final = timedelta(minutes=1)
LONGEST: Final = timedelta(hours=1)  # longer would let anybody lock anybody out for good
FORGOTTEN: Final = timedelta(hours=24)
Keys = Sequence[tuple[Tried, str]]


@dataclass(frozen=True, slots=True)
class Count:
    """Failed tries of one key: how many, when the newest, locked until when."""

    count: int = 0
    last_at: datetime | None = None
    until: datetime | None = None

    def wait(self, at: datetime) -> timedelta:
        """How long the next try must wait."""
        return max((self.until or at) - at, timedelta())

    def failed(self, at: datetime) -> "Count":
        """Return the count after one more failure."""
        old = self.last_at is None or at - self.last_at >= FORGOTTEN
        count = 1 if old else self.count + 1
        return Count(count, at, at + delay(count) if count >= FREE else None)

    def excused(self) -> "Count":
        """Return the count when the newest try turned out to be good: it was none."""
        return Count(max(self.count - 1, 0), self.last_at, None)


def delay(count: int) -> timedelta:
    """How long to wait: 1, 2, 4 … minutes from the fifth failure on, an hour at most."""
    if count < FREE:
        return timedelta()
    doublings = min(count - FREE, 10)
    return min(FIRST * 2**doublings, LONGEST)


def keys(login: str, address: str, *, kind: Tried = Tried.LOGIN) -> Keys:
    """Return what a try is counted by; always in this order, so two never wait for each other."""
    return ((kind, key_of(login)), (Tried.ADDRESS, key_of(network(address))))


def network(address: str) -> str:
    """Return what counts as one place: an IPv4 address, or the /64 that an IPv6 subscriber has."""
    try:
        found = ip_address(address)
    except ValueError:
        return address
    return str(ip_network((found, 64), strict=False)) if found.version == 6 else address


def key_of(typed: str) -> str:
    """Return the hash of a login or an address; case and spaces around it do not matter."""
    plain = unicodedata.normalize("NFKC", typed).strip().casefold()
    return hashlib.sha256(plain.encode("utf-8", "surrogatepass")).hexdigest()


def begin(session: Session, tried: Keys, *, at: datetime) -> bool:
    """Count a try as failed for now; whether it is the one that locks.

    Raises
    ------
    TooMany
        When one of the keys is locked; then nothing is counted.
    """
    rows = [signing.tries(session, kind, key, at=at) for kind, key in tried]
    wait = max(_count(row).wait(at) for row in rows)
    if wait:
        raise TooMany(math.ceil(wait.total_seconds()))
    for row in rows:
        _put(row, _count(row).failed(at))
    session.flush()
    return any(row.count == FREE for row in rows)


def succeeded(session: Session, tried: Keys, *, at: datetime) -> None:
    """Take a good try back: the login starts anew, the address is excused this one.

    An address must not be cleared by signing in once with an account of one's own.
    """
    for kind, key in tried:
        row = signing.tries(session, kind, key, at=at)
        _put(row, _count(row).excused() if kind is Tried.ADDRESS else Count(0, at))
    session.flush()


def unlock(session: Session, login: str) -> None:
    """Forget the failed tries of a login."""
    signing.forget_tries(session, key_hash=key_of(login))


def forget_old(session: Session, *, at: datetime) -> None:
    """Delete counts that are forgotten anyway."""
    signing.forget_tries(session, before=at - FORGOTTEN - LONGEST)


def _count(row: FailedTries) -> Count:
    return Count(row.count, row.last_at if row.count else None, row.until)


def _put(row: FailedTries, count: Count) -> None:
    row.count, row.until = count.count, count.until
    row.last_at = count.last_at or row.last_at
