"""规则: which rules raise alerts, what they were worth, and changes tried before they count."""

import streamlit as st

from govdash.core.permissions import Permission
from govdash.web import acting, open_page, rulebook, workparts

with open_page("规则", needs=Permission.ALERT_READ) as page:
    workparts.style()
    acting.say_outcome()
    known = rulebook.book(page)
    left, right = st.columns([0.36, 0.64])
    with left, st.container(key="card_tasks"):
        chosen = rulebook.rule_list(known)
        rulebook.methods_panel(known)
    with right, st.container(key="card_task"):
        rulebook.rule_card(page, chosen, known)
