"""Accounts on the screen: the list, one account, and what either administrator may do with it."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Final

import streamlit as st

from govdash.access import User, people
from govdash.access.directory import Entry, directory
from govdash.access.users import LOCAL_OPERATOR
from govdash.core.permissions import Permission
from govdash.store import Session
from govdash.store import units as offices
from govdash.web import acting, rights, rows, workparts
from govdash.web.page import Page
from govdash.web.parts import card_title, empty, show

KEY: Final = "account"  # URL parameter: the login that is looked at
TONES: Final = {"有效": "good", "已停用": "faint", "暂时锁定": "bad", "待确认": "bad"}
Plain = Callable[[Session, str, User, datetime], str]


def account_list(page: Page) -> Entry | None:
    """Draw the accounts; return the one that is looked at."""
    listed = directory(page.session, page.user, at=page.now)
    show(card_title(f"账号 {len(listed)} 个", "按登录名"))
    chosen = st.query_params.get(KEY, "") or listed[0].login
    told = [rows.Row(entry.login, _cells(entry), chosen=entry.login == chosen) for entry in listed]
    opened = rows.draw(
        told,
        key="gp_accounts",
        columns="1fr 1fr 5rem 4rem",
        head=("姓名", "角色", "状态", "会话"),
    )
    if opened is not None and opened != chosen:
        st.query_params[KEY] = opened
        acting.close_drawer()
        st.rerun()
    return next((entry for entry in listed if entry.login == chosen), None)


def account_card(page: Page, entry: Entry | None) -> None:
    """Draw one account and the buttons of what the viewer may do with it."""
    if entry is None:
        show(empty("没有这个账号", "左侧选择一个账号。"))
        return
    show(card_title(entry.name, entry.login, entry.state))
    names = page.area_names()
    table = offices.units(page.session)
    units = dict(zip(table["code"], table["name"], strict=True))
    show(
        workparts.facts(
            [
                ("角色", "、".join(entry.roles) or "（无）"),
                ("区域", _places(entry, names)),
                ("单位", "、".join(units.get(code, code) for code in entry.units)),
                ("动态验证码", "已设置" if entry.factor else "未设置"),
                ("登录中的会话", entry.sessions),
                *_waiting(entry),
            ]
        )
    )
    if entry.login == LOCAL_OPERATOR:
        st.caption("命令行的内部账号，不属于任何人：不能登录、设密码或授权。")
        return
    if entry.login == page.user.login:
        st.caption("这是您自己的账号：不能给自己授权或停用自己，请由另一位管理员办理。")
        return
    with st.container(key="gw_actions", horizontal=True, gap="small"):
        if page.user.holds(Permission.USER_EDIT):
            _system_buttons(page, entry)
        if page.user.holds(Permission.ROLE_EDIT):
            rights.buttons(page, entry)
        _confirmed(page, entry, "强制退出", "user.sessions", _end_sessions, "logout")
    if page.user.holds(Permission.ROLE_EDIT):
        rights.forms(page, entry)


def new_account(page: Page) -> None:
    """Draw the form of a new account behind a button."""
    with st.popover("开设账号", icon=":material/person_add:"), st.form("gp_new", border=False):
        login = st.text_input(
            "登录名", key="gp_login", max_chars=40, help="小写字母、数字、点、横线"
        )
        name = st.text_input("姓名", key="gp_name", max_chars=40)
        sent = st.form_submit_button("开设", type="primary")
    if not sent:
        return

    def act(session: Session, user: User, at: datetime) -> str:
        first = people.add(session, actor=user, login=login, name=name, at=at)
        return f"账号 {login.strip().lower()} 已开设，初始密码（只显示这一次）：{first}"

    acting.finish(
        page, act, did="user.add", subject=f"account:{login}"[:120],
        then=lambda: st.query_params.update({KEY: login.strip().lower()}),
    )  # fmt: skip


def _system_buttons(page: Page, entry: Entry) -> None:
    _confirmed(page, entry, "重置密码", "user.password", _new_password, "lock_reset")
    if entry.state in {"有效", "待确认"}:
        _confirmed(page, entry, "停用", "user.lock", _lock, "block")
    else:
        _confirmed(page, entry, "启用", "user.unlock", _unlock, "lock_open")


def _confirmed(page: Page, entry: Entry, label: str, did: str, do: Plain, icon: str) -> None:
    """Draw a button whose action is done once it is confirmed."""
    with st.popover(label, icon=f":material/{icon}:"):
        st.write(f"{label}：{entry.name}（{entry.login}）？")
        if st.button(f"确认{label}", key=f"gp_{did}_{entry.login}", type="primary"):
            rights.finish(page, entry, did, do)


def _new_password(session: Session, login: str, user: User, at: datetime) -> str:
    made = people.new_password(session, login, actor=user, at=at)
    waits = people.waits(people.found(session, login))
    then = "安全管理员在“角色权限”确认后才能登录，" if waits else ""
    return f"{login} 的新密码（只显示这一次，{then}登录后必须修改）：{made}"


def _waiting(entry: Entry) -> list[tuple[str, str]]:
    said = f"由 {entry.reset_by} 重置密码或统一身份，安全管理员确认后才能登录"
    return [("待确认", said)] if entry.reset_by else []


def _lock(session: Session, login: str, user: User, at: datetime) -> str:
    people.lock(session, login, actor=user, at=at)
    return f"账号 {login} 已停用，其会话已全部结束。"


def _unlock(session: Session, login: str, user: User, at: datetime) -> str:
    people.unlock(session, login, actor=user, at=at)
    return f"账号 {login} 已启用，登录锁定已解除。"


def _end_sessions(session: Session, login: str, user: User, at: datetime) -> str:
    return f"已结束 {login} 的 {people.end_sessions(session, login, actor=user, at=at)} 个会话。"


def _cells(entry: Entry) -> Sequence[rows.Cell]:
    return [
        rows.two(entry.name, entry.login),
        rows.text("、".join(entry.roles) or "（无）"),
        rows.text(entry.state, tone=TONES[entry.state]),
        rows.num(str(entry.sessions)),
    ]


def _places(entry: Entry, names: Mapping[str, str]) -> str:
    if entry.whole_city:
        return "全市"
    nothing = "" if entry.units else "（无：看不到任何一行）"
    return "、".join(names.get(path, path) for path in entry.areas) or nothing
