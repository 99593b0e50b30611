"""预警中心: what the system says is abnormal, and what people make of it."""

import streamlit as st

from govdash.core.permissions import Permission
from govdash.web import acting, alertcard, open_page, triage, workparts

with open_page("预警中心", needs=Permission.ALERT_READ) as page:
    workparts.style()
    query = page.filters(default="30d")
    acting.say_outcome()
    tray, table = triage.tray_bar(page, query)
    left, right = st.columns([0.36, 0.64])
    with left, st.container(key="card_tasks"):
        chosen = triage.inbox(page, tray, table)
    with right, st.container(key="card_task"):
        alertcard.alert_card(page, query, chosen)
