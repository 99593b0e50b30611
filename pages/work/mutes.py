"""静默与计划: what mutes notifications now and later, by whom, why and until when."""

import streamlit as st

from govdash.core.permissions import Permission
from govdash.web import acting, muteforms, mutes, open_page, workparts

with open_page("静默与计划", needs=Permission.NOTICE_READ) as page:
    workparts.style()
    acting.say_outcome()
    found = mutes.bar(page)
    left, right = st.columns([0.56, 0.44])
    with left, st.container(key="card_tasks"):
        chosen = mutes.mute_list(page, found)
    with right, st.container(key="card_task"):
        mutes.mute_card(page, chosen)
    muteforms.drawers(page, chosen)
