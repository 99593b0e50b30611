"""What keeps the journal honest: its signed head and checkpoints."""

from datetime import datetime

from sqlalchemy import CheckConstraint, String
from sqlalchemy.orm import Mapped, mapped_column

from govdash.store.models.base import Base


class _Signed:
    """The journal up to a line, signed."""

    last_id: Mapped[int]
    lines: Mapped[int]
    last_hash: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime]
    key_id: Mapped[str] = mapped_column(String(16))
    signature: Mapped[str] = mapped_column(String(88))  # Ed25519, base64


class JournalHead(_Signed, Base):
    """The newest line of the journal, signed: without the key nobody can cut the end off unseen."""

    __tablename__ = "journal_head"
    __table_args__ = (CheckConstraint("id = 1", name="one"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, default=1)


class JournalAnchor(_Signed, Base):
    """The journal up to a line, signed when all lines up to it were taken out."""

    __tablename__ = "journal_anchors"

    id: Mapped[int] = mapped_column(primary_key=True)
    version: Mapped[int]  # the format of the last line that went
    archive: Mapped[str] = mapped_column(String(64))  # SHA-256 of the file that holds the lines


class AuditCheckpoint(_Signed, Base):
    """The journal as it was at a moment, signed; a copy of it is stored elsewhere."""

    __tablename__ = "audit_checkpoints"

    id: Mapped[int] = mapped_column(primary_key=True)
