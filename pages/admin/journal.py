"""操作日志: who did what when and from where, for the auditor; the proof that nobody changed it."""

import streamlit as st

from govdash.core.permissions import Permission
from govdash.web import journal, open_page, workparts

with open_page("操作日志", needs=Permission.JOURNAL_READ) as page:
    workparts.style()
    journal.say_state(page)
    names = journal.search_bar(page)
    left, right = st.columns([0.58, 0.42])
    with left, st.container(key="card_tasks"):
        chosen = journal.line_list(page, names)
    with right:
        with st.container(key="card_chain"):
            journal.chain_panel(page, names)
        with st.container(key="card_line"):
            journal.line_panel(page, chosen, names)
