"""tasks at the sources of data."""

import sqlalchemy as sa
from alembic import op

import govdash.store.models.base

revision = "0027"
down_revision = "0019"
branch_labels = None
depends_on = None

UTC = govdash.store.models.base.UtcDateTime(timezone=True)


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "quality_tasks",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(length=24), nullable=False),
        sa.Column("alert_id", sa.Integer(), nullable=False),
        sa.Column("source", sa.String(length=40), nullable=False),
        sa.Column("category", govdash.store.models.base.CATEGORY, nullable=False),
        sa.Column("area_path", govdash.store.models.base.PATH, nullable=True),
        sa.Column("window_first", sa.Date(), nullable=False),
        sa.Column("window_last", sa.Date(), nullable=False),
        sa.Column("said", sa.Text(), nullable=False),
        sa.Column("seen", sa.Integer(), nullable=False),
        sa.Column("opened_by", sa.String(length=60), nullable=False),
        sa.Column("opened_at", UTC, nullable=False),
        sa.Column("done_by", sa.String(length=60), nullable=True),
        sa.Column("done_at", UTC, nullable=True),
        sa.Column("result", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "(done_at IS NULL) = (done_by IS NULL)", name=op.f("ck_quality_tasks_done_whole")
        ),
        sa.ForeignKeyConstraint(
            ["alert_id"], ["alerts.id"], name=op.f("fk_quality_tasks_alert_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quality_tasks")),
        sa.UniqueConstraint("number", name=op.f("uq_quality_tasks_number")),
    )
    op.create_index("ix_quality_tasks_opened_at", "quality_tasks", ["opened_at"])
    open_ = sa.text("done_at IS NULL")
    op.create_index(
        "uq_quality_tasks_open",
        "quality_tasks",
        ["source", "category", "area_path"],
        unique=True,
        sqlite_where=open_,
        postgresql_where=open_,
    )


def downgrade() -> None:
    """Take back."""
    op.drop_table("quality_tasks")
