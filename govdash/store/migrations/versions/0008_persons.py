"""person data and rejected rows are sealed; what lies there in clear is sealed now."""

import json
from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from alembic import context, op

from govdash.core.errors import SettingsError
from govdash.store.vault import Vault

revision = "0008"
down_revision = "0013"
branch_labels = None
depends_on = None

_FIELDS = ("reporter_name", "reporter_contact", "raw_title", "raw_text", "raw_address")
_BATCH = 2_000  # rows held in memory at once


def upgrade() -> None:
    """Apply."""
    connection = op.get_bind()
    for copied in (
        "CREATE TABLE event_persons_clear AS SELECT * FROM event_persons",
        "CREATE TABLE rejected_rows_clear AS SELECT * FROM rejected_rows",
    ):
        connection.execute(sa.text(copied))
    for table in ("event_persons", "rejected_rows"):
        op.drop_table(table)
    op.create_table(
        "event_persons",
        sa.Column("event_id", sa.String(length=20), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("key_id", sa.String(length=8), nullable=False),
        *(
            sa.Column(name, sa.LargeBinary(), nullable=True)
            for name in (
                "reporter_name", "reporter_contact", "reporter_identity", "reporter_address",
                "raw_title", "raw_text", "raw_address",
            )
        ),
        sa.ForeignKeyConstraint(
            ["event_id", "version"],
            ["events.event_id", "events.version"],
            name=op.f("fk_event_persons_event_id_version"),
        ),
        sa.PrimaryKeyConstraint("event_id", "version", name=op.f("pk_event_persons")),
    )  # fmt: skip
    op.create_index(op.f("ix_event_persons_key_id"), "event_persons", ["key_id"], unique=False)
    op.create_table(
        "rejected_rows",
        sa.Column("import_id", sa.Integer(), nullable=False),
        sa.Column("row_number", sa.Integer(), nullable=False),
        sa.Column("reasons", sa.JSON(), nullable=False),
        sa.Column("key_id", sa.String(length=8), nullable=False),
        sa.Column("raw", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["import_id"], ["imports.id"], name=op.f("fk_rejected_rows_import_id")
        ),
        sa.PrimaryKeyConstraint("import_id", "row_number", name=op.f("pk_rejected_rows")),
    )
    op.create_index(op.f("ix_rejected_rows_key_id"), "rejected_rows", ["key_id"], unique=False)
    _seal_persons(connection)
    _seal_rejected(connection)
    for table in ("event_persons", "rejected_rows"):
        op.drop_table(f"{table}_clear")


def downgrade() -> None:
    """Take back the tables; what is sealed is not opened again and is lost."""
    for table in ("rejected_rows", "event_persons"):
        op.drop_table(table)
    op.create_table(
        "event_persons",
        sa.Column("event_id", sa.String(length=20), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in _FIELDS),
        sa.ForeignKeyConstraint(
            ["event_id", "version"],
            ["events.event_id", "events.version"],
            name=op.f("fk_event_persons_event_id_version"),
        ),
        sa.PrimaryKeyConstraint("event_id", "version", name=op.f("pk_event_persons")),
    )
    op.create_table(
        "rejected_rows",
        sa.Column("import_id", sa.Integer(), nullable=False),
        sa.Column("row_number", sa.Integer(), nullable=False),
        sa.Column("reasons", sa.JSON(), nullable=False),
        sa.Column("raw", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["import_id"], ["imports.id"], name=op.f("fk_rejected_rows_import_id")
        ),
        sa.PrimaryKeyConstraint("import_id", "row_number", name=op.f("pk_rejected_rows")),
    )


def _vault() -> Vault:
    vault = context.config.attributes.get("vault")
    if vault is None:
        raise SettingsError(
            "库中有明文的个人信息，升级时要加密：请设置 GOVDASH_PERSON_KEY 后再运行 govdash init。"
        )
    return vault


def _batches(connection: sa.Connection, table: str) -> Iterator[list[Any]]:
    """Give the rows a batch at a time; none for an empty table, which needs no key."""
    found = connection.execute(sa.select(sa.text("*")).select_from(sa.table(table)))
    while rows := found.mappings().fetchmany(_BATCH):
        yield list(rows)


def _seal_persons(connection: sa.Connection) -> None:
    names = ("event_id", "version", "key_id", *_FIELDS)
    target = sa.table("event_persons", *(sa.column(name) for name in names))
    for rows in _batches(connection, "event_persons_clear"):
        vault = _vault()
        connection.execute(
            sa.insert(target),
            [
                {
                    "event_id": row["event_id"],
                    "version": row["version"],
                    "key_id": vault.current,
                    **{
                        name: vault.seal(
                            row[name], f"person:{row['event_id']}:{row['version']}:{name}"
                        )
                        if row[name]
                        else None
                        for name in _FIELDS
                    },
                }
                for row in rows
            ],
        )


def _seal_rejected(connection: sa.Connection) -> None:
    target = sa.table(
        "rejected_rows",
        sa.column("import_id"), sa.column("row_number"), sa.column("reasons", sa.JSON()),
        sa.column("key_id"), sa.column("raw"),
    )  # fmt: skip
    for rows in _batches(connection, "rejected_rows_clear"):
        vault = _vault()
        connection.execute(
            sa.insert(target),
            [
                {
                    "import_id": row["import_id"],
                    "row_number": row["row_number"],
                    "reasons": _json(row["reasons"]),
                    "key_id": vault.current,
                    "raw": vault.seal(
                        json.dumps(_json(row["raw"]), ensure_ascii=False),
                        f"rejected:{row['import_id']}:{row['row_number']}",
                    ),
                }
                for row in rows
            ],
        )


def _json(value: object) -> object:
    return json.loads(value) if isinstance(value, str) else value
