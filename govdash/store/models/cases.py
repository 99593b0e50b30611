"""Cases, their append-only steps, the run and pause intervals of their clocks, and feedback."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from govdash.core.vocab import CaseAction, CaseState, Clock, LimitUnit, Urgency, WhyNot
from govdash.store.models.base import CATEGORY, PATH, Base, coded


class Case(Base):
    """A case (案件): one problem, one responsible unit, one deadline."""

    __tablename__ = "cases"
    __table_args__ = (
        CheckConstraint("(limit_amount IS NULL) = (limit_unit IS NULL)", name="limit_whole"),
        CheckConstraint("(state = 'closed') = (closed_at IS NOT NULL)", name="closed_has_time"),
        CheckConstraint("verifier IS NULL OR verifier <> handler", name="verifier_not_handler"),
        CheckConstraint("(state = 'merged') = (leading_id IS NOT NULL)", name="merged_into_one"),
        CheckConstraint("leading_id <> id", name="leads_another"),
        CheckConstraint("hold_until IS NULL OR state = 'on_hold'", name="hold_has_end"),
        Index("ix_cases_leading_id", "leading_id"),
        Index("ix_cases_state_due_at", "state", "due_at"),
        Index("ix_cases_area_path", "area_path"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(String(24), unique=True)  # AJ-20261122-0001
    alert_id: Mapped[int | None] = mapped_column(ForeignKey("alerts.id"), index=True)
    event_id: Mapped[str | None] = mapped_column(String(20), index=True)
    title: Mapped[str] = mapped_column(Text)
    description: Mapped[str] = mapped_column(Text, default="")
    category: Mapped[str] = mapped_column(CATEGORY)
    area_path: Mapped[str | None] = mapped_column(PATH)
    address: Mapped[str] = mapped_column(Text, default="")
    lon: Mapped[float | None]
    lat: Mapped[float | None]
    unit_code: Mapped[str | None] = mapped_column(ForeignKey("units.code"))
    urgency: Mapped[Urgency] = coded(Urgency, default=Urgency.NORMAL)
    state: Mapped[CaseState] = coded(CaseState, default=CaseState.RECEIVED)
    limit_amount: Mapped[float | None]
    limit_unit: Mapped[LimitUnit | None] = coded(LimitUnit, nullable=True)
    due_at: Mapped[datetime | None]
    register_condition: Mapped[str] = mapped_column(Text, default="")
    close_condition: Mapped[str] = mapped_column(Text, default="")
    result: Mapped[str] = mapped_column(Text, default="")
    handler: Mapped[str | None] = mapped_column(String(60))
    verifier: Mapped[str | None] = mapped_column(String(60))
    opened_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    hold_until: Mapped[datetime | None]  # 挂账: when it resumes by itself
    leading_id: Mapped[int | None] = mapped_column(ForeignKey("cases.id"))  # 合并: the leading case
    extensions: Mapped[int] = mapped_column(default=0)  # 延期: how many were granted
    exempt: Mapped[bool] = mapped_column(default=False)  # 超时申诉 granted: late, but not counted
    version: Mapped[int] = mapped_column(default=1)
    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012  # SQLAlchemy's own form


class CaseStep(Base):
    """One step of a case. Only ever added; the case row is its projection."""

    __tablename__ = "case_steps"
    __table_args__ = (UniqueConstraint("case_id", "seq"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"))
    seq: Mapped[int]
    action: Mapped[CaseAction | None] = coded(CaseAction, nullable=True)  # None: the opening
    from_state: Mapped[str | None] = mapped_column(String(24))
    to_state: Mapped[CaseState] = coded(CaseState)
    actor: Mapped[str] = mapped_column(String(60))
    at: Mapped[datetime]
    recorded_at: Mapped[datetime | None]  # None: at that moment; later for a hold that ended
    unit_code: Mapped[str | None] = mapped_column(ForeignKey("units.code"))
    note: Mapped[str] = mapped_column(Text, default="")
    detail: Mapped[dict[str, Any]]


class ClockInterval(Base):
    """A stretch in which a clock of a case runs or is paused; the open one has no end."""

    __tablename__ = "clock_intervals"
    __table_args__ = (
        CheckConstraint("ended_at IS NULL OR ended_at >= started_at", name="forward"),
        Index(
            "uq_clock_intervals_open",
            "case_id",
            "clock",
            unique=True,
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"))
    clock: Mapped[Clock] = coded(Clock)
    running: Mapped[bool]
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    limit_amount: Mapped[float | None]
    limit_unit: Mapped[LimitUnit | None] = coded(LimitUnit, nullable=True)
    #: A leading case counts from the earliest start of its cluster: taken over from this case.
    lent_by: Mapped[int | None] = mapped_column(ForeignKey("cases.id"))


class Feedback(Base):
    """回访: what the citizen said when asked whether it was solved and whether they are content."""

    __tablename__ = "feedback"
    __table_args__ = (
        CheckConstraint("satisfaction BETWEEN 1 AND 5", name="satisfaction"),
        Index("ix_feedback_case_id", "case_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"))
    solved: Mapped[bool]
    reason: Mapped[WhyNot | None] = coded(WhyNot, nullable=True)  # why it is not solved
    satisfaction: Mapped[int]  # 5 very content … 1 not at all
    note: Mapped[str] = mapped_column(Text, default="")
    called_by: Mapped[str] = mapped_column(String(60))
    called_at: Mapped[datetime]
