"""督办: what is late or will be within a day, by unit; 催办 and 督办 for many at once."""

import streamlit as st

from govdash.core.permissions import Permission
from govdash.web import acting, open_page, supervising, workparts

with open_page("督办", needs=Permission.CASE_READ) as page:
    workparts.style()
    query = page.filters(default="30d")
    acting.say_outcome()
    left, right = st.columns([0.36, 0.64])
    with left, st.container(key="card_tasks"):
        unit = supervising.unit_list(page, query)
    with right, st.container(key="card_task"):
        supervising.case_table(page, query, unit)
