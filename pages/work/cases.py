"""处置工单: the cases by deadline, one case with its road, clocks, steps and forms."""

import streamlit as st

from govdash.core.permissions import Permission
from govdash.web import acting, caseboard, casework, open_page, workparts

with open_page("处置工单", needs=Permission.CASE_READ) as page:
    workparts.style()
    query = page.filters(default="30d")
    acting.say_outcome()
    tray, table = casework.tray_bar(page, query)
    if casework.is_board():
        with st.container(key="card_tasks"):
            caseboard.draw(tray, table)
    else:
        left, right = st.columns([0.42, 0.58])
        with left, st.container(key="card_tasks"):
            chosen = casework.case_list(tray, table)
        with right, st.container(key="card_task"):
            casework.case_card(page, chosen)
