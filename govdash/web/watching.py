"""Others' work on what is listed: the page runs anew by itself when somebody changed something."""

from collections.abc import Callable
from typing import Final

import pandas as pd
import streamlit as st

from govdash.web import acting
from govdash.web.page import Page

LOOK_SECONDS: Final = 10
#: What tells that a row is another than before.
_TELLS: Final = ("id", "version", "level", "signal", "state", "beside")


def watch(page: Page, read: Callable[[Page], pd.DataFrame], drawn: pd.DataFrame) -> None:
    """Look again every few seconds at what was `drawn`, as `read` reads it now.

    Not over an open drawer: what is half typed there stays, and sending it says what happened.
    """
    _look(page, read, _stamp(drawn))


@st.fragment(run_every=LOOK_SECONDS)
def _look(page: Page, read: Callable[[Page], pd.DataFrame], seen: str) -> None:
    if acting.DRAWER in st.query_params:
        return
    with page.refresh() as fresh:
        now = _stamp(read(fresh))
    if now != seen:
        st.rerun()


def _stamp(table: pd.DataFrame) -> str:
    return table[[name for name in _TELLS if name in table]].to_csv(index=False)
