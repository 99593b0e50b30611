"""Views that people keep: a page with its filter, under a name of their own."""

from datetime import datetime

from sqlalchemy import JSON, CheckConstraint, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from govdash.store.models.base import Base


class SavedView(Base):
    """One saved view (视图) of one person: never a scope, only what was chosen."""

    __tablename__ = "saved_views"
    __table_args__ = (
        UniqueConstraint("login", "name", name="uq_saved_views_login_name"),
        CheckConstraint("name <> ''", name="named"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    login: Mapped[str] = mapped_column(String(60))
    name: Mapped[str] = mapped_column(String(40))
    page: Mapped[str] = mapped_column(String(40))  # its address
    params: Mapped[dict[str, str]] = mapped_column(JSON)
    saved_at: Mapped[datetime]
