"""The form of a follow-up call (回访): solved? content? if not, why, and what is to happen."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

import streamlit as st

from govdash.access import User
from govdash.core.vocab import CaseState, WhyNot
from govdash.store import Session
from govdash.web import acting, workparts
from govdash.web.page import Page
from govdash.web.parts import el, show
from govdash.workflow import feedback

SATISFACTION: Final = {5: "5 非常满意", 4: "4 满意", 3: "3 一般", 2: "2 不满意", 1: "1 很不满意"}


@st.dialog("回访", position="right", width="medium", on_dismiss=acting.close_drawer)
def drawer(page: Page, row: Mapping[str, Any]) -> None:
    """Ask the reporter of a case, in a drawer."""
    show(workparts.paragraph(el("b", row["number"]), " ", row["title"]))
    form(page, row, closed=CaseState(row["state"]) is CaseState.CLOSED)


def form(page: Page, row: Mapping[str, Any], *, closed: bool) -> None:
    """Draw the form of one call about a case; `closed`: it can be taken up again."""
    key = f"gw_call_{row['id']}"
    show(workparts.paragraph(el("b", "处置结果："), row["result"] or "（未填写）"))
    with st.form(key, border=False):
        solved = st.radio(
            "问题是否解决",
            [True, False],
            index=None,
            horizontal=True,
            format_func=lambda solved: "已解决" if solved else "未解决",
            key=f"{key}_solved",
        )
        score = st.segmented_control(
            "满意度",
            list(SATISFACTION),
            format_func=lambda score: SATISFACTION[score],
            key=f"{key}_score",
        )
        reason = st.selectbox(
            "没有解决的原因（未解决必选）",
            list(WhyNot),
            index=None,
            format_func=lambda code: code.label,
            placeholder="已解决的不选",
            key=f"{key}_reason",
        )
        note = st.text_area("诉求人意见（请勿填写个人信息）", key=f"{key}_note", max_chars=500)
        again = closed and st.checkbox("未解决的，立即重新办理", value=True, key=f"{key}_again")
        sent = st.form_submit_button("记录回访", type="primary")
    if not sent:
        return
    if solved is None or score is None:
        st.error("请选择是否解决和满意度。")
        return

    def act(session: Session, user: User, at: datetime) -> str:
        feedback.record(
            session,
            row["id"],
            solved=solved,
            satisfaction=int(score),
            reason=reason,
            reopen=bool(again and not solved),
            note=note,
            actor=user,
            at=at,
        )
        more = "诉求人说没有解决，案件已重新办理。" if again and not solved else ""
        return f"已记录案件 {row['number']} 的回访。{more}"

    acting.finish(page, act, did="feedback.record", subject=f"case:{row['id']}")
