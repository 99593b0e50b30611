"""cases merge and are taken up again; requests, marks, calls to make.

The tables of cases are changed in place, never copied: triggers and references stay. SQLite writes
a changed CHECK into its schema, as its manual says (https://sqlite.org/lang_altertable.html, 7).
"""

from datetime import timedelta

import sqlalchemy as sa
from alembic import op

import govdash.store.models.base

revision = "0020"
down_revision = "0017"
branch_labels = None
depends_on = None

UTC = govdash.store.models.base.UtcDateTime(timezone=True)
STATES = (
    "received", "accepted", "dispatched", "in_progress", "resolved_claimed", "verified", "closed",
    "rejected", "returned", "on_hold", "rework", "cancelled",
)  # fmt: skip
ACTIONS = (
    "accept", "reject", "dispatch", "start", "return", "resolve", "verify", "send_back", "close",
    "hold", "resume", "cancel",
)  # fmt: skip
NEW_STATES = ("merged", "reopened")
NEW_ACTIONS = ("merge", "unmerge", "reopen", "reopen_unsolved")
CHECKS = (
    ("cases", "ck_cases_casestate", "state", STATES, NEW_STATES),
    ("case_steps", "ck_case_steps_casestate", "to_state", STATES, NEW_STATES),
    ("case_steps", "ck_case_steps_caseaction", "action", ACTIONS, NEW_ACTIONS),
)
RULES = (
    ("ck_cases_merged_into_one", "(state = 'merged') = (leading_id IS NOT NULL)"),
    ("ck_cases_leads_another", "leading_id <> id"),
    ("ck_cases_hold_has_end", "hold_until IS NULL OR state = 'on_hold'"),
)
WHY = "reason IN ('not_done', 'partly', 'again', 'answer', 'other')"
APPEND_ONLY = "case_marks"


def upgrade() -> None:
    """Apply."""
    sqlite = op.get_bind().dialect.name == "sqlite"
    moment = "DATETIME" if sqlite else "TIMESTAMP WITH TIME ZONE"
    no = "0" if sqlite else "false"
    for table, column in (
        ("cases", f"hold_until {moment}"),
        ("cases", "leading_id INTEGER CONSTRAINT fk_cases_leading_id REFERENCES cases (id)"),
        ("cases", "extensions INTEGER NOT NULL DEFAULT 0"),
        ("cases", f"exempt BOOLEAN NOT NULL DEFAULT {no}"),
        (
            "clock_intervals",
            "lent_by INTEGER CONSTRAINT fk_clock_intervals_lent_by REFERENCES cases (id)",
        ),
        (
            "feedback",
            f"reason VARCHAR(24) CONSTRAINT ck_feedback_whynot CHECK ({WHY})",
        ),
    ):
        op.execute(f"ALTER TABLE {table} ADD COLUMN {column}")
    op.create_index("ix_cases_leading_id", "cases", ["leading_id"])
    (_widen_sqlite if sqlite else _widen_postgres)()
    _end_holds()
    _requests()
    _marks(sqlite=sqlite)
    _calls()


def _listed(column: str, codes: tuple[str, ...]) -> str:
    return f"{column} IN ({', '.join(repr(code) for code in codes)})"


def _widen_postgres() -> None:
    for table, name, column, old, new in CHECKS:
        op.drop_constraint(name, table)
        op.create_check_constraint(op.f(name), table, _listed(column, old + new))
    for name, condition in RULES:
        op.create_check_constraint(op.f(name), "cases", condition)


def _widen_sqlite() -> None:
    connection = op.get_bind()
    read = sa.text("SELECT sql FROM sqlite_schema WHERE type = 'table' AND name = :name")
    texts = {table: connection.scalar(read, {"name": table}) for table in ("cases", "case_steps")}
    for table, _, column, old, new in CHECKS:
        before, after = _listed(column, old), _listed(column, old + new)
        if texts[table].count(before) != 1:
            raise RuntimeError(f"the schema of {table} is not the one this change knows")
        texts[table] = texts[table].replace(before, after)
    added = ", ".join(f"CONSTRAINT {name} CHECK ({condition})" for name, condition in RULES)
    texts["cases"] = f"{texts['cases'].rstrip().removesuffix(')')}, {added})"
    version = connection.scalar(sa.text("PRAGMA schema_version"))
    connection.execute(sa.text("PRAGMA writable_schema = ON"))
    for table, text in texts.items():
        connection.execute(
            sa.text("UPDATE sqlite_schema SET sql = :text WHERE type = 'table' AND name = :name"),
            {"text": text, "name": table},
        )
    connection.execute(sa.text(f"PRAGMA schema_version = {version + 1}"))
    connection.execute(sa.text("PRAGMA writable_schema = OFF"))
    if (said := connection.scalar(sa.text("PRAGMA quick_check(1)"))) != "ok":
        raise RuntimeError(f"the changed schema does not hold: {said}")


def _end_holds() -> None:
    """Let what is on hold now end a year after it began, the longest that a hold may last."""
    cases = sa.table("cases", sa.column("id"), sa.column("state"), sa.column("hold_until", UTC))
    held = sa.table(
        "clock_intervals", sa.column("case_id"), sa.column("clock"), sa.column("started_at", UTC),
        sa.column("ended_at", UTC),
    )  # fmt: skip
    connection = op.get_bind()
    begun = sa.select(held.c.case_id, held.c.started_at).where(
        held.c.clock == "case",
        held.c.ended_at.is_(None),
        held.c.case_id.in_(sa.select(cases.c.id).where(cases.c.state == "on_hold")),
    )
    for case_id, since in connection.execute(begun).all():
        until = since + timedelta(days=365)
        connection.execute(sa.update(cases).where(cases.c.id == case_id).values(hold_until=until))


def _requests() -> None:
    op.create_table(
        "case_requests",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("kind", _code("asked", "extension", "appeal"), nullable=False),
        sa.Column(
            "state", _code("askstate", "waiting", "once", "granted", "denied", "lapsed"),
            nullable=False,
        ),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("asked_by", sa.String(length=60), nullable=False),
        sa.Column("asked_at", UTC, nullable=False),
        sa.Column("first_by", sa.String(length=60), nullable=True),
        sa.Column("first_at", UTC, nullable=True),
        sa.Column("first_note", sa.Text(), nullable=False),
        sa.Column("second_by", sa.String(length=60), nullable=True),
        sa.Column("second_at", UTC, nullable=True),
        sa.Column("second_note", sa.Text(), nullable=False),
        sa.CheckConstraint("first_by <> asked_by", name=op.f("ck_case_requests_another_decides")),
        sa.CheckConstraint(
            "second_by IS NULL OR (first_by IS NOT NULL AND second_by <> asked_by "
            "AND second_by <> first_by)",
            name=op.f("ck_case_requests_a_third_decides"),
        ),
        sa.CheckConstraint(
            "state <> 'granted' OR (first_by IS NOT NULL "
            "AND (kind = 'extension' OR second_by IS NOT NULL))",
            name=op.f("ck_case_requests_granted_by_enough"),
        ),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_case_requests_case_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_requests")),
    )  # fmt: skip
    op.create_index("ix_case_requests_case_id", "case_requests", ["case_id"])
    undecided = sa.text("state IN ('waiting', 'once')")
    op.create_index(
        "uq_case_requests_undecided", "case_requests", ["case_id", "kind"], unique=True,
        sqlite_where=undecided, postgresql_where=undecided,
    )  # fmt: skip


def _marks(*, sqlite: bool) -> None:
    op.create_table(
        "case_marks",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("kind", _code("mark", "urge", "supervise", "lift"), nullable=False),
        sa.Column("by", sa.String(length=60), nullable=False),
        sa.Column("at", UTC, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("due_at", UTC, nullable=True),
        sa.CheckConstraint(
            "(kind = 'supervise') = (due_at IS NOT NULL)",
            name=op.f("ck_case_marks_supervised_until"),
        ),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_case_marks_case_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_marks")),
    )
    op.create_index("ix_case_marks_case_id", "case_marks", ["case_id"])
    if sqlite:
        for verb in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {APPEND_ONLY}_no_{verb.lower()} BEFORE {verb} ON {APPEND_ONLY} "
                f"BEGIN SELECT RAISE(ABORT, 'append-only table {APPEND_ONLY}'); END"
            )
    else:
        op.execute(
            f"CREATE TRIGGER {APPEND_ONLY}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE "
            f"ON {APPEND_ONLY} FOR EACH STATEMENT EXECUTE FUNCTION govdash_append_only()"
        )


def _calls() -> None:
    op.create_table(
        "call_tasks",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("about_id", sa.Integer(), nullable=False),
        sa.Column("made_at", UTC, nullable=False),
        sa.Column("due_at", UTC, nullable=False),
        sa.Column("done_at", UTC, nullable=True),
        sa.Column("dropped_at", UTC, nullable=True),
        sa.CheckConstraint(
            "done_at IS NULL OR dropped_at IS NULL", name=op.f("ck_call_tasks_done_or_dropped")
        ),
        sa.ForeignKeyConstraint(["about_id"], ["cases.id"], name=op.f("fk_call_tasks_about_id")),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_call_tasks_case_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_call_tasks")),
    )
    op.create_index("ix_call_tasks_about_id", "call_tasks", ["about_id"])
    to_call = sa.text("done_at IS NULL AND dropped_at IS NULL")
    op.create_index(
        "uq_call_tasks_open", "call_tasks", ["case_id"], unique=True,
        sqlite_where=to_call, postgresql_where=to_call,
    )  # fmt: skip


def _code(name: str, *codes: str) -> sa.Enum:
    return sa.Enum(*codes, name=name, native_enum=False, create_constraint=True, length=24)


def downgrade() -> None:
    """Take back what can be: the wider checks and the columns of cases stay."""
    for table in ("call_tasks", "case_marks", "case_requests"):
        op.drop_table(table)
