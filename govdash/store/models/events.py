"""Events as immutable facts with versions, the people in them, and how they came in."""

from datetime import datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    String,
    Text,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column

from govdash.core.vocab import Channel, Facet, ImportState, Kind, Sentiment, Urgency
from govdash.store.models.base import CATEGORY, PATH, Base, coded, one_of


class Event(Base):
    """One version of one event. `event_id` is derived from (source, source_id)."""

    __tablename__ = "events"
    __table_args__ = (
        UniqueConstraint("source", "source_id", "version"),
        UniqueConstraint("event_id", "content_hash"),
        CheckConstraint("version >= 1", name="version"),
        CheckConstraint("(lon IS NULL) = (lat IS NULL)", name="point_whole"),
        CheckConstraint("lon BETWEEN -180 AND 180 AND lat BETWEEN -90 AND 90", name="point_range"),
        CheckConstraint("closed_at IS NULL OR closed_at >= reported_at", name="closed_after"),
        CheckConstraint(one_of("kind", Kind), name="kind"),
        CheckConstraint(one_of("channel", Channel), name="channel"),
        CheckConstraint(one_of("facet", Facet), name="facet"),
        CheckConstraint(one_of("urgency", Urgency), name="urgency"),
        CheckConstraint(one_of("sentiment", Sentiment, nullable=True), name="sentiment"),
        Index("ix_events_area_path_reported_at", "area_path", "reported_at"),
    )

    event_id: Mapped[str] = mapped_column(String(20), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True, default=1)
    source: Mapped[str] = mapped_column(String(60))
    source_id: Mapped[str] = mapped_column(String(120))
    content_hash: Mapped[str] = mapped_column(String(32))
    occurred_at: Mapped[datetime]
    reported_at: Mapped[datetime] = mapped_column(index=True)
    received_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]  # as the source says, not our case clock
    kind: Mapped[str] = mapped_column(String(12))
    category: Mapped[str] = mapped_column(CATEGORY)  # key with its kind: "A-06001"
    area_path: Mapped[str | None] = mapped_column(PATH)  # None: 未落格
    lon: Mapped[float | None]
    lat: Mapped[float | None]
    address: Mapped[str] = mapped_column(Text, default="")  # masked
    title: Mapped[str] = mapped_column(Text, default="")  # masked
    text: Mapped[str] = mapped_column(Text, default="")  # masked
    channel: Mapped[str] = mapped_column(String(16))
    facet: Mapped[str] = mapped_column(String(16))
    asset_code: Mapped[str | None] = mapped_column(String(40))
    unit_code: Mapped[str | None] = mapped_column(String(40))
    urgency: Mapped[str] = mapped_column(String(12))
    sentiment: Mapped[str | None] = mapped_column(String(12))
    status_hint: Mapped[str] = mapped_column(String(40), default="")
    reporter_key: Mapped[str | None] = mapped_column(String(32))
    import_id: Mapped[int | None] = mapped_column(ForeignKey("imports.id"))
    recorded_at: Mapped[datetime]
    superseded_at: Mapped[datetime | None]
    change_seq: Mapped[int] = mapped_column(BigInteger, unique=True)


class EventPerson(Base):
    """Person data of one event version, sealed (AES-256-GCM), apart from what is searched or drawn.

    A field is bound to its row and name; absent when the source gave none.
    """

    __tablename__ = "event_persons"
    __table_args__ = (
        ForeignKeyConstraint(["event_id", "version"], ["events.event_id", "events.version"]),
    )

    event_id: Mapped[str] = mapped_column(String(20), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    key_id: Mapped[str] = mapped_column(String(8), index=True)  # which key sealed it
    reporter_name: Mapped[bytes | None]
    reporter_contact: Mapped[bytes | None]
    reporter_identity: Mapped[bytes | None]
    reporter_address: Mapped[bytes | None]
    raw_title: Mapped[bytes | None]
    raw_text: Mapped[bytes | None]
    raw_address: Mapped[bytes | None]


class Import(Base):
    """One run of an import: what was read and where each row went."""

    __tablename__ = "imports"
    __table_args__ = (
        CheckConstraint(
            "n_read >= 0 AND n_read = n_accepted + n_rejected + n_duplicate", name="adds_up"
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    file_name: Mapped[str] = mapped_column(Text)
    file_sha256: Mapped[str] = mapped_column(String(64), default="")
    profile: Mapped[str] = mapped_column(String(60))
    state: Mapped[ImportState] = coded(ImportState, default=ImportState.RUNNING)
    n_read: Mapped[int] = mapped_column(default=0)
    n_accepted: Mapped[int] = mapped_column(default=0)
    n_rejected: Mapped[int] = mapped_column(default=0)
    n_duplicate: Mapped[int] = mapped_column(default=0)
    reasons: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)  # reason → rows
    warnings: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)  # repaired → rows
    reject_file: Mapped[str] = mapped_column(Text, default="")
    message: Mapped[str] = mapped_column(Text, default="")
    started_by: Mapped[str] = mapped_column(String(60))
    started_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]


class RejectedRow(Base):
    """A row that could not become an event, as it came (sealed), with every reason."""

    __tablename__ = "rejected_rows"

    import_id: Mapped[int] = mapped_column(ForeignKey("imports.id"), primary_key=True)
    row_number: Mapped[int] = mapped_column(Integer, primary_key=True)  # line of data, from 1
    reasons: Mapped[list[str]]
    key_id: Mapped[str] = mapped_column(String(8), index=True)  # which key sealed it
    raw: Mapped[bytes]  # JSON: column → text


class Counter(Base):
    """A named number. Its row lock makes change_seq grow in the order of commits."""

    __tablename__ = "counters"

    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    value: Mapped[int] = mapped_column(BigInteger, default=0)
