"""Proof of the journal: every line, the signed head, and the checkpoints, in one streaming pass."""

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import JSON, Text, cast, func, select, type_coerce

from govdash.core.times import aware_utc
from govdash.store import journal
from govdash.store.chain_pass import DID, PRUNED, Broken, Pass, Start, hash_of, moment
from govdash.store.engine import Session
from govdash.store.models import (
    AuditCheckpoint,
    JournalAnchor,
    JournalHead,
    JournalLine,
    Rule,
    UserAccount,
)
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

    def mark(self, at: datetime) -> Mark:
        """Return how far it came, for a check that goes on from there."""
        return Mark(self.last_id, self.lines, self.last_hash, at)


def verify(
    session: Session,
    *,
    key: PublicKey | None = None,
    outside: Iterable[Mark] = (),
    since: Mark | None = None,
    tell: Tell | None = None,
) -> Verdict:
    """Check every line and what signs them; the first fault ends the check.

    The secret key of the session's `Store` checks each line's seal; the public `key` (its own
    half, when none is given) checks head and checkpoints. `outside` are checkpoints that were
    stored elsewhere. Lines before `since` are taken as proved. `tell` hears now and then how many
    lines are done.
    """
    seal: Seal | None = session.info.get("seal")
    if key is not None and (seal is None or seal.public != key):
        seal = None  # the seals of another key cannot be checked
    trusted = key or (seal.public if seal else None)
    inside, outside = checkpoints(session), list(outside)
    first = _bad_mark(trusted, [*inside, *outside]) or _bad_anchor(session, trusted)
    start = _start(session, since, [*inside, *outside])
    seen = Pass(seal, _kept(session, inside), start)
    marks = _by_line(mark for mark in [*inside, *outside] if mark.last_id > start.last_id)
    here = start.fault or _walk(session, seen, marks, tell)
    end = here or seen.missing(marks) or _bad_head(session, trusted, seen) or _wiped(session, seen)
    if here is not None or first is None:  # a line that is wrong is told before what follows it
        first = min(filter(None, (first, end)), key=lambda found: found.line_id, default=None)
    return Verdict(
        seen.n, seen.last_id, seen.last_hash, first, len(inside), keyed=trusted is not None
    )


def _walk(
    session: Session, seen: Pass, marks: dict[int, list[Mark]], tell: Tell | None
) -> Broken | None:
    """Take every line that comes next; return the first fault."""
    for n, line in enumerate(raw_lines(session, first=seen.last_id + 1)):
        if tell is not None and n % BATCH == 0:
            tell(seen.n)
        if found := seen.take(line, marks.pop(line["id"], ())):
            return found
    return None


def _start(session: Session, since: Mark | None, marks: Sequence[Mark]) -> Start:
    """Return where a check begins: after what was taken out, or after a line that was proved."""
    row = anchor(session)
    start = Start() if row is None else Start(row.lines, row.last_id, row.last_hash, row.version)
    risen = session.scalar(select(func.min(JournalLine.id)).where(JournalLine.id <= start.last_id))
    if risen is not None:
        return replace(start, fault=Broken(risen, "早已清理，却又出现（有人插入）"))
    if since is not None and since.last_id > start.last_id:
        start = _proved(session, since)
    for mark in marks:
        here = (mark.last_id, mark.lines, mark.last_hash)
        if mark.last_id == start.last_id and here != (start.last_id, start.lines, start.last_hash):
            why = f"与 {moment(mark.at)} 的检查点不符（此前有行被改写、删除或插入）"
            return replace(start, fault=start.fault or Broken(mark.last_id, why))
    return start


def _proved(session: Session, since: Mark) -> Start:
    """Begin after a line that was proved before: it must still be what it was."""
    line = next(raw_lines(session, first=since.last_id, last=since.last_id), None)
    start = Start(since.lines, since.last_id, since.last_hash)
    if line is None:
        return replace(start, fault=Broken(since.last_id, "缺失（此前核对过的行已不在）"))
    if "unreadable" in line or hash_of(line) != since.last_hash or line["hash"] != since.last_hash:
        return replace(start, fault=Broken(since.last_id, "与此前核对时不同，已被改动"))
    return replace(start, version=line["hash_version"])


def anchor(session: Session) -> JournalAnchor | None:
    """Return the newest anchor: what vouches for the lines that were taken out."""
    return session.scalar(select(JournalAnchor).order_by(JournalAnchor.id.desc()).limit(1))


def anchor_kind(version: int) -> str:
    """Return the kind under which an anchor is signed; it holds the format of the last line."""
    return f"anchor {version}"


def _bad_anchor(session: Session, trusted: PublicKey | None) -> Broken | None:
    """Check the signature of every anchor."""
    if trusted is None:
        return None
    for row in session.scalars(select(JournalAnchor).order_by(JournalAnchor.id)):
        if not trusted.signed(_mark(row), anchor_kind(row.version)):
            why = f"{moment(row.at)} 的清理锚点签名不对（被改动，或用了别的密钥）"
            return Broken(row.last_id, why)
    return None


def _kept(session: Session, inside: Sequence[Mark]) -> dict[tuple[str, int], str]:
    """Return what the journal's own lines tell of: checkpoints and anchors, by number."""
    anchors = session.execute(select(JournalAnchor.id, JournalAnchor.last_hash)).all()
    return {(DID, number + 1): mark.last_hash for number, mark in enumerate(inside)} | {
        (PRUNED, number): last_hash for number, last_hash in anchors
    }


def _mark(row: JournalHead | AuditCheckpoint | JournalAnchor) -> Mark:
    return Mark(row.last_id, row.lines, row.last_hash, row.at, row.key_id, row.signature)


def first_broken(session: Session) -> int | None:
    """Return the id of the first line that is not as it was written; None when whole."""
    found = verify(session).first
    return None if found is None else found.line_id


def checkpoints(session: Session) -> list[Mark]:
    """Return every checkpoint of the database, oldest first."""
    found = session.scalars(select(AuditCheckpoint).order_by(AuditCheckpoint.id))
    return [_mark(row) for row in found]


def newest_checkpoint(session: Session) -> Mark | None:
    """Return the last checkpoint of the database; None without one."""
    row = session.scalar(select(AuditCheckpoint).order_by(AuditCheckpoint.id.desc()).limit(1))
    return None if row is None else _mark(row)


def add_checkpoint(session: Session, seal: Seal, *, actor: str, at: datetime) -> Mark:
    """Sign the journal as it is now, keep the checkpoint, and journal that it was made."""
    session.flush()
    journal.lock(session)
    newest = session.scalar(select(JournalLine).order_by(JournalLine.id.desc()).limit(1))
    n = _total(session, newest)
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


def _total(session: Session, newest: JournalLine | None) -> int:
    """Return how many lines there are, those that were taken out included."""
    head = session.get(JournalHead, 1)
    if head is not None and newest is not None and head.last_id == newest.id:
        return head.lines
    counted = session.scalar(select(func.count()).select_from(JournalLine)) or 0
    gone = anchor(session)
    return counted + (gone.lines if gone else 0)


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
                told = line[name]
                line[name] = None if told is None else json.loads(told, object_pairs_hook=_once)
            if sqlite:
                line["at"] = datetime.fromisoformat(line["at"]).replace(tzinfo=UTC)
        except (ValueError, TypeError):
            line["unreadable"] = True
        yield line


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Take an object whose names are all different: of a name twice each reader sees another."""
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a name twice")
    return found


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
    head = _mark(row)
    if not trusted.signed(head, journal.HEAD):
        return Broken(seen.last_id, "日志的末行签名不对（被改动，或用了别的密钥）")
    if head.last_id > seen.last_id:
        return Broken(
            seen.last_id + 1, f"末尾缺失：第 {seen.last_id + 1} 至 {head.last_id} 行已被截去"
        )
    if (head.last_id, head.lines, head.last_hash) != (seen.last_id, seen.n, seen.last_hash):
        return Broken(head.last_id + 1, "末行签名停在此行之前：其后的行没有用审计密钥签名")
    return None


def _wiped(session: Session, seen: Pass) -> Broken | None:
    """Find a journal without a line in a database that has begun: `init` itself writes some."""
    if seen.n:
        return None
    for key in (UserAccount.id, Rule.code):
        if session.scalar(select(key).limit(1)) is not None:
            return Broken(1, "缺失：数据库里已有账号或规则，日志却一行也没有（全部被清空）")
    return None


def _by_line(marks: Iterable[Mark]) -> dict[int, list[Mark]]:
    found: dict[int, list[Mark]] = defaultdict(list)
    for mark in marks:
        if mark.last_id:
            found[mark.last_id].append(mark)
    return found
