"""诉求人 on the card of a case: masked; in clear for half a minute, after a reason was typed."""

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from govdash.access import acts
from govdash.core.errors import GovDashError
from govdash.core.permissions import Permission
from govdash.web import workparts
from govdash.web.page import Page
from govdash.web.parts import card_title, el, plain, show
from govdash.workflow import reporter
from govdash.workflow.reporter import Reporter

SECONDS = 30  # long enough to dial a number, too short to be left on the screen


def card(page: Page, case_id: int) -> None:
    """Draw who reported a case; a wall display shows nobody."""
    if page.user.is_display:
        return
    known = reporter.masked(page.session, case_id, page.user.scope)
    if known is None:
        return
    show(card_title("诉求人", "已脱敏；查看原文要写明理由，并记入操作日志"))
    place = st.empty()
    with place.container():
        _fields(known)
    if not page.user.holds(Permission.PERSON_UNMASK):
        return
    with (
        st.popover("查看原文", icon=":material/visibility:"),
        st.form(f"gw_unmask_{case_id}", border=False, clear_on_submit=True),
    ):
        reason = st.text_input(
            "理由（必填）",
            key=f"gw_unmask_reason_{case_id}",
            max_chars=reporter.LONGEST_REASON,
            placeholder="例如：电话回访，核实位置",
        )
        sent = st.form_submit_button("查看", type="primary")
    if sent:
        _unmask(page, case_id, reason, place, known)


def _unmask(page: Page, case_id: int, reason: str, place: DeltaGenerator, known: Reporter) -> None:
    with page.refresh() as fresh:
        try:
            with acts.act(
                fresh.store, fresh.user, did=reporter.DID, subject=f"case:{case_id}", at=fresh.now
            ) as session:
                told = reporter.unmask(
                    session, case_id, actor=fresh.user, reason=reason, at=fresh.now
                )
        except GovDashError as error:
            st.error(plain(error), icon=":material/error:")
            return
    with place.container():
        _for_a_while([told], known)


@st.fragment(run_every=SECONDS)
def _for_a_while(once: list[Reporter], known: Reporter) -> None:
    """Draw what `once` holds the first time, and take it out: nothing keeps it for a second run."""
    if not once:
        _fields(known)
        st.caption("原文已重新隐藏。要再看，请再写一次理由。")
        return
    told = once.pop()
    st.warning(
        f"原文显示 {SECONDS} 秒，换页或操作即隐藏；请勿截图、抄录。", icon=":material/visibility:"
    )
    _fields(told)
    for label, text in told.texts:
        show(workparts.paragraph(el("b", f"{label}原文："), text))


def _fields(told: Reporter) -> None:
    show(workparts.facts(told.fields))
