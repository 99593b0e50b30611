"""The export of what the filter bar says: rows announced, four formats, streamed by a route."""

from urllib.parse import urlencode

from govdash.api.exports import ROUTE
from govdash.core.errors import GovDashError
from govdash.core.filters import EventQuery
from govdash.report import export, export_sources
from govdash.report.export import Format
from govdash.web import workparts
from govdash.web.page import Page
from govdash.web.parts import Html, card_title, el, empty, show

TITLES = {"events": "事件", "alerts": "监测提示", "cases": "案件"}
NOTES = {
    "events": "上报时间在所选范围内，与各监测页面所显示的完全一致",
    "alerts": "首次发现在所选时间范围内，按区域、类别筛选",
    "cases": "登记时间在所选时间范围内，按区域、类别、单位筛选",
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
    table = export_sources.of(what, page.session, page.lake, query, zone=page.zone, as_of=page.now)
    show(card_title(f"导出{title}", NOTES[what], f"{table.rows:,} 行"))
    said = " · ".join(f"{label}：{text}" for label, text in table.words)
    show(workparts.paragraph(said, cls="note"))
    formats = [chosen for chosen in Format if what != "alerts" or chosen is not Format.GEOJSON]
    show(el("div", *(_link(page, what, query, chosen) for chosen in formats), cls="gw-buttons"))
    for chosen in formats:
        if note := export.notes(table, chosen):
            show(workparts.paragraph(note, cls="note"))


def _link(page: Page, what: str, query: EventQuery, chosen: Format) -> Html:
    params = urlencode(query.filter.to_params())
    return el(
        "a",
        chosen.value.upper() if chosen is not Format.PARQUET else "Parquet",
        el("small", chosen.hint),
        cls="gw-button",
        href=f"{ROUTE.lstrip('/')}/{what}.{chosen.value}?{params}",
        download="",
        title=f"截至 {page.now.astimezone(page.zone):%Y-%m-%d %H:%M}",
    )
