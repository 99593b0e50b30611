"""The drawers of 静默与计划: a new one, a later end, ending it now; each is confirmed."""

from datetime import datetime, timedelta
from typing import Final

import streamlit as st

from govdash.access import User
from govdash.core.vocab import Mute
from govdash.store import Session
from govdash.store import alerts as alert_rows
from govdash.store import rules as rule_rows
from govdash.store.models import Suppression
from govdash.web import acting, mutes, workparts
from govdash.web.page import Page
from govdash.web.parts import show
from govdash.workflow.naming import Names
from govdash.workflow.notify import muting, suppression

_WHOLE: Final = ""  # the whole city, in the list of areas


def drawers(page: Page, chosen: Suppression | None) -> None:
    """Open the drawer that the URL names, when its action is possible now."""
    if acting.drawer_open(mutes.NEW):
        _new_drawer(page)
    elif chosen is None or chosen.ended_at is not None or chosen.ends_at <= page.now:
        return
    elif acting.drawer_open("mute_extend"):
        _extend_drawer(page, chosen, acting.seen_version("mute_extend", chosen.version))
    elif acting.drawer_open("mute_end"):
        _end_drawer(page, chosen, acting.seen_version("mute_end", chosen.version))


@st.dialog("新建静默或计划", position="right", width="medium", on_dismiss=acting.close_drawer)
def _new_drawer(page: Page) -> None:
    with page.refresh() as fresh:
        about = _about(fresh)
        places = _places(fresh)
        categories = fresh.category_names()
        rules = {rule.code: rule.name for rule in rule_rows.current(fresh.session)}
        now = fresh.now.astimezone(fresh.zone).replace(tzinfo=None, second=0, microsecond=0)
    kinds = list(Mute)
    kind = Mute(
        st.radio(
            "种类",
            kinds,
            index=kinds.index(Mute.PLANNED if about else Mute.SILENCE),
            format_func=lambda code: code.label,
            horizontal=True,
            key="gm_form_kind",
        )
    )
    longest = suppression.in_force().longest_days[kind]
    show(
        workparts.paragraph(
            f"{kind.label}最长 {longest} 天；只压住通知，红色不受影响。", cls="note"
        )
    )
    with st.form("gm_form", border=False):
        name = ""
        if kind is Mute.PLANNED:
            name = st.text_input(
                "活动名称", key="gm_form_name", max_chars=60, placeholder="如：半程马拉松、灯会"
            )
        paths = list(places)
        area = st.selectbox(
            "区域",
            paths,
            index=paths.index(about[0]) if about and about[0] in places else None,
            format_func=lambda path: places[path],
            placeholder="选择区域",
            key="gm_form_area",
        )
        keys = list(categories)
        category = st.selectbox(
            "类别",
            keys,
            index=keys.index(about[1]) if about and about[1] in categories else None,
            format_func=lambda key: categories[key],
            placeholder="全部类别",
            key="gm_form_category",
        )
        rule = st.selectbox(
            "规则",
            list(rules),
            index=None,
            format_func=lambda code: rules[code],
            placeholder="全部规则",
            key="gm_form_rule",
        )
        left, right = st.columns(2)
        starts = left.datetime_input("开始", now, key="gm_form_start")
        ends = right.datetime_input("结束", now + timedelta(hours=4), key="gm_form_end")
        reason = st.text_area(
            "理由", key="gm_form_reason", max_chars=200,
            placeholder="被压住的人会看到；请勿写个人信息",
        )  # fmt: skip
        sure = st.checkbox("我确认：这段时间里不通知范围内的新提示", key="gm_form_sure")
        sent = st.form_submit_button("设置", type="primary")
    if not sent:
        return
    if area is None or not sure:
        st.error("请选择区域，并勾选确认。" if area is None else "请勾选确认后再设置。")
        return
    new = muting.NewMute(
        kind=kind,
        name=name,
        area_path=area or None,
        category=category,
        rule_code=rule,
        starts_at=_aware(page, starts),
        ends_at=_aware(page, ends),
        reason=reason,
    )

    def act(session: Session, user: User, at: datetime) -> str:
        made = muting.add(session, new, actor=user, at=at)
        until = workparts.clock_time(made.ends_at, page.zone, now=at)
        return f"已设置{made.kind.label}，到 {until}。"

    acting.finish(page, act, did="silence.add", subject=f"area:{area or 'city'}")


@st.dialog("延长", position="right", width="medium", on_dismiss=acting.close_drawer)
def _extend_drawer(page: Page, one: Suppression, version: int) -> None:
    number, ends_at = one.id, one.ends_at
    show(workparts.paragraph(mutes.title(page, one)))
    local = ends_at.astimezone(page.zone).replace(tzinfo=None)
    with st.form(f"gm_extend_{number}", border=False):
        until = st.datetime_input(
            "新的结束时间", local + timedelta(hours=4), key=f"gm_extend_until_{number}"
        )
        reason = st.text_area("延长的理由", key=f"gm_extend_why_{number}", max_chars=200)
        sent = st.form_submit_button("确认延长", type="primary")
    if not sent:
        return

    def act(session: Session, user: User, at: datetime) -> str:
        kept = muting.extend(
            session, number, _aware(page, until),
            reason=reason, actor=user, at=at, seen_version=version,
        )  # fmt: skip
        return f"已延长到 {workparts.clock_time(kept.ends_at, page.zone, now=at)}。"

    acting.finish(page, act, did="silence.extend", subject=f"silence:{number}")


@st.dialog("结束", position="right", width="medium", on_dismiss=acting.close_drawer)
def _end_drawer(page: Page, one: Suppression, version: int) -> None:
    number = one.id
    show(workparts.paragraph(mutes.title(page, one)))
    show(workparts.paragraph("结束后，仍在等待处理的提示会立即通知被压住的人。", cls="note"))
    if not st.button("确认结束", key=f"gm_end_{number}_{version}", type="primary"):
        return

    def act(session: Session, user: User, at: datetime) -> str:
        muting.end(session, number, actor=user, at=at, seen_version=version)
        return "已结束，通知恢复。"

    acting.finish(page, act, did="silence.end", subject=f"silence:{number}")


def _about(page: Page) -> tuple[str, str] | None:
    """Return area and category of the alert that a link brings along, to fill the form in."""
    number = acting.number_in(st.query_params.get("alert", ""))
    if number is None:
        return None
    alert = alert_rows.get(page.session, number, page.user.scope)
    return None if alert is None else (alert.area_path or "", alert.category)


def _places(page: Page) -> dict[str, str]:
    """Return the areas of the viewer by path, the whole city for who sees it."""
    names = Names(page.area_names(), {})
    scope = page.user.scope
    mine = {path: names.whole_area(path) for path in names.areas if scope.covers(path)}
    whole = {_WHOLE: "全市"} if scope.whole_city else {}
    return whole | dict(sorted(mine.items()))


def _aware(page: Page, local: datetime | None) -> datetime:
    """Return a moment that was typed on the city's clock; now where nothing was typed."""
    return page.now if local is None else local.replace(tzinfo=page.zone)
