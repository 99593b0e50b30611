"""A town whose reports are made: what tests of reports share."""

from datetime import date, datetime

from govdash.access import SYSTEM, User, query_for
from govdash.core.filters import EventFilter, Period
from govdash.core.settings import ROOT
from govdash.core.vocab import BriefKind
from govdash.lake import Lake
from govdash.report.brief.document import Document
from govdash.report.brief.making import Making, make
from govdash.report.kpi import Book
from govdash.store import Session

BOOK = Book.load(ROOT / "data")


def making(
    session: Session,
    lake: Lake,
    first: date,
    last: date,
    *,
    as_of: datetime,
    made_at: datetime | None = None,
    area: str | None = None,
    kind: BriefKind = BriefKind.SPECIAL,
    actor: User = SYSTEM,
) -> Making:
    """Say what a report is to be made of."""
    chosen = EventFilter(period=Period(first, last), areas=(area,) if area else ())
    query = query_for(actor, chosen)
    return Making(session, lake, query, kind, as_of, made_at or as_of, BOOK, ROOT / "data")


def made(of: Making) -> Document:
    """Make it."""
    return make(of)
