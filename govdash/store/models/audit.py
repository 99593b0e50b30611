"""What keeps the journal honest, and the exports with person data that somebody else approves."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from govdash.core.vocab import RequestState
from govdash.store.models.base import Base, coded


class JournalHead(Base):
    """The newest line of the journal, signed: without the key nobody can cut the end off unseen."""

    __tablename__ = "journal_head"
    __table_args__ = (CheckConstraint("id = 1", name="one"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, default=1)
    last_id: Mapped[int]
    lines: Mapped[int]
    last_hash: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime]
    key_id: Mapped[str] = mapped_column(String(16))
    signature: Mapped[str] = mapped_column(String(88))  # Ed25519, base64


class AuditCheckpoint(Base):
    """The journal as it was at a moment, signed; a copy of it is stored elsewhere."""

    __tablename__ = "audit_checkpoints"

    id: Mapped[int] = mapped_column(primary_key=True)
    last_id: Mapped[int]
    lines: Mapped[int]
    last_hash: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime]
    key_id: Mapped[str] = mapped_column(String(16))
    signature: Mapped[str] = mapped_column(String(88))  # Ed25519, base64


class ExportRequest(Base):
    """A wish to take person data out of the platform, and what somebody else decided."""

    __tablename__ = "export_requests"
    __table_args__ = (
        CheckConstraint("downloads_allowed >= 1", name="allowed"),
        CheckConstraint(
            "downloads_used >= 0 AND downloads_used <= downloads_allowed", name="counted"
        ),
        CheckConstraint(
            "decided_by IS NULL OR decided_by <> requested_by", name="decided_by_another"
        ),
        CheckConstraint("hours >= 1", name="hours"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    requested_by: Mapped[str] = mapped_column(String(60), index=True)
    requested_at: Mapped[datetime]
    purpose: Mapped[str] = mapped_column(Text)
    fields: Mapped[list[str]]  # person fields, e.g. reporter_contact
    query: Mapped[dict[str, Any]] = mapped_column(JSON)  # URL parameters of the filter
    areas: Mapped[list[str]]  # what the filter lies in; empty means the whole city
    format: Mapped[str] = mapped_column(String(8))
    rows: Mapped[int]  # rows at the time of the request
    hours: Mapped[int]  # how long it can be downloaded, from the approval
    downloads_allowed: Mapped[int]
    downloads_used: Mapped[int] = mapped_column(default=0)
    state: Mapped[RequestState] = coded(RequestState, default=RequestState.PENDING)
    decided_by: Mapped[str | None] = mapped_column(String(60))
    decided_at: Mapped[datetime | None]
    decision_note: Mapped[str] = mapped_column(Text, default="")
    expires_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)
    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012  # SQLAlchemy's own name


class ExportDownload(Base):
    """One file with person data that left the platform, and the watermark number it carries."""

    __tablename__ = "export_downloads"

    number: Mapped[str] = mapped_column(String(20), primary_key=True)  # in the file and the journal
    request_id: Mapped[int] = mapped_column(ForeignKey("export_requests.id"), index=True)
    by: Mapped[str] = mapped_column(String(60))
    at: Mapped[datetime]
    rows: Mapped[int]
    sha256: Mapped[str] = mapped_column(String(64))
    address: Mapped[str] = mapped_column(String(64), default="")
