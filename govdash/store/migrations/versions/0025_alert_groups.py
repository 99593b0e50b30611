"""alerts that belong together have one leader."""

from alembic import op

revision = "0025"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply; in one statement, because SQLite adds no constraint to a table that is there."""
    op.execute(
        "ALTER TABLE alerts ADD COLUMN leader_id INTEGER"
        " CONSTRAINT fk_alerts_leader_id REFERENCES alerts (id)"
    )
    op.create_index("ix_alerts_leader_id", "alerts", ["leader_id"])


def downgrade() -> None:
    """Take back."""
    op.drop_index("ix_alerts_leader_id", "alerts")
    with op.batch_alter_table("alerts") as table:
        table.drop_constraint("fk_alerts_leader_id", type_="foreignkey")
        table.drop_column("leader_id")
