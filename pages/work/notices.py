"""通知: everything that was to be said to anybody, why, and what became of it."""

import streamlit as st

from govdash.core.permissions import Permission
from govdash.web import acting, notices, open_page, workparts

with open_page("通知", needs=Permission.NOTICE_READ) as page:
    workparts.style()
    acting.say_outcome()
    table = notices.bar(page)
    left, right = st.columns([0.56, 0.44])
    with left, st.container(key="card_tasks"):
        chosen = notices.notice_list(page, table)
    with right, st.container(key="card_task"):
        notices.notice_card(page, chosen)
        notices.gaps_panel(page)
