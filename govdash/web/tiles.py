"""The strip of figures at the top of the overview: each compared, and with what is behind it."""

from dataclasses import dataclass
from typing import Final

import pandas as pd

from govdash.core.permissions import Permission
from govdash.core.vocab import Handling, Level
from govdash.report import performance, why
from govdash.report.overview import Tally
from govdash.report.performance import CaseFigures, Rates
from govdash.report.why import Mover
from govdash.web.page import Page
from govdash.web.parts import Html, change, el, kpi, level_badge, number, show

PERCENT: Final = 100
LABEL_LENGTH: Final = 9  # a longer name of the period would not fit its tile
STREET: Final = 3  # depth in the area tree
UNKNOWN: Final = "—"


@dataclass(frozen=True, slots=True)
class Told:
    """What the tiles say of events and cases; `stretch` names the longer period of the rates."""

    label: str
    stretch: str
    tally: Tally
    mover: Mover | None
    cases: CaseFigures
    before: Rates  # of the stretch before
    year: Rates  # of the same days a year earlier
    course: pd.DataFrame  # `performance.course`
    n_content: int


def strip(page: Page, told: Told, alerts: pd.DataFrame, cases: pd.DataFrame) -> None:
    """Draw the tiles: alerts by level, events, and how the cases go."""
    tiles = (
        _alerts(alerts, page),
        _events(page, told),
        *_standing(page, told, cases),
        *_rates(page, told, cases),
    )
    show(el("div", *tiles, cls="gd-strip"))


def _events(page: Page, told: Told) -> Html:
    tally, mover = told.tally, told.mover
    hours = f"，都只算到当日 {tally.hours} 时" if tally.hours is not None else ""
    behind = ""
    if mover is not None:
        name = page.category_names().get(mover.category, mover.category)
        word = "增加" if mover.difference > 0 else "减少"
        behind = f"{word}最多：{name} {mover.difference:+.0f}"
    return kpi(
        f"{told.label}事件" if len(told.label) <= LABEL_LENGTH else "所选时段事件",
        number(tally.n),
        "件",
        note=_compared(change(tally.on_previous.ratio), change(tally.on_year.ratio)),
        why=behind,
        trend=tally.days,
        colour=page.palette.primary,
        hint=f"环比：与之前同样长的时段相比；同比：与去年同期相比{hours}。曲线为近14天。",
    )


def _standing(page: Page, told: Told, cases: pd.DataFrame) -> list[Html]:
    """Draw how many cases are open, and how many late; compared with last midnight."""
    course, figures = told.course, told.cases
    opened = cases[cases["closed_at"].isna()]
    since = {
        name: int(course[name].iloc[-1] - course[name].iloc[-2]) for name in course.columns[1:]
    }
    return [
        kpi(
            "未办结",
            number(figures.n_open),
            "件",
            note=f"较今日零时 {since['n_open']:+d}　待立案 {number(figures.n_waiting)}",
            why=_where(page, opened),
            trend=course["n_open"].tolist(),
            colour=page.palette.primary,
            hint="登记后尚未结案的工单，截至现在；曲线为近14天。",
        ),
        kpi(
            "超期",
            number(figures.n_overdue),
            "件",
            note=f"较今日零时 {since['n_overdue']:+d}",
            why=_where(page, performance.overdue(cases, at=page.now)),
            tone="bad" if figures.n_overdue else "",
            trend=course["n_overdue"].tolist(),
            colour=page.palette.bad,
            hint="已过办理时限、尚未结案的工单，截至现在；曲线为近14天。",
        ),
    ]


def _rates(page: Page, told: Told, cases: pd.DataFrame) -> list[Html]:
    now, before, year, stretch = told.cases, told.before, told.year, told.stretch
    target = performance.TARGET_ON_TIME
    below = now.on_time is not None and now.on_time < target
    late = _where(page, performance.kept_late(cases), head="超时最多")
    told_hint = "环比与之前同样长的时段比，同比与去年同期比；点 = 百分点，— = 那时没有可比的工单。"
    return [
        kpi(
            f"按时办结率·{stretch}",
            number(_percent(now.on_time), digits=1),
            "%",
            note=_compared(*(_points(now.on_time, then.on_time) for then in (before, year))),
            why=late or f"目标 ≥ {target:.0%}，结案 {number(now.n_closed)} 件",
            tone="bad" if below else "",
            hint=f"{stretch}结案的 {now.n_closed} 件中，在时限内结案的比例；目标 ≥ {target:.0%}。"
            + told_hint,
        ),
        kpi(
            f"平均办结时长·{stretch}",
            number(now.mean_hours, digits=1),
            "小时",
            note=_compared(*(_ratio(now.mean_hours, then.mean_hours) for then in (before, year))),
            why=f"中位 {number(now.median_hours, digits=1)} 小时，结案 {number(now.n_closed)} 件",
            hint=f"{stretch}结案的工单，从登记到结案的自然时间。" + told_hint,
        ),
        kpi(
            f"群众满意率·{stretch}",
            number(_percent(now.content), digits=1),
            "%",
            note=_compared(*(_points(now.content, then.content) for then in (before, year))),
            why=f"回访 {number(now.n_asked)} 件，不满意 {number(now.n_asked - told.n_content)} 件",
            hint="回访中评价为满意或非常满意（4 分及以上）的比例。" + told_hint,
        ),
    ]


def _where(page: Page, cases: pd.DataFrame, *, head: str = "最多") -> str:
    found = why.most(cases, depth=STREET)
    if found is None:
        return ""
    path, n = found
    return f"{head}：{page.area_names().get(path, path)} {n} 件"


def _compared(previous: str, year: str) -> str:
    return f"环比 {previous}　同比 {year}"


def _points(now: float | None, then: float | None) -> str:
    """Write the difference of two shares in percentage points: ``+1.2点``."""
    return UNKNOWN if now is None or then is None else f"{(now - then) * PERCENT:+.1f}点"


def _ratio(now: float | None, then: float | None) -> str:
    return UNKNOWN if now is None or not then else change(now / then - 1)


def _alerts(alerts: pd.DataFrame, page: Page) -> Html:
    if not page.user.holds(Permission.ALERT_READ):
        return kpi("当前预警", "—", "", hint="您的角色不看监测提示。")
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
