"""研判报告: reports of days, weeks, months; made, edited, signed, kept, taken out."""

import streamlit as st

from govdash.core.permissions import Permission
from govdash.web import acting, briefs, briefview, open_page, workparts

with open_page("研判报告", needs=Permission.BRIEF_READ) as page:
    workparts.style()
    acting.say_outcome()
    left, right = st.columns([0.34, 0.66])
    with left, st.container(key="card_tasks"):
        chosen = briefs.shelf(page)
    with right, st.container(key="card_task"):
        briefview.one(page, chosen)
