"""Reports (研判报告) of a period, as it was known: drafts, then numbered and kept."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from govdash.core.vocab import BriefKind, BriefState
from govdash.store.models.base import PATH, Base, coded


class Brief(Base):
    """One report. Its text is changed while it is a draft, and never after it was issued."""

    __tablename__ = "briefs"
    __table_args__ = (
        CheckConstraint("last_day >= first_day", name="forward"),
        CheckConstraint("(state = 'draft') = (settled_at IS NULL)", name="settled_when"),
        CheckConstraint("state <> 'issued' OR official IS NOT NULL", name="issued_has_number"),
        CheckConstraint("signed_by IS NULL OR signed_by <> written_by", name="another_signs"),
        CheckConstraint("copies >= 0", name="copies"),
        Index("ix_briefs_area_path_last_day", "area_path", "last_day"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(String(24), unique=True)  # BG-20261130-0001: of every draft
    official: Mapped[str | None] = mapped_column(String(60), unique=True)  # 文号, once issued
    occasion: Mapped[str | None] = mapped_column(String(80), unique=True)  # of a schedule: once
    kind: Mapped[BriefKind] = coded(BriefKind)
    area_path: Mapped[str | None] = mapped_column(PATH)  # None: the whole city
    categories: Mapped[list[str]]
    first_day: Mapped[date]
    last_day: Mapped[date]
    as_of: Mapped[datetime]  # what was known then
    state: Mapped[BriefState] = coded(BriefState, default=BriefState.DRAFT)
    document: Mapped[dict[str, Any]]  # `report.brief.document.Document`
    note: Mapped[str] = mapped_column(Text, default="")  # made late; why it was dropped
    written_by: Mapped[str] = mapped_column(String(60))  # who made or last changed it
    written_at: Mapped[datetime]
    signed_by: Mapped[str | None] = mapped_column(String(60))  # None: issued by a schedule
    settled_at: Mapped[datetime | None]  # issued or dropped
    copies: Mapped[int] = mapped_column(default=0)  # taken out, each with a watermark of its own
    version: Mapped[int] = mapped_column(default=1)
    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012  # SQLAlchemy's own form
