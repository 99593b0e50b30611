"""Taking old journal lines out: proved, archived, the archive read back, and only then gone."""

from datetime import datetime
from pathlib import Path

from govdash.access import User
from govdash.core.errors import Tampered
from govdash.core.permissions import Permission
from govdash.report import auditing, journal_file
from govdash.report.journal_file import Manifest
from govdash.store import Store, chain
from govdash.store import pruning as anchors


def prune(store: Store, archive: Path, *, before: datetime, actor: User, at: datetime) -> Manifest:
    """Write all lines older than `before` to `archive` and take them out of the journal.

    Raises
    ------
    Refused
        Without the permission.
    InputError
        When `before` is less than half a year ago, nothing is as old, or the file is there.
    Tampered
        When the journal, or the file that was just written, is not as it should be.
    """
    actor.require_held(Permission.JOURNAL_PRUNE)
    seal = store.require_key()
    chosen = journal_file.format_of(archive)
    with store.read() as session:
        ids = anchors.prunable(session, before=before, at=at)
        found = chain.verify(session)
        if found.first is not None:
            raise Tampered(f"操作日志被动过，不能清理：{auditing.fault(found)}")
        made = journal_file.write(session, archive, ids, chosen=chosen, seal=seal, at=at)
    with made.kept():
        pass
    told, fault = journal_file.verify(archive, key=seal.public, seal=seal)
    if fault is not None:
        raise Tampered(f"刚写出的归档文件读回来不对，没有清理：{fault}")
    with store.write() as session:
        anchors.prune(session, seal, told.last_id, archive=told.sha256, actor=actor.login, at=at)
    return told
