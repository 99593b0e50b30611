"""角色权限: the security administrator gives roles, areas and units, and resets second factors."""

import streamlit as st

from govdash.core.permissions import Permission
from govdash.web import acting, open_page, people, workparts

with open_page("角色权限", needs=Permission.ROLE_EDIT) as page:
    workparts.style()
    acting.say_outcome()
    left, right = st.columns([0.5, 0.5])
    with left, st.container(key="card_tasks"):
        chosen = people.account_list(page)
    with right, st.container(key="card_task"):
        people.account_card(page, chosen)
