"""规则: the list of rules with what they were worth, one rule as it stands, its versions."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

import pandas as pd
import streamlit as st

from govdash.core.permissions import Permission
from govdash.core.vocab import AreaLevel
from govdash.store import accounts
from govdash.store.outcomes import outcomes
from govdash.web import acting, rows, ruleadvice, ruleform, workparts
from govdash.web.page import Page
from govdash.web.parts import Html, card_title, el, empty, show
from govdash.workflow import rules as rule_book
from govdash.workflow.notify import chains
from govdash.workflow.outcomes import summary
from govdash.workflow.rules import Rule

KEY: Final = "rule"  # URL parameter: the code of the rule that is looked at
DAYS: Final = 182  # what a rule was worth is told of the last half year
VIEWS: Final = {"now": "现行", "edit": "修改与试算", "advice": "阈值建议", "past": "历史版本"}
CATEGORIES: Final = {"category": "类别", "major": "大类", "all": "全部"}
METHODS: Final = {"native": "自有基线", "rolling-z": "滚动 z"}
DIRECTIONS: Final = {"high": "偏高", "low": "偏低"}
LEVELS: Final = {AreaLevel(level): level.label for level in AreaLevel}


@dataclass(frozen=True, slots=True)
class Book:
    """Every current rule, and what each rule and method was worth inside the viewer's scope."""

    rules: list[Rule]
    worth: pd.DataFrame
    methods: pd.DataFrame


def book(page: Page) -> Book:
    """Read the rules and what they were worth."""
    since = page.now - timedelta(days=DAYS)
    told = outcomes(page.session, page.user.scope, since=since)
    return Book(
        rule_book.current(page.session),
        summary(told, by="rule", days=DAYS),
        summary(told, by="detector", days=DAYS),
    )


def methods_panel(known: Book) -> None:
    """Draw what each detection method was worth, over all rules that use it."""
    show(card_title("按检测方法", f"近 {DAYS} 天"))
    if known.methods.empty:
        show(empty("还没有提示"))
        return
    head = el("tr", *(el("th", t) for t in ("方法", "条/周", "准确率（95% 区间）", "无人看过")))
    lines: list[Html] = []
    for code, line in known.methods.iterrows():
        told = line.to_dict()
        lines.append(
            el(
                "tr",
                el("td", METHODS.get(str(code), str(code))),
                el("td", f"{told['per_week']:.1f}", cls="gd-num"),
                el("td", _precision(told), cls="gd-num"),
                el("td", _share(told["unseen"]), cls="gd-num"),
            )
        )
    show(el("table", head, *lines, cls="gw-table"))


def rule_list(told: Book) -> Rule | None:
    """Draw the rules; return the one that is looked at."""
    known, worth = told.rules, told.worth
    on = sum(rule.enabled for rule in known)
    show(card_title(f"规则 {len(known)} 条", f"启用 {on} 条；近 {DAYS} 天"))
    if not known:
        show(empty("还没有规则", "运行 govdash init 载入默认规则。"))
        return None
    chosen = st.query_params.get(KEY, "") or known[0].code
    listed = [
        rows.Row(rule.code, _cells(rule, worth), chosen=rule.code == chosen) for rule in known
    ]
    opened = rows.draw(
        listed,
        key="gu_rules",
        columns="1fr 3.2rem 4.6rem 5.4rem",
        head=("规则", "状态", "条/周", "准确率"),
    )
    if opened is not None and opened != chosen:
        acting.close_drawer()
        st.query_params[KEY] = opened
        st.rerun()
    return next((rule for rule in known if rule.code == chosen), None)


def rule_card(page: Page, rule: Rule | None, told: Book) -> None:
    """Draw one rule: as it stands, its form and trial, advice on it, or its versions."""
    if rule is None:
        show(empty("没有这条规则", "左侧选择一条规则。"))
        return
    state = f"第 {rule.version} 版 · {'启用' if rule.enabled else '停用'}"
    show(card_title(rule.name, rule.code, state))
    views = list(VIEWS) if page.user.holds(Permission.RULE_EDIT) else ["now", "past"]
    view = st.segmented_control(
        "内容",
        views,
        default="now",
        required=True,
        key=ruleform.VIEW,
        format_func=lambda code: VIEWS[code],
        label_visibility="collapsed",
        bind="query-params",
    )
    if view == "edit":
        ruleform.edit_panel(page, rule)
    elif view == "advice":
        ruleadvice.advice_panel(page, rule)
    elif view == "past":
        _versions(page, rule)
    else:
        show(workparts.facts(_facts(rule)))
        show(_levels(rule))
        show(_worth(rule, told.worth))
        if page.user.holds(Permission.RULE_EDIT):
            ruleform.switch(page, rule)


def _cells(rule: Rule, worth: pd.DataFrame) -> list[rows.Cell]:
    mine: dict[Any, Any] | None = (
        worth.loc[rule.code].to_dict() if rule.code in worth.index else None
    )
    said = "—" if mine is None else _share(mine["precision"])
    return [
        rows.two(rule.name, f"{rule.code} · 第 {rule.version} 版"),
        rows.text("启用" if rule.enabled else "停用", tone="good" if rule.enabled else "faint"),
        rows.num("0" if mine is None else f"{mine['per_week']:.1f}"),
        rows.num(said),
    ]


def _facts(rule: Rule) -> list[tuple[str, object]]:
    p = rule.parameters
    kinds = "渠道" if p.subject == "channel" else "、".join(CATEGORIES[c] for c in p.categories)
    return [
        ("方法", METHODS.get(rule.detector, rule.detector)),
        ("看什么", kinds),
        ("区域", "、".join(LEVELS[level] for level in p.areas)),
        ("方向", DIRECTIONS[p.direction]),
        ("窗口", "、".join(f"{days} 天" for days in p.windows)),
        ("误报比例", f"{p.fdr:.1%}"),
        ("至少超出", f"{p.min_excess:g} 件"),
        ("窗口内至少", f"{p.min_observed:g} 件"),
        ("历史至少", f"{p.min_total:,} 件 / {p.history_days} 天"),
        ("当天", "未完也看" if p.partial_day else "只看完整的天"),
        ("持续后发出", f"{p.confirm_hours} 小时" if p.confirm_hours else "立即"),
        ("冷却", f"{p.cool_down_days} 天"),
        ("消退", f"{p.clear_after_days} 天未再见"),
        ("自动关闭", f"消退 {p.close_after_days} 天后"),
        ("通知链", _chain(p.escalation)),
    ]


def _levels(rule: Rule) -> Html:
    head = el(
        "tr",
        *(
            el("th", text)
            for text in ("级别", "P 值不大于", "超出不少于", "倍数不低于", "签收有效")
        ),
    )
    return el(
        "table",
        head,
        *(
            el(
                "tr",
                el("td", f"{cut.level.shape} {cut.level.numeral} {cut.level.label}"),
                el("td", f"{cut.p_value:.0e}", cls="gd-num"),
                el("td", f"{cut.excess:g} 件", cls="gd-num"),
                el("td", f"{cut.ratio:g}", cls="gd-num"),
                el("td", f"{rule.parameters.acknowledge_hours[cut.level]:g} 小时", cls="gd-num"),
            )
            for cut in rule.parameters.levels
        ),
        cls="gw-table",
    )


def _worth(rule: Rule, worth: pd.DataFrame) -> Html:
    if rule.code not in worth.index:
        return empty(f"近 {DAYS} 天没有发出过提示", "换一种写法可先在“修改与试算”里用历史试算。")
    told: Mapping[Any, Any] = worth.loc[rule.code].to_dict()
    between = (
        "还没有判定"
        if pd.isna(told["precision"])
        else f"属实 {_right(told)}，95% 区间 {told['low']:.0%}～{told['high']:.0%}"
    )
    return workparts.figures(
        [
            ("每周提示", f"{told['per_week']:.1f}", f"近 {DAYS} 天共 {told['raised']:.0f} 条"),
            ("准确率", _share(told["precision"]), between),
            ("到有人处理", _hours(told["hours_to_look"]), "中位数"),
            ("到处理结束", _hours(told["hours_to_end"]), "中位数，人工结束的"),
            ("无人看过", _share(told["unseen"]), "已消退或结束的之中"),
        ]
    )


def _share(value: float | None) -> str:
    return "—" if value is None or pd.isna(value) else f"{value:.0%}"


def _chain(code: str) -> str:
    known = chains.in_force().get(code)
    return known.name if known else code


def _precision(told: Mapping[Any, Any]) -> str:
    if pd.isna(told["precision"]):
        return "—"
    return f"{told['precision']:.0%}（{told['low']:.0%}～{told['high']:.0%}，{_right(told)}）"


def _right(told: Mapping[Any, Any]) -> str:
    return f"{told['true']:.0f}/{told['judged']:.0f}"


def _hours(value: float | None) -> str:
    return "—" if value is None or pd.isna(value) else workparts.span(value * 3600)


def _versions(page: Page, rule: Rule) -> None:
    names = accounts.names(page.session) | {"system": "系统"}
    past = rule_book.versions(page.session, rule.code)
    show(card_title(f"共 {len(past)} 版", "提示记得产生它的那一版；旧版从不改写"))
    for n, (version, who, at) in enumerate(past):
        before = past[n + 1][0] if n + 1 < len(past) else None
        when = workparts.clock_time(at, page.zone, now=page.now)
        with st.container(key=f"gu_version_{version.version}", border=True):
            show(card_title(f"第 {version.version} 版", f"{names.get(who, who)}，{when}"))
            show(_changes(before, version))
            if n and page.user.holds(Permission.RULE_EDIT):
                ruleform.restore_button(rule, version)


def _changes(before: Rule | None, after: Rule) -> Html:
    if before is None:
        return workparts.paragraph("最初的一版。", cls="note")
    told = ruleform.differences(before, after)
    if not told:
        return workparts.paragraph("内容没有不同。", cls="note")
    head = el("tr", *(el("th", text) for text in ("项目", "之前", "之后")))
    lines = (el("tr", el("td", name), el("td", was), el("td", now)) for name, was, now in told)
    return el("table", head, *lines, cls="gw-table gw-wrap")
