"""The script that Streamlit runs for every session: frame, navigation, then the page."""

from pathlib import Path

import streamlit as st

from govdash.web import registry, theme

ICON = Path(__file__).with_name("icon.png")  # an icon name would fetch a font from afar

st.set_page_config(
    page_title="城市运行监测与处置平台",
    page_icon=str(ICON),
    layout="wide",
    initial_sidebar_state="collapsed",
)
theme.apply()
navigation = {
    section: [
        st.Page(
            entry.path,
            title=entry.title,
            icon=f":material/{entry.icon}:",
            url_path="" if entry == registry.PAGES[0] else entry.url,
            default=entry == registry.PAGES[0],
        )
        for entry in entries
    ]
    for section, entries in registry.sections()
}
# The start page lives at "/" alone; a link that names it must find it too.
start = registry.PAGES[0]
navigation[start.section].append(
    st.Page(start.path, title=start.title, url_path=start.url, visibility="hidden")
)
st.navigation(navigation, position="top").run()
