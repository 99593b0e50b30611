"""Notifications: what was to be said to whom and why, each attempt, and everybody's inbox."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from govdash.core.vocab import Attempted, Level, NoticeState
from govdash.store.models.base import PATH, Base, coded


class Notification(Base):
    """One message that is to reach one recipient over one channel; written with its cause."""

    __tablename__ = "notifications"
    __table_args__ = (
        CheckConstraint("(state = 'sent') = (sent_at IS NOT NULL)", name="sent_has_time"),
        CheckConstraint("alert_id IS NULL OR case_id IS NULL", name="one_subject"),
        CheckConstraint("tries >= 0", name="tries"),
        Index("ix_notifications_channel_state_next_at", "channel", "state", "next_at"),
        Index("ix_notifications_due_at", "due_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(200), unique=True)  # the same intent, once
    topic: Mapped[str] = mapped_column(String(40))  # alert.step, alert.cleared, case.entered …
    why: Mapped[str] = mapped_column(Text)
    title: Mapped[str] = mapped_column(Text)  # masked: no person data
    body: Mapped[str] = mapped_column(Text)
    link: Mapped[str] = mapped_column(String(120))  # page and parameters, without the host
    level: Mapped[Level | None] = coded(Level, nullable=True)
    alert_id: Mapped[int | None] = mapped_column(ForeignKey("alerts.id"), index=True)
    case_id: Mapped[int | None] = mapped_column(ForeignKey("cases.id"), index=True)
    episode: Mapped[int] = mapped_column(default=0)  # the step of the alert or case that began it
    area_path: Mapped[str | None] = mapped_column(PATH)
    unit_code: Mapped[str | None] = mapped_column(ForeignKey("units.code"))
    recipient: Mapped[str] = mapped_column(String(60))  # a login; empty for a group's robot
    target: Mapped[str] = mapped_column(Text)  # as whom: "值班员", "处置单位 …"
    channel: Mapped[str] = mapped_column(String(60))  # inbox, email, hook:<code>
    created_at: Mapped[datetime]
    due_at: Mapped[datetime]
    state: Mapped[NoticeState] = coded(NoticeState, default=NoticeState.PENDING)
    tries: Mapped[int] = mapped_column(default=0)
    next_at: Mapped[datetime]  # not before; a failed try moves it
    sent_at: Mapped[datetime | None]
    claimed_by: Mapped[str | None] = mapped_column(String(80))
    claimed_until: Mapped[datetime | None]


class NotificationAttempt(Base):
    """One attempt to send a notification, or why it was not sent. Only ever added."""

    __tablename__ = "notification_attempts"
    __table_args__ = (Index("ix_notification_attempts_notification_id", "notification_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    notification_id: Mapped[int] = mapped_column(ForeignKey("notifications.id"))
    at: Mapped[datetime]
    result: Mapped[Attempted] = coded(Attempted)
    worker: Mapped[str] = mapped_column(String(80))
    detail: Mapped[str] = mapped_column(Text)


class InboxMessage(Base):
    """One message in somebody's inbox (站内信); the key lets a second delivery change nothing."""

    __tablename__ = "inbox_messages"
    __table_args__ = (Index("ix_inbox_messages_login_read_at", "login", "read_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(200), unique=True)
    login: Mapped[str] = mapped_column(String(60))
    title: Mapped[str] = mapped_column(Text)
    body: Mapped[str] = mapped_column(Text)
    link: Mapped[str] = mapped_column(String(120))
    level: Mapped[Level | None] = coded(Level, nullable=True)
    area_path: Mapped[str | None] = mapped_column(PATH)
    unit_code: Mapped[str | None] = mapped_column(ForeignKey("units.code"))
    at: Mapped[datetime]
    read_at: Mapped[datetime | None]


class UserEmail(Base):
    """Where somebody gets e-mail about their work."""

    __tablename__ = "user_emails"

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), primary_key=True)
    email: Mapped[str] = mapped_column(Text)
    changed_at: Mapped[datetime]
