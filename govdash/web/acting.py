"""One user action: one transaction, the outcome in words, the drawer open or closed."""

from collections.abc import Callable
from datetime import datetime

import streamlit as st

from govdash.access import User, acts
from govdash.core.errors import GovDashError
from govdash.store import Session
from govdash.web.page import Page
from govdash.web.parts import plain

OUTCOME = "gd_outcome"  # (did it work, what to say): said once by the next run
DRAWER = "do"  # URL parameter: which drawer is open
SEEN = "gd_seen"  # drawer → version of the record when the drawer was opened

Action = Callable[[Session, User, datetime], str]


def perform(page: Page, action: Action, *, did: str, subject: str) -> bool:
    """Run `action` in one transaction as the user of this very moment; keep what to say of it.

    `action` gets the session, the user and the time, and returns a sentence. An error rolls
    everything back and becomes the sentence; what was typed stays in its widgets. A refusal is
    journalled (as `did` to `subject`) in a transaction of its own.
    """
    with page.refresh() as fresh:
        try:
            with acts.act(
                fresh.store, fresh.user, did=did, subject=subject, at=fresh.now
            ) as session:
                said = action(session, fresh.user, fresh.now)
        except GovDashError as error:
            st.session_state[OUTCOME] = (False, str(error))
            return False
    st.session_state[OUTCOME] = (True, said)
    return True


def finish(
    page: Page,
    action: Action,
    *,
    did: str,
    subject: str,
    then: Callable[[], None] | None = None,
) -> None:
    """Run the `action` of a drawer: close it and run the page anew, or say here what is wrong.

    `then` is called when the transaction has been committed.
    """
    if perform(page, action, did=did, subject=subject):
        if then is not None:
            then()
        close_drawer()
        st.rerun()
    say_outcome()


def say_outcome() -> None:
    """Say how the last action went, once."""
    outcome = st.session_state.pop(OUTCOME, None)
    if outcome is None:
        return
    worked, said = outcome
    with st.container(key="gw_outcome"):
        if worked:
            st.success(plain(said), icon=":material/check_circle:")
        else:
            st.error(plain(said), icon=":material/error:")


def open_drawer(name: str, version: int, key: str = "", number: int = 0) -> None:
    """Open a drawer over a record as it is now; a button's ``on_click``.

    The record (`number` in the URL parameter `key`) stays the one that is looked at, however the
    list changes meanwhile.
    """
    if key:
        st.query_params[key] = str(number)
    st.query_params[DRAWER] = name
    st.session_state[SEEN] = (name, version)


def close_drawer() -> None:
    """Close whatever drawer is open."""
    st.query_params.pop(DRAWER, None)
    st.session_state.pop(SEEN, None)


def drawer_open(name: str) -> bool:
    """Whether the URL says that this drawer is open."""
    return st.query_params.get(DRAWER) == name


def seen_version(name: str, present: int) -> int:
    """Return the version that the user saw when the drawer was opened.

    A page that is opened with the drawer in its link has seen the `present` one.
    """
    kept = st.session_state.get(SEEN)
    if kept is None or kept[0] != name:
        st.session_state[SEEN] = (name, present)
        return present
    return kept[1]


def look_at(key: str, number: int) -> None:
    """Look at one record, and close the drawer of another."""
    st.query_params[key] = str(number)
    close_drawer()


def look_at_first(key: str) -> None:
    """Look at the first record of the list; a tray's ``on_change``."""
    st.query_params.pop(key, None)
    close_drawer()


def chosen_id(key: str) -> int | None:
    """Return the id in the URL parameter `key`, None without one.

    One that is no number (a link that was cut or mistyped) is said so, and taken out.
    """
    text = st.query_params.get(key, "")
    number = number_in(text)
    if text and number is None:
        del st.query_params[key]
        st.toast(
            f"链接里的编号“{plain(text)}”无法识别，已打开列表中的第一条。",
            icon=":material/link_off:",
        )
    return number


def number_in(text: str) -> int | None:
    """Return the number that a link names; None for what no row can have as its number."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else None
