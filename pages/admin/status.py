"""系统状态: is the platform well, are the sources alive, and its jobs at work."""

import streamlit as st

from govdash.core.permissions import Permission
from govdash.web import open_page, status, workparts

with open_page("系统状态", needs=Permission.STATUS_READ) as page:
    workparts.style()
    left, right = st.columns(2)
    with left:
        with st.container(key="card_checks"):
            status.checks_panel(page)
        with st.container(key="card_deep"):
            status.deep_panel(page)
    with right:
        with st.container(key="card_jobs"):
            status.jobs_panel(page)
        with st.container(key="card_sources"):
            status.sources_panel(page)
