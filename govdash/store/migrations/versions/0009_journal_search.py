"""indices for finding journal lines.

Every search of the page 操作日志 is newest first, so each index ends with the time and the number
of the line: one range of the index is one page. The subject's index compares bytes on
PostgreSQL, so that it also serves "begins with".
"""

from alembic import op

revision = "0009"
down_revision = "0007"
branch_labels = None
depends_on = None

SEARCHES = ("actor", "did", "result", "request_id", "subject")


def upgrade() -> None:
    """Apply."""
    op.drop_index("ix_journal_at", "journal")
    op.drop_index("ix_journal_subject", "journal")
    op.create_index("ix_journal_at_id", "journal", ["at", "id"])
    for column in SEARCHES:
        op.create_index(
            f"ix_journal_{column}_at_id",
            "journal",
            [column, "at", "id"],
            postgresql_ops={"subject": "text_pattern_ops"},
        )


def downgrade() -> None:
    """Take back."""
    for column in SEARCHES:
        op.drop_index(f"ix_journal_{column}_at_id", "journal")
    op.drop_index("ix_journal_at_id", "journal")
    op.create_index("ix_journal_subject", "journal", ["subject"])
    op.create_index("ix_journal_at", "journal", ["at"])
