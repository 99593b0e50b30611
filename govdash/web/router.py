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
wall = st.query_params.get("wall") == "1"
navigation = {
    section: [
        st.Page(
            entry.path,
            title=entry.title,
            icon=f":material/{entry.icon}:",
            url_path=entry.url,
            default=entry == registry.PAGES[0],
        )
        for entry in entries
        if entry.path.exists()
    ]
    for section, entries in registry.sections()
}
navigation = {section: found for section, found in navigation.items() if found}
st.navigation(navigation, position="hidden" if wall else "top").run()
