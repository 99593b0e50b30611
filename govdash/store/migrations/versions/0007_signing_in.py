"""passwords, second factors, sessions, tokens of displays, failed tries, the mode."""

import sqlalchemy as sa
from alembic import op

import govdash.store.models.base

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

UTC = govdash.store.models.base.UtcDateTime(timezone=True)


def upgrade() -> None:
    """Apply."""
    for column in (
        sa.Column("password_hash", sa.Text(), nullable=True),
        sa.Column("password_set_at", UTC, nullable=True),
        sa.Column("must_change", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("totp_secret", sa.Text(), nullable=True),
        sa.Column("totp_on_at", UTC, nullable=True),
        sa.Column("totp_step", sa.Integer(), nullable=True),
    ):
        op.add_column("users", column)
    op.add_column(
        "roles", sa.Column("administers", sa.Boolean(), nullable=False, server_default=sa.false())
    )
    op.create_table(
        "password_history",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("set_at", UTC, nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_password_history_user_id_users")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_password_history")),
    )
    op.create_index("ix_password_history_user_id", "password_history", ["user_id"], unique=False)
    op.create_table(
        "device_tokens",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("prefix", sa.String(length=16), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("whole_city", sa.Boolean(), nullable=False),
        sa.Column("areas", sa.JSON(), nullable=False),
        sa.Column("created_by", sa.String(length=60), nullable=False),
        sa.Column("created_at", UTC, nullable=False),
        sa.Column("expires_at", UTC, nullable=False),
        sa.Column("last_used_at", UTC, nullable=True),
        sa.Column("revoked_at", UTC, nullable=True),
        sa.CheckConstraint("expires_at > created_at", name=op.f("ck_device_tokens_expires_later")),
        sa.CheckConstraint("length(token_hash) = 64", name=op.f("ck_device_tokens_hash_is_sha256")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_device_tokens")),
        sa.UniqueConstraint("prefix", name=op.f("uq_device_tokens_prefix")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_device_tokens_token_hash")),
    )
    op.create_table(
        "user_sessions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.Column("device_id", sa.Integer(), nullable=True),
        sa.Column("created_at", UTC, nullable=False),
        sa.Column("active_at", UTC, nullable=False),
        sa.Column("ends_at", UTC, nullable=False),
        sa.Column("factor_at", UTC, nullable=True),
        sa.Column("revoked_at", UTC, nullable=True),
        sa.Column("address", sa.String(length=64), nullable=False),
        sa.Column("agent", sa.String(length=200), nullable=False),
        sa.CheckConstraint(
            "(user_id IS NULL) <> (device_id IS NULL)", name=op.f("ck_user_sessions_one_holder")
        ),
        sa.CheckConstraint("length(token_hash) = 64", name=op.f("ck_user_sessions_hash_is_sha256")),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_user_sessions_user_id_users")
        ),
        sa.ForeignKeyConstraint(
            ["device_id"],
            ["device_tokens.id"],
            name=op.f("fk_user_sessions_device_id_device_tokens"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_user_sessions")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_user_sessions_token_hash")),
    )
    op.create_index("ix_user_sessions_user_id", "user_sessions", ["user_id"], unique=False)
    op.create_index("ix_user_sessions_ends_at", "user_sessions", ["ends_at"], unique=False)
    op.create_table(
        "failed_tries",
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("key_hash", sa.String(length=64), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("last_at", UTC, nullable=False),
        sa.Column("until", UTC, nullable=True),
        sa.CheckConstraint(
            "kind IN ('login', 'address', 'factor')", name=op.f("ck_failed_tries_tried")
        ),
        sa.PrimaryKeyConstraint("kind", "key_hash", name=op.f("pk_failed_tries")),
    )
    op.create_table(
        "installation",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("mode", sa.String(length=24), nullable=False),
        sa.Column("at", UTC, nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_installation_one")),
        sa.CheckConstraint("mode IN ('demo', 'production')", name=op.f("ck_installation_mode")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_installation")),
    )


def downgrade() -> None:
    """Take back."""
    for table in (
        "installation", "failed_tries", "user_sessions", "device_tokens", "password_history",
    ):  # fmt: skip
        op.drop_table(table)
    op.drop_column("roles", "administers")
    for column in (
        "totp_step", "totp_on_at", "totp_secret", "must_change", "password_set_at",
        "password_hash",
    ):  # fmt: skip
        op.drop_column("users", column)
