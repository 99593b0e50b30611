"""The parts that pages are made of, each with its states; for eyes and for the browser tests."""

from typing import Final

import pandas as pd
import streamlit as st

from govdash.core.errors import NotFound
from govdash.core.vocab import Level, Mode
from govdash.figures import charts
from govdash.web import rows, theme, workparts
from govdash.web.page import Page
from govdash.web.parts import (
    bars,
    card_title,
    el,
    empty,
    failed,
    kpi,
    level_badge,
    loading,
    show,
)

LONG: Final = "很长的名称也必须排得下、看得全：青砚区朝晖街道沿河社区第三十二网格" * 3
MARKUP: Final = "<b>数据里的标记</b>只是文字 & “引号”"
COURSE: Final = (3.0, 5, 4, 6, 8, 7, 9, 12, 10, 11, 14, 13, 15, 17)


def screen(page: Page) -> None:
    """Draw all parts; nothing here is data."""
    if page.settings.mode is not Mode.DEMO:
        raise NotFound("界面部件只在演示环境里可以打开。")
    workparts.style()
    _tiles()
    for row in (
        (_colours, _levels, _lamps),
        (_alert_rows, _table, _rankings),
        (_states, _chart, _drawer),
    ):
        for column, draw in zip(st.columns(3), row, strict=True):
            with column, st.container(key=f"card_gallery{draw.__name__}", height=300, border=False):
                draw()


def _tiles() -> None:
    palette = theme.palette()
    primary, bad = palette.primary, palette.bad
    tiles = (
        kpi("平常", "1,284", "件", note="环比 +6.2%　同比 -1.0%", trend=COURSE, colour=primary),
        kpi("不好", "26", "件", note="较今日零时 +9", tone="bad", trend=COURSE, colour=bad),
        kpi("好", "98.6", "%", note="目标 ≥ 95%", tone="good"),
        kpi("说明原因", "352", "件", note="环比 +9.8%", why="增加最多：供水管道破裂 +20"),
        kpi("没有数", "—", "小时", note="这段时间没有可算的工单"),
        kpi(LONG, "12,345,678", "件", note=LONG, why=LONG, trend=COURSE, colour=primary),
        kpi(MARKUP, "0", "件", note=MARKUP),
    )
    show(el("div", *tiles, cls="gd-strip"))


def _colours() -> None:
    show(card_title("颜色", "全部取自一处", theme.palette().name))
    names = ("text", "sub", "faint", "primary", "good", "warn", "bad")
    show(el("div", *(el("p", name, style=f"color:var(--gd-{name})") for name in names)))
    ramp = (el("i", style=f"background:{colour}") for colour in theme.palette().ramp)
    show(el("div", *(el("span", box) for box in ramp), "少 → 多", cls="gd-legend"))


def _levels() -> None:
    show(card_title("级别", "颜色 + 形状 + 数字 + 字"))
    badges = (level_badge(level, el("b", 3 * n, cls="gd-num")) for n, level in enumerate(Level))
    show(el("div", *badges, cls="gd-levels"))
    for level in Level:
        show(level_badge(level))


def _lamps() -> None:
    show(card_title("时钟灯", "颜色 + 形状 + 字"))
    for tone, words in (
        ("green", "正常，剩 3.2 天"),
        ("yellow", "临期，剩 2.5 工作时"),
        ("red", "超期 4 小时"),
        ("off", "没有时限"),
    ):
        show(workparts.lamp(tone, words))


def _alert_rows() -> None:
    show(card_title("预警行", "整行可点，Enter 也可以"))
    listed = [
        rows.Row(
            level.value,
            [rows.badge(level), rows.two(title, f"{MARKUP} · {LONG}"), due],
            chosen=level is Level.ORANGE,
        )
        for level, title, due in zip(
            Level,
            ("平常的一条", LONG, MARKUP, "短"),
            (
                rows.due("超时 3 分钟", "签收", tone="bad", first=True),
                rows.due("剩 33 分钟", "签收", first=True),
                rows.due("剩 5.2 小时", "转案件"),
                rows.due("已转案件", ""),
            ),
            strict=True,
        )
    ]
    rows.draw(listed, key="gallery_alerts", columns="2.2rem 1fr auto", look="cards")


def _table() -> None:
    show(card_title("表", "数字右对齐，等宽"))
    listed = [
        rows.Row(
            str(n),
            [rows.text(name), rows.num(f"{n * 1111:,}"), rows.bar(n / 9, target=0.8), rate],
        )
        for n, name, rate in (
            (9, "临江街道", rows.num("98.6%", tone="good")),
            (6, LONG, rows.num("77.8%", tone="bad")),
            (1, MARKUP, rows.num("—", tone="faint")),
        )
    ]
    rows.draw(
        listed,
        key="gallery_table",
        columns="minmax(4rem,1fr) 4rem minmax(3rem,1fr) 3.6rem",
        head=["街道", "未办结", "", "按时率"],
        opens=False,
    )


def _rankings() -> None:
    show(card_title("排名条", "最长的占满"))
    show(bars([("供水管道破裂", 35), (LONG, 22), (MARKUP, 1), ("没有", 0)]))


def _states() -> None:
    show(card_title("空、读取中、出错"))
    show(empty("没有未处理的预警", "所选范围内一切如常。"))
    show(loading())
    show(failed("数据湖没有应答", "请稍后再试；仍不行时请告诉系统管理员。"))


def _chart() -> None:
    show(card_title("走势", "实线 = 实际，阴影 = 预期区间"))
    told = pd.DataFrame(
        {
            "bucket": pd.date_range("2026-01-01", periods=24, freq="h"),
            "n": [*range(3, 13), 30.0, 12, *[None] * 12],
            "expected": 10.0,
            "low": 3.0,
            "high": 18.0,
        }
    )
    told["flag"] = told["n"] > told["high"]
    figure = charts.day_curve(told, theme.palette(), now=pd.Timestamp("2026-01-01 12:00"))
    st.plotly_chart(figure, key="gallery_chart", theme=None, height="stretch")


def _drawer() -> None:
    show(card_title("抽屉", "从右边打开，Esc 关上"))
    if st.button("打开抽屉", key="gallery_open"):
        _open()


@st.dialog("抽屉", position="right", width="medium")
def _open() -> None:
    show(card_title("标题在上", LONG))
    show(workparts.facts([("编号", "JC-20260101-0001"), ("名称", LONG), ("空", "")]))
    st.button("确定", type="primary", key="gallery_done")
