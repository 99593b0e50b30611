"""The lists of the overview: what waits, what is frequent, how the streets do."""

from collections.abc import Hashable, Mapping
from dataclasses import replace
from typing import Any, Final

import pandas as pd

from govdash.aggregate.series import Grain
from govdash.core.filters import EventQuery
from govdash.core.permissions import Permission
from govdash.core.vocab import Facet, Handling, Level
from govdash.report import overview, performance, why
from govdash.web import alertdrawer, citymap, mapparts, rows, wall, workparts
from govdash.web.page import Page
from govdash.web.parts import card_title, change, empty, number, show
from govdash.workflow.flow import AlertAction

STREET, DISTRICT = 3, 2  # depths in the area tree
FACET_KINDS: Final = 3  # categories that are named below each facet
SOON_SECONDS: Final = 15 * 60
CITY_SLASHES: Final = 2  # in the path of the city itself
MOST_ROWS: Final = 40  # a list on this screen is for the first look; the whole is a page away
#: The bar of punctuality begins here, so that differences near the target can be seen.
PUNCTUAL_FROM: Final = 0.5


def alert_list(page: Page, alerts: pd.DataFrame) -> None:
    """List the open alerts (`overview.due`); opening one opens its drawer."""
    if alerts.empty:
        show(empty("没有未处理的预警", "所选范围内一切如常。"))
        return
    names = page.area_names()
    soonest = alerts.assign(rank=alerts["level"].map(lambda level: Level(level).rank)).sort_values(
        ["rank", "due_at"], na_position="last"
    )
    listed = [
        rows.Row(
            str(row["id"]),
            [
                rows.badge(Level(row["level"])),
                rows.two(str(row["title"]), _place_and_state(row, names, page)),
                _due(page, row),
            ],
        )
        for row in soonest.head(MOST_ROWS).to_dict("records")
    ]
    opened = rows.draw(listed, key="overview_alerts", columns="2.2rem 1fr auto", look="cards")
    if opened:
        alertdrawer.open_alert(page, opened)


def _place_and_state(row: Mapping[Hashable, Any], names: Mapping[str, str], page: Page) -> str:
    more = f" · 另 {row['n_members']} 处" if row["n_members"] else ""
    return " · ".join(
        (
            names.get(row["area_path"], "全域"),
            f"实测 {number(row['observed'])} / 预期 {number(row['expected'], digits=1)}",
            f"{page.clock(row['first_seen_at'])} {Handling(row['handling']).label}{more}",
        )
    )


def _due(page: Page, row: Mapping[Hashable, Any]) -> rows.Cell:
    """Say how long there is, and what the viewer may do next."""
    left = None if pd.isna(row["due_at"]) else (row["due_at"] - page.now).total_seconds()
    words = "" if left is None else f"{'剩' if left >= 0 else '超时'} {workparts.span(left)}"
    tone = "bad" if left is not None and left <= SOON_SECONDS else ""
    may = page.user.may(Permission.ALERT_HANDLE, area=row["area_path"])
    action = AlertAction(row["actions"][0]).label if may and row["actions"] else "查看"
    waits = row["handling"] == Handling.NEW
    return rows.due(words, wall.unless(action), tone=tone, first=may and waits)


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
    """Compare the six facets, each with its most frequent categories; a click filters by one."""
    show(card_title("人 · 地 · 事 · 物 · 情 · 组织", f"{page.period_label(query)}，件，环比"))
    of_all = query.with_filter(replace(query.filter, facets=(), categories=()))
    told = page.cached(overview.facets, of_all, until=until)
    kinds = page.cached(overview.facet_categories, of_all, limit=FACET_KINDS)
    names = page.category_names()
    chosen = query.filter
    listed = [
        rows.Row(
            str(row["facet"]),
            [
                rows.tag(Facet(row["facet"]).label),
                rows.two(number(row["n"]), change(row["ratio"], digits=0)),
                _kinds(kinds[kinds["facet"] == row["facet"]], names),
            ],
            chosen=Facet(row["facet"]) in chosen.facets,
        )
        for row in told.to_dict("records")
    ]
    opened = rows.draw(
        listed, key="overview_facets", columns="2.1rem 3.1rem minmax(0,1fr)", look="pairs"
    )
    if opened in list(Facet):
        facet = Facet(opened)
        page.choose(replace(chosen, facets=() if chosen.facets == (facet,) else (facet,)))
    elif opened:
        page.choose(replace(chosen, categories=() if chosen.categories == (opened,) else (opened,)))


def _kinds(kinds: pd.DataFrame, names: Mapping[str, str]) -> rows.Cell:
    most = max(1, int(kinds["n"].max())) if len(kinds) else 1
    return rows.ranked(
        [
            (str(key), names.get(str(key), str(key)), n / most, number(n))
            for key, n in zip(kinds["category"], kinds["n"], strict=True)
        ]
    )


def oddity_notes(
    page: Page, query: EventQuery, told: pd.DataFrame, *, grain: Grain, limit: int
) -> dict[pd.Timestamp, str]:
    """Name the odd points of a course (`timeline.course`): when, of what, more or fewer."""
    odd = why.farthest(told, limit=limit)
    if not odd:
        return {}
    behind = page.cached(why.behind, query, odd, grain=grain)
    names = page.category_names()
    when = {"hour": "%H:%M", "month": "%Y-%m"}.get(grain, "%m-%d")
    return {
        one.bucket: f"{one.bucket:{when}} {names.get(key, key)}{'突增' if one.high else '偏少'}"
        for one, key in zip(odd, behind, strict=True)
    }


def place_words(page: Page) -> str:
    """Say whose situation the viewer sees: ``云澜市 · 全域`` or the areas of their scope."""
    names, scope = page.area_names(), page.user.scope
    if scope.whole_city:
        city = next((name for path, name in names.items() if path.count("/") == CITY_SLASHES), "")
        return f"{city} · 全域" if city else "全域"
    mine = [names[path] for path in scope.areas if path in names]
    return "、".join(mine[:2]) + (f"等 {len(mine)} 处" if len(mine) > 2 else "")


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
