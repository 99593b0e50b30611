"""a 签收 that runs out."""

from datetime import timedelta

import sqlalchemy as sa
from alembic import op

import govdash.store.models.base

revision = "0016"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply; what is acknowledged now counts for a day from when it was."""
    moment = govdash.store.models.base.UtcDateTime(timezone=True)
    op.add_column("alerts", sa.Column("acknowledged_until", moment, nullable=True))
    alerts = sa.table(
        "alerts",
        sa.column("id", sa.Integer),
        sa.column("handling", sa.String),
        sa.column("handled_at", moment),
        sa.column("acknowledged_until", moment),
    )
    connection = op.get_bind()
    held = sa.select(alerts.c.id, alerts.c.handled_at).where(alerts.c.handling == "acknowledged")
    for alert_id, since in connection.execute(held).all():
        connection.execute(
            sa.update(alerts)
            .where(alerts.c.id == alert_id)
            .values(acknowledged_until=since + timedelta(days=1))
        )


def downgrade() -> None:
    """Take back."""
    op.drop_column("alerts", "acknowledged_until")
