"""What every table shares: UTC times, coded columns, constraint names, the change counter."""

from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, ClassVar, TypeVar

from sqlalchemy import JSON, DateTime, Dialect, Enum, MetaData, String, TypeDecorator
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from govdash.core.times import aware_utc

C = TypeVar("C", bound=StrEnum)


class UtcDateTime(TypeDecorator[datetime]):
    """An aware instant. PostgreSQL keeps the zone; SQLite keeps UTC and gets the zone back here."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse naive times; hand SQLite the UTC wall clock."""
        if value is None:
            return None
        moment = value if value.tzinfo is UTC else aware_utc(value)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def bind_processor(self, dialect: Dialect) -> Any:  # noqa: ANN401  # SQLAlchemy's private type
        """Write SQLite's text at once: the dialect's own writing takes five times as long."""
        return _sqlite_text if dialect.name == "sqlite" else super().bind_processor(dialect)

    def process_result_value(
        self,
        value: datetime | None,
        dialect: Dialect,  # noqa: ARG002  # SQLAlchemy's signature
    ) -> datetime | None:
        """Return an aware UTC instant."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def _sqlite_text(value: datetime | None) -> str | None:
    if value is None:
        return None
    moment = value if value.tzinfo is UTC else aware_utc(value)
    return moment.replace(tzinfo=None).isoformat(" ", "microseconds")


class Base(DeclarativeBase):
    """Base of all tables."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        datetime: UtcDateTime,
        dict[str, Any]: JSON,
        list[str]: JSON,
    }


def coded(codes: type[C], *, default: C | None = None, nullable: bool | None = None) -> Mapped[Any]:
    """Declare a column of stored codes: text with a CHECK that lists them.

    A column is NOT NULL unless `nullable` says otherwise.
    """
    text = Enum(
        codes,
        values_callable=_values,
        native_enum=False,
        create_constraint=True,
        length=24,
        name=codes.__name__.lower(),
    )
    if default is not None:
        return mapped_column(text, default=default, nullable=bool(nullable))
    return mapped_column(text, nullable=bool(nullable))


def _values(codes: type[StrEnum]) -> list[str]:
    return [code.value for code in codes]


def one_of(column: str, codes: type[StrEnum], *, nullable: bool = False) -> str:
    """Return the SQL of a CHECK for a plain text column: quicker to write in bulk than `coded`."""
    listed = ", ".join(f"'{code.value}'" for code in codes)
    return f"{column} IN ({listed})" + (f" OR {column} IS NULL" if nullable else "")


# Containment is a range of text, so PostgreSQL must compare bytes, not by a language.
PATH = String(120).with_variant(String(120, collation="C"), "postgresql")
CATEGORY = String(16)
