"""an old event may lose its texts, all three at once, and nothing else."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0008"
branch_labels = None
depends_on = None

TEXTS = ("title", "text", "address")
ENDING = {"superseded_at", "change_seq"}
EMPTIED = "NEW.title = '' AND NEW.text = '' AND NEW.address = ''"


def upgrade() -> None:
    """Apply."""
    _guard({*ENDING, *TEXTS})
    if op.get_bind().dialect.name == "sqlite":
        op.execute(
            "CREATE TRIGGER events_only_emptied BEFORE UPDATE OF title, text, address ON events "
            f"WHEN NOT ({EMPTIED}) BEGIN SELECT RAISE(ABORT, 'append-only table events'); END"
        )
    else:
        op.execute(
            "CREATE TRIGGER events_only_emptied BEFORE UPDATE OF title, text, address ON events "
            f"FOR EACH ROW WHEN (NOT ({EMPTIED})) EXECUTE FUNCTION govdash_append_only()"
        )


def downgrade() -> None:
    """Take back."""
    on = "" if op.get_bind().dialect.name == "sqlite" else " ON events"
    op.execute(f"DROP TRIGGER events_only_emptied{on}")
    _guard(ENDING)


def _guard(free: set[str]) -> None:
    """Refuse to change any column of an event but those that are `free`, and to delete one."""
    columns = sa.inspect(op.get_bind()).get_columns("events")
    fixed = ", ".join(c["name"] for c in columns if c["name"] not in free)
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TRIGGER events_no_update")
        op.execute(
            f"CREATE TRIGGER events_no_update BEFORE UPDATE OF {fixed} ON events "
            "BEGIN SELECT RAISE(ABORT, 'append-only table events'); END"
        )
    else:
        op.execute("DROP TRIGGER events_append_only ON events")
        op.execute(
            f"CREATE TRIGGER events_append_only BEFORE UPDATE OF {fixed} OR DELETE OR TRUNCATE "
            "ON events FOR EACH STATEMENT EXECUTE FUNCTION govdash_append_only()"
        )
