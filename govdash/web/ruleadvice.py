"""Threshold advice on the screen: its figures, taking it, and refusing it with a reason."""

from datetime import datetime

import streamlit as st

from govdash.access import User
from govdash.core.errors import Conflict
from govdash.language.masking import mask
from govdash.store import Session, accounts
from govdash.store import advice as decisions
from govdash.web import acting, ruleform, ruletrial, workparts
from govdash.web.page import Page
from govdash.web.parts import card_title, empty, show
from govdash.workflow import advice
from govdash.workflow.advice import FIELDS, LEAST_FALSE, LEAST_JUDGED, Advice
from govdash.workflow.rules import Rule


def advice_panel(page: Page, rule: Rule) -> None:
    """Draw the advice for a rule as it stands, and what was decided on earlier ones."""
    told = advice.advise(page.session, rule, page.user.scope, at=page.now)
    show(card_title("阈值建议", "由人的判定算出；规则从不自动改变"))
    if told is None:
        show(
            empty(
                "现在没有建议",
                f"需要近半年至少 {LEAST_JUDGED} 条有判定的提示、其中误报至少 {LEAST_FALSE} 条，"
                "且有一种收紧不损失任何属实的提示。",
            )
        )
    else:
        show(workparts.paragraph(told.sentence))
        _buttons(page, rule, told)
        ruletrial.trial_panel(page, told.changed)
    _decided(page, rule)


def _buttons(page: Page, rule: Rule, told: Advice) -> None:
    with st.container(horizontal=True, gap="small"):
        ruletrial.start_button(page, told.changed)
        with st.popover("采纳", icon=":material/check:"):
            st.write(f"作为 {rule.code} 的第 {rule.version + 1} 版，下一次检测起生效？")
            if st.button("确认采纳", key=f"gu_accept_{rule.code}_{rule.version}", type="primary"):
                _accept(page, rule, told)
        st.button(
            "放入草稿再改",
            key=f"gu_advised_{rule.code}",
            icon=":material/edit:",
            on_click=ruleform.edit,
            args=(rule, told.changed),
        )
        with st.popover("不采纳", icon=":material/close:"):
            note = st.text_input("理由", key=f"gu_why_{rule.code}_{rule.version}", max_chars=200)
            if st.button("确认不采纳", key=f"gu_refuse_{rule.code}_{rule.version}"):
                _refuse(page, rule, told, note)


def _accept(page: Page, rule: Rule, told: Advice) -> None:
    def act(session: Session, user: User, at: datetime) -> str:
        known = _again(session, rule, told, user, at)
        new = advice.accept(session, known, actor=user, at=at, seen_version=rule.version)
        return f"已采纳，{new.code} 第 {new.version} 版下一次检测起生效。"

    acting.finish(page, act, did="rule.change", subject=f"rule:{rule.code}")


def _refuse(page: Page, rule: Rule, told: Advice, note: str) -> None:
    def act(session: Session, user: User, at: datetime) -> str:
        known = _again(session, rule, told, user, at)
        advice.refuse(session, known, note=note, actor=user, at=at)
        return "已记下不采纳的理由；这一版规则不再给出同样的建议。"

    acting.finish(page, act, did="rule.refuse_advice", subject=f"rule:{rule.code}")


def _again(session: Session, rule: Rule, told: Advice, user: User, at: datetime) -> Advice:
    """Return the advice as the user of this moment gets it; it must still say the same."""
    known = advice.advise(session, rule, user.scope, at=at)
    if known is None or (known.field, known.new) != (told.field, told.new):
        raise Conflict("判定有了变化，建议已经不同；请刷新后再看。")
    return known


def _decided(page: Page, rule: Rule) -> None:
    past = decisions.decisions(page.session, rule.code)
    if not past:
        return
    names = accounts.names(page.session)
    show(card_title("处理过的建议", "最近的在前"))
    for one in past:
        when = workparts.clock_time(one.decided_at, page.zone, now=page.now)
        done = "采纳" if one.accepted else "不采纳"
        field = FIELDS[one.told["field"]]
        said = (
            f"{when}　{names.get(one.decided_by, one.decided_by)}{done}：第 {one.rule_version} 版"
            f"{field} {one.told['old']:g} → {one.told['new']:g}"
        )
        show(workparts.paragraph(said + (f"；{mask(one.note)}" if one.note else ""), cls="note"))
