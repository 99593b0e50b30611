"""The lists of the overview: what waits, what is frequent, how the streets do."""

from collections.abc import Hashable, Mapping
from dataclasses import replace
from typing import Any, Final

import pandas as pd

from govdash.core.filters import EventQuery
from govdash.core.vocab import Facet, Handling, Level
from govdash.report import overview, performance
from govdash.web import citymap, mapparts, rows
from govdash.web.page import Page
from govdash.web.parts import card_title, change, empty, number, show

STREET, DISTRICT = 3, 2  # depths in the area tree
MOST_ROWS: Final = 40  # a list on this screen is for the first look; the whole is a page away
#: The bar of punctuality begins here, so that differences near the target can be seen.
PUNCTUAL_FROM: Final = 0.8


def alert_list(page: Page, alerts: pd.DataFrame) -> None:
    """List the open alerts; opening one goes to the alert page."""
    if alerts.empty:
        show(empty("没有未处理的预警", "所选范围内一切如常。"))
        return
    names = page.area_names()
    listed = [
        rows.Row(
            str(row["id"]),
            [
                rows.badge(Level(row["level"])),
                rows.two(
                    str(row["title"]),
                    f"{names.get(row['area_path'], '全域')} · {row['number']}",
                ),
                rows.right(page.clock(row["first_seen_at"]), Handling(row["handling"]).label),
            ],
        )
        for row in alerts.head(MOST_ROWS).to_dict("records")
    ]
    opened = rows.draw(listed, key="overview_alerts", columns="2.2rem 1fr auto", look="cards")
    if opened:
        mapparts.open_entry(page, "alerts", {"alert": opened})


def late_list(page: Page, late: pd.DataFrame) -> None:
    """List the cases past their deadline; opening one goes to the case page."""
    if late.empty:
        show(empty("没有超期工单", "所选范围内的工单都在时限之内。"))
        return
    names = page.area_names()
    listed = [
        rows.Row(
            str(row["id"]),
            [
                rows.two(
                    str(row["title"]), f"{names.get(row['area_path'], '未落格')} · {row['number']}"
                ),
                rows.right(f"超期 {_long(row['late_hours'])}", page.clock(row["due_at"]) + " 到期"),
            ],
        )
        for row in late.head(MOST_ROWS).to_dict("records")
    ]
    opened = rows.draw(listed, key="overview_late", columns="1fr auto", look="cards")
    if opened:
        mapparts.open_entry(page, "cases", {"case": opened})


def facets(page: Page, query: EventQuery, *, until: pd.Timestamp) -> None:
    """Compare the six facets; a click filters by one, another click lets go."""
    show(card_title("人 · 地 · 事 · 物 · 情 · 组织", "件，环比"))
    of_all = query.with_filter(replace(query.filter, facets=()))
    told = page.cached(overview.facets, of_all, until=until)
    most = max(1, int(told["n"].max()))
    chosen = query.filter.facets
    listed = [
        rows.Row(
            str(row["facet"]),
            [
                rows.tag(Facet(row["facet"]).label),
                rows.num(number(row["n"])),
                rows.bar(row["n"] / most),
                rows.num(change(row["ratio"], digits=0), tone="faint"),
            ],
            chosen=Facet(row["facet"]) in chosen,
        )
        for row in told.to_dict("records")
    ]
    opened = rows.draw(listed, key="overview_facets", columns="2.2rem 3.2rem 1fr 3rem")
    if opened:
        facet = Facet(opened)
        page.choose(replace(query.filter, facets=() if chosen == (facet,) else (facet,)))


def categories(page: Page, query: EventQuery) -> None:
    """Rank the categories; a click filters by one, another click lets go."""
    show(card_title("高发类别", "前 12 位，件"))
    of_all = query.with_filter(replace(query.filter, categories=()))
    told = page.cached(overview.top, of_all, by="category", limit=12)
    if told.empty:
        show(empty("没有事件", "换一个时间范围或条件试试。"))
        return
    names = page.category_names()
    most = int(told["n"].max())
    chosen = query.filter.categories
    listed = [
        rows.Row(
            row["key"],
            [
                rows.text(names.get(str(row["key"]), str(row["key"]))),
                rows.bar(row["n"] / most),
                rows.num(number(row["n"])),
            ],
            chosen=row["key"] in chosen,
        )
        for row in told.to_dict("records")
    ]
    opened = rows.draw(
        listed, key="overview_top", columns="minmax(4rem,45%) 1fr 2.8rem", look="bars"
    )
    if opened:
        page.choose(replace(query.filter, categories=() if chosen == (opened,) else (opened,)))


def streets(page: Page, query: EventQuery, cases: pd.DataFrame) -> None:
    """Compare how punctual the streets are; a click filters by one."""
    told = performance.by_area(cases, depth=STREET, at=page.now)
    word = "街道"
    if told.empty:
        told, word = performance.by_area(cases, depth=DISTRICT, at=page.now), "区"
    show(card_title(f"{word}处置效能", f"竖线 = 目标 {performance.TARGET_ON_TIME:.0%}"))
    if told.empty:
        show(empty("没有工单", "由预警或事件立案后，这里按区域比较。"))
        return
    names = page.area_names()
    target = performance.TARGET_ON_TIME
    listed = [
        rows.Row(
            row["path"],
            [
                rows.text(names.get(str(row["path"]), str(row["path"]))),
                rows.num(number(row["n_open"])),
                rows.num(number(row["n_overdue"]), tone="bad" if row["n_overdue"] else ""),
                rows.bar(
                    (row["on_time"] - PUNCTUAL_FROM) / (1 - PUNCTUAL_FROM)
                    if row["n_closed"] >= performance.FEW_CASES
                    else 0.0,
                    target=(target - PUNCTUAL_FROM) / (1 - PUNCTUAL_FROM),
                    tone=_tone(row),
                ),
                rows.num(_on_time(row), tone=_tone(row)),
            ],
            chosen=row["path"] in query.filter.areas,
        )
        for row in told.head(MOST_ROWS).to_dict("records")
    ]
    opened = rows.draw(
        listed,
        key="overview_streets",
        columns="minmax(4rem,1fr) 2.6rem 2.2rem minmax(2.6rem,1fr) 3.6rem",
        head=[f"{word}（按时率由低到高）", "未办结", "超期", "", "按时率"],
    )
    if opened:
        mapparts.follow(page, query, citymap.Pick("area", opened))


def _tone(row: Mapping[Hashable, Any]) -> str:
    ranked = row["n_closed"] >= performance.FEW_CASES
    return "bad" if ranked and row["on_time"] < performance.TARGET_ON_TIME else ""


def _on_time(row: Mapping[Hashable, Any]) -> str:
    """Say a rate as such only when it is one of enough cases; below that say the cases."""
    if not row["n_closed"]:
        return "—"
    if row["n_closed"] < performance.FEW_CASES:
        return f"{round(row['on_time'] * row['n_closed'])}/{row['n_closed']} 件"
    return f"{row['on_time']:.1%}"


def _long(hours: float) -> str:
    return f"{hours:.1f} 小时" if hours < 48 else f"{hours / 24:.1f} 天"
