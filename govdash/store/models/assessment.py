"""How a city assesses: weights, targets and terms, in versions."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from govdash.store.models.base import Base


class KpiScheme(Base):
    """One version of the assessment scheme (考核方案). Only ever added."""

    __tablename__ = "kpi_schemes"
    __table_args__ = (CheckConstraint("version >= 1", name="counted"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(unique=True)
    valid_from: Mapped[date]  # the first local day whose periods it scores
    body: Mapped[dict[str, Any]]
    note: Mapped[str] = mapped_column(Text, default="")
    made_by: Mapped[str] = mapped_column(String(60))
    made_at: Mapped[datetime]
