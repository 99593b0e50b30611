"""Silences, maintenance and planned events: they mute notifications for a while, no more."""

from datetime import datetime

from sqlalchemy import CheckConstraint, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from govdash.core.vocab import Mute
from govdash.store.models.base import CATEGORY, PATH, Base, coded


class Suppression(Base):
    """One silence, maintenance or planned event, with an owner, a reason and an end."""

    __tablename__ = "suppressions"
    __table_args__ = (
        CheckConstraint("ends_at > starts_at", name="has_end"),
        CheckConstraint("reason <> ''", name="has_reason"),
        CheckConstraint("(ended_at IS NULL) = (ended_by IS NULL)", name="ended_by_somebody"),
        Index("ix_suppressions_ends_at", "ends_at"),
        Index("ix_suppressions_area_path", "area_path"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[Mute] = coded(Mute)
    name: Mapped[str] = mapped_column(Text)  # of a planned event; empty for the others
    area_path: Mapped[str | None] = mapped_column(PATH)  # with all below; None: the whole city
    category: Mapped[str | None] = mapped_column(CATEGORY)  # key or major; None: all
    rule_code: Mapped[str | None] = mapped_column(String(40))  # None: all
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    owner: Mapped[str] = mapped_column(String(60))
    reason: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]  # by a person, before its time
    ended_by: Mapped[str | None] = mapped_column(String(60))
    version: Mapped[int] = mapped_column(default=1)
    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012  # SQLAlchemy's own form
