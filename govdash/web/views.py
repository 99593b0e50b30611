"""The saved views of whoever is signed in: opened, kept and forgotten beside the filter bar."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Final

import streamlit as st

from govdash.access import User, acts
from govdash.core.errors import GovDashError
from govdash.store import Session
from govdash.store import views as rows
from govdash.web import registry
from govdash.web.parts import el, plain, show
from govdash.workflow import views

if TYPE_CHECKING:
    from govdash.web.page import Page

NAME: Final = "gd_view_name"
#: What belongs to a moment, not to a view: an open drawer, the thing looked at.
PASSING: Final = frozenset({"do", "alert", "case"})


def menu(page: "Page", chosen: Mapping[str, str]) -> None:
    """Draw the views; `chosen` is the present filter as parameters."""
    here = next(entry for entry in registry.PAGES if entry.title == page.title)
    with st.popover("视图", icon=":material/bookmarks:", key="gd_views"):
        mine = rows.mine(page.session, page.user.login)
        if not mine:
            show(el("p", "还没有保存的视图。保存后一点即回到现在的条件和看法。", cls="gd-say"))
        for view in mine:
            entry = registry.entry_of(view.page)
            with st.container(key=f"gd_view_{view.id}", horizontal=True, gap="small"):
                st.page_link(
                    st.Page(entry.path, title=entry.title, url_path=entry.url),
                    label=f"{entry.title}：{plain(view.name)}",
                    query_params=view.params,
                )
                st.button(
                    "删除",
                    key=f"gd_view_drop_{view.id}",
                    type="tertiary",
                    on_click=_drop,
                    args=(page, view.id),
                )
        st.text_input(
            "名称", key=NAME, max_chars=views.LONGEST, placeholder="给现在的条件起个名称", width=300
        )
        st.button(
            "保存当前视图",
            key="gd_view_save",
            icon=":material/bookmark_add:",
            on_click=_save,
            args=(page, here.url, dict(chosen)),
        )


def _save(page: "Page", url: str, chosen: dict[str, str]) -> None:
    name = str(st.session_state[NAME])
    others = {key: value for key, value in st.query_params.to_dict().items() if key not in PASSING}

    def act(session: Session, user: User, at: datetime) -> str:
        params = others | chosen
        return (
            f"已保存视图“{views.save(session, name, page=url, params=params, actor=user, at=at)}”。"
        )

    if _perform(page, act, "view.save", "view"):
        st.session_state[NAME] = ""


def _drop(page: "Page", view_id: int) -> None:
    def act(session: Session, user: User, at: datetime) -> str:
        return f"已删除视图“{views.drop(session, view_id, actor=user, at=at)}”。"

    _perform(page, act, "view.drop", f"view:{view_id}")


def _perform(
    page: "Page", act: Callable[[Session, User, datetime], str], did: str, subject: str
) -> bool:
    with page.refresh() as fresh:
        try:
            with acts.act(
                fresh.store, fresh.user, did=did, subject=subject, at=fresh.now
            ) as session:
                said = act(session, fresh.user, fresh.now)
        except GovDashError as error:
            st.toast(str(error), icon=":material/error:")
            return False
    st.toast(plain(said), icon=":material/check_circle:")
    return True
