"""Where an action came from, its before and after; the signed journal.

The journal's columns are added in place, never by copying the table: its append-only triggers
and its lines stay as they are.

Revision ID: 0004
Revises: 0001
"""

import sqlalchemy as sa
from alembic import op

import govdash.store.models.base

revision = "0004"
down_revision = "0001"
branch_labels = None
depends_on = None

UTC = govdash.store.models.base.UtcDateTime(timezone=True)


def upgrade() -> None:
    for column in (
        sa.Column("address", sa.String(length=64), nullable=False, server_default=""),
        sa.Column("via", sa.String(length=16), nullable=False, server_default=""),
        sa.Column("request_id", sa.String(length=64), nullable=False, server_default=""),
        sa.Column("before", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("after", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("hash_version", sa.Integer(), nullable=False, server_default="1"),
        sa.Column("seal", sa.String(length=64), nullable=False, server_default=""),
    ):
        op.add_column("journal", column)
    op.create_index("ix_journal_at", "journal", ["at"], unique=False)

    op.create_table(
        "journal_head",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        *_mark(),
        sa.CheckConstraint("id = 1", name=op.f("ck_journal_head_one")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_journal_head")),
    )
    op.create_table(
        "audit_checkpoints",
        sa.Column("id", sa.Integer(), nullable=False),
        *_mark(),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_checkpoints")),
    )
    _only_ever_added()


def downgrade() -> None:
    raise NotImplementedError("journal columns are never taken away; restore a backup instead")


def _mark() -> list[sa.Column]:
    return [
        sa.Column("last_id", sa.Integer(), nullable=False),
        sa.Column("lines", sa.Integer(), nullable=False),
        sa.Column("last_hash", sa.String(length=64), nullable=False),
        sa.Column("at", UTC, nullable=False),
        sa.Column("key_id", sa.String(length=16), nullable=False),
        sa.Column("signature", sa.String(length=88), nullable=False),
    ]


def _only_ever_added() -> None:
    """Let the database refuse to change checkpoints, and to delete the head."""
    if op.get_bind().dialect.name == "sqlite":
        for table, verb in (
            ("audit_checkpoints", "UPDATE"),
            ("audit_checkpoints", "DELETE"),
            ("journal_head", "DELETE"),
        ):
            op.execute(
                f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, 'append-only table {table}'); END"
            )
        return
    for table, verbs, name in (
        ("audit_checkpoints", "UPDATE OR DELETE OR TRUNCATE", "append_only"),
        ("journal_head", "DELETE OR TRUNCATE", "no_delete"),
    ):
        op.execute(
            f"CREATE TRIGGER {table}_{name} BEFORE {verbs} ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION govdash_append_only()"
        )
