"""notifications, their attempts, inboxes, addresses of e-mail."""

import sqlalchemy as sa
from alembic import op

import govdash.store.models.base

revision = "0017"
down_revision = "0015"
branch_labels = None
depends_on = None

UTC = govdash.store.models.base.UtcDateTime(timezone=True)
PATH = sa.String(length=120).with_variant(sa.String(length=120, collation="C"), "postgresql")
STATES = ("pending", "sent", "failed", "suppressed", "expired")
RESULTS = ("sent", "retry", "failed", "suppressed", "expired", "resend")
LEVELS = ("red", "orange", "yellow", "blue")


def coded(name: str, codes: tuple[str, ...]) -> sa.Enum:
    return sa.Enum(*codes, name=name, native_enum=False, create_constraint=True, length=24)


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "notifications",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("topic", sa.String(length=40), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("link", sa.String(length=120), nullable=False),
        sa.Column("level", coded("level", LEVELS), nullable=True),
        sa.Column("alert_id", sa.Integer(), nullable=True),
        sa.Column("case_id", sa.Integer(), nullable=True),
        sa.Column("episode", sa.Integer(), nullable=False),
        sa.Column("area_path", PATH, nullable=True),
        sa.Column("unit_code", sa.String(length=40), nullable=True),
        sa.Column("recipient", sa.String(length=60), nullable=False),
        sa.Column("target", sa.Text(), nullable=False),
        sa.Column("channel", sa.String(length=60), nullable=False),
        sa.Column("created_at", UTC, nullable=False),
        sa.Column("due_at", UTC, nullable=False),
        sa.Column("state", coded("noticestate", STATES), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("next_at", UTC, nullable=False),
        sa.Column("sent_at", UTC, nullable=True),
        sa.Column("claimed_by", sa.String(length=80), nullable=True),
        sa.Column("claimed_until", UTC, nullable=True),
        sa.CheckConstraint(
            "(state = 'sent') = (sent_at IS NOT NULL)",
            name=op.f("ck_notifications_sent_has_time"),
        ),
        sa.CheckConstraint(
            "alert_id IS NULL OR case_id IS NULL", name=op.f("ck_notifications_one_subject")
        ),
        sa.CheckConstraint("tries >= 0", name=op.f("ck_notifications_tries")),
        sa.ForeignKeyConstraint(
            ["alert_id"], ["alerts.id"], name=op.f("fk_notifications_alert_id")
        ),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_notifications_case_id")),
        sa.ForeignKeyConstraint(
            ["unit_code"], ["units.code"], name=op.f("fk_notifications_unit_code")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notifications")),
        sa.UniqueConstraint("key", name=op.f("uq_notifications_key")),
    )
    op.create_index("ix_notifications_alert_id", "notifications", ["alert_id"])
    op.create_index("ix_notifications_case_id", "notifications", ["case_id"])
    op.create_index("ix_notifications_due_at", "notifications", ["due_at"])
    op.create_index(
        "ix_notifications_channel_state_next_at", "notifications", ["channel", "state", "next_at"]
    )
    op.create_table(
        "notification_attempts",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("notification_id", sa.Integer(), nullable=False),
        sa.Column("at", UTC, nullable=False),
        sa.Column("result", coded("attempted", RESULTS), nullable=False),
        sa.Column("worker", sa.String(length=80), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["notification_id"],
            ["notifications.id"],
            name=op.f("fk_notification_attempts_notification_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notification_attempts")),
    )
    op.create_index(
        "ix_notification_attempts_notification_id", "notification_attempts", ["notification_id"]
    )
    op.create_table(
        "inbox_messages",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("login", sa.String(length=60), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("link", sa.String(length=120), nullable=False),
        sa.Column("level", coded("level", LEVELS), nullable=True),
        sa.Column("area_path", PATH, nullable=True),
        sa.Column("unit_code", sa.String(length=40), nullable=True),
        sa.Column("at", UTC, nullable=False),
        sa.Column("read_at", UTC, nullable=True),
        sa.ForeignKeyConstraint(
            ["unit_code"], ["units.code"], name=op.f("fk_inbox_messages_unit_code")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inbox_messages")),
        sa.UniqueConstraint("key", name=op.f("uq_inbox_messages_key")),
    )
    op.create_index("ix_inbox_messages_login_read_at", "inbox_messages", ["login", "read_at"])
    op.create_table(
        "user_emails",
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("changed_at", UTC, nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_user_emails_user_id")),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_user_emails")),
    )
    _append_only("notification_attempts")


def downgrade() -> None:
    """Take back."""
    for table in ("user_emails", "inbox_messages", "notification_attempts", "notifications"):
        op.drop_table(table)


def _append_only(table: str) -> None:
    if op.get_bind().dialect.name == "sqlite":
        for verb in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, 'append-only table {table}'); END"
            )
    else:
        op.execute(
            f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION govdash_append_only()"
        )
