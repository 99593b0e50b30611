"""Signing in: sessions, tokens of displays, old passwords, failed tries, what this database is."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from govdash.core.vocab import Mode, Tried
from govdash.store.models.base import Base, coded, one_of


class PasswordHistory(Base):
    """A password that an account had; the newest few must not come back."""

    __tablename__ = "password_history"
    __table_args__ = (Index("ix_password_history_user_id", "user_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    password_hash: Mapped[str] = mapped_column(Text)
    set_at: Mapped[datetime]


class DeviceToken(Base):
    """A token by which a wall display shows what lies in its areas, and changes nothing."""

    __tablename__ = "device_tokens"
    __table_args__ = (
        CheckConstraint("expires_at > created_at", name="expires_later"),
        CheckConstraint("length(token_hash) = 64", name="hash_is_sha256"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    prefix: Mapped[str] = mapped_column(String(16), unique=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    name: Mapped[str] = mapped_column(Text)
    whole_city: Mapped[bool] = mapped_column(default=False)
    areas: Mapped[list[str]]
    created_by: Mapped[str] = mapped_column(String(60))
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    last_used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


class UserSession(Base):
    """Somebody signed in, or a display. Only the hash of the cookie is kept."""

    __tablename__ = "user_sessions"
    __table_args__ = (
        CheckConstraint("(user_id IS NULL) <> (device_id IS NULL)", name="one_holder"),
        CheckConstraint("length(token_hash) = 64", name="hash_is_sha256"),
        Index("ix_user_sessions_user_id", "user_id"),
        Index("ix_user_sessions_ends_at", "ends_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    device_id: Mapped[int | None] = mapped_column(ForeignKey("device_tokens.id"))
    created_at: Mapped[datetime]
    active_at: Mapped[datetime]  # what a person last did; an automatic refresh is nothing
    ends_at: Mapped[datetime]  # whatever happens
    federated: Mapped[bool] = mapped_column(default=False)  # signed in at a provider, no password
    factor_at: Mapped[datetime | None]  # when the second factor was given
    revoked_at: Mapped[datetime | None]
    address: Mapped[str] = mapped_column(String(64), default="")
    agent: Mapped[str] = mapped_column(String(200), default="")  # what the browser calls itself


class FailedTries(Base):
    """Failed tries to sign in as a login or from an address, known here or not."""

    __tablename__ = "failed_tries"
    __table_args__ = (CheckConstraint(one_of("kind", Tried), name="tried"),)

    kind: Mapped[str] = mapped_column(String(24), primary_key=True)  # a `Tried`
    # A hash: people type passwords into the field of the login.
    key_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    count: Mapped[int] = mapped_column(default=0)
    last_at: Mapped[datetime]
    until: Mapped[datetime | None]  # locked till then


class Installation(Base):
    """Whether this database is a demo: neither mode opens a database of the other."""

    __tablename__ = "installation"
    __table_args__ = (CheckConstraint("id = 1", name="one"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    mode: Mapped[Mode] = coded(Mode)
    at: Mapped[datetime]
