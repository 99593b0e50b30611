"""Requests to take personal data out: who asked, who decided, how often it was taken."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from govdash.core.vocab import ReleaseState
from govdash.store.models.base import Base, coded


class Release(Base):
    """One request for a file with personal data; `number` is what its watermark begins with."""

    __tablename__ = "releases"
    __table_args__ = (
        CheckConstraint("format IN ('csv', 'xlsx')", name="format"),
        CheckConstraint("decided_by IS NULL OR decided_by <> asked_by", name="another_decides"),
        CheckConstraint(
            "(state IN ('approved', 'refused')) = (decided_by IS NOT NULL)", name="decided_by_whom"
        ),
        CheckConstraint(
            "(state = 'approved') = (expires_at IS NOT NULL)", name="approved_until_when"
        ),
        CheckConstraint(
            "taken >= 0 AND taken <= allowed AND (taken = 0 OR state = 'approved')",
            name="taken_as_allowed",
        ),
        Index("ix_releases_asked_by", "asked_by"),
        Index("ix_releases_state", "state"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(String(24), unique=True)  # DC-20260610-0001
    format: Mapped[str] = mapped_column(String(24))
    params: Mapped[dict[str, Any]]  # the query, as in a URL
    words: Mapped[list[list[str]]] = mapped_column(
        JSON
    )  # the query, as it was said to both persons
    areas: Mapped[list[str]]  # the asker's scope; another one needs another request
    units: Mapped[list[str]]
    whole_city: Mapped[bool]
    rows: Mapped[int]
    reason: Mapped[str] = mapped_column(Text)
    asked_by: Mapped[str] = mapped_column(String(60))
    asked_at: Mapped[datetime]  # the file holds what was known then
    state: Mapped[ReleaseState] = coded(ReleaseState)
    decided_by: Mapped[str | None] = mapped_column(String(60))
    decided_at: Mapped[datetime | None]
    note: Mapped[str] = mapped_column(Text, default="")
    expires_at: Mapped[datetime | None]
    allowed: Mapped[int] = mapped_column(default=0)  # downloads
    taken: Mapped[int] = mapped_column(default=0)
