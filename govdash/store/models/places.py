"""Where things are and what they are called: areas, map layers, units, categories."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from govdash.core.vocab import AreaLevel, Facet, Kind, LimitUnit
from govdash.store.models.base import CATEGORY, PATH, Base, coded


class Area(Base):
    """An area of the tree city → district → street → community → grid."""

    __tablename__ = "areas"
    __table_args__ = (CheckConstraint("path LIKE '/%/'", name="path_delimited"),)

    path: Mapped[str] = mapped_column(PATH, primary_key=True)
    code: Mapped[str] = mapped_column(String(40), unique=True)
    parent_path: Mapped[str | None] = mapped_column(ForeignKey("areas.path"))
    level: Mapped[AreaLevel] = coded(AreaLevel)
    name: Mapped[str] = mapped_column(Text)
    lon: Mapped[float]  # a point inside, for labels
    lat: Mapped[float]
    population: Mapped[int | None]
    geometry: Mapped[bytes] = mapped_column(LargeBinary)  # WKB, WGS-84


class MapLayer(Base):
    """A drawn layer that is no area: roads, water, stations. GeoJSON in WGS-84."""

    __tablename__ = "map_layers"

    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    label: Mapped[str] = mapped_column(Text)
    geojson: Mapped[str] = mapped_column(Text)
    updated_at: Mapped[datetime]


class Unit(Base):
    """An organisation that handles cases (处置单位), with the area it answers for."""

    __tablename__ = "units"

    code: Mapped[str] = mapped_column(String(40), primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    area_path: Mapped[str | None] = mapped_column(ForeignKey("areas.path"))
    parent_code: Mapped[str | None] = mapped_column(ForeignKey("units.code"))


class Category(Base):
    """A category, national or local, with its limit in this city."""

    __tablename__ = "categories"
    __table_args__ = (
        CheckConstraint("(limit_amount IS NULL) = (limit_unit IS NULL)", name="limit_whole"),
        Index("ix_categories_major", "major"),
    )

    key: Mapped[str] = mapped_column(CATEGORY, primary_key=True)  # "A-06001"
    kind: Mapped[Kind] = coded(Kind)
    code: Mapped[str] = mapped_column(String(12))
    major: Mapped[str] = mapped_column(String(8))  # "A-06"
    major_name: Mapped[str] = mapped_column(Text)
    name: Mapped[str] = mapped_column(Text)
    facet: Mapped[Facet] = coded(Facet)
    limit_amount: Mapped[float | None]
    limit_unit: Mapped[LimitUnit | None] = coded(LimitUnit, nullable=True)
    standard: Mapped[str] = mapped_column(Text, default="")


class CategoryAlias(Base):
    """What a source calls a category: legacy codes, foreign labels, local extensions."""

    __tablename__ = "category_aliases"

    source: Mapped[str] = mapped_column(String(60), primary_key=True)
    label: Mapped[str] = mapped_column(String(200), primary_key=True)
    category: Mapped[str] = mapped_column(ForeignKey("categories.key"))
