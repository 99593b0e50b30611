"""identities at a provider."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.add_column("users", sa.Column("identity", sa.Text(), nullable=True))
    op.create_index("uq_users_identity", "users", ["identity"], unique=True)
    op.add_column(
        "user_sessions",
        sa.Column("federated", sa.Boolean(), nullable=False, server_default=sa.false()),
    )


def downgrade() -> None:
    """Take back."""
    op.drop_column("user_sessions", "federated")
    op.drop_index("uq_users_identity", "users")
    op.drop_column("users", "identity")
