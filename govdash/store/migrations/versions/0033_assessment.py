"""when a step was recorded, and the versions of how a city assesses."""

import sqlalchemy as sa
from alembic import op

import govdash.store.models.base

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None

UTC = govdash.store.models.base.UtcDateTime(timezone=True)


def upgrade() -> None:
    """Apply."""
    op.add_column("case_steps", sa.Column("recorded_at", UTC, nullable=True))
    op.create_table(
        "kpi_schemes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("body", sa.JSON(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("made_by", sa.String(length=60), nullable=False),
        sa.Column("made_at", UTC, nullable=False),
        sa.CheckConstraint("version >= 1", name=op.f("ck_kpi_schemes_counted")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_kpi_schemes")),
        sa.UniqueConstraint("version", name=op.f("uq_kpi_schemes_version")),
    )


def downgrade() -> None:
    """Take back."""
    op.drop_table("kpi_schemes")
    op.drop_column("case_steps", "recorded_at")
