"""decisions on advised changes of rules."""

import sqlalchemy as sa
from alembic import op

import govdash.store.models.base

revision = "0026"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "rule_advice",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("rule_code", sa.String(40), nullable=False),
        sa.Column("rule_version", sa.Integer(), nullable=False),
        sa.Column("told", sa.JSON(), nullable=False),
        sa.Column("accepted", sa.Boolean(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("decided_by", sa.String(60), nullable=False),
        sa.Column(
            "decided_at", govdash.store.models.base.UtcDateTime(timezone=True), nullable=False
        ),
        sa.ForeignKeyConstraint(
            ["rule_code", "rule_version"],
            ["rules.code", "rules.version"],
            name=op.f("fk_rule_advice_rule_code_rule_version"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rule_advice")),
    )
    op.create_index("ix_rule_advice_rule_code", "rule_advice", ["rule_code"])


def downgrade() -> None:
    """Take back."""
    op.drop_table("rule_advice")
