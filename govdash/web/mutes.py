"""The pieces of 静默与计划: what is on and ahead, one of them, and the word on an alert's card."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

import streamlit as st

from govdash.core.permissions import Permission
from govdash.core.vocab import Disposition, Mute
from govdash.language.masking import mask
from govdash.store import accounts
from govdash.store import alerts as alert_rows
from govdash.store import rules as rule_rows
from govdash.store import suppressions as rows_
from govdash.store.models import Suppression
from govdash.web import acting, rows, workparts
from govdash.web.inboxes import page_of
from govdash.web.page import Page
from govdash.web.parts import Html, card_title, el, empty, show
from govdash.workflow.board import AlertLife
from govdash.workflow.naming import Names
from govdash.workflow.notify import suppression

KEY: Final = "mute"  # URL parameter: the one that is looked at
NEW: Final = "mute_new"
_ON, _OVER = "生效与将来", "已结束"


def bar(page: Page) -> Sequence[Suppression]:
    """Draw what can be chosen, and the way to a new one; return those chosen."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        tray = st.segmented_control(
            "分组",
            [_ON, _OVER],
            default=_ON,
            required=True,
            key="mute_tray",
            label_visibility="collapsed",
            bind="query-params",
            on_change=acting.look_at_first,
            args=(KEY,),
        )
        kind = st.selectbox(
            "种类",
            list(Mute),
            index=None,
            key="gm_kind",
            format_func=lambda code: code.label,
            placeholder="全部种类",
            label_visibility="collapsed",
            width=140,
        )
        if page.user.holds(Permission.SILENCE_EDIT):
            st.button(
                "新建",
                key="gm_new",
                icon=":material/add:",
                type="primary",
                on_click=acting.open_drawer,
                args=(NEW, 0),
            )
    return rows_.listed(
        page.session,
        page.user.scope,
        at=page.now,
        kinds=[Mute(kind)] if kind else (),
        over=tray == _OVER,
    )


def mute_list(page: Page, found: Sequence[Suppression]) -> Suppression | None:
    """Draw the list; return the one that is looked at."""
    show(card_title("静默、维护与计划活动", "只压住通知；红色不受影响", f"{len(found)} 条"))
    if not found:
        show(empty("没有静默或计划", "道路施工、赛事、设备维护期间不需要的通知，可以在这里压住。"))
        return None
    asked = acting.chosen_id(KEY)
    chosen = next((one for one in found if one.id == asked), found[0])
    names = accounts.names(page.session)
    told = [
        rows.Row(
            str(one.id),
            (
                rows.text(one.kind.label),
                rows.two(title(page, one), mask(one.reason) or ""),
                rows.text(names.get(one.owner, one.owner)),
                rows.right(_when(page, one.ends_at), state_of(one, page.now)),
            ),
            chosen=one.id == chosen.id,
        )
        for one in found
    ]
    opened = rows.draw(
        told,
        key="gm_list",
        columns="5rem 1fr 6rem 6.6rem",
        head=("种类", "范围与理由", "设置人", "结束"),
    )
    if opened is not None and opened != str(chosen.id):
        acting.look_at(KEY, int(opened))
        st.rerun()
    return chosen


def mute_card(page: Page, one: Suppression | None) -> None:
    """Draw one: what it covers, by whom, why, until when; and what can be done with it."""
    if one is None:
        show(empty("没有选中静默或计划"))
        return
    show(card_title(one.kind.label, one.name and mask(one.name), state_of(one, page.now)))
    names = accounts.names(page.session)
    show(
        workparts.facts(
            [
                ("区域", _area(page, one)),
                ("类别", _category(page, one)),
                ("规则", _rule(page, one)),
                ("设置人", names.get(one.owner, one.owner)),
                ("开始", _when(page, one.starts_at)),
                ("结束", _when(page, one.ends_at)),
                ("提前结束", _ended(page, one)),
            ]
        )
    )
    show(workparts.paragraph(f"理由：{mask(one.reason)}"))
    show(
        workparts.paragraph(
            "期间消退的提示照样通知；结束时仍在等待处理的，通知被压住的人。红色提示不受影响。",
            cls="note",
        )
    )
    if one.ended_at is not None or one.ends_at <= page.now:
        return
    if not page.user.may(Permission.SILENCE_EDIT, area=one.area_path):
        st.caption("您没有修改此条的权限，或它超出您的管辖范围。")
        return
    with st.container(horizontal=True, gap="small"):
        for label, name, icon in (
            ("延长", "mute_extend", ":material/update:"),
            ("结束", "mute_end", ":material/notifications_active:"),
        ):
            st.button(
                label,
                key=f"gm_{name}_{one.id}_{one.version}",
                icon=icon,
                on_click=acting.open_drawer,
                args=(name, one.version, KEY, one.id),
            )


def title(page: Page, one: Suppression) -> str:
    """Say what one covers."""
    parts = [_area(page, one), _category(page, one)]
    if one.rule_code:
        parts.append(_rule(page, one))
    name = f"{mask(one.name)} · " if one.name else ""
    return name + " · ".join(parts)


def state_of(one: Suppression, at: datetime) -> str:
    """Say whether one is on, ahead or over."""
    if one.ended_at is not None:
        return "已提前结束"
    if one.ends_at <= at:
        return "已到期"
    return "未开始" if one.starts_at > at else "生效中"


def on_alert(page: Page, life: AlertLife) -> None:
    """Say on an alert's card that it is muted for the viewer: by whom, why, until when."""
    alert = alert_rows.get(page.session, life.row["id"], page.user.scope)
    if alert is None:
        return
    if life.actions:
        why = suppression.muted(page.session, alert, at=page.now, sees=page.user.scope.covers)
        if why is not None:
            show(_muted(page, why))
    expected = life.row["disposition"] == Disposition.EXPECTED_EVENT.value
    if expected and page.user.may(Permission.SILENCE_EDIT, area=alert.area_path):
        st.page_link(
            page_of("mutes"),
            label="判定为预期活动：加入计划活动日历",
            icon=":material/event:",
            query_params={acting.DRAWER: NEW, "alert": str(alert.id)},
        )


def _muted(page: Page, why: suppression.Muted) -> Html:
    return el("p", why.words(lambda at: _when(page, at)), cls="gw-text muted")


def _area(page: Page, one: Suppression) -> str:
    if one.area_path is None:
        return "全市"
    return Names(page.area_names(), {}).whole_area(one.area_path)


def _category(page: Page, one: Suppression) -> str:
    return page.category_names().get(one.category, one.category) if one.category else "全部类别"


def _rule(page: Page, one: Suppression) -> str:
    if one.rule_code is None:
        return "全部规则"
    names = {rule.code: rule.name for rule in rule_rows.current(page.session)}
    return names.get(one.rule_code, one.rule_code)


def _ended(page: Page, one: Suppression) -> str:
    if one.ended_at is None or one.ended_by is None:
        return ""
    name = accounts.names(page.session).get(one.ended_by, one.ended_by)
    return f"{_when(page, one.ended_at)}，{name}"


def _when(page: Page, at: datetime) -> str:
    return workparts.clock_time(at, page.zone, now=page.now)
