"""The runs of imports: how far each got, and the rows that it could not take."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, false, func, insert, select, true, update

from govdash.core.errors import NotFound
from govdash.core.filters import Scope
from govdash.core.vocab import ImportState
from govdash.store.engine import Session
from govdash.store.models import Import, RejectedRow
from govdash.store.vault import Vault, vault_of


@dataclass(frozen=True, slots=True)
class Progress:
    """Where the rows read so far went; read = accepted + rejected + duplicate."""

    accepted: int
    rejected: int
    duplicate: int
    reasons: Mapping[str, int]  # English code → rows; a row may have several
    warnings: Mapping[str, int]

    @property
    def read(self) -> int:
        """Rows read."""
        return self.accepted + self.rejected + self.duplicate


@dataclass(frozen=True, slots=True)
class Rejected:
    """One row that could not be taken: its number in the file, why, and how it came."""

    row_number: int
    reasons: tuple[str, ...]
    raw: Mapping[str, str]


def start(
    session: Session, file_name: str, *, file_sha256: str, profile: str, by: str, at: datetime
) -> int:
    """Open a run and return its id."""
    run = Import(
        file_name=file_name,
        file_sha256=file_sha256,
        profile=profile,
        started_by=by,
        started_at=at,
    )
    session.add(run)
    session.flush()
    return run.id


def progress(
    session: Session, import_id: int, told: Progress, rejected: Sequence[Rejected] = ()
) -> None:
    """Write the numbers so far and the rows rejected since, with the events of the same chunk."""
    session.execute(
        update(Import)
        .where(Import.id == import_id)
        .values(
            n_read=told.read,
            n_accepted=told.accepted,
            n_rejected=told.rejected,
            n_duplicate=told.duplicate,
            reasons=dict(told.reasons),
            warnings=dict(told.warnings),
        )
        .execution_options(synchronize_session=False)
    )
    if rejected:
        vault = vault_of(session)
        rows: list[dict[str, Any]] = [
            {
                "import_id": import_id,
                "row_number": row.row_number,
                "reasons": list(row.reasons),
                "key_id": vault.current,
                "raw": vault.seal(
                    json.dumps(dict(row.raw), ensure_ascii=False),
                    _place(import_id, row.row_number),
                ),
            }
            for row in rejected
        ]
        session.connection().execute(insert(RejectedRow), rows)


def finish(
    session: Session,
    import_id: int,
    state: ImportState,
    *,
    at: datetime,
    reject_file: str = "",
    message: str = "",
) -> None:
    """Close a run: done or failed, with what to tell about it."""
    session.execute(
        update(Import)
        .where(Import.id == import_id)
        .values(state=state, finished_at=at, reject_file=reject_file, message=message)
        .execution_options(synchronize_session=False)
    )


def mark_interrupted(session: Session, *, at: datetime, running: Sequence[int] = ()) -> int:
    """Mark runs left open by a process that ended, except those `running`; return how many."""
    left = select(Import.id).where(
        Import.state == ImportState.RUNNING, Import.id.not_in(list(running))
    )
    ids = session.scalars(left).all()
    for import_id in ids:
        finish(
            session,
            import_id,
            ImportState.INTERRUPTED,
            at=at,
            message="导入中途停止；已写入的行都有效，请把同一文件再导入一次。",
        )
    return len(ids)


def going(session: Session) -> Sequence[tuple[int, datetime]]:
    """Return the number and the beginning of every run that has not ended."""
    running = select(Import.id, Import.started_at).where(Import.state == ImportState.RUNNING)
    return [(row[0], row[1]) for row in session.execute(running)]


def written(session: Session, import_id: int) -> Import:
    """Return the run that the process itself has just written."""
    return session.get_one(Import, import_id, populate_existing=True)


def get(session: Session, import_id: int, scope: Scope, *, by: str) -> Import:
    """Return one run that `by` may see (`runs`), or raise `NotFound`."""
    run = session.scalar(
        select(Import)
        .where(Import.id == import_id, _seen(scope, by))
        .execution_options(populate_existing=True)
    )
    if run is None:
        raise NotFound(f"没有编号为 {import_id} 的导入记录，或不在您的管辖范围内。")
    return run


def runs(session: Session, scope: Scope, *, by: str, limit: int = 50) -> Sequence[Import]:
    """Return the newest runs first: all for who sees the whole city, else those that `by` began.

    A file may hold rows of any area, so a part of the city is not enough for another's run.
    """
    newest = select(Import).where(_seen(scope, by)).order_by(Import.id.desc()).limit(limit)
    return session.scalars(newest).all()


def rejected_rows(
    session: Session, import_id: int, scope: Scope, *, by: str, limit: int = 1000
) -> list[Rejected]:
    """Return the first rows rejected by a run that `by` may see, in the order of the file."""
    chosen = (
        select(RejectedRow)
        .join(Import, Import.id == RejectedRow.import_id)
        .where(RejectedRow.import_id == import_id, _seen(scope, by))
        .order_by(RejectedRow.row_number)
        .limit(limit)
    )
    vault = vault_of(session)
    return [
        Rejected(row.row_number, tuple(row.reasons), _opened(vault, row))
        for row in session.scalars(chosen)
    ]


def _seen(scope: Scope, by: str) -> ColumnElement[bool]:
    if scope.whole_city:
        return true()
    return Import.started_by == by if scope.areas or scope.units else false()


def reseal_rejected(session: Session, *, limit: int) -> int:
    """Seal up to `limit` rejected rows of other keys with the current one; return how many."""
    vault = vault_of(session)
    old = select(RejectedRow).where(RejectedRow.key_id != vault.current).limit(limit)
    rows = session.scalars(old).all()
    for row in rows:
        place = _place(row.import_id, row.row_number)
        row.raw = vault.seal(vault.open(row.raw, place, row.key_id), place)
        row.key_id = vault.current
    session.flush()
    session.expunge_all()
    return len(rows)


def rejected_by_key(session: Session) -> dict[str, int]:
    """Return how many rejected rows each key has sealed, by the id of the key."""
    found = select(RejectedRow.key_id, func.count()).group_by(RejectedRow.key_id)
    return {key_id: n for key_id, n in session.execute(found)}  # noqa: C416  # rows, not pairs


def _place(import_id: int, row_number: int) -> str:
    """Say where a sealed row belongs."""
    return f"rejected:{import_id}:{row_number}"


def _opened(vault: Vault, row: RejectedRow) -> Mapping[str, str]:
    return json.loads(vault.open(row.raw, _place(row.import_id, row.row_number), row.key_id))
