"""The append-only journal: one line for each action of a person or the system, hash-chained."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import func, select, text

from govdash.core.origin import NOWHERE, Origin
from govdash.core.times import aware_utc
from govdash.core.vocab import Result
from govdash.language.masking import mask
from govdash.store.engine import Session
from govdash.store.models import JournalHead, JournalLine
from govdash.store.sealing import Mark, Seal

FIRST_HASH = "0" * 64
LOCK = 0x676F7664  # "govd": the advisory lock that serialises the chain on PostgreSQL
HEAD = "head"
HASH_VERSION = 2  # 1: lines older than the columns of origin, before and after


def record(  # the words of a sentence: who did what to what, when
    session: Session,
    *,
    actor: str,
    did: str,
    subject: str,
    at: datetime,
    detail: dict[str, Any] | None = None,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
    note: str = "",
    result: Result = Result.DONE,
) -> JournalLine:
    """Add one line in the caller's transaction; from where is known by its `Store`.

    `detail`, `before` and `after` must be JSON-safe and hold no person data; `note`, which people
    may have typed, is masked, because no line can be taken back. SQLite writers are
    serialised by their transaction; on PostgreSQL an advisory lock is held until the transaction
    ends. With the audit key of the `Store` the line is sealed and the head signed.

    Raises
    ------
    SettingsError
        When the journal is signed with another audit key.
    """
    session.flush()
    lock(session)
    newest = _newest(session)
    origin: Origin = session.info.get("origin", NOWHERE)
    seal: Seal | None = session.info.get("seal")
    signed = session.get(JournalHead, 1, populate_existing=True) if seal else None
    if seal and signed:
        seal.require_same(signed.key_id)  # a line under another key would break the chain
    line = JournalLine(
        id=newest.id + 1 if newest else 1,
        at=aware_utc(at),
        actor=actor,
        did=did,
        subject=subject,
        result=result,
        detail=_plain(detail or {}),
        note=mask(note),
        address=origin.address,
        via=origin.via,
        request_id=origin.request_id,
        before=None if before is None else _plain(before),
        after=None if after is None else _plain(after),
        hash_version=HASH_VERSION,
        prev_hash=newest.hash if newest else FIRST_HASH,
    )
    line.hash = line_hash(line)
    line.seal = seal.line(line.hash) if seal else ""
    session.add(line)
    session.flush()
    if seal:
        _sign_head(session, seal, signed, newest, line)
    return line


def lock(session: Session) -> None:
    """Let no other transaction add a line before this one ends."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})


def line_hash(line: JournalLine) -> str:
    """Return the SHA-256 of a line and the hash before it, over canonical JSON."""
    return hash_of(
        {
            "id": line.id,
            "at": line.at,
            "actor": line.actor,
            "did": line.did,
            "subject": line.subject,
            "result": line.result.value,
            "detail": line.detail,
            "note": line.note,
            "address": line.address,
            "via": line.via,
            "request_id": line.request_id,
            "before": line.before,
            "after": line.after,
            "hash_version": line.hash_version,
            "prev_hash": line.prev_hash,
        }
    )


def hash_of(line: Mapping[str, Any]) -> str:
    """Return the hash of a line given as column → value; `at` is aware.

    Version 1 did not have the columns of origin, before and after; it covers what there was.
    """
    told = [
        line["prev_hash"],
        aware_utc(line["at"]).isoformat(),
        line["actor"],
        line["did"],
        line["subject"],
        line["result"],
        line["detail"],
        line["note"],
    ]
    if line["hash_version"] != 1:
        told = [
            line["hash_version"],
            line["id"],
            *told,
            line["address"],
            line["via"],
            line["request_id"],
            line["before"],
            line["after"],
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


def head(session: Session) -> Mark | None:
    """Return the signed head; None when there is none."""
    found = session.get(JournalHead, 1)
    return None if found is None else _mark(found)


def _newest(session: Session) -> JournalLine | None:
    return session.scalar(select(JournalLine).order_by(JournalLine.id.desc()).limit(1))


def _sign_head(
    session: Session,
    seal: Seal,
    found: JournalHead | None,
    newest: JournalLine | None,
    line: JournalLine,
) -> None:
    """Move the head on to `line`, if it stood on the line before.

    A head that does not fit (somebody changed the journal or the head) stays as it is: the next
    write must not heal what `audit verify` has to find.
    """
    if found is None:
        if newest is not None and newest.hash_version != 1:
            return
        before = session.scalar(select(func.count()).select_from(JournalLine)) or 0
        found = JournalHead(id=1)
        session.add(found)
    elif (
        newest is None
        or (found.last_id, found.last_hash) != (newest.id, newest.hash)
        or not seal.public.signed(_mark(found), HEAD)
    ):
        return
    else:
        before = found.lines + 1
    signed = seal.sign(Mark(line.id, before, line.hash, line.at), HEAD)
    found.last_id, found.lines, found.last_hash = signed.last_id, signed.lines, signed.last_hash
    found.at, found.key_id, found.signature = signed.at, signed.key_id, signed.signature
    session.flush()


def _mark(row: JournalHead) -> Mark:
    return Mark(row.last_id, row.lines, row.last_hash, row.at, row.key_id, row.signature)


def _plain(told: dict[str, Any]) -> dict[str, Any]:
    """Return what the database gives back: keys are texts, tuples are lists."""
    return json.loads(json.dumps(told))
