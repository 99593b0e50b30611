"""How far the telling about an alert or a case has got, and when its next step is."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from govdash.core.vocab import Level
from govdash.store.models.base import Base, coded


class Escalation(Base):
    """The escalation of one alert or case: one row, begun anew with each episode."""

    __tablename__ = "escalations"
    __table_args__ = (
        CheckConstraint("(alert_id IS NULL) <> (case_id IS NULL)", name="one_subject"),
        Index("uq_escalations_alert_id", "alert_id", unique=True),
        Index("uq_escalations_case_id", "case_id", unique=True),
        Index("ix_escalations_next_at", "next_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    alert_id: Mapped[int | None] = mapped_column(ForeignKey("alerts.id"))
    case_id: Mapped[int | None] = mapped_column(ForeignKey("cases.id"))
    chain: Mapped[str] = mapped_column(String(40))
    episode: Mapped[int]  # grows with each beginning
    standing: Mapped[str] = mapped_column(String(80))  # of a case: state and unit that began it
    level: Mapped[Level | None] = coded(Level, nullable=True)
    why: Mapped[str] = mapped_column(Text)
    started_at: Mapped[datetime]
    told: Mapped[list[str]]  # the marks of its chain that were passed
    next_at: Mapped[datetime | None]  # when it is looked at again; None: never
    ended_at: Mapped[datetime | None]
    gap: Mapped[str] = mapped_column(Text, default="")  # why nobody could be told; empty: all well
