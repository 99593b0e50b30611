"""疑似重复 in the form of a new case: open cases near by, and whether it is one of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import streamlit as st

from govdash.core.errors import InputError
from govdash.web import workparts
from govdash.web.caseform import Typed, new_case
from govdash.web.page import Page
from govdash.web.parts import plain
from govdash.workflow import duplicates
from govdash.workflow.forms import NewCase

_APART: Final = 0  # where a case has its id: a matter of its own


@dataclass(frozen=True, slots=True)
class Twins:
    """The cases that were offered, by id in words, and what was chosen of them."""

    offered: Mapping[int, str]
    chosen: int | None

    @property
    def undecided(self) -> bool:
        """Whether somebody must still say if it is one of them."""
        return bool(self.offered) and self.chosen is None

    @property
    def leading(self) -> int | None:
        """The case that the new one belongs to; None: it is a matter of its own."""
        return self.chosen or None


def ask(page: Page, typed: Typed, start: NewCase | None, *, key: str) -> Twins:
    """Look for open cases near what the form says now and ask about them; call it in the form."""
    try:
        new = new_case(typed, start)
    except InputError:
        return Twins({}, None)  # whoever sends it will be told what is missing
    with page.refresh() as fresh:
        found = duplicates.near(
            fresh.session, fresh.user.scope,
            category=new.category, lon=new.lon, lat=new.lat, at=fresh.now,
        )  # fmt: skip
    offered = {int(twin["id"]): _words(page, twin) for twin in workparts.records(found)}
    if not offered:
        return Twins({}, None)
    st.warning(
        f"附近有 {len(offered)} 件同类在办案件，可能是同一件事。请选择后再登记。",
        icon=":material/content_copy:",
    )
    chosen = st.radio(
        "是否同一件事",
        [*offered, _APART],
        index=None,
        format_func=lambda number: plain(offered.get(number, "不是同一件事，单独登记")),
        key=f"{key}_twin",
    )
    return Twins(offered, chosen)


def _words(page: Page, twin: Mapping[str, Any]) -> str:
    since = workparts.clock_time(twin["opened_at"], page.zone, now=page.now)
    how = f"{twin['metres']:.0f} 米，{twin['state'].label}，{since} 登记"
    return f"归入 {twin['number']} {twin['title']}（{how}）"
