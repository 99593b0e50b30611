"""The append-only journal: one line for each action of a person or the system, hash-chained."""

import hashlib
import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select, text

from govdash.core.times import aware_utc
from govdash.core.vocab import Result
from govdash.store.engine import Session
from govdash.store.models import JournalLine

FIRST_HASH = "0" * 64
LOCK = 0x676F7664  # "govd": the advisory lock that serialises the chain on PostgreSQL


def record(  # the words of a sentence: who did what to what, when
    session: Session,
    *,
    actor: str,
    did: str,
    subject: str,
    at: datetime,
    detail: dict[str, Any] | None = None,
    note: str = "",
    result: Result = Result.DONE,
) -> JournalLine:
    """Add one line in the caller's transaction.

    `detail` must be JSON-safe and hold no person data. SQLite writers are serialised by their
    transaction; on PostgreSQL an advisory lock is held until the transaction ends.
    """
    session.flush()
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
    newest = select(JournalLine.hash).order_by(JournalLine.id.desc()).limit(1)
    line = JournalLine(
        at=aware_utc(at),
        actor=actor,
        did=did,
        subject=subject,
        result=result,
        detail=detail or {},
        note=note,
        prev_hash=session.scalar(newest) or FIRST_HASH,
    )
    line.hash = line_hash(line)
    session.add(line)
    session.flush()
    return line


def line_hash(line: JournalLine) -> str:
    """Return the SHA-256 of a line and the hash before it, over canonical JSON."""
    told = [
        line.prev_hash,
        aware_utc(line.at).isoformat(),
        line.actor,
        line.did,
        line.subject,
        line.result.value,
        line.detail,
        line.note,
    ]
    text_ = json.dumps(told, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text_.encode()).hexdigest()


def lines(
    session: Session, *, subject: str | None = None, limit: int = 200
) -> Sequence[JournalLine]:
    """Return the newest lines first, of one subject (``case:12``) or of all."""
    chosen = select(JournalLine).order_by(JournalLine.id.desc()).limit(limit)
    if subject is not None:
        chosen = chosen.where(JournalLine.subject == subject)
    return session.scalars(chosen).all()


def first_broken(session: Session) -> int | None:
    """Return the id of the first line whose hash or predecessor is wrong; None when whole."""
    before = FIRST_HASH
    for line in session.scalars(select(JournalLine).order_by(JournalLine.id)).yield_per(1000):
        if line.prev_hash != before or line.hash != line_hash(line):
            return line.id
        before = line.hash
    return None
