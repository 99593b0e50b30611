"""Old journal lines go, after half a year at least; a signed anchor vouches for what they were."""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import delete, func, select

from govdash.core.errors import InputError
from govdash.core.settings import LOG_DAYS
from govdash.core.times import aware_utc
from govdash.store import chain, journal
from govdash.store.chain_pass import PRUNED
from govdash.store.engine import Session
from govdash.store.models import JournalAnchor, JournalLine
from govdash.store.sealing import Mark, Seal

SHORTEST: Final = timedelta(days=LOG_DAYS)  # the triggers of the table hold it too


def prunable(session: Session, *, before: datetime, at: datetime) -> tuple[int, int]:
    """Return the numbers of the first and the last line that may go: all older than `before`.

    Raises
    ------
    InputError
        When `before` is less than half a year ago, or there is no such line.
    """
    if before > at - SHORTEST:
        raise InputError(
            f"操作日志至少保存 {LOG_DAYS} 天；--before 不能晚于 {at - SHORTEST:%Y-%m-%d}。"
        )
    first = session.scalar(select(func.min(JournalLine.id))) or 0
    young = session.scalar(select(func.min(JournalLine.id)).where(JournalLine.at >= before))
    last = (young or 0) - 1  # the journal is never emptied: its end carries on the chain
    if not first or last < first:
        raise InputError(f"没有早于 {before:%Y-%m-%d} 而可以清理的日志。")
    return first, last


def prune(
    session: Session, seal: Seal, last_id: int, *, archive: str, actor: str, at: datetime
) -> int:
    """Take out every line up to `last_id`; return how many.

    `archive` is the SHA-256 of the file that holds them. The anchor and the journal line of this
    action are written first; the database refuses when a line is younger than half a year.
    """
    journal.lock(session)
    line = session.get_one(JournalLine, last_id)
    before = chain.anchor(session)
    gone = session.scalar(
        select(func.count()).select_from(JournalLine).where(JournalLine.id <= last_id)
    )
    lines = (before.lines if before else 0) + (gone or 0)
    mark = seal.sign(
        Mark(last_id, lines, line.hash, aware_utc(at)), chain.anchor_kind(line.hash_version)
    )
    number = (session.scalar(select(func.max(JournalAnchor.id))) or 0) + 1
    session.add(
        JournalAnchor(
            id=number,
            version=line.hash_version,
            archive=archive,
            last_id=mark.last_id,
            lines=mark.lines,
            last_hash=mark.last_hash,
            at=mark.at,
            key_id=mark.key_id,
            signature=mark.signature,
        )
    )
    session.flush()
    journal.record(
        session,
        actor=actor,
        did=PRUNED,
        subject=f"anchor:{number}",
        at=at,
        detail={
            "number": number,
            "last_id": last_id,
            "hash": mark.last_hash,
            "lines": gone,
            "sha256": archive,
        },
    )
    session.expunge(line)
    session.execute(delete(JournalLine).where(JournalLine.id <= last_id))
    return gone or 0
