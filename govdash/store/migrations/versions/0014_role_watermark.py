"""roles that go without the watermark on the screen."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.add_column(
        "roles", sa.Column("watermark", sa.Boolean(), nullable=False, server_default=sa.true())
    )


def downgrade() -> None:
    """Take back."""
    op.drop_column("roles", "watermark")
