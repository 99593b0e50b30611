"""The journal as the auditor works with it: proved on demand, and when it was proved last."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from govdash.access import User
from govdash.core.permissions import Permission
from govdash.core.vocab import Result
from govdash.store import Session, Store, chain, journal, journal_search
from govdash.store.chain import Tell, Verdict
from govdash.store.models import JournalLine
from govdash.store.sealing import Mark

VERIFY: Final = "audit.verify"
SEARCH: Final = "audit.search"
PROOFS: Final = (VERIFY, "audit.checkpoint")  # a checkpoint is signed only when all is whole
SUBJECT: Final = "journal"


@dataclass(frozen=True, slots=True)
class Proof:
    """The last time that the whole journal was checked: when, by whom, what was found."""

    at: datetime
    actor: str
    lines: int
    fault: str  # empty: whole

    @property
    def whole(self) -> bool:
        """Whether nothing was found."""
        return not self.fault


def last_proof(session: Session) -> Proof | None:
    """Return the newest check that ended; None when there was none."""
    found = [_proof(line) for did in PROOFS for line in _newest_done(session, did)]
    return max(found, key=lambda proof: proof.at, default=None)


def verify(
    store: Store,
    *,
    actor: User,
    at: datetime,
    outside: Sequence[Mark] = (),
    tell: Tell | None = None,
) -> Verdict:
    """Check the whole journal and journal what was found; a million lines take a minute or two.

    `outside` are the checkpoints that lie elsewhere (`checkpoints.kept`), read before.

    Raises
    ------
    Refused
        When `actor` may not read the journal.
    """
    actor.require_held(Permission.JOURNAL_READ)
    with store.read() as session:
        found = chain.verify(session, outside=outside, tell=tell)
    with store.write() as session:
        _record(session, found, actor=actor.login, at=at)
    return found


def searched(session: Session, wanted: Mapping[str, str], *, actor: User, at: datetime) -> None:
    """Journal that somebody looked into the journal, and for what; also refused.

    Raises
    ------
    Refused
        When `actor` may not read the journal.
    """
    actor.require_held(Permission.JOURNAL_READ)
    detail = {"search": dict(wanted)}
    journal.record(session, actor=actor.login, did=SEARCH, subject=SUBJECT, at=at, detail=detail)


def note_fault(store: Store, found: Verdict, *, actor: str, at: datetime) -> None:
    """Journal a fault that was found; the same one is told once."""
    with store.write() as session:
        known = last_proof(session)
        if known is None or known.fault != fault(found):
            _record(session, found, actor=actor, at=at)


def fault(found: Verdict) -> str:
    """Say what was found, in one sentence; empty when the journal is whole."""
    return "" if found.first is None else str(found.first)


def _record(session: Session, found: Verdict, *, actor: str, at: datetime) -> None:
    detail = {"lines": found.lines, "last_id": found.last_id, "fault": fault(found)}
    journal.record(session, actor=actor, did=VERIFY, subject=SUBJECT, at=at, detail=detail)


def _newest_done(session: Session, did: str) -> list[JournalLine]:
    wanted = journal_search.Search(did=did, result=Result.DONE)
    return list(journal_search.find(session, wanted, limit=1).lines)


def _proof(line: JournalLine) -> Proof:
    lines = line.detail.get("lines", line.detail.get("last_id", 0))
    return Proof(line.at, line.actor, int(lines), str(line.detail.get("fault", "")))
