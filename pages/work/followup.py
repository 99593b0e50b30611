"""回访: who is still to be called after a case was closed, and the form of the call."""

import streamlit as st

from govdash.core.permissions import Permission
from govdash.web import acting, followup, open_page, workparts

with open_page("回访", needs=Permission.FEEDBACK_WRITE) as page:
    workparts.style()
    acting.say_outcome()
    left, right = st.columns([0.42, 0.58])
    with left, st.container(key="card_tasks"):
        task = followup.queue(page)
    with right, st.container(key="card_task"):
        followup.call(page, task)
