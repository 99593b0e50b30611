"""Where an action came from, its before and after; the signed journal; approved exports.

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
KEPT = ("audit_checkpoints", "export_downloads")


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
    op.create_table(
        "export_requests",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("requested_by", sa.String(length=60), nullable=False),
        sa.Column("requested_at", UTC, nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("fields", sa.JSON(), nullable=False),
        sa.Column("query", sa.JSON(), nullable=False),
        sa.Column("areas", sa.JSON(), nullable=False),
        sa.Column("format", sa.String(length=8), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("hours", sa.Integer(), nullable=False),
        sa.Column("downloads_allowed", sa.Integer(), nullable=False),
        sa.Column("downloads_used", sa.Integer(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "pending",
                "approved",
                "rejected",
                "withdrawn",
                name="requeststate",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("decided_by", sa.String(length=60), nullable=True),
        sa.Column("decided_at", UTC, nullable=True),
        sa.Column("decision_note", sa.Text(), nullable=False),
        sa.Column("expires_at", UTC, nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("downloads_allowed >= 1", name=op.f("ck_export_requests_allowed")),
        sa.CheckConstraint(
            "downloads_used >= 0 AND downloads_used <= downloads_allowed",
            name=op.f("ck_export_requests_counted"),
        ),
        sa.CheckConstraint(
            "decided_by IS NULL OR decided_by <> requested_by",
            name=op.f("ck_export_requests_decided_by_another"),
        ),
        sa.CheckConstraint("hours >= 1", name=op.f("ck_export_requests_hours")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_export_requests")),
    )
    op.create_index("ix_export_requests_requested_by", "export_requests", ["requested_by"])
    op.create_table(
        "export_downloads",
        sa.Column("number", sa.String(length=20), nullable=False),
        sa.Column("request_id", sa.Integer(), nullable=False),
        sa.Column("by", sa.String(length=60), nullable=False),
        sa.Column("at", UTC, nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("address", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["request_id"],
            ["export_requests.id"],
            name=op.f("fk_export_downloads_request_id"),
        ),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_export_downloads")),
    )
    op.create_index("ix_export_downloads_request_id", "export_downloads", ["request_id"])
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
    """Let the database refuse to change checkpoints and downloads, and to delete the head."""
    if op.get_bind().dialect.name == "sqlite":
        rules = [(table, verb) for table in KEPT for verb in ("UPDATE", "DELETE")]
        for table, verb in [*rules, ("journal_head", "DELETE")]:
            op.execute(
                f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, 'append-only table {table}'); END"
            )
        return
    for table in KEPT:
        op.execute(
            f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION govdash_append_only()"
        )
    op.execute(
        "CREATE TRIGGER journal_head_no_delete BEFORE DELETE OR TRUNCATE ON journal_head "
        "FOR EACH STATEMENT EXECUTE FUNCTION govdash_append_only()"
    )
