"""The export of what the filter bar says: rows announced, four formats, streamed by a route."""

from urllib.parse import urlencode

import streamlit as st

from govdash.aggregate.suppress import LEAST
from govdash.api.exports import ROUTE
from govdash.core.errors import GovDashError
from govdash.core.filters import EventQuery
from govdash.report import export, export_sources
from govdash.report.export import Format
from govdash.report.export_counts import GRAINS, KINDS, LEVELS, Grouping
from govdash.report.export_table import Export
from govdash.web import workparts
from govdash.web.page import Page
from govdash.web.parts import Html, card_title, el, empty, show

#: What has a place, and so can be a layer of a map.
PLACED = frozenset({"events", "cases"})
TITLES = {"events": "事件", "alerts": "监测提示", "cases": "案件", "counts": "统计"}
NOTES = {
    "events": "上报时间在所选范围内，与各监测页面所显示的完全一致",
    "alerts": "首次发现在所选时间范围内，按区域、类别筛选",
    "cases": "登记时间在所选时间范围内，按区域、类别、单位筛选",
    "counts": "按时间、区域、类别计数；没有事件的格子不成行",
}


def export_panel(page: Page, query: EventQuery, what: str) -> None:
    """Draw one export: the query in words, its rows, the four formats."""
    title = TITLES[what]
    try:
        export.require(page.user, what)
    except GovDashError as error:
        show(card_title(f"导出{title}"))
        show(empty("不能导出", str(error)))
        return
    heading = st.container()
    grouping = _grouping() if what == "counts" else None
    table = export_sources.of(
        what, page.session, page.lake, query, zone=page.zone, as_of=page.now, grouping=grouping
    )
    with heading:  # how many rows there are is known once it is known what to count by
        show(card_title(f"导出{title}", NOTES[what], f"{table.rows:,} 行"))
    said = " · ".join(f"{label}：{text}" for label, text in table.words)
    show(workparts.paragraph(said, cls="note"))
    formats = [chosen for chosen in Format if what in PLACED or chosen is not Format.GEOJSON]
    links = [_link(page, table, chosen) for chosen in formats]
    show(el("div", *links, cls="gw-buttons"))
    for chosen in formats:
        if note := export.notes(table, chosen):
            show(workparts.paragraph(note, cls="note"))


def _grouping() -> Grouping:
    """Ask by what to count, and whether the table leaves the house."""
    plain = Grouping()
    with st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
        area, kind, grain = (
            st.selectbox(label, list(known), index=list(known).index(first), key=f"count_{name}",
                         format_func=lambda code, known=known: known[code])
            for name, label, known, first in (
                ("level", "区域层级", LEVELS, plain.area),
                ("by", "类别层级", KINDS, plain.kind),
                ("grain", "时间粒度", GRAINS, plain.grain),
            )
        )  # fmt: skip
        outside = st.toggle(
            f"对外提供（隐去小于 {LEAST} 的计数）",
            key="count_outside",
            help="小于 5 的计数，和可由合计反推出它们的计数，一并隐去；0 不隐去。",
        )
    return Grouping(area, kind, grain, outside)


def _link(page: Page, table: Export, chosen: Format) -> Html:
    params = urlencode(table.params)
    return el(
        "a",
        chosen.value.upper() if chosen is not Format.PARQUET else "Parquet",
        el("small", chosen.hint),
        cls="gw-button",
        href=f"{ROUTE.lstrip('/')}/{table.what}.{chosen.value}?{params}",
        download="",
        title=f"截至 {page.now.astimezone(page.zone):%Y-%m-%d %H:%M}",
    )
