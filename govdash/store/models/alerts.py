"""Rules, the alerts they raise, and each alert's append-only log."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from govdash.core.vocab import Disposition, Handling, Level, Signal
from govdash.store.models.base import CATEGORY, PATH, Base, coded


class Rule(Base):
    """One version of a rule that turns findings into alerts. Old versions stay."""

    __tablename__ = "rules"
    __table_args__ = (CheckConstraint("version >= 1", name="version"),)

    code: Mapped[str] = mapped_column(String(40), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    detector: Mapped[str] = mapped_column(String(40))
    parameters: Mapped[dict[str, Any]]  # alpha, min_excess, levels, scope, cool-down …
    enabled: Mapped[bool] = mapped_column(default=True)
    current: Mapped[bool] = mapped_column(default=True)
    changed_by: Mapped[str] = mapped_column(String(60))
    changed_at: Mapped[datetime]


class RuleAdvice(Base):
    """What somebody decided on an advised change of a rule. Only ever added."""

    __tablename__ = "rule_advice"
    __table_args__ = (
        ForeignKeyConstraint(["rule_code", "rule_version"], ["rules.code", "rules.version"]),
        Index("ix_rule_advice_rule_code", "rule_code"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    rule_code: Mapped[str] = mapped_column(String(40))
    rule_version: Mapped[int]
    told: Mapped[dict[str, Any]]  # field, old and new number, what it would have done
    accepted: Mapped[bool]
    note: Mapped[str] = mapped_column(Text, default="")
    decided_by: Mapped[str] = mapped_column(String(60))
    decided_at: Mapped[datetime]


class Alert(Base):
    """监测提示: what the system says is abnormal. Three axes: signal, handling, disposition."""

    __tablename__ = "alerts"
    __table_args__ = (
        ForeignKeyConstraint(["rule_code", "rule_version"], ["rules.code", "rules.version"]),
        Index(
            "uq_alerts_open_fingerprint",
            "fingerprint",
            unique=True,
            sqlite_where=text("handling IN ('new', 'acknowledged', 'linked')"),
            postgresql_where=text("handling IN ('new', 'acknowledged', 'linked')"),
        ),
        CheckConstraint(
            "(handling IN ('dismissed', 'closed')) = (disposition IS NOT NULL)",
            name="closed_has_disposition",
        ),
        CheckConstraint("direction IN ('high', 'low')", name="direction"),
        Index("ix_alerts_area_path_first_seen_at", "area_path", "first_seen_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(String(24), unique=True)  # JC-20261122-0001
    fingerprint: Mapped[str] = mapped_column(String(64))
    rule_code: Mapped[str] = mapped_column(String(40))
    rule_version: Mapped[int]
    predecessor_id: Mapped[int | None] = mapped_column(ForeignKey("alerts.id"))
    leader_id: Mapped[int | None] = mapped_column(ForeignKey("alerts.id"), index=True)
    title: Mapped[str] = mapped_column(Text)
    level: Mapped[Level] = coded(Level)
    direction: Mapped[str] = mapped_column(String(4))
    category: Mapped[str] = mapped_column(CATEGORY)  # key, major or "*"
    area_path: Mapped[str | None] = mapped_column(PATH)
    window_first: Mapped[date]
    window_last: Mapped[date]
    observed: Mapped[float]
    expected: Mapped[float]
    p_value: Mapped[float]
    evidence: Mapped[dict[str, Any]]
    signal: Mapped[Signal] = coded(Signal, default=Signal.FIRING)
    handling: Mapped[Handling] = coded(Handling, default=Handling.NEW)
    disposition: Mapped[Disposition | None] = coded(Disposition, nullable=True)
    handler: Mapped[str | None] = mapped_column(String(60))
    handled_at: Mapped[datetime | None]
    acknowledged_until: Mapped[datetime | None]  # then it waits for somebody again
    note: Mapped[str] = mapped_column(Text, default="")  # people's words; no signal wipes them
    first_seen_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]
    cleared_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)
    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012  # SQLAlchemy's own form


class AlertStep(Base):
    """One thing that happened to an alert, by the machine or a person. Only ever added."""

    __tablename__ = "alert_steps"
    __table_args__ = (Index("ix_alert_steps_alert_id", "alert_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    alert_id: Mapped[int] = mapped_column(ForeignKey("alerts.id"))
    at: Mapped[datetime]
    actor: Mapped[str] = mapped_column(String(60))
    did: Mapped[str] = mapped_column(String(40))
    note: Mapped[str] = mapped_column(Text, default="")
    detail: Mapped[dict[str, Any]]
