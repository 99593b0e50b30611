"""A report as data: sections of sentences, tables and charts, the same for every file format."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Final, Self

from pydantic import TypeAdapter

Cell = str | int | float | None
NOTHING: Final = "—"


class Kind(StrEnum):
    """What a column holds, and so how it is written."""

    TEXT = "text"
    COUNT = "count"  # 1,234
    NUMBER = "number"  # 12.3
    SHARE = "share"  # 0.758 → 75.8%
    CHANGE = "change"  # 0.032 → +3.2%
    POINTS = "points"  # 0.012 → +1.2, percentage points
    P_VALUE = "p"  # 0.0004 → <0.001

    @property
    def is_number(self) -> bool:
        """Whether its cells stand at the right."""
        return self is not Kind.TEXT


def told(value: Cell, kind: Kind) -> str:
    """Write a cell as every format and every sentence shows it; nothing is ``—``."""
    if value is None or value != value:
        return NOTHING
    if isinstance(value, str):
        return value
    match kind:
        case Kind.COUNT:
            return f"{value:,.0f}"
        case Kind.NUMBER:
            return f"{value:,.1f}"
        case Kind.SHARE:
            return f"{value:.1%}"
        case Kind.CHANGE:
            return f"{value:+.1%}"
        case Kind.POINTS:
            return f"{100 * value:+.1f}"
        case Kind.P_VALUE:
            return "<0.001" if value < 0.001 else f"{value:.3f}"
        case Kind.TEXT:
            return str(value)


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its heading and what it holds."""

    label: str
    kind: Kind = Kind.TEXT


@dataclass(frozen=True, slots=True)
class Table:
    """A table. ``links`` has for each row where the rows behind it are (page and query), or ""."""

    code: str
    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    note: str = ""
    links: tuple[str, ...] = ()

    def texts(self) -> Iterator[tuple[str, ...]]:
        """Yield each row as it is written."""
        for row in self.rows:
            yield tuple(
                told(cell, column.kind) for cell, column in zip(row, self.columns, strict=True)
            )

    def link(self, at: int) -> str:
        """Return where the rows behind a row are; empty when nowhere."""
        return self.links[at] if at < len(self.links) else ""


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart as SVG, and in words for who doesn't see it."""

    code: str
    title: str
    svg: str
    words: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """A section: sentences, which people may edit until the report is issued, then its exhibits."""

    code: str
    title: str
    paragraphs: tuple[str, ...] = ()
    charts: tuple[Chart, ...] = ()
    tables: tuple[Table, ...] = ()


@dataclass(frozen=True, slots=True)
class Document:
    """A whole report."""

    title: str  # 云澜市城市运行日报
    subtitle: str  # of which days, of where
    issuer: str
    zone: str
    first: date
    last: date
    as_of: datetime  # known until then; aware UTC
    made_at: datetime
    conditions: tuple[tuple[str, str], ...]  # the query in words
    sections: tuple[Section, ...]
    basis: tuple[str, ...]  # where the data come from, and what words and figures mean
    number: str = ""  # 文号, given when it is issued
    signed_by: str = ""
    edited: bool = False

    def tables(self) -> Iterator[Table]:
        """Yield every table, in order."""
        for section in self.sections:
            yield from section.tables

    def with_paragraphs(self, code: str, paragraphs: tuple[str, ...]) -> Self:
        """Return the report with other sentences in one section."""
        changed = tuple(
            replace(section, paragraphs=paragraphs) if section.code == code else section
            for section in self.sections
        )
        return replace(self, sections=changed, edited=True)

    def dump(self) -> dict[str, Any]:
        """Return the report as JSON keeps it."""
        return _ADAPTER.dump_python(self, mode="json")

    @classmethod
    def load(cls, kept: dict[str, Any]) -> "Document":
        """Read what `dump` returned."""
        return _ADAPTER.validate_python(kept)


_ADAPTER: Final = TypeAdapter(Document)


@dataclass(frozen=True, slots=True)
class Mark:
    """The watermark of one copy: its number, and whose it is since when."""

    number: str
    words: str
