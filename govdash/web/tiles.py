"""The strip of figures at the top of the overview."""

from typing import Final

import pandas as pd

from govdash.core.vocab import Handling, Level
from govdash.report import performance
from govdash.report.overview import Tally
from govdash.report.performance import CaseFigures
from govdash.web.page import Page
from govdash.web.parts import Html, change, el, kpi, level_badge, number, show

PERCENT: Final = 100
LABEL_LENGTH: Final = 9  # a longer name of the period would not fit its tile


def strip(
    page: Page,
    *,
    label: str,
    stretch: str,
    tally: Tally,
    told: CaseFigures,
    course: pd.DataFrame,
    alerts: pd.DataFrame,
) -> None:
    """Draw the tiles: alerts by level, events, and how the cases go.

    `label` names the period of the events, `stretch` the longer one of the rates; `course` is
    `performance.course`.
    """
    late_before = int(course["n_overdue"].iloc[-2])
    tiles = (
        _alerts(alerts, page),
        _events(page, label, tally),
        kpi(
            "未办结",
            number(told.n_open),
            "件",
            note=f"其中待立案 {number(told.n_waiting)}",
            trend=course["n_open"].tolist(),
            colour=page.palette.primary,
            hint="登记后尚未结案的工单，截至现在；曲线为近14天。",
        ),
        kpi(
            "超期",
            number(told.n_overdue),
            "件",
            note=f"较今日零时 {told.n_overdue - late_before:+d}",
            tone="bad" if told.n_overdue else "",
            trend=course["n_overdue"].tolist(),
            colour=page.palette.bad,
            hint="已过办理时限、尚未结案的工单，截至现在；曲线为近14天。",
        ),
        *_rates(told, stretch),
    )
    show(el("div", *tiles, cls="gd-strip"))


def _events(page: Page, label: str, tally: Tally) -> Html:
    hours = f"，都只算到当日 {tally.hours} 时" if tally.hours is not None else ""
    return kpi(
        f"{label}事件" if len(label) <= LABEL_LENGTH else "所选时段事件",
        number(tally.n),
        "件",
        note=f"环比 {change(tally.on_previous.ratio)}　同比 {change(tally.on_year.ratio)}",
        trend=tally.days,
        colour=page.palette.primary,
        hint=f"环比：与之前同样长的时段相比；同比：与去年同期相比{hours}。曲线为近14天。",
    )


def _rates(told: CaseFigures, stretch: str) -> list[Html]:
    target = performance.TARGET_ON_TIME
    below = told.on_time is not None and told.on_time < target
    return [
        kpi(
            "按时办结率",
            number(_percent(told.on_time), digits=1),
            "%",
            note=f"目标 ≥ {target:.0%}　{stretch}结案 {number(told.n_closed)}",
            tone="bad" if below else "",
            hint=f"{stretch}结案的工单中，在时限内结案的比例。",
        ),
        kpi(
            "平均办结时长",
            number(told.mean_hours, digits=1),
            "小时",
            note=f"中位 {number(told.median_hours, digits=1)} 小时",
            hint=f"{stretch}结案的工单，从登记到结案的自然时间。",
        ),
        kpi(
            "群众满意率",
            number(_percent(told.content), digits=1),
            "%",
            note=f"{stretch}回访 {number(told.n_asked)} 件",
            hint="回访中评价为满意或非常满意（4 分及以上）的比例。",
        ),
    ]


def _alerts(alerts: pd.DataFrame, page: Page) -> Html:
    by_level = alerts["level"].value_counts()
    waiting = int((alerts["handling"] == Handling.NEW).sum())
    newest = "目前没有未处理的预警"
    if len(alerts):
        last = alerts.sort_values("first_seen_at").iloc[-1]
        newest = f"最近 {page.clock(last['first_seen_at'])} {last['title']}"
    head = el(
        "div",
        el("span", "当前预警"),
        el(
            "span",
            el("b", number(len(alerts)), cls="gd-num"),
            " 条 · 待签收 ",
            el("b", number(waiting), cls="gd-num gd-bad" if waiting else "gd-num"),
        ),
        cls="gd-kpi-label gd-between",
    )
    badges = (
        level_badge(level, el("b", int(by_level.get(level, 0)), cls="gd-num")) for level in Level
    )
    return el(
        "div",
        head,
        el("div", *badges, cls="gd-levels"),
        el("div", newest, cls="gd-kpi-note", title=newest),
        cls="gd-kpi",
    )


def _percent(share: float | None) -> float | None:
    return None if share is None else share * PERCENT
