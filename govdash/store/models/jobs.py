"""Timed work: who holds a lease, and when each job last ran."""

from datetime import datetime

from sqlalchemy import String, Text
from sqlalchemy.orm import Mapped, mapped_column

from govdash.store.models.base import Base


class Lease(Base):
    """A named right that one process holds until `expires_at`."""

    __tablename__ = "leases"

    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    holder: Mapped[str] = mapped_column(String(80))
    taken_at: Mapped[datetime]
    expires_at: Mapped[datetime]


class JobRun(Base):
    """The last run of a timed job."""

    __tablename__ = "job_runs"

    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    started_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    succeeded_at: Mapped[datetime | None]
    message: Mapped[str] = mapped_column(Text, default="")
