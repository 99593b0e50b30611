"""reports: drafts, numbered when issued, kept as issued."""

import sqlalchemy as sa
from alembic import op

import govdash.store.models.base

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None

UTC = govdash.store.models.base.UtcDateTime(timezone=True)
PATH = sa.String(length=120).with_variant(sa.String(length=120, collation="C"), "postgresql")


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "briefs",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(length=24), nullable=False),
        sa.Column("official", sa.String(length=60), nullable=True),
        sa.Column("occasion", sa.String(length=80), nullable=True),
        sa.Column(
            "kind",
            sa.Enum(
                "day",
                "week",
                "month",
                "special",
                name="briefkind",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("area_path", PATH, nullable=True),
        sa.Column("categories", sa.JSON(), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("as_of", UTC, nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "draft",
                "issued",
                "dropped",
                name="briefstate",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("document", sa.JSON(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("written_by", sa.String(length=60), nullable=False),
        sa.Column("written_at", UTC, nullable=False),
        sa.Column("signed_by", sa.String(length=60), nullable=True),
        sa.Column("settled_at", UTC, nullable=True),
        sa.Column("copies", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "(state = 'draft') = (settled_at IS NULL)", name=op.f("ck_briefs_settled_when")
        ),
        sa.CheckConstraint(
            "state <> 'issued' OR official IS NOT NULL", name=op.f("ck_briefs_issued_has_number")
        ),
        sa.CheckConstraint("copies >= 0", name=op.f("ck_briefs_copies")),
        sa.CheckConstraint("last_day >= first_day", name=op.f("ck_briefs_forward")),
        sa.CheckConstraint(
            "signed_by IS NULL OR signed_by <> written_by", name=op.f("ck_briefs_another_signs")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_briefs")),
        sa.UniqueConstraint("number", name=op.f("uq_briefs_number")),
        sa.UniqueConstraint("occasion", name=op.f("uq_briefs_occasion")),
        sa.UniqueConstraint("official", name=op.f("uq_briefs_official")),
    )
    op.create_index(
        "ix_briefs_area_path_last_day", "briefs", ["area_path", "last_day"], unique=False
    )


def downgrade() -> None:
    """Take back."""
    op.drop_table("briefs")
