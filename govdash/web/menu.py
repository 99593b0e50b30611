"""The menu of whoever is signed in: the pages they may open; the others refuse to be opened."""

from collections.abc import Callable

import streamlit as st
from streamlit.navigation.page import StreamlitPage

from govdash.access import User
from govdash.web import registry
from govdash.web.registry import PageEntry


def navigation(user: User, *, shown: bool = True) -> StreamlitPage:
    """Make the menu, or with `shown` false none, and return the page that the address means.

    A page that is hidden, or that the user may not open, is left out of the menu, but has its
    address: it says itself that it refuses, and journals it. At "/" is the first page that may be
    opened.
    """
    open_ = [entry for entry in registry.PAGES if user.holds(entry.needs) and not entry.hidden]
    start = open_[0] if open_ else None
    menu = {
        section: [
            _page(entry, at_root=entry is start, hidden=entry not in open_) for entry in entries
        ]
        for section, entries in registry.sections()
    }
    if start is None:
        home = st.Page(_nothing, title="没有可打开的页面", default=True, visibility="hidden")
    else:  # it lives at "/" alone; a link that names it must find it too
        home = _page(start, hidden=True)
    menu[registry.PAGES[0].section].append(home)
    return st.navigation(menu, position="top" if shown else "hidden")


def closed(instead: Callable[[], None]) -> StreamlitPage:
    """Take the menu away; at the address of every page `instead` is drawn."""
    urls = ["", *(entry.url for entry in registry.PAGES)]
    pages = [
        st.Page(instead, title="请登录", url_path=url, default=not url, visibility="hidden")
        for url in urls
    ]
    return st.navigation(pages, position="hidden")


def _page(entry: PageEntry, *, hidden: bool, at_root: bool = False) -> StreamlitPage:
    return st.Page(
        entry.path,
        title=entry.title,
        icon=f":material/{entry.icon}:",
        url_path="" if at_root else entry.url,
        default=at_root,
        visibility="hidden" if hidden else "visible",
    )


def _nothing() -> None:
    st.info("您的角色目前没有可以打开的页面；请联系安全管理员授权。", icon=":material/info:")
