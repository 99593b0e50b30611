"""Files and emergency reports of cases: rows in and out."""

from collections.abc import Sequence

from sqlalchemy import func, select

from govdash.core.filters import Scope
from govdash.store.engine import Session
from govdash.store.models import Case, CaseFile, CaseReport
from govdash.store.visible import visible


def n_files(session: Session, case_id: int) -> int:
    """Return how many files a case has that is changed."""
    return session.scalar(select(func.count()).where(CaseFile.case_id == case_id)) or 0


def has_file(session: Session, case_id: int, sha256: str) -> bool:
    """Whether a case that is changed has this very file."""
    same = select(CaseFile.id).where(CaseFile.case_id == case_id, CaseFile.sha256 == sha256)
    return session.scalar(same) is not None


def files(session: Session, case_id: int, scope: Scope) -> Sequence[CaseFile]:
    """Return the files of a case inside the scope, oldest first."""
    chosen = select(CaseFile).join(Case, Case.id == CaseFile.case_id)
    inside = chosen.where(Case.id == case_id, visible(scope, Case.area_path, Case.unit_code))
    return session.scalars(inside.order_by(CaseFile.id)).all()


def file(session: Session, file_id: int, scope: Scope) -> CaseFile | None:
    """Return one file of a case inside the scope."""
    chosen = select(CaseFile).join(Case, Case.id == CaseFile.case_id)
    return session.scalar(
        chosen.where(CaseFile.id == file_id, visible(scope, Case.area_path, Case.unit_code))
    )


def case_of(session: Session, file_id: int, scope: Scope) -> Case | None:
    """Return the case of a file, inside the scope."""
    chosen = select(Case).join(CaseFile, CaseFile.case_id == Case.id)
    return session.scalar(
        chosen.where(CaseFile.id == file_id, visible(scope, Case.area_path, Case.unit_code))
    )


def last_report(session: Session, case_id: int) -> CaseReport | None:
    """Return the newest report of a case that is changed."""
    every = select(CaseReport).where(CaseReport.case_id == case_id)
    return session.scalar(every.order_by(CaseReport.seq.desc()).limit(1))


def reports(session: Session, case_id: int, scope: Scope) -> Sequence[CaseReport]:
    """Return the reports of a case inside the scope, oldest first."""
    chosen = select(CaseReport).join(Case, Case.id == CaseReport.case_id)
    inside = chosen.where(Case.id == case_id, visible(scope, Case.area_path, Case.unit_code))
    return session.scalars(inside.order_by(CaseReport.seq)).all()


def report(session: Session, report_id: int, scope: Scope) -> tuple[CaseReport, Case] | None:
    """Return one report and its case, inside the scope."""
    chosen = select(CaseReport, Case).join(Case, Case.id == CaseReport.case_id)
    found = session.execute(
        chosen.where(CaseReport.id == report_id, visible(scope, Case.area_path, Case.unit_code))
    ).first()
    return None if found is None else (found[0], found[1])
