"""What happens beside the road of a case: requests, marks from above, calls to make."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from govdash.core.vocab import Asked, AskState, Mark
from govdash.store.models.base import Base, coded

_UNDECIDED = text("state IN ('waiting', 'once')")
_TO_CALL = text("done_at IS NULL AND dropped_at IS NULL")


class CaseRequest(Base):
    """A request for a case (延期, 超时申诉): asked by one person, decided by others."""

    __tablename__ = "case_requests"
    __table_args__ = (
        CheckConstraint("first_by <> asked_by", name="another_decides"),
        CheckConstraint(
            "second_by IS NULL OR (first_by IS NOT NULL AND second_by <> asked_by "
            "AND second_by <> first_by)",
            name="a_third_decides",
        ),
        CheckConstraint(
            "state <> 'granted' OR (first_by IS NOT NULL "
            "AND (kind = 'extension' OR second_by IS NOT NULL))",
            name="granted_by_enough",
        ),
        Index("ix_case_requests_case_id", "case_id"),
        Index(
            "uq_case_requests_undecided",
            "case_id",
            "kind",
            unique=True,
            sqlite_where=_UNDECIDED,
            postgresql_where=_UNDECIDED,
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"))
    kind: Mapped[Asked] = coded(Asked)
    state: Mapped[AskState] = coded(AskState, default=AskState.WAITING)
    reason: Mapped[str] = mapped_column(Text)
    asked_by: Mapped[str] = mapped_column(String(60))
    asked_at: Mapped[datetime]
    first_by: Mapped[str | None] = mapped_column(String(60))
    first_at: Mapped[datetime | None]
    first_note: Mapped[str] = mapped_column(Text, default="")
    second_by: Mapped[str | None] = mapped_column(String(60))
    second_at: Mapped[datetime | None]
    second_note: Mapped[str] = mapped_column(Text, default="")


class CaseMark(Base):
    """催办, 督办 and its lifting. Only ever added; the newest 督办 or lifting holds."""

    __tablename__ = "case_marks"
    __table_args__ = (
        CheckConstraint("(kind = 'supervise') = (due_at IS NOT NULL)", name="supervised_until"),
        Index("ix_case_marks_case_id", "case_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"))
    kind: Mapped[Mark] = coded(Mark)
    by: Mapped[str] = mapped_column(String(60))
    at: Mapped[datetime]
    reason: Mapped[str] = mapped_column(Text)
    due_at: Mapped[datetime | None]  # 督办: by when the supervisor wants it done


class CallTask(Base):
    """回访 to be made: who reported `case_id` is told how `about_id`, its leading case, ended."""

    __tablename__ = "call_tasks"
    __table_args__ = (
        CheckConstraint("done_at IS NULL OR dropped_at IS NULL", name="done_or_dropped"),
        Index("ix_call_tasks_about_id", "about_id"),
        Index(
            "uq_call_tasks_open",
            "case_id",
            unique=True,
            sqlite_where=_TO_CALL,
            postgresql_where=_TO_CALL,
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"))
    about_id: Mapped[int] = mapped_column(ForeignKey("cases.id"))
    made_at: Mapped[datetime]
    due_at: Mapped[datetime]
    done_at: Mapped[datetime | None]
    dropped_at: Mapped[datetime | None]  # the case was taken up again, or left the cluster
