"""The Streamlit edge: the page frame, the filter bar and everything drawn on a page."""

from govdash.web.page import Page, open_page

__all__ = ["Page", "open_page"]
