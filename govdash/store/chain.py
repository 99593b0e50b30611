"""Proof of the journal: every line, the signed head, and the checkpoints, in one streaming pass."""

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import JSON, Text, cast, func, select, type_coerce

from govdash.core.times import aware_utc
from govdash.store import journal
from govdash.store.chain_pass import DID, Broken, Pass, moment
from govdash.store.engine import Session
from govdash.store.models import AuditCheckpoint, JournalHead, JournalLine
from govdash.store.sealing import Mark, PublicKey, Seal

CHECKPOINT: Final = "checkpoint"
BATCH: Final = 2000
JSON_COLUMNS: Final = ("detail", "before", "after")
Tell = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a check of the whole journal found; `first` is None when it is whole."""

    lines: int
    last_id: int
    last_hash: str
    first: Broken | None
    checkpoints: int  # that were compared
    keyed: bool  # False: without a key only the chain itself could be checked


def verify(
    session: Session,
    *,
    key: PublicKey | None = None,
    outside: Iterable[Mark] = (),
    tell: Tell | None = None,
) -> Verdict:
    """Check every line and what signs them; the first fault ends the check.

    The secret key of the session's `Store` checks each line's seal; the public `key` (its own
    half, when none is given) checks head and checkpoints. `outside` are checkpoints that were
    stored elsewhere. `tell` hears now and then how many lines are done.
    """
    seal: Seal | None = session.info.get("seal")
    if key is not None and (seal is None or seal.public != key):
        seal = None  # the seals of another key cannot be checked
    trusted = key or (seal.public if seal else None)
    inside = checkpoints(session)
    marks = _by_line([*inside, *outside])
    pass_ = Pass(seal, {number + 1: mark.last_hash for number, mark in enumerate(inside)})
    first = _bad_mark(trusted, [*inside, *outside])
    for line in raw_lines(session):
        if tell is not None and pass_.n % BATCH == 0:
            tell(pass_.n)
        first_here = pass_.take(line, marks.pop(line["id"], ()))
        if first_here:
            first = min(first or first_here, first_here, key=lambda found: found.line_id)
            break
    else:
        end = pass_.missing(marks) or _bad_head(session, trusted, pass_)
        first = first or end
    return Verdict(
        pass_.n, pass_.last_id, pass_.last_hash, first, len(inside), keyed=trusted is not None
    )


def first_broken(session: Session) -> int | None:
    """Return the id of the first line that is not as it was written; None when whole."""
    found = verify(session).first
    return None if found is None else found.line_id


def checkpoints(session: Session) -> list[Mark]:
    """Return every checkpoint of the database, oldest first."""
    found = session.scalars(select(AuditCheckpoint).order_by(AuditCheckpoint.id))
    return [
        Mark(row.last_id, row.lines, row.last_hash, row.at, row.key_id, row.signature)
        for row in found
    ]


def add_checkpoint(session: Session, seal: Seal, *, actor: str, at: datetime) -> Mark:
    """Sign the journal as it is now, keep the checkpoint, and journal that it was made."""
    session.flush()
    journal.lock(session)
    newest = session.scalar(select(JournalLine).order_by(JournalLine.id.desc()).limit(1))
    n = session.scalar(select(func.count()).select_from(JournalLine)) or 0
    mark = seal.sign(
        Mark(newest.id if newest else 0, n, newest.hash if newest else journal.FIRST_HASH, at),
        CHECKPOINT,
    )
    number = (session.scalar(select(func.max(AuditCheckpoint.id))) or 0) + 1
    session.add(
        AuditCheckpoint(
            id=number,
            last_id=mark.last_id,
            lines=mark.lines,
            last_hash=mark.last_hash,
            at=aware_utc(mark.at),
            key_id=mark.key_id,
            signature=mark.signature,
        )
    )
    journal.record(
        session,
        actor=actor,
        did=DID,
        subject=f"checkpoint:{number}",
        at=at,
        detail={"number": number, "last_id": mark.last_id, "hash": mark.last_hash},
    )
    return mark


def raw_lines(
    session: Session, *, first: int = 1, last: int | None = None
) -> Iterator[dict[str, Any]]:
    """Yield lines `first` to `last` raw, in order: what cannot be read is a finding, not an error.

    A line is column → value, with ``detail``, ``before``, ``after`` decoded and ``at`` aware.
    """
    sqlite = session.get_bind().dialect.name == "sqlite"
    columns: list[Any] = []
    for column in JournalLine.__table__.columns:
        if isinstance(column.type, JSON) or column.name == "result":
            columns.append(cast(column, Text).label(column.name))
        elif column.name == "at" and sqlite:
            columns.append(type_coerce(column, Text).label("at"))
        else:
            columns.append(column)
    asked = select(*columns).order_by(JournalLine.id)
    if first > 1:
        asked = asked.where(JournalLine.id >= first)
    if last is not None:
        asked = asked.where(JournalLine.id <= last)
    for row in session.execute(asked).yield_per(BATCH).mappings():
        line = dict(row)
        try:
            for name in JSON_COLUMNS:
                line[name] = None if line[name] is None else json.loads(line[name])
            if sqlite:
                line["at"] = datetime.fromisoformat(line["at"]).replace(tzinfo=UTC)
        except (ValueError, TypeError):
            line["unreadable"] = True
        yield line


def _bad_mark(trusted: PublicKey | None, marks: Sequence[Mark]) -> Broken | None:
    if trusted is None:
        return None
    bad = [mark for mark in marks if not trusted.signed(mark, CHECKPOINT)]
    if not bad:
        return None
    first = min(bad, key=lambda mark: mark.last_id)
    return Broken(first.last_id, f"{moment(first.at)} 的检查点签名不对（被改动，或用了别的密钥）")


def _bad_head(session: Session, trusted: PublicKey | None, seen: Pass) -> Broken | None:
    """Compare the signed head with the end of the journal."""
    if trusted is None or (seen.n and seen.version == 1):
        return None
    row = session.scalar(select(JournalHead))
    if row is None:
        return Broken(seen.last_id, "日志的末行签名缺失，末尾可能被截去") if seen.n else None
    head = Mark(row.last_id, row.lines, row.last_hash, row.at, row.key_id, row.signature)
    if not trusted.signed(head, journal.HEAD):
        return Broken(seen.last_id, "日志的末行签名不对（被改动，或用了别的密钥）")
    if head.last_id > seen.last_id:
        return Broken(
            seen.last_id + 1, f"末尾缺失：第 {seen.last_id + 1} 至 {head.last_id} 行已被截去"
        )
    if (head.last_id, head.lines, head.last_hash) != (seen.last_id, seen.n, seen.last_hash):
        return Broken(head.last_id + 1, "末行签名停在此行之前：其后的行没有用审计密钥签名")
    return None


def _by_line(marks: Iterable[Mark]) -> dict[int, list[Mark]]:
    found: dict[int, list[Mark]] = defaultdict(list)
    for mark in marks:
        if mark.last_id:
            found[mark.last_id].append(mark)
    return found
