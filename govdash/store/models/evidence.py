"""What is shown of a case: files before and after, and emergency reports made from it."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from govdash.core.vocab import ReportKind, Shown
from govdash.store.models.base import Base, coded


class CaseFile(Base):
    """A file of a case. Only ever added; its content lies under `sha256` in a folder of its own."""

    __tablename__ = "case_files"
    __table_args__ = (
        UniqueConstraint("case_id", "sha256"),
        CheckConstraint("size > 0", name="size"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"))
    shown: Mapped[Shown] = coded(Shown)
    name: Mapped[str] = mapped_column(Text)
    mime: Mapped[str] = mapped_column(String(100))  # as the content says
    size: Mapped[int]
    sha256: Mapped[str] = mapped_column(String(64))
    added_by: Mapped[str] = mapped_column(String(60))
    added_at: Mapped[datetime]


class CaseReport(Base):
    """An emergency report (初报, 续报, 终报) as it was made. Only ever added."""

    __tablename__ = "case_reports"
    __table_args__ = (UniqueConstraint("case_id", "seq"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"))
    seq: Mapped[int]  # 1: the first report
    kind: Mapped[ReportKind] = coded(ReportKind)
    number: Mapped[str] = mapped_column(String(24), unique=True)  # XB-20261129-0001
    made_by: Mapped[str] = mapped_column(String(60))
    made_at: Mapped[datetime]
    told: Mapped[dict[str, Any]]
