"""The right end of the header: whether this is a demo, who is signed in, and the way out."""

from urllib.parse import urlencode

import streamlit as st

from govdash.api.visit import PASSWORD, SESSIONS
from govdash.core.vocab import Mode
from govdash.web import inboxes, signed
from govdash.web.parts import el, show
from govdash.web.signed import Visitor

DEMO = "演示环境：城市、人物和事件都是虚构的"


def draw(visitor: Visitor) -> None:
    """Draw it; placed over the header by the style sheet."""
    who = visitor.profile
    with st.container(key="gd_who", horizontal=True, vertical_alignment="center", gap="small"):
        if visitor.settings.mode is Mode.DEMO:
            show(el("span", "演示环境", cls="gd-demo", title=DEMO), width="content")
        if not who.is_device:
            inboxes.bell()
        with st.popover(who.name, icon=":material/account_circle:", key="gd_who_menu"):
            _card(visitor)


def _card(visitor: Visitor) -> None:
    who = visitor.profile
    if who.is_device:
        show(el("p", f"{who.name}（大屏，只读）"))
        return
    lines = [f"{who.name}（{who.login}）", "、".join(who.roles) or "没有角色", who.place]
    show(el("div", *(el("p", line) for line in lines if line), cls="gd-who"))
    here = urlencode({"next": "/"})
    show(el("a", "修改密码", href=f"{PASSWORD}?{here}", target="_self", cls="gd-link"))
    show(el("a", "我的登录", href=f"{SESSIONS}?{here}", target="_self", cls="gd-link"))
    st.button(
        "在所有地方退出",
        key="gd_sign_out",
        icon=":material/logout:",
        on_click=signed.sign_out,
        width="stretch",
    )
