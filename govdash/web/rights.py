"""Roles, scope and second factor of an account: what the security administrator decides."""

from collections.abc import Callable
from datetime import datetime

import streamlit as st

from govdash.access import User, people, roles
from govdash.access.directory import Entry
from govdash.store import Session
from govdash.store import units as offices
from govdash.web import acting
from govdash.web.page import Page


def finish(
    page: Page,
    entry: Entry,
    did: str,
    do: Callable[[Session, str, User, datetime], str],
) -> None:
    """Do something with an account in one transaction, and say how it went."""

    def act(session: Session, user: User, at: datetime) -> str:
        return do(session, entry.login, user, at)

    acting.finish(page, act, did=did, subject=f"account:{entry.login}")


def buttons(page: Page, entry: Entry) -> None:
    """Draw the buttons that let a reset count and that forget a second factor."""
    if entry.reset_by:
        with st.popover("确认重置", icon=":material/how_to_reg:"):
            st.write(
                f"{entry.reset_by} 重置了 {entry.name}（{entry.login}）的密码或统一身份。"
                "请先向本人核实是本人要求的，再确认；确认后才能登录。"
            )
            if st.button("已核实，确认重置", key=f"gp_user.confirm_{entry.login}", type="primary"):
                finish(page, entry, "user.confirm", _confirm)
    with st.popover("重置验证码", icon=":material/phonelink_erase:", disabled=not entry.factor):
        st.write(f"重置 {entry.name}（{entry.login}）的动态验证码？请先核实本人身份。")
        key = f"gp_user.factor_{entry.login}"
        if st.button("确认重置验证码", key=key, type="primary"):
            finish(page, entry, "user.factor", _reset)


def forms(page: Page, entry: Entry) -> None:
    """Draw the forms of roles and scope, as they are now."""
    _roles_form(page, entry)
    _scope_form(page, entry)


def _roles_form(page: Page, entry: Entry) -> None:
    known = {role.code: role.name for role in roles.grantable(page.session)}
    held = [code for code, name in known.items() if name in entry.roles]
    with st.form(f"gp_roles_form_{entry.login}", border=False):
        chosen = st.multiselect(
            "角色（三个管理员角色不能兼任）",
            list(known),
            held,
            format_func=known.__getitem__,
            key=f"gp_roles_{entry.login}",
            placeholder="没有角色",
        )
        if not st.form_submit_button("保存角色", type="primary"):
            return

    def give(session: Session, login: str, user: User, at: datetime) -> str:
        people.give_roles(session, login, chosen, actor=user, at=at)
        return f"{login} 的角色：{'、'.join(known[code] for code in chosen) or '（无）'}。"

    finish(page, entry, "user.roles", give)


def _scope_form(page: Page, entry: Entry) -> None:
    areas = page.area_names()
    table = offices.units(page.session)
    units = dict(zip(table["code"], table["name"], strict=True))
    with st.form(f"gp_scope_form_{entry.login}", border=False):
        whole = st.toggle("全市（包括未落格的事件）", entry.whole_city, key=f"gp_all_{entry.login}")
        chosen = st.multiselect(
            "区域",
            sorted(areas),
            [path for path in entry.areas if path in areas],
            format_func=areas.__getitem__,
            key=f"gp_areas_{entry.login}",
            placeholder="没有区域",
        )
        works_for = st.multiselect(
            "单位",
            sorted(units),
            [code for code in entry.units if code in units],
            format_func=units.__getitem__,
            key=f"gp_units_{entry.login}",
            placeholder="没有单位",
        )
        if not st.form_submit_button("保存范围", type="primary"):
            return

    def give(session: Session, login: str, user: User, at: datetime) -> str:
        people.give_scope(
            session, login, areas=chosen, units=works_for, whole_city=whole, actor=user, at=at
        )
        return f"{login} 的范围已更新，下一次查询起生效。"

    finish(page, entry, "user.areas", give)


def _confirm(session: Session, login: str, user: User, at: datetime) -> str:
    people.confirm(session, login, actor=user, at=at)
    return f"{login} 的重置已确认，本人可以登录。"


def _reset(session: Session, login: str, user: User, at: datetime) -> str:
    people.reset_factor(session, login, actor=user, at=at)
    return f"{login} 的动态验证码已重置；需要验证码的角色下次登录时重新设置。"
