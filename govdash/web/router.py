"""The script that Streamlit runs for every session: frame, who is signed in, menu, the page."""

from pathlib import Path

import streamlit as st

from govdash.web import deadman, header, menu, signed, theme, wall, watermark

ICON = Path(__file__).with_name("icon.png")  # an icon name would fetch a font from afar

st.set_page_config(
    page_title="城市运行监测与处置平台",
    page_icon=str(ICON),
    layout="wide",
    initial_sidebar_state="collapsed",
)
theme.apply()
visitor = signed.visitor()
signed.watch()
if not wall.on():
    header.draw(visitor)
watermark.draw(visitor)
deadman.banner()
page = menu.navigation(visitor.user, shown=not wall.on())
wall.only_views(page)
page.run()
