"""The runs of imports: how far each got, and the rows that it could not take."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select, update

from govdash.core.errors import NotFound
from govdash.core.vocab import ImportState
from govdash.store.engine import Session
from govdash.store.models import Import, RejectedRow


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
        rows: list[dict[str, Any]] = [
            {
                "import_id": import_id,
                "row_number": row.row_number,
                "reasons": list(row.reasons),
                "raw": dict(row.raw),
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


def get(session: Session, import_id: int) -> Import:
    """Return one run, or raise `NotFound`."""
    run = session.get(Import, import_id, populate_existing=True)
    if run is None:
        raise NotFound(f"没有编号为 {import_id} 的导入记录。")
    return run


def runs(session: Session, *, limit: int = 50) -> Sequence[Import]:
    """Return the newest runs first."""
    return session.scalars(select(Import).order_by(Import.id.desc()).limit(limit)).all()


def rejected_rows(session: Session, import_id: int, *, limit: int = 1000) -> list[Rejected]:
    """Return the first rows that a run rejected, in the order of the file."""
    chosen = (
        select(RejectedRow)
        .where(RejectedRow.import_id == import_id)
        .order_by(RejectedRow.row_number)
        .limit(limit)
    )
    return [
        Rejected(row.row_number, tuple(row.reasons), row.raw) for row in session.scalars(chosen)
    ]
