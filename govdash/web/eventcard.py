"""One event in a drawer: what is known of it, what became of it, and what is near."""

from dataclasses import replace
from typing import Final

import streamlit as st

from govdash.core.errors import NotFound
from govdash.core.filters import EventQuery
from govdash.core.shapes import Circle
from govdash.core.vocab import Channel, Facet, Urgency
from govdash.store import cases, events
from govdash.store.models import Event
from govdash.web import mapparts, wall, workparts
from govdash.web.page import Page
from govdash.web.parts import card_title, empty, show
from govdash.workflow.naming import Names

NEAR_METRES: Final = 500
OPEN: Final = "gd_event"  # the event whose card is open


def open_now(page: Page, query: EventQuery) -> None:
    """Draw the card of the event that was clicked, until it is closed."""
    event_id = st.session_state.get(OPEN)
    if event_id and not wall.on():
        st.dialog("事件", position="right", width="medium", on_dismiss=_close)(_drawer)(
            page, query, event_id
        )


def _close() -> None:
    st.session_state.pop(OPEN, None)


def _drawer(page: Page, query: EventQuery, event_id: str) -> None:
    """Draw the card of an event inside the viewer's scope; its texts are masked as kept."""
    with page.refresh() as fresh:
        try:
            event = events.get_event(fresh.session, event_id, fresh.user.scope)
        except NotFound as error:
            show(empty("没有这件事件", str(error)))
            return
        _card(fresh, event)
        case = cases.of_event(fresh.session, event_id, fresh.user.scope)
    if case is not None and st.button(
        f"查看案件 {case.number}", key="gd_event_case", icon=":material/open_in_new:"
    ):
        _close()
        mapparts.open_entry(page, "cases", {"case": str(case.id)})
    if (
        event.lon is not None
        and event.lat is not None
        and st.button(f"只看附近 {NEAR_METRES} 米", key="gd_event_near", icon=":material/near_me:")
    ):
        _close()
        circle = Circle(round(event.lon, 6), round(event.lat, 6), NEAR_METRES)
        page.choose(replace(query.filter, shape=circle, box=None))


def _card(page: Page, event: Event) -> None:
    names = Names.load(page.session)
    show(card_title(event.title or "（无标题）", event.event_id))
    if event.text:
        show(workparts.paragraph(event.text))
    told = [
        ("上报时间", f"{event.reported_at.astimezone(page.zone):%Y-%m-%d %H:%M}"),
        ("类别", names.category(event.category)),
        ("渠道", Channel(event.channel).label),
        ("要素", Facet(event.facet).label if event.facet else ""),
        ("紧急程度", Urgency(event.urgency).label if event.urgency else ""),
        ("区域", names.whole_area(event.area_path)),
        ("地址", event.address),
        ("来源", event.source),
    ]
    show(workparts.facts([(label, words) for label, words in told if words]))
