"""anchors: journal lines older than 180 days may be taken out, nothing else ever.

The database itself counts the days, by its own clock: no setting and no command goes below them.
A line goes only when a signed anchor, written before, vouches for the journal up to it; an anchor
is only taken for a line that is there, and when none up to it is too young. An empty journal takes
any: a restored backup brings its anchors first.
"""

import sqlalchemy as sa
from alembic import op

import govdash.store.models.base

revision = "0013"
down_revision = "0009"
branch_labels = None
depends_on = None

UTC = govdash.store.models.base.UtcDateTime(timezone=True)


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "journal_anchors",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("archive", sa.String(length=64), nullable=False),
        sa.Column("last_id", sa.Integer(), nullable=False),
        sa.Column("lines", sa.Integer(), nullable=False),
        sa.Column("last_hash", sa.String(length=64), nullable=False),
        sa.Column("at", UTC, nullable=False),
        sa.Column("key_id", sa.String(length=16), nullable=False),
        sa.Column("signature", sa.String(length=88), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_journal_anchors")),
    )
    if op.get_bind().dialect.name == "sqlite":
        _sqlite()
    else:
        _postgresql()


def downgrade() -> None:
    """Refuse: lines that are gone do not come back."""
    raise NotImplementedError("lines that were taken out do not come back; restore a backup")


def _sqlite() -> None:
    for statement in (
        "DROP TRIGGER journal_no_delete",
        """
        CREATE TRIGGER journal_no_delete BEFORE DELETE ON journal
        WHEN OLD.id > coalesce((SELECT max(last_id) FROM journal_anchors), 0)
            OR OLD.at > strftime('%Y-%m-%d %H:%M:%f', 'now', '-180 days')
        BEGIN SELECT RAISE(ABORT, 'append-only table journal'); END
        """,
        """
        CREATE TRIGGER journal_anchors_insert BEFORE INSERT ON journal_anchors
        WHEN EXISTS (SELECT 1 FROM journal) AND (
            NOT EXISTS
                (SELECT 1 FROM journal WHERE id = NEW.last_id AND hash = NEW.last_hash)
            OR EXISTS
                (SELECT 1 FROM journal WHERE id <= NEW.last_id
                    AND at > strftime('%Y-%m-%d %H:%M:%f', 'now', '-180 days')))
        BEGIN SELECT RAISE(ABORT, 'journal lines younger than 180 days stay'); END
        """,
        """
        CREATE TRIGGER journal_anchors_no_update BEFORE UPDATE ON journal_anchors
        BEGIN SELECT RAISE(ABORT, 'append-only table journal_anchors'); END
        """,
        """
        CREATE TRIGGER journal_anchors_no_delete BEFORE DELETE ON journal_anchors
        BEGIN SELECT RAISE(ABORT, 'append-only table journal_anchors'); END
        """,
    ):
        op.execute(statement)


def _postgresql() -> None:
    for statement in (
        """
        CREATE FUNCTION govdash_journal_delete() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
            IF OLD.id > coalesce((SELECT max(last_id) FROM journal_anchors), 0)
                OR OLD.at > now() - interval '180 days'
            THEN RAISE EXCEPTION 'append-only table journal'; END IF;
            RETURN OLD;
        END $$
        """,
        """
        CREATE FUNCTION govdash_journal_anchor() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
            IF EXISTS (SELECT 1 FROM journal) AND (
                NOT EXISTS
                    (SELECT 1 FROM journal WHERE id = NEW.last_id AND hash = NEW.last_hash)
                OR EXISTS
                    (SELECT 1 FROM journal WHERE id <= NEW.last_id
                        AND at > now() - interval '180 days'))
            THEN RAISE EXCEPTION 'journal lines younger than 180 days stay'; END IF;
            RETURN NEW;
        END $$
        """,
        "DROP TRIGGER journal_append_only ON journal",
        """
        CREATE TRIGGER journal_append_only BEFORE UPDATE OR TRUNCATE ON journal
        FOR EACH STATEMENT EXECUTE FUNCTION govdash_append_only()
        """,
        """
        CREATE TRIGGER journal_no_delete BEFORE DELETE ON journal
        FOR EACH ROW EXECUTE FUNCTION govdash_journal_delete()
        """,
        """
        CREATE TRIGGER journal_anchors_insert BEFORE INSERT ON journal_anchors
        FOR EACH ROW EXECUTE FUNCTION govdash_journal_anchor()
        """,
        """
        CREATE TRIGGER journal_anchors_append_only
        BEFORE UPDATE OR DELETE OR TRUNCATE ON journal_anchors
        FOR EACH STATEMENT EXECUTE FUNCTION govdash_append_only()
        """,
    ):
        op.execute(statement)
