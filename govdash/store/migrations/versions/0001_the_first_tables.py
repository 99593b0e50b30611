"""the first tables."""

import sqlalchemy as sa
from alembic import op

import govdash.store.models.base

APPEND_ONLY = ("journal", "alert_steps", "case_steps")
#: What a newer version writes on the one before it.
ENDING = ("superseded_at", "change_seq")

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "areas",
        sa.Column(
            "path",
            sa.String(length=120).with_variant(sa.String(length=120, collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column(
            "parent_path",
            sa.String(length=120).with_variant(sa.String(length=120, collation="C"), "postgresql"),
            nullable=True,
        ),
        sa.Column(
            "level",
            sa.Enum(
                "city",
                "district",
                "street",
                "community",
                "grid",
                name="arealevel",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("lon", sa.Double(), nullable=False),
        sa.Column("lat", sa.Double(), nullable=False),
        sa.Column("population", sa.Integer(), nullable=True),
        sa.Column("geometry", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("path LIKE '/%/'", name=op.f("ck_areas_path_delimited")),
        sa.ForeignKeyConstraint(["parent_path"], ["areas.path"], name=op.f("fk_areas_parent_path")),
        sa.PrimaryKeyConstraint("path", name=op.f("pk_areas")),
        sa.UniqueConstraint("code", name=op.f("uq_areas_code")),
    )
    op.create_table(
        "categories",
        sa.Column("key", sa.String(length=16), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "part",
                "affair",
                "emergency",
                "local",
                name="kind",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("code", sa.String(length=12), nullable=False),
        sa.Column("major", sa.String(length=8), nullable=False),
        sa.Column("major_name", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column(
            "facet",
            sa.Enum(
                "person",
                "place",
                "affair",
                "thing",
                "sentiment",
                "organisation",
                name="facet",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("limit_amount", sa.Double(), nullable=True),
        sa.Column(
            "limit_unit",
            sa.Enum(
                "urgent_hour",
                "work_hour",
                "work_day",
                "calendar_day",
                name="limitunit",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=True,
        ),
        sa.Column("standard", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "(limit_amount IS NULL) = (limit_unit IS NULL)", name=op.f("ck_categories_limit_whole")
        ),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_categories")),
    )
    with op.batch_alter_table("categories", schema=None) as batch_op:
        batch_op.create_index("ix_categories_major", ["major"], unique=False)

    op.create_table(
        "counters",
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_counters")),
    )
    op.create_table(
        "imports",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column("file_sha256", sa.String(length=64), nullable=False),
        sa.Column("profile", sa.String(length=60), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "running",
                "done",
                "failed",
                "interrupted",
                name="importstate",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("n_read", sa.Integer(), nullable=False),
        sa.Column("n_accepted", sa.Integer(), nullable=False),
        sa.Column("n_rejected", sa.Integer(), nullable=False),
        sa.Column("n_duplicate", sa.Integer(), nullable=False),
        sa.Column("reasons", sa.JSON(), nullable=False),
        sa.Column("warnings", sa.JSON(), nullable=False),
        sa.Column("reject_file", sa.Text(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("started_by", sa.String(length=60), nullable=False),
        sa.Column(
            "started_at", govdash.store.models.base.UtcDateTime(timezone=True), nullable=False
        ),
        sa.Column(
            "finished_at", govdash.store.models.base.UtcDateTime(timezone=True), nullable=True
        ),
        sa.CheckConstraint(
            "n_read >= 0 AND n_read = n_accepted + n_rejected + n_duplicate",
            name=op.f("ck_imports_adds_up"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_imports")),
    )
    op.create_table(
        "job_runs",
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column(
            "started_at", govdash.store.models.base.UtcDateTime(timezone=True), nullable=False
        ),
        sa.Column(
            "finished_at", govdash.store.models.base.UtcDateTime(timezone=True), nullable=True
        ),
        sa.Column(
            "succeeded_at", govdash.store.models.base.UtcDateTime(timezone=True), nullable=True
        ),
        sa.Column("message", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_job_runs")),
    )
    op.create_table(
        "journal",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", govdash.store.models.base.UtcDateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.String(length=60), nullable=False),
        sa.Column("did", sa.String(length=60), nullable=False),
        sa.Column("subject", sa.String(length=120), nullable=False),
        sa.Column(
            "result",
            sa.Enum(
                "done",
                "refused",
                name="result",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("prev_hash", sa.String(length=64), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_journal")),
        sa.UniqueConstraint("hash", name=op.f("uq_journal_hash")),
        sa.UniqueConstraint("prev_hash", name=op.f("uq_journal_prev_hash")),
    )
    with op.batch_alter_table("journal", schema=None) as batch_op:
        batch_op.create_index("ix_journal_subject", ["subject"], unique=False)

    op.create_table(
        "leases",
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("holder", sa.String(length=80), nullable=False),
        sa.Column("taken_at", govdash.store.models.base.UtcDateTime(timezone=True), nullable=False),
        sa.Column(
            "expires_at", govdash.store.models.base.UtcDateTime(timezone=True), nullable=False
        ),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_leases")),
    )
    op.create_table(
        "map_layers",
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("geojson", sa.Text(), nullable=False),
        sa.Column(
            "updated_at", govdash.store.models.base.UtcDateTime(timezone=True), nullable=False
        ),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_map_layers")),
    )
    op.create_table(
        "roles",
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("permissions", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_roles")),
    )
    op.create_table(
        "rules",
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("detector", sa.String(length=40), nullable=False),
        sa.Column("parameters", sa.JSON(), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("current", sa.Boolean(), nullable=False),
        sa.Column("changed_by", sa.String(length=60), nullable=False),
        sa.Column(
            "changed_at", govdash.store.models.base.UtcDateTime(timezone=True), nullable=False
        ),
        sa.CheckConstraint("version >= 1", name=op.f("ck_rules_version")),
        sa.PrimaryKeyConstraint("code", "version", name=op.f("pk_rules")),
    )
    op.create_table(
        "users",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("login", sa.String(length=60), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("whole_city", sa.Boolean(), nullable=False),
        sa.Column(
            "created_at", govdash.store.models.base.UtcDateTime(timezone=True), nullable=False
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_users")),
        sa.UniqueConstraint("login", name=op.f("uq_users_login")),
    )
    op.create_table(
        "alerts",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(length=24), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("rule_code", sa.String(length=40), nullable=False),
        sa.Column("rule_version", sa.Integer(), nullable=False),
        sa.Column("predecessor_id", sa.Integer(), nullable=True),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column(
            "level",
            sa.Enum(
                "red",
                "orange",
                "yellow",
                "blue",
                name="level",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("direction", sa.String(length=4), nullable=False),
        sa.Column("category", sa.String(length=16), nullable=False),
        sa.Column(
            "area_path",
            sa.String(length=120).with_variant(sa.String(length=120, collation="C"), "postgresql"),
            nullable=True,
        ),
        sa.Column("window_first", sa.Date(), nullable=False),
        sa.Column("window_last", sa.Date(), nullable=False),
        sa.Column("observed", sa.Double(), nullable=False),
        sa.Column("expected", sa.Double(), nullable=False),
        sa.Column("p_value", sa.Double(), nullable=False),
        sa.Column("evidence", sa.JSON(), nullable=False),
        sa.Column(
            "signal",
            sa.Enum(
                "pending",
                "firing",
                "clearing",
                "cleared",
                "stale",
                name="signal",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column(
            "handling",
            sa.Enum(
                "new",
                "acknowledged",
                "linked",
                "dismissed",
                "closed",
                name="handling",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column(
            "disposition",
            sa.Enum(
                "real_acted",
                "real_no_action",
                "expected_event",
                "data_error",
                "false_alarm",
                "duplicate",
                "unknown",
                name="disposition",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=True,
        ),
        sa.Column("handler", sa.String(length=60), nullable=True),
        sa.Column(
            "handled_at", govdash.store.models.base.UtcDateTime(timezone=True), nullable=True
        ),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column(
            "first_seen_at", govdash.store.models.base.UtcDateTime(timezone=True), nullable=False
        ),
        sa.Column(
            "last_seen_at", govdash.store.models.base.UtcDateTime(timezone=True), nullable=False
        ),
        sa.Column(
            "cleared_at", govdash.store.models.base.UtcDateTime(timezone=True), nullable=True
        ),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "(handling IN ('dismissed', 'closed')) = (disposition IS NOT NULL)",
            name=op.f("ck_alerts_closed_has_disposition"),
        ),
        sa.CheckConstraint("direction IN ('high', 'low')", name=op.f("ck_alerts_direction")),
        sa.ForeignKeyConstraint(
            ["predecessor_id"], ["alerts.id"], name=op.f("fk_alerts_predecessor_id")
        ),
        sa.ForeignKeyConstraint(
            ["rule_code", "rule_version"],
            ["rules.code", "rules.version"],
            name=op.f("fk_alerts_rule_code_rule_version"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alerts")),
        sa.UniqueConstraint("number", name=op.f("uq_alerts_number")),
    )
    with op.batch_alter_table("alerts", schema=None) as batch_op:
        batch_op.create_index(
            "ix_alerts_area_path_first_seen_at", ["area_path", "first_seen_at"], unique=False
        )
        batch_op.create_index(
            "uq_alerts_open_fingerprint",
            ["fingerprint"],
            unique=True,
            sqlite_where=sa.text("handling IN ('new', 'acknowledged', 'linked')"),
            postgresql_where=sa.text("handling IN ('new', 'acknowledged', 'linked')"),
        )

    op.create_table(
        "category_aliases",
        sa.Column("source", sa.String(length=60), nullable=False),
        sa.Column("label", sa.String(length=200), nullable=False),
        sa.Column("category", sa.String(length=16), nullable=False),
        sa.ForeignKeyConstraint(
            ["category"], ["categories.key"], name=op.f("fk_category_aliases_category")
        ),
        sa.PrimaryKeyConstraint("source", "label", name=op.f("pk_category_aliases")),
    )
    op.create_table(
        "events",
        sa.Column("event_id", sa.String(length=20), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("source", sa.String(length=60), nullable=False),
        sa.Column("source_id", sa.String(length=120), nullable=False),
        sa.Column("content_hash", sa.String(length=32), nullable=False),
        sa.Column(
            "occurred_at", govdash.store.models.base.UtcDateTime(timezone=True), nullable=False
        ),
        sa.Column(
            "reported_at", govdash.store.models.base.UtcDateTime(timezone=True), nullable=False
        ),
        sa.Column(
            "received_at", govdash.store.models.base.UtcDateTime(timezone=True), nullable=False
        ),
        sa.Column("closed_at", govdash.store.models.base.UtcDateTime(timezone=True), nullable=True),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("category", sa.String(length=16), nullable=False),
        sa.Column(
            "area_path",
            sa.String(length=120).with_variant(sa.String(length=120, collation="C"), "postgresql"),
            nullable=True,
        ),
        sa.Column("lon", sa.Double(), nullable=True),
        sa.Column("lat", sa.Double(), nullable=True),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("channel", sa.String(length=16), nullable=False),
        sa.Column("facet", sa.String(length=16), nullable=False),
        sa.Column("asset_code", sa.String(length=40), nullable=True),
        sa.Column("unit_code", sa.String(length=40), nullable=True),
        sa.Column("urgency", sa.String(length=12), nullable=False),
        sa.Column("sentiment", sa.String(length=12), nullable=True),
        sa.Column("status_hint", sa.String(length=40), nullable=False),
        sa.Column("reporter_key", sa.String(length=32), nullable=True),
        sa.Column("import_id", sa.Integer(), nullable=True),
        sa.Column(
            "recorded_at", govdash.store.models.base.UtcDateTime(timezone=True), nullable=False
        ),
        sa.Column(
            "superseded_at", govdash.store.models.base.UtcDateTime(timezone=True), nullable=True
        ),
        sa.Column("change_seq", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "channel IN ('hotline', 'grid', 'sensor', 'camera', 'app', 'department', 'other')",
            name=op.f("ck_events_channel"),
        ),
        sa.CheckConstraint(
            "facet IN ('person', 'place', 'affair', 'thing', 'sentiment', 'organisation')",
            name=op.f("ck_events_facet"),
        ),
        sa.CheckConstraint(
            "kind IN ('part', 'affair', 'emergency', 'local')", name=op.f("ck_events_kind")
        ),
        sa.CheckConstraint(
            "sentiment IN ('positive', 'neutral', 'negative') OR sentiment IS NULL",
            name=op.f("ck_events_sentiment"),
        ),
        sa.CheckConstraint(
            "urgency IN ('normal', 'urgent', 'critical')", name=op.f("ck_events_urgency")
        ),
        sa.CheckConstraint("(lon IS NULL) = (lat IS NULL)", name=op.f("ck_events_point_whole")),
        sa.CheckConstraint(
            "closed_at IS NULL OR closed_at >= reported_at", name=op.f("ck_events_closed_after")
        ),
        sa.CheckConstraint(
            "lon BETWEEN -180 AND 180 AND lat BETWEEN -90 AND 90",
            name=op.f("ck_events_point_range"),
        ),
        sa.CheckConstraint("version >= 1", name=op.f("ck_events_version")),
        sa.ForeignKeyConstraint(["import_id"], ["imports.id"], name=op.f("fk_events_import_id")),
        sa.PrimaryKeyConstraint("event_id", "version", name=op.f("pk_events")),
        sa.UniqueConstraint("change_seq", name=op.f("uq_events_change_seq")),
        sa.UniqueConstraint(
            "event_id", "content_hash", name=op.f("uq_events_event_id_content_hash")
        ),
        sa.UniqueConstraint(
            "source", "source_id", "version", name=op.f("uq_events_source_source_id_version")
        ),
    )
    with op.batch_alter_table("events", schema=None) as batch_op:
        batch_op.create_index(
            "ix_events_area_path_reported_at", ["area_path", "reported_at"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_events_reported_at"), ["reported_at"], unique=False)

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
    op.create_table(
        "units",
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column(
            "area_path",
            sa.String(length=120).with_variant(sa.String(length=120, collation="C"), "postgresql"),
            nullable=True,
        ),
        sa.Column("parent_code", sa.String(length=40), nullable=True),
        sa.ForeignKeyConstraint(["area_path"], ["areas.path"], name=op.f("fk_units_area_path")),
        sa.ForeignKeyConstraint(["parent_code"], ["units.code"], name=op.f("fk_units_parent_code")),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_units")),
    )
    op.create_table(
        "user_areas",
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column(
            "area_path",
            sa.String(length=120).with_variant(sa.String(length=120, collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_user_areas_user_id")),
        sa.PrimaryKeyConstraint("user_id", "area_path", name=op.f("pk_user_areas")),
    )
    op.create_table(
        "user_roles",
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("role_code", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(
            ["role_code"], ["roles.code"], name=op.f("fk_user_roles_role_code")
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_user_roles_user_id")),
        sa.PrimaryKeyConstraint("user_id", "role_code", name=op.f("pk_user_roles")),
    )
    op.create_table(
        "alert_steps",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("alert_id", sa.Integer(), nullable=False),
        sa.Column("at", govdash.store.models.base.UtcDateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.String(length=60), nullable=False),
        sa.Column("did", sa.String(length=40), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["alert_id"], ["alerts.id"], name=op.f("fk_alert_steps_alert_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alert_steps")),
    )
    with op.batch_alter_table("alert_steps", schema=None) as batch_op:
        batch_op.create_index("ix_alert_steps_alert_id", ["alert_id"], unique=False)

    op.create_table(
        "cases",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(length=24), nullable=False),
        sa.Column("alert_id", sa.Integer(), nullable=True),
        sa.Column("event_id", sa.String(length=20), nullable=True),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("category", sa.String(length=16), nullable=False),
        sa.Column(
            "area_path",
            sa.String(length=120).with_variant(sa.String(length=120, collation="C"), "postgresql"),
            nullable=True,
        ),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("lon", sa.Double(), nullable=True),
        sa.Column("lat", sa.Double(), nullable=True),
        sa.Column("unit_code", sa.String(length=40), nullable=True),
        sa.Column(
            "urgency",
            sa.Enum(
                "normal",
                "urgent",
                "critical",
                name="urgency",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column(
            "state",
            sa.Enum(
                "received",
                "accepted",
                "dispatched",
                "in_progress",
                "resolved_claimed",
                "verified",
                "closed",
                "rejected",
                "returned",
                "on_hold",
                "rework",
                "cancelled",
                name="casestate",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("limit_amount", sa.Double(), nullable=True),
        sa.Column(
            "limit_unit",
            sa.Enum(
                "urgent_hour",
                "work_hour",
                "work_day",
                "calendar_day",
                name="limitunit",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=True,
        ),
        sa.Column("due_at", govdash.store.models.base.UtcDateTime(timezone=True), nullable=True),
        sa.Column("register_condition", sa.Text(), nullable=False),
        sa.Column("close_condition", sa.Text(), nullable=False),
        sa.Column("result", sa.Text(), nullable=False),
        sa.Column("handler", sa.String(length=60), nullable=True),
        sa.Column("verifier", sa.String(length=60), nullable=True),
        sa.Column(
            "opened_at", govdash.store.models.base.UtcDateTime(timezone=True), nullable=False
        ),
        sa.Column("closed_at", govdash.store.models.base.UtcDateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "(state = 'closed') = (closed_at IS NOT NULL)", name=op.f("ck_cases_closed_has_time")
        ),
        sa.CheckConstraint(
            "(limit_amount IS NULL) = (limit_unit IS NULL)", name=op.f("ck_cases_limit_whole")
        ),
        sa.CheckConstraint(
            "verifier IS NULL OR verifier <> handler", name=op.f("ck_cases_verifier_not_handler")
        ),
        sa.ForeignKeyConstraint(["alert_id"], ["alerts.id"], name=op.f("fk_cases_alert_id")),
        sa.ForeignKeyConstraint(["unit_code"], ["units.code"], name=op.f("fk_cases_unit_code")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cases")),
        sa.UniqueConstraint("number", name=op.f("uq_cases_number")),
    )
    with op.batch_alter_table("cases", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_cases_alert_id"), ["alert_id"], unique=False)
        batch_op.create_index("ix_cases_area_path", ["area_path"], unique=False)
        batch_op.create_index(batch_op.f("ix_cases_event_id"), ["event_id"], unique=False)
        batch_op.create_index("ix_cases_state_due_at", ["state", "due_at"], unique=False)

    op.create_table(
        "event_persons",
        sa.Column("event_id", sa.String(length=20), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("reporter_name", sa.Text(), nullable=False),
        sa.Column("reporter_contact", sa.Text(), nullable=False),
        sa.Column("raw_title", sa.Text(), nullable=False),
        sa.Column("raw_text", sa.Text(), nullable=False),
        sa.Column("raw_address", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["event_id", "version"],
            ["events.event_id", "events.version"],
            name=op.f("fk_event_persons_event_id_version"),
        ),
        sa.PrimaryKeyConstraint("event_id", "version", name=op.f("pk_event_persons")),
    )
    op.create_table(
        "user_units",
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("unit_code", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(
            ["unit_code"], ["units.code"], name=op.f("fk_user_units_unit_code")
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_user_units_user_id")),
        sa.PrimaryKeyConstraint("user_id", "unit_code", name=op.f("pk_user_units")),
    )
    op.create_table(
        "case_steps",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column(
            "action",
            sa.Enum(
                "accept",
                "reject",
                "dispatch",
                "start",
                "return",
                "resolve",
                "verify",
                "send_back",
                "close",
                "hold",
                "resume",
                "cancel",
                name="caseaction",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=True,
        ),
        sa.Column("from_state", sa.String(length=24), nullable=True),
        sa.Column(
            "to_state",
            sa.Enum(
                "received",
                "accepted",
                "dispatched",
                "in_progress",
                "resolved_claimed",
                "verified",
                "closed",
                "rejected",
                "returned",
                "on_hold",
                "rework",
                "cancelled",
                name="casestate",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("actor", sa.String(length=60), nullable=False),
        sa.Column("at", govdash.store.models.base.UtcDateTime(timezone=True), nullable=False),
        sa.Column("unit_code", sa.String(length=40), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_case_steps_case_id")),
        sa.ForeignKeyConstraint(
            ["unit_code"], ["units.code"], name=op.f("fk_case_steps_unit_code")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_steps")),
        sa.UniqueConstraint("case_id", "seq", name=op.f("uq_case_steps_case_id_seq")),
    )
    op.create_table(
        "clock_intervals",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column(
            "clock",
            sa.Enum(
                "case",
                "accept",
                "dispatch",
                "handle",
                "verify",
                name="clock",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("running", sa.Boolean(), nullable=False),
        sa.Column(
            "started_at", govdash.store.models.base.UtcDateTime(timezone=True), nullable=False
        ),
        sa.Column("ended_at", govdash.store.models.base.UtcDateTime(timezone=True), nullable=True),
        sa.Column("limit_amount", sa.Double(), nullable=True),
        sa.Column(
            "limit_unit",
            sa.Enum(
                "urgent_hour",
                "work_hour",
                "work_day",
                "calendar_day",
                name="limitunit",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=True,
        ),
        sa.CheckConstraint(
            "ended_at IS NULL OR ended_at >= started_at", name=op.f("ck_clock_intervals_forward")
        ),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_clock_intervals_case_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_clock_intervals")),
    )
    with op.batch_alter_table("clock_intervals", schema=None) as batch_op:
        batch_op.create_index(
            "uq_clock_intervals_open",
            ["case_id", "clock"],
            unique=True,
            sqlite_where=sa.text("ended_at IS NULL"),
            postgresql_where=sa.text("ended_at IS NULL"),
        )

    op.create_table(
        "feedback",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("solved", sa.Boolean(), nullable=False),
        sa.Column("satisfaction", sa.Integer(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("called_by", sa.String(length=60), nullable=False),
        sa.Column(
            "called_at", govdash.store.models.base.UtcDateTime(timezone=True), nullable=False
        ),
        sa.CheckConstraint("satisfaction BETWEEN 1 AND 5", name=op.f("ck_feedback_satisfaction")),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_feedback_case_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_feedback")),
    )
    with op.batch_alter_table("feedback", schema=None) as batch_op:
        batch_op.create_index("ix_feedback_case_id", ["case_id"], unique=False)
    append_only()
    facts_stay()


def downgrade() -> None:
    """Undo."""
    with op.batch_alter_table("feedback", schema=None) as batch_op:
        batch_op.drop_index("ix_feedback_case_id")

    op.drop_table("feedback")
    with op.batch_alter_table("clock_intervals", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_clock_intervals_open",
            sqlite_where=sa.text("ended_at IS NULL"),
            postgresql_where=sa.text("ended_at IS NULL"),
        )

    op.drop_table("clock_intervals")
    op.drop_table("case_steps")
    op.drop_table("user_units")
    op.drop_table("event_persons")
    with op.batch_alter_table("cases", schema=None) as batch_op:
        batch_op.drop_index("ix_cases_state_due_at")
        batch_op.drop_index(batch_op.f("ix_cases_event_id"))
        batch_op.drop_index("ix_cases_area_path")
        batch_op.drop_index(batch_op.f("ix_cases_alert_id"))

    op.drop_table("cases")
    with op.batch_alter_table("alert_steps", schema=None) as batch_op:
        batch_op.drop_index("ix_alert_steps_alert_id")

    op.drop_table("alert_steps")
    op.drop_table("user_roles")
    op.drop_table("user_areas")
    op.drop_table("units")
    op.drop_table("rejected_rows")
    with op.batch_alter_table("events", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_events_reported_at"))
        batch_op.drop_index("ix_events_area_path_reported_at")

    op.drop_table("events")
    op.drop_table("category_aliases")
    with op.batch_alter_table("alerts", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_alerts_open_fingerprint",
            sqlite_where=sa.text("handling IN ('new', 'acknowledged', 'linked')"),
            postgresql_where=sa.text("handling IN ('new', 'acknowledged', 'linked')"),
        )
        batch_op.drop_index("ix_alerts_area_path_first_seen_at")

    op.drop_table("alerts")
    op.drop_table("users")
    op.drop_table("rules")
    op.drop_table("roles")
    op.drop_table("map_layers")
    op.drop_table("leases")
    with op.batch_alter_table("journal", schema=None) as batch_op:
        batch_op.drop_index("ix_journal_subject")

    op.drop_table("journal")
    op.drop_table("job_runs")
    op.drop_table("imports")
    op.drop_table("counters")
    with op.batch_alter_table("categories", schema=None) as batch_op:
        batch_op.drop_index("ix_categories_major")

    op.drop_table("categories")
    op.drop_table("areas")


def append_only() -> None:
    """Let the database itself refuse to change or delete what is only ever added."""
    sqlite = op.get_bind().dialect.name == "sqlite"
    if not sqlite:
        op.execute(
            "CREATE FUNCTION govdash_append_only() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION 'append-only table %', TG_TABLE_NAME; END $$"
        )
    for table in APPEND_ONLY:
        if sqlite:
            for verb in ("UPDATE", "DELETE"):
                op.execute(
                    f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
                    f"BEGIN SELECT RAISE(ABORT, 'append-only table {table}'); END"
                )
        else:
            op.execute(
                f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
                "FOR EACH STATEMENT EXECUTE FUNCTION govdash_append_only()"
            )


def facts_stay() -> None:
    """Let the database itself refuse to change or delete an event version.

    What a newer version does to an older one stays possible: it ends, under a new change number.
    """
    columns = sa.inspect(op.get_bind()).get_columns("events")
    fixed = ", ".join(c["name"] for c in columns if c["name"] not in ENDING)
    if op.get_bind().dialect.name == "sqlite":
        for verb, what in (("update", f"UPDATE OF {fixed}"), ("delete", "DELETE")):
            op.execute(
                f"CREATE TRIGGER events_no_{verb} BEFORE {what} ON events "
                "BEGIN SELECT RAISE(ABORT, 'append-only table events'); END"
            )
    else:
        op.execute(
            f"CREATE TRIGGER events_append_only BEFORE UPDATE OF {fixed} OR DELETE OR TRUNCATE "
            "ON events FOR EACH STATEMENT EXECUTE FUNCTION govdash_append_only()"
        )
