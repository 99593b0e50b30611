"""views that people keep."""

import sqlalchemy as sa
from alembic import op

import govdash.store.models.base

revision = "0032"
down_revision = "0029"
branch_labels = None
depends_on = None

UTC = govdash.store.models.base.UtcDateTime(timezone=True)


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "saved_views",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("login", sa.String(length=60), nullable=False),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("page", sa.String(length=40), nullable=False),
        sa.Column("params", sa.JSON(), nullable=False),
        sa.Column("saved_at", UTC, nullable=False),
        sa.CheckConstraint("name <> ''", name=op.f("ck_saved_views_named")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_views")),
        sa.UniqueConstraint("login", "name", name=op.f("uq_saved_views_login_name")),
    )


def downgrade() -> None:
    """Take back."""
    op.drop_table("saved_views")
