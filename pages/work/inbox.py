"""我的消息: what was said to me, and what of it I have not read."""

import streamlit as st

from govdash.core.permissions import Permission
from govdash.web import acting, inboxes, open_page, workparts

with open_page("我的消息", needs=Permission.EVENT_READ) as page:
    workparts.style()
    acting.say_outcome()
    messages = inboxes.bar(page)
    left, right = st.columns([0.5, 0.5])
    with left, st.container(key="card_tasks"):
        chosen = inboxes.message_list(page, messages)
    with right, st.container(key="card_task"):
        inboxes.message_card(page, chosen)
