"""a reset waits for another administrator; what was given of the local operator is taken back."""

import sqlalchemy as sa
from alembic import op

import govdash.store.models.base

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

UTC = govdash.store.models.base.UtcDateTime(timezone=True)
LOCAL, ROLE = "operator", "local_operator"


def upgrade() -> None:
    """Apply."""
    op.add_column("users", sa.Column("reset_by", sa.String(length=60), nullable=True))
    op.add_column("users", sa.Column("reset_at", UTC, nullable=True))
    users = sa.table("users", *(sa.column(n) for n in ("id", "login", "password_hash", "identity")))
    held = sa.table("user_roles", sa.column("user_id"), sa.column("role_code"))
    mine = users.c.login == LOCAL
    op.execute(users.update().where(mine).values(password_hash=None, identity=None))
    others = held.c.user_id.not_in(sa.select(users.c.id).where(mine))
    op.execute(held.delete().where(held.c.role_code == ROLE, others))


def downgrade() -> None:
    """Take back."""
    with op.batch_alter_table("users") as table:
        table.drop_column("reset_at")
        table.drop_column("reset_by")
