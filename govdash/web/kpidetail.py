"""The card beside the scoreboard: spread, course, cases, diagnoses, fairness, appeals, repeats."""

from collections.abc import Callable
from typing import Any, Final

import pandas as pd
import streamlit as st

from govdash.core.permissions import Permission
from govdash.core.vocab import Asked, AskState, CaseState
from govdash.figures import indicators as figures
from govdash.report import kpi, kpi_export, kpi_reading
from govdash.store import areas, caselogs
from govdash.web import workparts
from govdash.web.kpishown import CASES, TIMES, Shown, about, figure, link, moment, said
from govdash.web.page import Page
from govdash.web.parts import Html, card_title, el, empty, join, number, show
from govdash.web.registry import entry_of
from govdash.workflow.typed import masked

CHART: Final = {"displayModeBar": False}
MOST: Final = 200  # lines of a list on a screen; the export has all


def card(page: Page, shown: Shown) -> None:
    """Draw the card: of one group, or of all."""
    looks: dict[str, Callable[[Page, Shown], None]] = {
        "分布": _spread, "走势": _course, CASES: _cases, "诊断": _diagnosis, "公平": _fair,
        "申诉": _appeals, "重复": _repeats, "口径": _terms,
    }  # fmt: skip
    look = st.segmented_control(
        "看什么", list(looks), default="分布", required=True, key="look", bind="query-params",
        label_visibility="collapsed",
    )  # fmt: skip
    looks[look or "分布"](page, shown)


def _note(page: Page, shown: Shown) -> str:
    period = shown.spans.now
    return f"{period.first} 至 {period.last} · 来源 案件日志 · 截至 {moment(page, shown)}"


def _spread(page: Page, shown: Shown) -> None:
    row = shown.indicator
    times, unit = (1, "分") if row.score else (TIMES, "%")
    show(card_title(f"{row.name}的分布（{unit}）", _note(page, shown)))
    table = shown.now.rows[shown.now.rows["code"] == shown.code].dropna(subset=["value"])
    if table.empty:
        show(empty("没有可以比较的", "所选时段里没有到期的案件。"))
        return
    order = table.sort_values(["value", "denominator"], ascending=[row.direction == "down", False])
    told = pd.DataFrame(
        {
            "name": [
                kpi_export.group_name(shown.now.by, g, shown.names).rpartition(" / ")[2]
                for g in order["group"]
            ],
            "value": (order["value"] * times).tolist(),
            "low": (order["low"] * times).tolist(),
            "high": (order["high"] * times).tolist(),
            "ranked": order["rank"].notna().tolist(),
            "n": order["denominator"].tolist(),
        }
    )  # fmt: skip
    target = row.target * times if row.target is not None else None
    drawn = figures.spread(told, page.palette, unit=unit, target=target)
    drawn.update_layout(height=max(240, 17 * len(told) + 60))
    with st.container(key="gk_scroll"):
        st.plotly_chart(drawn, key="gk_spread", theme=None, config=CHART, height="content")
    show(el("div", "横线 = 95% 区间，空心 = 件数少、不排名，虚线 = 达标线", cls="gk-note"))


def _course(page: Page, shown: Shown) -> None:
    row = shown.indicator
    times, unit = (1, "分") if row.score else (TIMES, "%")
    show(card_title(f"{about(shown)}{row.name}走势（{unit}）", _note(page, shown)))
    if shown.group is not None and shown.now.by in ("post", "inspector"):
        show(empty("人员只看本期", "走势按街道、区、单位看。"))
        return
    told = kpi_reading.course(
        shown.occasions, shown.book, shown.now, shown.spans, group=shown.group
    )
    mine = told[told["code"] == shown.code].set_index("first")
    firsts = [period.first for period in shown.spans.trend]
    columns = {
        name: [_scaled(mine[name].get(first), times) for first in firsts]
        for name in ("value", "low", "high")
    }
    if not any(value is not None for value in columns["value"]):
        show(empty("没有可以计算的", "这几期里没有到期的案件。"))
        return
    year = figure(shown.year.whole if shown.group is None else _of_group(shown), shown.code)
    drawn = figures.course(
        kpi_reading.days_of(shown.spans.trend), columns["value"], columns["low"], columns["high"],
        page.palette, unit=unit, target=None if row.target is None else row.target * times,
        year=_scaled(year["value"], times),
    )  # fmt: skip
    st.plotly_chart(drawn, key="gk_course", theme=None, config=CHART, height="stretch")
    show(
        el(
            "div",
            f"阴影 = 95% 区间，◇ = 去年同期；{shown.spans.words}；各期都按同样的时点所知",
            cls="gk-note",
        )
    )


def _of_group(shown: Shown) -> pd.DataFrame:
    return shown.year.rows[shown.year.rows["group"] == shown.group]


def _scaled(value: Any, times: int) -> float | None:  # noqa: ANN401 - a cell of a frame
    return None if value is None or pd.isna(value) else float(value) * times


def _cases(page: Page, shown: Shown) -> None:
    row = shown.indicator
    if row.score:
        parts = shown.scheme.body.scores[row.score].weights
        show(card_title(f"{about(shown)}{row.name}的各项", "一项没有数，就没有总分"))
        board = shown.now.whole if shown.group is None else _rows_of(shown)
        lines = [_part(shown, board, code, weight) for code, weight in parts.items()]
        head = el("tr", *(el("th", t) for t in ("指标", "值", "权重", "分子/分母")))
        show(el("table", head, *lines, cls="gw-table"))
        return
    told = kpi.behind(shown.now, shown.code, shown.book, group=shown.group)
    hits = int(told["hit"].sum())
    parts = f"{row.numerator_name} {hits} / {row.denominator_name} {len(told)}"
    title = f"{about(shown)}{row.name}：{parts}"
    show(card_title(title, "未计入分子的在前"))
    if not page.user.holds(Permission.CASE_READ):
        show(empty("不能看案件", "您的角色不看案件，只看指标。"))
        return
    if told.empty:
        show(empty("没有案件", "所选时段里没有计入这个指标的案件。"))
        return
    ids = [int(i) for i in told["case_id"].unique()]
    seen = masked(caselogs.numbers(page.session, shown.query.scope, ids)).set_index("id")
    cases = entry_of("cases").url
    lines: list[Html] = []
    for one in told.head(MOST).to_dict("records"):
        if one["case_id"] not in seen.index:
            continue
        case = seen.loc[one["case_id"]]
        at = workparts.clock_time(one["at"].to_pydatetime(), page.zone, now=page.now)
        word = ("green", "是") if one["hit"] else ("off", "否")
        href = f"{cases}?case={one['case_id']}"
        lines.append(
            el(
                "tr",
                el("td", el("a", case["number"], href=href, target="_self")),
                el("td", case["title"], title=case["title"], cls="gk-cut"),
                el("td", CaseState(case["state"]).label),
                el("td", at, cls="gd-num"),
                el("td", workparts.lamp(*word)),
            )
        )
    basis = shown.book.table.bases[row.basis]["when"].partition("（")[0]
    head = el("tr", *(el("th", t) for t in ("案件", "问题", "现状", basis, row.numerator_name)))
    show(el("div", el("table", head, *lines, cls="gw-table"), cls="gk-list"))
    if len(told) > MOST:
        show(el("div", f"只列前 {MOST} 件，共 {len(told)} 件", cls="gk-note"))


def _rows_of(shown: Shown) -> pd.DataFrame:
    told = shown.now.occasions
    mine = told[told["group"] == shown.group].drop(columns="group")
    return kpi.board(
        mine, shown.book, shown.scheme,
        period=shown.now.period, by="city", known_at=shown.now.known_at,
    ).whole  # fmt: skip


def _part(shown: Shown, board: pd.DataFrame, code: str, weight: float) -> Html:
    part, row = figure(board, code), shown.book.table.of(code)
    params = link(code=code, look=CASES) | ({"group": shown.group} if shown.group else {})
    href = "?" + "&".join(f"{k}={v}" for k, v in params.items())
    word = row.name if row.direction == "up" else f"1 − {row.name}"
    return el(
        "tr",
        el("td", el("a", word, href=href, target="_self")),
        el("td", said(part, row) + " %", cls="gd-num"),
        el("td", f"{weight:g}", cls="gd-num"),
        el("td", f"{part['numerator']}/{part['denominator']}", cls="gd-num"),
    )


def _diagnosis(page: Page, shown: Shown) -> None:
    show(card_title(f"{shown.indicator.name}诊断", _note(page, shown)))
    told = kpi_reading.diagnoses(shown.now, shown.previous, shown.indicator, shown.names)
    if not told:
        show(empty("综合分不诊断", "请选择一个率；综合分的各项在“案件”里。"))
        return
    pieces = [el("div", el("b", what), el("p", sentence), cls="gk-say") for what, sentence in told]
    show(join(pieces))
    show(
        el(
            "div",
            "“超出偶然波动”：两个比例之差的 |z| > 1.96，从多个里挑的按个数加严；不说原因。",
            cls="gk-note",
        )
    )


def _fair(page: Page, shown: Shown) -> None:
    row = shown.indicator
    show(card_title(f"{row.name}：人口、面积、类别构成", "名次不该只是人口图"))
    if shown.now.by not in ("street", "district") or not row.is_rate:
        show(empty("按街道或区、选一个率来看", "单位和岗位没有人口和面积；综合分没有类别构成。"))
        return
    table = kpi_reading.fair(shown.now, row, areas.frame(page.session))
    if table.empty:
        show(empty("没有登记的案件", "换一个时间范围看看。"))
        return
    names = ("区域", "登记", "每万人", "每km²", "实际%", "构成应有%", "调整后%", "名次", "调整后")
    lines = [
        el(
            "tr",
            el("td", kpi_export.group_name(shown.now.by, one["group"], shown.names), cls="gk-cut"),
            el("td", number(one["n"]), cls="gd-num r"),
            el("td", number(one["per_10k"], digits=1), cls="gd-num r"),
            el("td", number(one["per_km2"], digits=1), cls="gd-num r"),
            *(
                el("td", number(one[name] * TIMES, digits=1), cls="gd-num r")
                for name in ("rate", "expected", "adjusted")
            ),
            *(
                el("td", "—" if pd.isna(one[name]) else str(one[name]), cls="gd-num r")
                for name in ("rank", "rank_adjusted")
            ),
        )
        for one in table.to_dict("records")
    ]  # fmt: skip
    show(
        el(
            "div",
            el("table", el("tr", *(el("th", t) for t in names)), *lines, cls="gw-table"),
            cls="gk-list",
        )
    )
    lacking = int(table["per_10k"].isna().sum())
    word = f"{lacking} 个区域没有人口数据，“每万人”为空。" if lacking else ""
    show(
        el(
            "div",
            f"{word}“构成应有”= 按全部各类别的率套用它的类别构成（间接标准化）。",
            cls="gk-note",
        )
    )


def _appeals(page: Page, shown: Shown) -> None:
    period = shown.spans.now
    show(card_title("申诉与延期", f"{period.first} 至 {period.last} 提出的"))
    if not page.user.holds(Permission.CASE_READ):
        show(empty("不能看案件", "您的角色不看案件，只看指标。"))
        return
    told = caselogs.appeals(
        page.session, shown.query.scope, since=period.start, until=period.end,
        known_at=shown.now.known_at,
    )  # fmt: skip
    if told.empty:
        show(empty("没有申诉，也没有延期申请", "所选时段里没有人提出。"))
        return
    told = masked(told.rename(columns={"reason": "note"}))
    cases = entry_of("cases").url
    lines = [
        el(
            "tr",
            el("td", el("a", one["number"], href=f"{cases}?case={one['case_id']}", target="_self")),
            el("td", Asked(one["kind"]).label),
            el("td", AskState(one["state"]).label),
            el("td", workparts.clock_time(one["asked_at"], page.zone, now=page.now), cls="gd-num"),
            el("td", one["note"], title=one["note"], cls="gk-cut"),
        )
        for one in told.head(MOST).to_dict("records")
    ]
    head = el("tr", *(el("th", t) for t in ("案件", "申请", "结果", "提出", "理由")))
    show(el("div", el("table", head, *lines, cls="gw-table"), cls="gk-list"))
    show(el("div", "超时申诉同意后，按期类指标不计这一件；超期的事实不变。", cls="gk-note"))


def _repeats(page: Page, shown: Shown) -> None:
    table = page.cached(kpi_reading.repeats, shown.query)
    many = int(table["stubborn"].sum())
    show(
        card_title(
            f"重复投诉的地点 {len(table)} 处",
            f"同一网格、同一类别，热线和随手拍不少于 3 件；其中不少于 5 件的 {many} 处",
        )
    )
    if table.empty:
        show(empty("没有重复投诉的地点", "所选时段里没有一处达到 3 件。"))
        return
    monitor = entry_of("map").url
    period = shown.spans.now
    lines = []
    for one in table.head(MOST).to_dict("records"):
        href = (
            f"{monitor}?area={one['grid']}&category={one['category']}"
            f"&from={period.first}&to={period.last}"
        )
        place = shown.names.area(one["grid"])
        word = ("red", "5 件以上") if one["stubborn"] else ("yellow", "3 件以上")
        lines.append(
            el(
                "tr",
                el("td", workparts.lamp(*word)),
                el(
                    "td",
                    el("a", place, href=href, target="_self"),
                    cls="gk-cut",
                ),
                el("td", shown.names.categories.get(one["category"], one["category"])),
                el("td", str(one["n"]), cls="gd-num r"),
            )
        )
    head = el("tr", *(el("th", t) for t in ("", "地点", "类别", "件")))
    show(el("div", el("table", head, *lines, cls="gw-table"), cls="gk-list"))


def _terms(_page: Page, shown: Shown) -> None:
    """Say how every indicator is worked out, where it comes from, and what is lacking."""
    show(card_title("指标口径", f"{shown.scheme.label}；完整说明见文档“考核指标”"))
    sure = {"high": "高", "medium": "中", "low": "低"}
    lines = []
    for row in shown.book.table.indicators:
        excluding = "、".join(shown.book.table.flags[flag] for flag in row.excluding)
        said_ = f"缺数据：{row.needs}" if row.needs else row.formula
        said_ += f"；剔除：{excluding}" if excluding else ""
        sources = f"{row.source}（把握{sure[row.confidence]}）"
        lines.append(el("tr", el("td", row.name), el("td", said_), el("td", sources)))
    head = el("tr", *(el("th", t) for t in ("指标", "公式", "来源")))
    show(el("div", el("table", head, *lines, cls="gw-table"), cls="gk-list"))
