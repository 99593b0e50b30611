"""how far the telling about an alert or a case has got."""

import sqlalchemy as sa
from alembic import op

import govdash.store.models.base

revision = "0018"
down_revision = "0025"
branch_labels = None
depends_on = None

UTC = govdash.store.models.base.UtcDateTime(timezone=True)


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "escalations",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("alert_id", sa.Integer(), nullable=True),
        sa.Column("case_id", sa.Integer(), nullable=True),
        sa.Column("chain", sa.String(length=40), nullable=False),
        sa.Column("episode", sa.Integer(), nullable=False),
        sa.Column("standing", sa.String(length=80), nullable=False),
        sa.Column(
            "level",
            sa.Enum(
                "red",
                "orange",
                "yellow",
                "blue",
                name="level",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=True,
        ),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("started_at", UTC, nullable=False),
        sa.Column("told", sa.JSON(), nullable=False),
        sa.Column("next_at", UTC, nullable=True),
        sa.Column("ended_at", UTC, nullable=True),
        sa.Column("gap", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "(alert_id IS NULL) <> (case_id IS NULL)", name=op.f("ck_escalations_one_subject")
        ),
        sa.ForeignKeyConstraint(["alert_id"], ["alerts.id"], name=op.f("fk_escalations_alert_id")),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_escalations_case_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_escalations")),
    )
    op.create_index("uq_escalations_alert_id", "escalations", ["alert_id"], unique=True)
    op.create_index("uq_escalations_case_id", "escalations", ["case_id"], unique=True)
    op.create_index("ix_escalations_next_at", "escalations", ["next_at"])


def downgrade() -> None:
    """Take back."""
    op.drop_table("escalations")
