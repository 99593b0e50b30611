"""An alert in a drawer over the page: what it is, why, what happened, and what can be done now."""

import streamlit as st

from govdash.core.permissions import Permission
from govdash.web import acting, mapparts, triageforms, wall, workparts
from govdash.web.page import Page
from govdash.web.parts import card_title, number, show
from govdash.workflow import board

SHOWN = triageforms.ALERT


def open_alert(page: Page, alert_id: str) -> None:
    """Open the drawer; who may not read alerts is led to their page, which says so."""
    if not page.user.holds(Permission.ALERT_READ):
        mapparts.open_entry(page, "alerts", {SHOWN: alert_id})
    acting.look_at(SHOWN, int(alert_id))
    st.rerun()


def draw(page: Page) -> None:
    """Draw the drawer of the alert that the URL names, or that of an action on it."""
    alert_id = acting.chosen_id(SHOWN)
    if alert_id is None or wall.on() or not page.user.holds(Permission.ALERT_READ):
        return
    life = board.alert_life(page.session, alert_id, page.user.scope)
    workparts.style()
    if acting.DRAWER in st.query_params:
        triageforms.drawers(page, life)
    else:
        _drawer(page, alert_id)


def _close() -> None:
    acting.close_drawer()
    st.query_params.pop(SHOWN, None)


@st.dialog("预警处置", position="right", width="medium", on_dismiss=_close)
def _drawer(page: Page, alert_id: int) -> None:
    if acting.DRAWER in st.query_params:  # a button of this drawer asks for another
        st.rerun()
    with page.refresh() as fresh:
        life = board.alert_life(fresh.session, alert_id, fresh.user.scope)
        row = life.row
        show(triageforms.heading(row))
        acting.say_outcome()
        show(workparts.paragraph(row["sentence"] or "（没有文字说明）"))
        show(workparts.facts(_facts(fresh, life)))
        show(card_title("记录", str(row["number"])))
        show(workparts.log(triageforms.entries(life), fresh.zone))
        triageforms.actions(fresh, life)
        if st.button("在预警中心打开", key="gw_open_alert", icon=":material/open_in_new:"):
            mapparts.open_entry(fresh, "alerts", {SHOWN: str(alert_id)})


def _facts(page: Page, life: board.AlertLife) -> list[tuple[str, object]]:
    row = life.row
    return [
        ("区域", row["area_name"]),
        ("类别", row["category_name"]),
        ("实测", f"{number(row['observed'])} 件"),
        ("预期", f"{number(row['expected'], digits=1)} 件"),
        ("首次发现", workparts.clock_time(row["first_seen_at"], page.zone, now=page.now)),
        ("签收人", row["handler"]),
    ]
