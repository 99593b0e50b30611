"""requests to take personal data out."""

import sqlalchemy as sa
from alembic import op

import govdash.store.models.base

revision = "0011"
down_revision = "0012"
branch_labels = None
depends_on = None

UTC = govdash.store.models.base.UtcDateTime(timezone=True)


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "releases",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(length=24), nullable=False),
        sa.Column("format", sa.String(length=24), nullable=False),
        sa.Column("params", sa.JSON(), nullable=False),
        sa.Column("words", sa.JSON(), nullable=False),
        sa.Column("areas", sa.JSON(), nullable=False),
        sa.Column("units", sa.JSON(), nullable=False),
        sa.Column("whole_city", sa.Boolean(), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("asked_by", sa.String(length=60), nullable=False),
        sa.Column("asked_at", UTC, nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "asked",
                "approved",
                "refused",
                "withdrawn",
                name="releasestate",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("decided_by", sa.String(length=60), nullable=True),
        sa.Column("decided_at", UTC, nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("expires_at", UTC, nullable=True),
        sa.Column("allowed", sa.Integer(), nullable=False),
        sa.Column("taken", sa.Integer(), nullable=False),
        sa.CheckConstraint("format IN ('csv', 'xlsx')", name=op.f("ck_releases_format")),
        sa.CheckConstraint(
            "decided_by IS NULL OR decided_by <> asked_by",
            name=op.f("ck_releases_another_decides"),
        ),
        sa.CheckConstraint(
            "(state IN ('approved', 'refused')) = (decided_by IS NOT NULL)",
            name=op.f("ck_releases_decided_by_whom"),
        ),
        sa.CheckConstraint(
            "(state = 'approved') = (expires_at IS NOT NULL)",
            name=op.f("ck_releases_approved_until_when"),
        ),
        sa.CheckConstraint(
            "taken >= 0 AND taken <= allowed AND (taken = 0 OR state = 'approved')",
            name=op.f("ck_releases_taken_as_allowed"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_releases")),
        sa.UniqueConstraint("number", name=op.f("uq_releases_number")),
    )
    op.create_index("ix_releases_asked_by", "releases", ["asked_by"])
    op.create_index("ix_releases_state", "releases", ["state"])


def downgrade() -> None:
    """Take back."""
    op.drop_table("releases")
