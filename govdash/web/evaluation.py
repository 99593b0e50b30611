"""模型评测 as it is drawn: the tiles, the curves, what was found and missed, rule by rule."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any, Final

import plotly.graph_objects as go
import streamlit as st

from govdash.figures import evaluation as figures
from govdash.report import evaluation as report
from govdash.web import workparts
from govdash.web.page import Page
from govdash.web.parts import Html, card_title, el, empty, join, show
from govdash.workflow import evaluations
from govdash.workflow.evaluations import Made

RUN: Final = "run"  # URL parameter: which evaluation is shown
STYLE: Final = Path(__file__).with_name("evaluation.css")
CHART: Final = {"displayModeBar": False}
_LABELS: Final = {"demo": "演示城市的标注", "file": "上传的标注", "none": "没有标注"}


def style() -> None:
    """Put the style sheet of this page on it."""
    st.html(f"<style>{_style()}</style>")


@cache
def _style() -> str:
    return STYLE.read_text("utf-8")


def choose(page: Page) -> dict[str, Any] | None:
    """Draw the list of evaluations made; return the chosen one in words, None without any."""
    made = evaluations.listed(page.settings, page.user.scope)
    if not made:
        return None
    by_number = {one.number: one for one in made}
    wanted = st.query_params.get(RUN, "")
    shown = wanted if wanted in by_number else made[0].number
    with page.bar or st.container():
        st.selectbox(
            "评测记录",
            list(by_number),
            index=list(by_number).index(shown),
            key=f"ge_run_{shown}",
            on_change=_chosen,
            args=(f"ge_run_{shown}",),
            format_func=lambda number: _line(page, by_number[number]),
            label_visibility="collapsed",
            width=430,
        )
    return report.told(evaluations.read(page.settings, shown, page.user.scope))


def _chosen(key: str) -> None:
    st.query_params[RUN] = st.session_state[key]


def nothing(page: Page) -> None:
    """Say why there is no evaluation to see."""
    with st.container(key="card_ev_none"):
        if not page.user.scope.whole_city:
            show(empty("评测只对全市范围开放", "评测结果含各区域的发现；需要时请联系管理员。"))
            return
        show(
            empty("还没有评测过", "点右上角“新的评测”：回放最近 120 天，约需一分钟，可以离开本页。")
        )


def screen(page: Page, result: Mapping[str, Any]) -> None:
    """Draw one evaluation."""
    show(_about(page, result))
    show(el("div", *(_tile(tile) for tile in result["tiles"]), cls="ge-tiles"))
    said, rules = result["sentences"], result["injection"]["rules"]
    upper = st.columns([1.25, 1, 1])
    lower = st.columns([1.25, 1, 1])
    with upper[0], st.container(key="card_ev_curve"):
        title = card_title(
            "检出率与误报", f"注入 {result['injection']['bursts']} 次突发；时空联合、逐街道是本系统"
        )
        point = (_false_per_day(result), rules["pod"]) if rules else None
        figure = figures.pod_curve(
            result["injection"]["arms"], report.ARM_NAMES, page.palette, rules=point
        )
        left_out = "".join(result["injection"]["left_out"].values())
        _chart(title, said["curve"] + left_out, figure, "ge_curve")
    with upper[1], st.container(key="card_ev_reliability"):
        title = card_title("校准", "阴影 = ½～2 倍；✕ 红 = 超出")
        figure = figures.reliability(result["calibration"], page.palette)
        _chart(title, said["reliability"], figure, "ge_reliability")
    with upper[2], st.container(key="card_ev_delay"):
        groups = {"已标注事件": result["replay"]["delays"]}
        groups |= {"注入的突发": rules["delays"]} if rules else {}
        _chart(
            card_title("检出延迟", "从开始到首次提示"),
            said["delay"],
            figures.delays(groups, page.palette),
            "ge_delay",
        )
    with lower[0], st.container(key="card_ev_days"):
        labelled = result["labels"]["source"] != "none"
        days = result["replay"]["alerts_per_day"]
        figure = figures.alerts_per_day(days, page.palette, labelled=labelled)
        _chart(card_title("每天新增提示", "相邻的合并为一起"), said["days"], figure, "ge_days")
    with lower[1], st.container(key="card_ev_sizes"):
        show(card_title("多大的突发能发现", "现行规则"))
        show(el("p", said["sizes"], cls="ge-say"))
        show(_sizes(rules) if rules else empty("没有注入突发"))
    with lower[2], st.container(key="card_ev_precision"):
        show(card_title("人工判定的准确率", "按规则，95% 区间"))
        show(el("p", said["precision"], cls="ge-say"))
        show(_precision(result))
    left, right = st.columns(2)
    with left, st.container(key="card_evlist_found"):
        show(_incidents(result["replay"]["incidents"]))
    with right, st.container(key="card_evlist_false"):
        show(_false(result["replay"]["false_incidents"], labelled=labelled))


def _chart(title: Html, sentence: str, figure: go.Figure, key: str) -> None:
    show(title)
    show(el("p", sentence, cls="ge-say"))
    st.plotly_chart(figure, key=key, theme=None, config=CHART, height="stretch")


def _line(page: Page, made: Made) -> str:
    at = workparts.clock_time(made.made_at, page.zone, now=page.now)
    return f"{at} 评测 {made.first:%Y-%m-%d} 至 {made.last:%Y-%m-%d}"


def _about(page: Page, result: Mapping[str, Any]) -> Html:
    at = workparts.clock_time(datetime.fromisoformat(result["made_at"]), page.zone, now=page.now)
    rules = "、".join(f"{rule['name']} 第 {rule['version']} 版" for rule in result["rules"])
    labels = _LABELS[result["labels"]["source"]]
    text = (
        f"回放 {result['first_day']} 至 {result['last_day']}（{result['days']} 天），"
        f"数据第 {result['data_version']:,} 号变更，规则：{rules}；{labels}；"
        f"{at} 由 {result['made_by']} 评测，用时 {result['seconds']:.0f} 秒"
    )
    return el("p", text, cls="ge-about", title=text)


def _tile(tile: Mapping[str, str]) -> Html:
    words = {"green": "好", "yellow": "注意", "red": "差"}
    label = join(
        [el("span", tile["label"]), workparts.lamp(tile["lamp"], words.get(tile["lamp"], "—"))]
    )
    return el(
        "div",
        el("div", label, cls="gd-kpi-label"),
        el("div", el("b", tile["value"], cls="gd-num"), el("em", tile["unit"]), cls="gd-kpi-value"),
        el("div", tile["note"], cls="gd-kpi-note", title=tile["note"]),
        cls="gd-kpi",
    )


def _sizes(rules: Mapping[str, Any]) -> Html:
    rows = [
        _bar_row(
            f"{row['from']:g}～{row['to']:g} 倍标准差",
            row["detected"] / row["n"] if row["n"] else None,
            f"{row['detected']}/{row['n']}",
        )
        for row in rules["by_size"]
    ]
    whole = _bar_row("全部", rules["pod"], f"{rules['pod']:.0%}")
    chance = _bar_row("碰巧（没有注入时）", rules["by_chance"], f"{rules['by_chance']:.0%}")
    return el("table", *rows, whole, chance, cls="gw-table")


def _precision(result: Mapping[str, Any]) -> Html:
    head = el("tr", *(el("th", text) for text in ("规则", "准确率", "", "属实/判定（区间）")))
    rows = [
        _bar_row(
            row["name"],
            row["precision"],
            f"{row['true']}/{row['true'] + row['false']}{_between(row)}",
        )
        for row in result["precision"]
    ]
    top = [
        ("最严重的 {} 条（人工判定）", result["precision_at_k"]),
        ("最严重的 {} 起（对照标注）", _labelled_top(result)),
    ]
    for words, points in top:
        rows += [
            _bar_row(
                words.format(point["k"]),
                point["true"] / point["k"],
                f"{point['true']}/{point['k']}",
            )
            for point in points
        ]
    if not rows:
        return empty("还没有人工判定", "在预警中心排除或关闭提示时选择的判定会计入这里。")
    return el("table", head, *rows, cls="gw-table")


def _between(row: Mapping[str, Any]) -> str:
    return "" if row["low"] is None else f"（{row['low']:.0%}～{row['high']:.0%}）"


def _labelled_top(result: Mapping[str, Any]) -> Sequence[Mapping[str, int]]:
    return [] if result["labels"]["source"] == "none" else result["replay"]["at_k"]


def _bar_row(name: str, share: float | None, word: str) -> Html:
    known = share is not None
    return el(
        "tr",
        el("td", name),
        el("td", f"{share:.0%}" if known else "—", cls="gd-num r"),
        el("td", el("u", el("i", style=f"width:{share:.0%}") if known else None)),
        el("td", word, cls="gd-num r"),
    )


def _incidents(rows: Sequence[Mapping[str, Any]]) -> Html:
    found = sum(row["detected"] for row in rows)
    title = card_title("已标注事件", f"检出 {found}，漏检 {len(rows) - found}")
    if not rows:
        return join([title, empty("时段内没有标注的事件", "可在“新的评测”里上传标注文件。")])
    head = el("tr", *(el("th", t) for t in ("结果", "事件", "开始", "延迟", "实测/预期")))
    ordered = sorted(rows, key=lambda row: (row["detected"], row["start_day"]))
    body = [
        el(
            "tr",
            el("td", workparts.lamp(*(("green", "检出") if row["detected"] else ("red", "漏检")))),
            el("td", row["name"]),
            el("td", row["start_day"], cls="gd-num"),
            el("td", f"{row['delay_days']:.0f} 天" if row["detected"] else "—", cls="gd-num r"),
            el(
                "td",
                f"{row['observed']:.0f}/{row['expected']:.1f}" if row["detected"] else "—",
                cls="gd-num r",
            ),
        )
        for row in ordered
    ]
    return join([title, el("table", head, *body, cls="gw-table")])


def _false(rows: Sequence[Mapping[str, Any]], *, labelled: bool) -> Html:
    what = "误报" if labelled else "提示"
    title = card_title(what, "与任何已标注事件无关的提示" if labelled else "没有标注，不知真假")
    if not rows:
        return join([title, empty(f"时段内没有{what}")])
    head = el("tr", *(el("th", text) for text in ("首日", "天数", what, "说明")))
    body = [
        el(
            "tr",
            el("td", row["first_day"], cls="gd-num", style="white-space:nowrap"),
            el("td", str(row["findings"]), cls="gd-num r"),
            el("td", row["title"]),
            el("td", row["sentence"]),
        )
        for row in rows
    ]
    return join([title, el("table", head, *body, cls="gw-table")])


def _false_per_day(result: Mapping[str, Any]) -> float:
    return result["replay"]["false_per_week"] / 7
