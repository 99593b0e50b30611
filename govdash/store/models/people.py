"""Who works here: users, roles, and what each may see. The journal of what they did."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from govdash.core.vocab import Result
from govdash.store.models.base import PATH, Base, coded


class UserAccount(Base):
    """A person who can sign in."""

    __tablename__ = "users"
    __table_args__ = (Index("uq_users_identity", "identity", unique=True),)

    id: Mapped[int] = mapped_column(primary_key=True)
    login: Mapped[str] = mapped_column(String(60), unique=True)
    name: Mapped[str] = mapped_column(Text)
    active: Mapped[bool] = mapped_column(default=True)
    whole_city: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime]
    password_hash: Mapped[str | None] = mapped_column(Text)  # argon2id; None: no sign-in by one
    password_set_at: Mapped[datetime | None]
    must_change: Mapped[bool] = mapped_column(default=False)  # the password, before all else
    identity: Mapped[str | None] = mapped_column(Text)  # at a provider of identities
    # Who gave another password or identity; nobody signs in until another administrator confirms.
    reset_by: Mapped[str | None] = mapped_column(String(60))
    reset_at: Mapped[datetime | None]
    totp_secret: Mapped[str | None] = mapped_column(Text)  # encrypted, with a key not kept here
    totp_on_at: Mapped[datetime | None]  # since when a code is asked for
    totp_step: Mapped[int | None]  # the newest 30 s whose code was taken; none counts twice


class Role(Base):
    """A named set of permissions."""

    __tablename__ = "roles"

    code: Mapped[str] = mapped_column(String(40), primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    permissions: Mapped[list[str]]
    administers: Mapped[bool] = mapped_column(default=False)  # one of three; needs a second factor
    watermark: Mapped[bool] = mapped_column(default=True)  # who, where and when over every page


class UserRole(Base):
    """A role that a user holds."""

    __tablename__ = "user_roles"

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), primary_key=True)
    role_code: Mapped[str] = mapped_column(ForeignKey("roles.code"), primary_key=True)


class UserArea(Base):
    """An area that a user may see, with everything below it."""

    __tablename__ = "user_areas"

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), primary_key=True)
    area_path: Mapped[str] = mapped_column(PATH, primary_key=True)


class UserUnit(Base):
    """A unit that a user works for."""

    __tablename__ = "user_units"

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), primary_key=True)
    unit_code: Mapped[str] = mapped_column(ForeignKey("units.code"), primary_key=True)


class JournalLine(Base):
    """One action of one actor. Only ever added; carries the hash of the line before."""

    __tablename__ = "journal"
    __table_args__ = (
        # Each search is newest first; the subject is also searched by its beginning.
        Index("ix_journal_at_id", "at", "id"),
        *(Index(f"ix_journal_{c}_at_id", c, "at", "id") for c in ("actor", "did", "result")),
        Index("ix_journal_request_id_at_id", "request_id", "at", "id"),
        Index(
            "ix_journal_subject_at_id",
            "subject",
            "at",
            "id",
            postgresql_ops={"subject": "text_pattern_ops"},
        ),
        UniqueConstraint("prev_hash"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    actor: Mapped[str] = mapped_column(String(60))
    did: Mapped[str] = mapped_column(String(60))
    subject: Mapped[str] = mapped_column(String(120))
    result: Mapped[Result] = coded(Result, default=Result.DONE)
    detail: Mapped[dict[str, Any]]
    note: Mapped[str] = mapped_column(Text, default="")
    address: Mapped[str] = mapped_column(String(64), default="")  # IP address, or user@host
    via: Mapped[str] = mapped_column(String(16), default="")  # page, api[:key], cli, worker
    request_id: Mapped[str] = mapped_column(String(64), default="")
    before: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    after: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    hash_version: Mapped[int] = mapped_column(default=2)  # 1: lines older than `address`
    prev_hash: Mapped[str] = mapped_column(String(64))
    hash: Mapped[str] = mapped_column(String(64), unique=True)
    seal: Mapped[str] = mapped_column(String(64), default="")  # HMAC of `hash`, with the audit key
