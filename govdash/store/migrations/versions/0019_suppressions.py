"""silences, maintenance, planned events."""

import sqlalchemy as sa
from alembic import op

import govdash.store.models.base

revision = "0019"
down_revision = "0026"
branch_labels = None
depends_on = None

UTC = govdash.store.models.base.UtcDateTime(timezone=True)
PATH = sa.String(length=120).with_variant(sa.String(length=120, collation="C"), "postgresql")


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "suppressions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "silence",
                "maintenance",
                "planned",
                name="mute",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("area_path", PATH, nullable=True),
        sa.Column("category", sa.String(length=16), nullable=True),
        sa.Column("rule_code", sa.String(length=40), nullable=True),
        sa.Column("starts_at", UTC, nullable=False),
        sa.Column("ends_at", UTC, nullable=False),
        sa.Column("owner", sa.String(length=60), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("created_at", UTC, nullable=False),
        sa.Column("ended_at", UTC, nullable=True),
        sa.Column("ended_by", sa.String(length=60), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("ends_at > starts_at", name=op.f("ck_suppressions_has_end")),
        sa.CheckConstraint("reason <> ''", name=op.f("ck_suppressions_has_reason")),
        sa.CheckConstraint(
            "(ended_at IS NULL) = (ended_by IS NULL)",
            name=op.f("ck_suppressions_ended_by_somebody"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_suppressions")),
    )
    op.create_index("ix_suppressions_ends_at", "suppressions", ["ends_at"])
    op.create_index("ix_suppressions_area_path", "suppressions", ["area_path"])


def downgrade() -> None:
    """Take back."""
    op.drop_table("suppressions")
