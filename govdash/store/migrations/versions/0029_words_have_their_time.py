"""what people wrote into an append-only log may be emptied, and nothing else be changed."""

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

#: By table, the columns of words: each stays as it is or becomes empty.
TEXTS = {
    "case_steps": ("note",),
    "case_marks": ("reason",),
    "case_files": ("name",),
    "case_reports": (),
    "alert_steps": ("note",),
    "notification_attempts": ("detail",),
}
#: By table, the column with words inside, and what it becomes (SQLite, PostgreSQL).
INSIDE = {
    "case_steps": (
        "detail",
        "json_remove(OLD.detail, '$.result')",
        "OLD.detail::jsonb - 'result'",
    ),
    "case_reports": (
        "told",
        "json_set(OLD.told, '$.facts', json('[]'))",
        "jsonb_set(OLD.told::jsonb, '{facts}', '[]')",
    ),
    "alert_steps": (
        "detail",
        "json_replace(OLD.detail, '$.set.note', '')",
        "jsonb_set(OLD.detail::jsonb, '{set,note}', '\"\"', false)",
    ),
}


def upgrade() -> None:
    """Apply."""
    sqlite = op.get_bind().dialect.name == "sqlite"
    for table in TEXTS:
        only = _only_emptied(table, sqlite=sqlite)
        if sqlite:
            op.execute(f"DROP TRIGGER {table}_no_update")
            op.execute(
                f"CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table} WHEN NOT ({only}) "
                f"BEGIN SELECT RAISE(ABORT, 'append-only table {table}'); END"
            )
        else:
            op.execute(f"DROP TRIGGER {table}_append_only ON {table}")
            _refuse(table, "append_only", "DELETE OR TRUNCATE", "STATEMENT")
            _refuse(table, "only_emptied", "UPDATE", f"ROW WHEN (NOT ({only}))")


def downgrade() -> None:
    """Take back."""
    for table in TEXTS:
        if op.get_bind().dialect.name == "sqlite":
            op.execute(f"DROP TRIGGER {table}_no_update")
            op.execute(
                f"CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table} "
                f"BEGIN SELECT RAISE(ABORT, 'append-only table {table}'); END"
            )
        else:
            for name in ("append_only", "only_emptied"):
                op.execute(f"DROP TRIGGER {table}_{name} ON {table}")
            _refuse(table, "append_only", "UPDATE OR DELETE OR TRUNCATE", "STATEMENT")


def _refuse(table: str, name: str, verbs: str, each: str) -> None:
    op.execute(
        f"CREATE TRIGGER {table}_{name} BEFORE {verbs} ON {table} "
        f"FOR EACH {each} EXECUTE FUNCTION govdash_append_only()"
    )


def _only_emptied(table: str, *, sqlite: bool) -> str:
    """Return the condition that an update leaves all as it was but for emptied words."""
    same = "IS" if sqlite else "IS NOT DISTINCT FROM"
    json = "json({})" if sqlite else "{}::jsonb"
    told = []
    for column in (c["name"] for c in sa.inspect(op.get_bind()).get_columns(table)):
        new, old = f"NEW.{column}", f"OLD.{column}"
        if column in TEXTS[table]:
            told.append(f"({new} {same} {old} OR {new} = '')")
        elif INSIDE.get(table, ("",))[0] == column:
            left = INSIDE[table][1 if sqlite else 2]
            left = json.format(left) if sqlite else left
            new, old = json.format(new), json.format(old)
            told.append(f"({new} {same} {old} OR {new} {same} {left})")
        else:
            told.append(f"{new} {same} {old}")
    return " AND ".join(told)
