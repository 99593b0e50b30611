"""Tasks at the sources of data: what an alert showed to be wrong with what they send."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from govdash.store.models.base import CATEGORY, PATH, Base


class QualityTask(Base):
    """One task: a source that sent something wrong, until somebody says what was done."""

    __tablename__ = "quality_tasks"
    __table_args__ = (
        Index("ix_quality_tasks_opened_at", "opened_at"),
        Index(
            "uq_quality_tasks_open",
            "source",
            "category",
            "area_path",
            unique=True,
            sqlite_where=text("done_at IS NULL"),
            postgresql_where=text("done_at IS NULL"),
        ),
        CheckConstraint("(done_at IS NULL) = (done_by IS NULL)", name="done_whole"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(String(24), unique=True)  # ZL-20261122-0001
    alert_id: Mapped[int] = mapped_column(ForeignKey("alerts.id"))  # the first that showed it
    source: Mapped[str] = mapped_column(String(40))  # of most of its events; empty: unknown
    category: Mapped[str] = mapped_column(CATEGORY)
    area_path: Mapped[str | None] = mapped_column(PATH)
    window_first: Mapped[date]
    window_last: Mapped[date]
    said: Mapped[str] = mapped_column(Text)
    seen: Mapped[int] = mapped_column(default=1)  # alerts that showed it
    opened_by: Mapped[str] = mapped_column(String(60))
    opened_at: Mapped[datetime]
    done_by: Mapped[str | None] = mapped_column(String(60))
    done_at: Mapped[datetime | None]
    result: Mapped[str] = mapped_column(Text, default="")
