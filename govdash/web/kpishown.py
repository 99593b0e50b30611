"""What the page 绩效考核 shows, made once for a run, and how its figures are written."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import pandas as pd
import streamlit as st

from govdash.aggregate.indicators import Indicator
from govdash.core.filters import EventQuery, Period
from govdash.report import export_sources, kpi, kpi_export, kpi_reading
from govdash.report.export_words import Names
from govdash.report.kpi import Board, Book
from govdash.report.kpi_export import Choice
from govdash.report.kpi_reading import Spans
from govdash.web import cache
from govdash.web.page import Page
from govdash.web.parts import number
from govdash.workflow import schemes
from govdash.workflow.schemes import Scheme

AS_OF: Final = "as_of"  # URL parameter: known by the end of which day
SCHEME: Final = "scheme"  # … and which version scores
CODE: Final = "kpi"  # … which indicator the groups are ranked by
GROUP: Final = "group"  # … which group the card speaks of
CASES: Final = "案件"
TIMES: Final = 100  # shares are shown in percent


@dataclass(frozen=True)
class Shown:
    """All that the page shows, made once for a run."""

    query: EventQuery
    book: Book
    names: Names
    scheme: Scheme
    choice: Choice
    spans: Spans
    occasions: Mapping[Period, pd.DataFrame]  # of each period, as known then
    now: Board
    previous: Board
    year: Board
    indicator: Indicator  # looked at
    code: str  # its code, or that of a composite
    group: str | None
    lunar: bool


def made(page: Page, query: EventQuery, by: str, *, lunar: bool) -> Shown:
    """Make all that the page shows, by the filter and the parameters of the URL."""
    params = {"by": by} | {k: st.query_params[k] for k in (AS_OF, SCHEME) if k in st.query_params}
    given = Choice.from_params(params)
    known_at = given.known_at or page.now.replace(second=0, microsecond=0)
    book, data = cache.kpi_book(page.settings.data), page.settings.data
    period = query.filter.period
    scheme = schemes.scheme_for(
        page.session, period.last, table=book.table, data_dir=data,
        known_at=given.known_at or page.now,
        version=given.version,
    )  # fmt: skip
    spans = kpi_reading.spans(period, lunar=lunar)
    told = {
        one: cache.occasions(
            page.store, query.with_period(one), data, scheme=scheme,
            known_at=kpi_reading.known_then(one, period, known_at),
        )
        for one in spans.all
    }  # fmt: skip
    who = kpi_export.who_for(page.session, page.user, page.settings.contact_key)
    now, previous, year = (
        kpi.board(told[one], book, scheme, period=one, by=by, known_at=known_at, who=who)
        for one in (spans.now, spans.previous, spans.year)
    )
    judged = [row for row in book.judged(by, scheme) if row.is_rate or row.score]
    first = next((row.code for row in judged if row.score == scheme.body.ranked_by), judged[0].code)
    codes = [row.code for row in judged]
    code = st.query_params.get(CODE, "")
    code = code if code in codes else first
    group = st.query_params.get(GROUP) or None
    if group is not None and group not in set(now.occasions["group"].dropna()):
        group = None
    return Shown(
        query, book, export_sources.names_of(page.session), scheme,
        Choice(by, known_at, scheme.version), spans, told, now,
        previous, year, next(row for row in judged if row.code == code), code, group, lunar,
    )  # fmt: skip


def figure(table: pd.DataFrame, code: str) -> Mapping[str, Any]:
    """Return the row of one indicator; without one, nothing that could be shown as a number."""
    mine = table[table["code"] == code]
    if mine.empty:
        nan = float("nan")
        return {"value": nan, "low": nan, "high": nan, "numerator": 0, "denominator": 0,
                "lamp": "off", "rank": pd.NA}  # fmt: skip
    return {str(name): value for name, value in mine.iloc[0].items()}


def said(row: Mapping[Any, Any], indicator: Indicator) -> str:
    """Write a value without its unit; missing is a dash."""
    return number(row["value"] * (1 if indicator.score else TIMES), digits=1)


def moment(page: Page, shown: Shown) -> str:
    """Write by when what is shown was known."""
    return f"{shown.now.known_at.astimezone(page.zone):%Y-%m-%d %H:%M}"


def link(*, code: str, look: str) -> dict[str, str]:
    """Return the page's own URL parameters with another indicator and look."""
    kept = {k: v for k, v in st.query_params.items() if k in ("by", "lunar", "as_of", "scheme")}
    return kept | {"kpi": code, "look": look}


def about(shown: Shown) -> str:
    """Name whom the card speaks of."""
    if shown.group is None:
        return "全部"
    return kpi_export.group_name(shown.now.by, shown.group, shown.names)
