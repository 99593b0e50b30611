"""A rule changed on the screen: the form makes a draft, the draft is tried, then made current."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

import pandas as pd
import streamlit as st
from pydantic import ValidationError

from govdash.access import User
from govdash.core.errors import InputError
from govdash.core.vocab import AreaLevel, Level
from govdash.store import Session
from govdash.web import acting, ruletrial
from govdash.web.page import Page
from govdash.web.parts import Html, card_title, el, empty, plain, show
from govdash.workflow import rules as rule_book
from govdash.workflow.rules import Parameters, Rule

NAMES: Final[Mapping[str, str]] = {
    "name": "名称",
    "enabled": "启用",
    "detector": "方法",
    "subject": "看什么",
    "areas": "区域层级",
    "categories": "类别层级",
    "direction": "方向",
    "windows": "窗口（天）",
    "fdr": "误报比例",
    "min_excess": "至少超出（件）",
    "min_observed": "窗口内至少（件）",
    "min_total": "历史至少（件）",
    "history_days": "历史天数",
    "partial_day": "当天未完也看",
    "cool_down_days": "冷却（天）",
    "clear_after_days": "多少天未再见即消退",
    "confirm_hours": "持续多少小时才发出",
    "acknowledge_hours": "签收有效（小时）",
    "close_after_days": "消退多少天后自动关闭",
    "escalation": "通知链",
    "route": "通知链第一步",
    "levels": "级别",
    "detector_parameters": "方法参数",
}
VIEW: Final = "view"  # widget and URL parameter: what is shown of the rule
KEPT: Final = "还没有生效，只保留到离开系统或刷新页面为止"
WINDOWS: Final = (1, 2, 3, 7, 14, 28)
_COLUMNS: Final = {"p_value": "P 值不大于", "excess": "超出不少于", "ratio": "倍数不低于"}


def differences(before: Rule, after: Rule) -> list[tuple[str, str, str]]:
    """Return what two versions differ in: name of the field, before, after."""
    old, new = _plain(before), _plain(after)
    keys = [key for key in NAMES if old.get(key) != new.get(key)]
    return [(NAMES[key], _said(key, old.get(key)), _said(key, new.get(key))) for key in keys]


def switch(page: Page, rule: Rule) -> None:
    """Draw the button that switches a rule off or on, once it is confirmed."""
    word = "停用" if rule.enabled else "启用"
    with st.popover(word, icon=":material/power_settings_new:"):
        st.write(
            f"{word} {rule.code}？"
            + (
                "之后不再发出新提示，已有的提示照常办理。"
                if rule.enabled
                else "下一次检测起发出提示。"
            )
        )
        if st.button(f"确认{word}", key=f"gu_switch_{rule.code}_{rule.version}", type="primary"):
            other = rule.model_copy(update={"enabled": not rule.enabled})
            _publish(page, rule, other, f"已{word}规则 {rule.code}")


def restore_button(rule: Rule, old: Rule) -> None:
    """Draw the button that puts an old version into the form."""
    st.button(
        "放入草稿",
        key=f"gu_restore_{rule.code}_{old.version}",
        icon=":material/history:",
        on_click=edit,
        args=(rule, old),
    )


def edit(rule: Rule, draft: Rule) -> None:
    """Open the form with a draft in it; a button's ``on_click``."""
    keep_draft(rule, draft)
    st.session_state[VIEW] = "edit"


def keep_draft(rule: Rule, draft: Rule) -> None:
    """Keep a draft of `rule`; its form begins anew with it."""
    st.session_state[_key(rule)] = draft.model_dump(mode="json")
    st.session_state[f"{_key(rule)}_n"] = st.session_state.get(f"{_key(rule)}_n", 0) + 1


def edit_panel(page: Page, rule: Rule) -> None:
    """Draw the form, what the draft changes, its trial, and the button that makes it current."""
    draft = Rule.model_validate(st.session_state.get(_key(rule), rule.model_dump(mode="json")))
    told = _form(rule, draft)
    if told is not None:
        try:
            made = _made(rule, told)
        except InputError as error:
            st.error(plain(error))
        else:
            st.session_state[_key(rule)] = made.model_dump(mode="json")
            draft = made
    changed = differences(rule, draft)
    if not changed:
        show(empty("草稿与现行版本相同", "改动后点“存为草稿”，再用历史试算，满意后启用。"))
        ruletrial.trial_panel(page, rule)
        return
    show(card_title(f"草稿改动 {len(changed)} 项", f"与现行第 {rule.version} 版相比；{KEPT}"))
    show(_changes(changed))
    with st.container(horizontal=True, gap="small"):
        ruletrial.start_button(page, draft)
        with st.popover("启用草稿", icon=":material/publish:"):
            st.write(f"把草稿作为 {rule.code} 的第 {rule.version + 1} 版，下一次检测起生效？")
            if st.button("确认启用", key=f"gu_publish_{rule.code}_{rule.version}", type="primary"):
                said = f"{draft.code} 第 {rule.version + 1} 版已生效"
                _publish(page, rule, draft, said)
        with st.popover("另存为新规则", icon=":material/content_copy:"):
            _save_as(page, rule, draft)
        if st.button("放弃草稿", key=f"gu_drop_{rule.code}", icon=":material/delete:"):
            keep_draft(rule, rule)
            st.rerun()
    ruletrial.trial_panel(page, draft)


def _save_as(page: Page, rule: Rule, draft: Rule) -> None:
    code = st.text_input(
        "新规则的代码", key=f"gu_code_{rule.code}", max_chars=40, help="小写字母、数字、横线"
    )
    name = st.text_input("名称", draft.name, key=f"gu_newname_{rule.code}", max_chars=30)
    if not st.button("建立（先停用）", key=f"gu_new_{rule.code}", type="primary"):
        return

    def act(session: Session, user: User, at: datetime) -> str:
        told = draft.model_dump() | {"code": code.strip(), "name": name.strip(), "enabled": False}
        try:
            new = Rule.model_validate(told)
        except ValidationError as error:
            raise InputError(
                "代码以小写字母开头，只含小写字母、数字、横线；名称不能为空。"
            ) from error
        rule_book.change(session, new, actor=user, at=at, seen_version=0)
        return f"已建立规则 {new.code}，停用中；试算后再启用。"

    acting.finish(page, act, did="rule.change", subject=f"rule:{code.strip()}"[:120])


def _key(rule: Rule) -> str:
    return f"gu_draft_{rule.code}"


def _publish(page: Page, rule: Rule, new: Rule, said: str) -> None:
    def act(session: Session, user: User, at: datetime) -> str:
        stored = rule_book.change(session, new, actor=user, at=at, seen_version=rule.version)
        return f"{said}（第 {stored.version} 版）。"

    acting.finish(
        page, act, did="rule.change", subject=f"rule:{rule.code}",
        then=lambda: st.session_state.pop(_key(rule), None),
    )  # fmt: skip


def _form(rule: Rule, draft: Rule) -> dict[str, Any] | None:
    """Draw the fields; return what they say when the form was sent."""
    p, n = draft.parameters, st.session_state.get(f"{_key(rule)}_n", 0)
    key = f"gu_{rule.code}_{rule.version}_{n}"  # a new draft has fields of its own
    told: dict[str, Any] = {}
    with st.form(f"{key}_form", border=False):
        one, two, three, four = st.columns(4)
        told["name"] = one.text_input("名称", draft.name, max_chars=30, key=f"{key}_name")
        told["areas"] = two.multiselect(
            "区域层级", list(AreaLevel), list(p.areas), key=f"{key}_areas",
            format_func=lambda level: level.label,
        )  # fmt: skip
        told["windows"] = three.multiselect(
            "窗口（天）", sorted({*WINDOWS, *p.windows}), list(p.windows), key=f"{key}_windows"
        )
        told["fdr"] = four.number_input(
            "误报比例", 0.0001, 0.5, p.fdr, step=0.005, format="%.4f", key=f"{key}_fdr"
        )
        for column, name, least in (
            (one, "min_excess", 0), (two, "min_observed", 0), (three, "min_total", 1),
            (four, "confirm_hours", 0), (one, "cool_down_days", 0), (two, "clear_after_days", 1),
            (three, "close_after_days", 0),
        ):  # fmt: skip
            told[name] = column.number_input(
                NAMES[name], least, 100_000, int(getattr(p, name)), key=f"{key}_{name}"
            )
        told["partial_day"] = four.toggle("当天未完也看", p.partial_day, key=f"{key}_partial")
        left, right = st.columns([0.62, 0.38])
        with left:
            told["levels"] = _level_table(p, key)
        with right:
            told["hours"] = _hours_table(p, key)
        sent = st.form_submit_button("存为草稿", icon=":material/save:")
    return told if sent else None


def _level_table(p: Parameters, key: str) -> pd.DataFrame:
    known = {cut.level: cut for cut in p.levels}
    table = pd.DataFrame(
        [
            [level.label, level in known]
            + [getattr(known[level], name) if level in known else None for name in _COLUMNS]
            for level in Level
        ],
        columns=["级别", "使用", *_COLUMNS.values()],
    )
    return st.data_editor(
        table,
        key=f"{key}_levels",
        hide_index=True,
        disabled=["级别"],
        column_config={
            "P 值不大于": st.column_config.NumberColumn(
                format="%.0e", min_value=0.0, max_value=1.0
            ),
            "超出不少于": st.column_config.NumberColumn(min_value=0.0),
            "倍数不低于": st.column_config.NumberColumn(min_value=1.0),
        },
    )


def _hours_table(p: Parameters, key: str) -> pd.DataFrame:
    table = pd.DataFrame(
        [[level.label, p.acknowledge_hours[level]] for level in Level],
        columns=["级别", "签收有效（小时）"],
    )
    return st.data_editor(table, key=f"{key}_hours", hide_index=True, disabled=["级别"])


def _made(rule: Rule, told: Mapping[str, Any]) -> Rule:
    """Make the draft that the fields say.

    Raises
    ------
    InputError
        When they make no rule; the message names the field.
    """
    cuts = [
        {"level": level.value} | {code: float(row[label]) for code, label in _COLUMNS.items()}
        for level, row in zip(Level, told["levels"].to_dict("records"), strict=True)
        if row["使用"] and all(pd.notna(row[label]) for label in _COLUMNS.values())
    ]
    hours = told["hours"]["签收有效（小时）"]
    fields = {name: told[name] for name in Parameters.model_fields if name in told} | {
        "levels": cuts,
        "windows": sorted(told["windows"]),
        "acknowledge_hours": dict(zip(Level, map(float, hours), strict=True)),
    }
    try:
        parameters = Parameters.model_validate(rule.parameters.model_dump() | fields)
        named = {"name": told["name"].strip(), "parameters": parameters.model_dump()}
        return Rule.model_validate(rule.model_dump() | named)
    except ValidationError as error:
        raise InputError(_trouble(error)) from error


def _trouble(error: ValidationError) -> str:
    """Say in Chinese which fields are wrong."""
    fields = [str(part) for one in error.errors() for part in one["loc"] if str(part) in NAMES]
    named = "、".join(NAMES[field] for field in dict.fromkeys(fields)) or "级别和时限"
    return f"草稿没有存下：{named}填写不完整或超出范围；级别从红到蓝至少用一级，三个条件都要填。"


def _plain(rule: Rule) -> dict[str, Any]:
    told = rule.model_dump(mode="json")
    return {k: told[k] for k in ("name", "enabled", "detector")} | told["parameters"]


def _said(key: str, value: Any) -> str:  # noqa: ANN401  # whatever a field holds
    if isinstance(value, bool):
        return "是" if value else "否"
    if key == "levels":
        return "；".join(
            f"{Level(cut['level']).label} P≤{cut['p_value']:.0e} 超出≥{cut['excess']:g}"
            f" 倍数≥{cut['ratio']:g}"
            for cut in value or ()
        )
    if key == "acknowledge_hours":
        return "、".join(f"{Level(level).label} {hours:g}" for level, hours in value.items())
    if key == "areas":
        return "、".join(AreaLevel(level).label for level in value)
    if isinstance(value, list):
        return "、".join(map(str, value))
    if isinstance(value, float):
        return f"{value:g}"
    return "—" if value is None else str(value)


def _changes(changed: list[tuple[str, str, str]]) -> Html:
    head = el("tr", *(el("th", text) for text in ("项目", "现行", "草稿")))
    lines = (el("tr", el("td", name), el("td", was), el("td", now)) for name, was, now in changed)
    return el("table", head, *lines, cls="gw-table gw-wrap")
