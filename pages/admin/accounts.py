"""用户账号: the system administrator opens and closes accounts and gives first passwords."""

import streamlit as st

from govdash.core.permissions import Permission
from govdash.web import acting, open_page, people, workparts

with open_page("用户账号", needs=Permission.USER_EDIT) as page:
    workparts.style()
    with page.bar or st.container():
        people.new_account(page)
    acting.say_outcome()
    left, right = st.columns([0.5, 0.5])
    with left, st.container(key="card_tasks"):
        chosen = people.account_list(page)
    with right, st.container(key="card_task"):
        people.account_card(page, chosen)
