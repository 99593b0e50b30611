"""The right of 预警中心: one alert, why it was raised, where it lies, what it was like before."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import pandas as pd
import streamlit as st

from govdash.core.filters import EventQuery
from govdash.core.permissions import Permission
from govdash.core.vocab import Level
from govdash.detect import Evidence
from govdash.figures.course import course as course_figure
from govdash.report import evidence as told
from govdash.report import triage
from govdash.web import acting, cache, casework, choice, mutes, sharemap, triageforms, workparts
from govdash.web.page import Page
from govdash.web.parts import card_title, el, empty, level_badge, number, show
from govdash.web.registry import entry_of
from govdash.workflow import board
from govdash.workflow.board import AlertLife
from govdash.workflow.naming import Names

NOTICE: Final = (
    "监测提示（系统）由模型根据数据给出，供研判参考，不是法定预警；需要发布预警的，"
    "由主管部门按程序办理。"
)
LISTED: Final = 5  # parts named beside the map; the map shows the others


def alert_card(page: Page, query: EventQuery, alert_id: int | None) -> None:
    """Draw one alert: what, where, why, what happened, what can be done."""
    if alert_id is None:
        show(empty("没有选中监测提示", "左侧列表为空；换个状态或筛选条件看看。"))
        return
    life = board.alert_life(page.session, alert_id, page.user.scope)
    row = life.row
    show(triageforms.heading(row))
    mutes.on_alert(page, life)
    show(workparts.figures(_figures(life)))
    show(workparts.paragraph(row["sentence"] or "（没有文字说明）"))
    if life.evidence is not None:
        _makeup(life.evidence)
    left, right = st.columns([1.2, 1])
    place = left.container()
    with right:
        _parts(page, life)
    left, right = st.columns([1.2, 1])
    with left:
        _samples(page, query, life)
    with right:
        _group(life)
        _similar(page, life)
        rule = f"规则 {row['rule_name']} 第 {row['rule_version']} 版"
        show(card_title("记录", f"{row['number']} · {rule}"))
        show(workparts.log(triageforms.entries(life), page.zone))
    show(workparts.paragraph(NOTICE, cls="note"))
    triageforms.actions(page, life)
    with place:  # last: a course that nobody has asked for yet takes a second to learn
        _course(page, query, life)
    triageforms.drawers(page, life)


def _figures(life: AlertLife) -> Sequence[tuple[str, str, str]]:
    row, evidence = life.row, life.evidence
    days = (row["window_last"] - row["window_first"]).days + 1
    window = triage.window_words(row["window_first"], row["window_last"])
    since = evidence.silent_since if evidence else None
    silent = f"，{since:%m-%d} 起无数据" if since else ""
    tiles = [
        ("实测（件）", number(row["observed"]), f"{window}，{days} 天{silent}"),
        (
            "预期（件）",
            told.amount(row["expected"]),
            f"95% 区间 {evidence.lower:.0f}～{evidence.upper:.0f}" if evidence else "",
        ),
        (
            "偏低（件）" if row["direction"] == "low" else "偏高（件）",
            f"{row['observed'] - row['expected']:+,.1f}",
            evidence.same_period if evidence else "",
        ),
    ]
    if evidence is not None:
        unit = "类别" if evidence.cells else "序列"
        spread = told.spread(evidence, area_path=row["area_path"])
        tiles += [
            ("罕见程度", told.rarity(evidence.one_in_days), f"单看这一{unit}"),
            ("范围", spread.word, spread.why),
        ]
    return tiles


def _areas(life: AlertLife) -> tuple[str, ...]:
    """Return the areas that the alert counted: the cells of a zone, else its own area."""
    if life.evidence is not None and life.evidence.cells:
        return life.evidence.cells
    path = life.row["area_path"]
    return (path,) if path else ()


def _makeup(evidence: Evidence) -> None:
    made = told.makeup(evidence)
    if made is not None:
        show(workparts.factors(made, expected=told.amount(evidence.expected)))


def _course(page: Page, query: EventQuery, life: AlertLife) -> None:
    row = life.row
    asked = triage.course_query(
        query,
        areas=_areas(life),
        category=row["category"],
        last=row["window_last"],
        today=page.today,
    )
    frame = page.cached(triage.course, asked, data_dir=page.settings.data)
    show(card_title("走势", "每日件数，底色为提示窗口"))
    window = (pd.Timestamp(row["window_first"]), pd.Timestamp(row["window_last"]))
    with st.container(key="gw_course_chart"):
        st.plotly_chart(
            course_figure(frame, window, page.palette),
            key=f"gw_course_{row['id']}",
            height="stretch",
            theme=None,
            config={"displayModeBar": False, "displaylogo": False},
        )


def _parts(page: Page, life: AlertLife) -> None:
    evidence, row = life.evidence, life.row
    show(card_title("分布", "色深 = 偏离多；右侧为实测 / 预期（件）"))
    if evidence is None or not evidence.shares:
        show(empty("没有分区数据", "本区域没有更细的区域，或提示发出时没有分解。"))
        return
    level = told.part_level(evidence)
    sketch = (
        cache.parts_map(page.store, row["area_path"], level)
        if level is not None and row["area_path"]
        else None
    )
    drawing = None
    if sketch is not None:
        drawing = sharemap.draw(sketch, evidence.shares, page.palette, zone=evidence.cells)
    ranked = [
        (f"{n} {share.name}", share.observed, share.expected)
        for n, share in enumerate(evidence.shares[:LISTED], start=1)
    ]
    show(el("div", drawing, workparts.shares(ranked), cls="gw-parts"))


def _samples(page: Page, query: EventQuery, life: AlertLife) -> None:
    row = life.row
    asked = triage.window_query(
        query,
        areas=_areas(life),
        category=row["category"],
        first=row["window_first"],
        last=row["window_last"],
    )
    with st.container(key="gw_samples", horizontal=True, vertical_alignment="center", gap="small"):
        show(card_title("抽样事件", f"窗口内最新 {triage.SAMPLES} 件"))
        params = choice.write(asked.filter, today=page.today)
        for url, label in (("map", "在一张图查看全部"), ("timeline", "时间线")):
            entry = entry_of(url)
            if page.user.holds(entry.needs):
                st.page_link(
                    st.Page(entry.path, title=entry.title, url_path=entry.url),
                    label=label,
                    query_params=params,
                )
    found = page.cached(triage.samples, asked)
    if found.empty:
        show(empty("窗口内没有您可以查看的事件"))
        return
    names = Names(page.area_names(), {})
    show(
        workparts.sample_list(
            (
                workparts.clock_time(event["reported_at"], page.zone, now=page.now),
                event["title"] or "（无标题）",
                event["address"],
                triage.street_of(names.areas, event["area_path"]),
            )
            for event in workparts.records(found)
        )
    )


def _group(life: AlertLife) -> None:
    """Name the other alerts of the same matter, each a way to its card."""
    if life.group.empty:
        return
    leads = life.row["leader_id"] is None
    told = "和本条一并签收、转案件、排除" if leads else "由其中最严重的一条牵头，一并办理"
    show(card_title(f"同一事项另有 {len(life.group)} 处", told))
    for other in workparts.records(life.group.head(LISTED)):
        with st.container(key=f"gw_group_{other['id']}", horizontal=True, gap="small"):
            shape = Level(other["level"]).shape
            show(el("span", f"{shape} {other['title']}", cls="gd-say"), width="content")
            st.button(
                str(other["number"]),
                key=f"gw_group_go_{other['id']}",
                type="tertiary",
                on_click=acting.look_at,
                args=(triageforms.ALERT, int(other["id"])),
                help=str(other["handling_label"]),
            )
    if len(life.group) > LISTED:
        st.caption(f"等 {len(life.group)} 处")


def _similar(page: Page, life: AlertLife) -> None:
    """List what was like it before, each with what became of it and the way there."""
    before = told.earlier(life.similar, life.row["id"])
    if before.empty:
        show(card_title("以前类似的", "同区域、同类别此前没有提示"))
        return
    counted = "、".join(f"{word} {n}" for word, n in told.outcomes(before))
    many = f"近 {len(before)} 条" if len(before) >= board.MOST_SIMILAR else f"共 {len(before)} 条"
    show(card_title("以前类似的", f"同区域同类别{many}" + (f"：{counted}" if counted else "")))
    for one in workparts.records(before.head(LISTED)):
        _one_similar(page, one)


def _one_similar(page: Page, one: Mapping[str, Any]) -> None:
    first = workparts.clock_time(one["first_seen_at"], page.zone, now=page.now)
    counts = f"{number(one['observed'])} / {told.amount(one['expected'])} 件"
    became = one["disposition_label"] or one["handling_label"]
    with st.container(key=f"gw_similar_{one['id']}", horizontal=True, gap="small"):
        st.button(
            first,
            key=f"gw_last_{one['id']}",
            type="tertiary",
            on_click=acting.look_at,
            args=(triageforms.ALERT, int(one["id"])),
            help=f"提示 {one['number']}：{one['title']}",
        )
        show(
            el(
                "div",
                level_badge(Level(one["level"])),
                el("span", counts, cls="gd-num", title="实测 / 预期"),
                el("b", became, title=became),
                cls="gw-last",
            )
        )
        if one["case_id"] is not None and page.user.holds(Permission.CASE_READ):
            st.page_link(
                casework.case_page(),
                label=str(one["case_number"]),
                query_params={casework.KEY: str(one["case_id"])},
            )
