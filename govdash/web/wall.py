"""The wall display, ``?wall=1``: the monitor pages, large and dark, that nobody touches.

No menu, no filter bar, no drawer; what would be clicked is not drawn or takes no clicks. With
``&rotate=60`` the three views take turns, so many seconds each.
"""

from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

import streamlit as st
from streamlit.components import v2
from streamlit.navigation.page import StreamlitPage

from govdash.web.parts import el, show
from govdash.web.registry import entry_of

if TYPE_CHECKING:
    from govdash.web.page import Page

PARAM: Final = "wall"
TURNS: Final = "rotate"
#: The pages that can hang on a wall, in the order of their turns.
VIEWS: Final = ("overview", "map", "timeline")
#: Shorter turns only flicker, longer ones are none.
SHORTEST, LONGEST = 10, 3600
#: How often a wall looks whether it is the next view's turn.
LOOK_SECONDS: Final = 5
TEXT: Final = 16  # px, of words in charts and on maps
COMPONENTS: Final = Path(__file__).with_name("components")


def on() -> bool:
    """Whether this run draws a wall display."""
    return st.query_params.get(PARAM) == "1"


def unless(words: str) -> str:
    """Return words about what can be pressed; none on a wall, where nothing can."""
    return "" if on() else words


def text_size() -> int:
    """Return the size in px of words in charts, which know nothing of the page's style sheet."""
    return TEXT if on() else 12


def style() -> None:
    """Put the wall's style sheet over that of the pages."""
    if on():
        st.html(f"<style>{_file('wall.css')}</style>")


def only_views(page: StreamlitPage) -> None:
    """Lead a wall from a page that does not belong there to the overview."""
    if on() and page.url_path not in {"", *VIEWS}:
        _go("overview")


def clock(page: "Page", choice: str) -> None:
    """Say beside the title what is shown and what time it is; so one sees that the wall lives."""
    with st.container(key="gd_wall_clock"):
        _clock(page, choice)
        heart = v2.component("govdash_wallheart", html="<i hidden></i>", js=_file("wallheart.js"))
        base = str(st.get_option("server.baseUrlPath") or "").strip("/")
        heart(key="gd_wall_heart", data={"root": f"/{base}/" if base else "/"})


@st.fragment(run_every=LOOK_SECONDS)
def _clock(opened: "Page", choice: str) -> None:
    with opened.refresh() as page:
        local = page.now.astimezone(page.zone)
        show(el("div", el("span", choice), el("b", f"{local:%Y-%m-%d %H:%M}"), cls="gd-wall-now"))
        due = _due(page.now)
    here = next(url for url in VIEWS if entry_of(url).title == opened.title)
    if due and due != here:
        _go(due)


def _due(at: datetime) -> str:
    """Return the view whose turn it is by the clock, so that walls beside one another agree."""
    seconds = _turn_seconds()
    passed = int((at - datetime(2000, 1, 1, tzinfo=UTC)).total_seconds())
    return VIEWS[passed // seconds % len(VIEWS)] if seconds else ""


def _turn_seconds() -> int:
    """Return how long each turn is; 0 when no turns are wanted, or what is asked is no number."""
    asked = st.query_params.get(TURNS, "")
    if not asked.isascii() or not asked.isdigit() or int(asked[:6]) == 0:
        return 0
    return min(max(int(asked[:6]), SHORTEST), LONGEST)


@cache
def _file(name: str) -> str:
    return (COMPONENTS / name).read_text("utf-8")


def _go(url: str) -> None:
    st.switch_page(entry_of(url).path, query_params=st.query_params.to_dict())
