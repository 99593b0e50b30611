"""绩效考核 as it is drawn: the tiles, the scoreboard, and the card of what is looked at."""

from datetime import timedelta
from functools import cache as kept
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode

import pandas as pd
import streamlit as st

from govdash.aggregate.indicators import Indicator
from govdash.api.exports import ROUTE
from govdash.core.filters import EventQuery
from govdash.core.permissions import Permission
from govdash.core.times import day_start
from govdash.report import kpi, kpi_export, kpi_reading
from govdash.report.kpi import GROUPS
from govdash.web import kpidetail, kpischeme, rows, workparts
from govdash.web.kpishown import AS_OF, CASES, CODE, GROUP, Shown, figure, link, made, moment, said
from govdash.web.page import Page
from govdash.web.parts import Html, card_title, el, empty, show
from govdash.web.parts import kpi as tile

STYLE: Final = Path(__file__).with_name("kpi.css")
#: The tiles, where the scheme's own score comes first.
TILES: Final = (
    "archive_rate",
    "intime_archive_rate",
    "intime_dispose_rate",
    "solve_rate",
    "satis_rate",
)
_WORDS: Final = {name: code for code, (name, _) in GROUPS.items() if code != "city"}
_TONES: Final = {"green": "good", "yellow": "warn", "red": "bad"}
_SHAPES: Final = {"green": "●", "yellow": "■", "red": "◆", "off": "○"}


def style() -> None:
    """Put the style sheet of this page on it."""
    st.html(f"<style>{_style()}</style>")


@kept
def _style() -> str:
    return STYLE.read_text("utf-8")


def screen(page: Page, query: EventQuery) -> None:
    """Draw the page below the filter bar."""
    by, lunar = _controls(page)
    shown = made(page, query, by, lunar=lunar)
    kpischeme.say_outcome()
    show(_tiles(page, shown))
    left, right = st.columns([1.25, 1])
    with left, st.container(key="card_kpi_board", height=400, border=False):
        _board(page, shown)
    with right, st.container(key="card_kpi_detail", height=400, border=False):
        kpidetail.card(page, shown)
    if kpischeme.is_open(page):
        kpischeme.drawer(page, shown.book, shown.scheme, shown.now)


def _controls(page: Page) -> tuple[str, bool]:
    with st.container(horizontal=True, vertical_alignment="center", key="gk_controls", gap="small"):
        word = st.segmented_control(
            "考核谁", list(_WORDS), default="区", required=True, key="by",
            bind="query-params", label_visibility="collapsed",
        )  # fmt: skip
        lunar = st.toggle(
            "同比按春节对齐", key="lunar", bind="query-params",
            help="去年同期改为离春节同样远近的日子；图上写明两段日期。",
        )  # fmt: skip
        with st.popover("截至", icon=":material/history:"):
            _as_of(page)
        if page.user.holds(Permission.KPI_READ):
            st.button("考核方案", key="gk_scheme", icon=":material/tune:", on_click=kpischeme.open_)
    return _WORDS[word or "区"], bool(lunar)


def _as_of(page: Page) -> None:
    """Ask by the end of which day things were known; nothing: now."""
    told = st.query_params.get(AS_OF, "")
    known = kpi_export.read_moment(told).astimezone(page.zone) if told else None
    shown = (known - timedelta(seconds=1)).date() if known else None

    def pick() -> None:
        day = st.session_state["gk_day"]
        if day is None or day >= page.today:
            st.query_params.pop(AS_OF, None)
        else:
            end = day_start(day + timedelta(days=1), page.zone)
            st.query_params[AS_OF] = end.isoformat()

    st.session_state["gk_day"] = shown
    st.date_input(
        "按哪一天结束时所知", key="gk_day", max_value=page.today, on_change=pick,
        help="只用那时已经记录的日志重做同一张表；之后补记的步骤、同意的申诉都不算。",
    )  # fmt: skip
    show(workparts.paragraph("清空即为现在。", cls="note"))


def _tiles(page: Page, shown: Shown) -> Html:
    """Draw the figures of all together; each leads to the cases behind it."""
    course = kpi_reading.course(shown.occasions, shown.book, shown.now, shown.spans)
    score = next((r.code for r in shown.book.table.indicators if r.score), "")
    told = []
    for code in (score, *TILES):
        row = shown.book.table.of(code)
        now, previous, year = (
            figure(board.whole, code) for board in (shown.now, shown.previous, shown.year)
        )
        value = said(now, row)
        points = "分" if row.score else "个百分点"
        trend = course.loc[course["code"] == code, "value"].dropna().tolist()
        note = f"环比 {_against(now, previous, row)} · 同比 {_against(now, year, row)}"
        piece = tile(
            f"{_SHAPES[now['lamp']]} {row.name}", value, "分" if row.score else "%",
            note=note, trend=trend, colour=page.palette.primary,
            tone={"red": "bad", "yellow": "warn", "green": "good"}.get(now["lamp"], ""),
            hint=f"{row.formula}；差值为{points}；{shown.spans.words}；与同样的时点所知的比；来源：{row.source}",
        )  # fmt: skip
        params = page.params() | link(code=code, look=CASES)
        told.append(el("a", piece, href=f"?{urlencode(params)}", target="_self", cls="gk-tile"))
    return el("div", *told, cls="gk-strip")


def _against(now: Any, before: Any, row: Indicator) -> str:  # noqa: ANN401 - rows of frames
    difference = (now["value"] - before["value"]) * (1 if row.score else 100)
    return "—" if difference != difference else f"{difference:+.1f}"


def _board(page: Page, shown: Shown) -> None:
    """Draw the groups, ranked by the indicator that is looked at."""
    word, _ = GROUPS[shown.now.by]
    mine = shown.now.rows[shown.now.rows["code"] == shown.code]
    with st.container(horizontal=True, vertical_alignment="center", key="gk_board_head"):
        at = moment(page, shown)
        show(card_title(f"各{word}{shown.indicator.name}", f"{shown.scheme.label} · 截至 {at}"))
        _pick(shown)
        show(_exports(page, shown))
    if mine.empty:
        show(empty("没有可以考核的案件", "换一个时间范围，或去掉筛选条件。"))
        return
    moved = kpi.moves(shown.now, shown.previous).set_index(["group", "code"])
    years = kpi.moves(shown.now, shown.year).set_index(["group", "code"])
    order = mine.assign(few=mine["rank"].isna()).sort_values(
        ["few", "rank", "denominator"], ascending=[True, True, False]
    )
    listed = []
    for row in order.to_dict("records"):
        key = (row["group"], shown.code)
        value = said(row, shown.indicator)
        listed.append(
            rows.Row(
                str(row["group"]),
                [
                    rows.num("—" if pd.isna(row["rank"]) else str(row["rank"]), tone=""),
                    rows.text(kpi_export.group_name(shown.now.by, row["group"], shown.names)),
                    _moved(moved.loc[key, "up"]),
                    rows.num(f"{_SHAPES[row['lamp']]} {value}", tone=_TONES.get(row["lamp"], "")),
                    rows.num(_between(row, shown.indicator), tone="faint"),
                    rows.num(str(row["denominator"])),
                    rows.num(_points(moved.loc[key, "difference"], shown.indicator)),
                    rows.num(_points(years.loc[key, "difference"], shown.indicator)),
                ],
                chosen=row["group"] == shown.group,
            )
        )
    unit = "分" if shown.indicator.score else "%"
    opened = rows.draw(
        listed, key="gk_rows",
        columns="2.2rem minmax(7rem,1fr) 3rem 5.2rem 6.4rem 3.4rem 3.6rem 3.6rem",
        head=("名次", word, "升降", f"值（{unit}）", "95% 区间", "分母", "环比", "同比"),
    )  # fmt: skip
    least = shown.scheme.body.least
    words = f"● 达标 ■ 预警 ◆ 不达标 ○ 不亮灯；分母不到 {least} 的不排名；"
    words += f"{shown.spans.words}；都按同样的时点所知"
    show(el("div", words, cls="gk-note", title=words))
    if opened is not None:
        if opened == shown.group:
            st.query_params.pop(GROUP, None)
        else:
            st.query_params[GROUP] = opened
        st.rerun()


def _pick(shown: Shown) -> None:
    judged = [r for r in shown.book.judged(shown.now.by, shown.scheme) if r.is_rate or r.score]
    names = {row.code: row.name for row in judged}
    key = f"gk_code_{shown.now.by}"
    st.session_state[key] = shown.code

    def pick() -> None:
        st.query_params[CODE] = st.session_state[key]

    st.selectbox(
        "指标", list(names), key=key, format_func=names.__getitem__, on_change=pick,
        label_visibility="collapsed", width=150,
    )  # fmt: skip


def _exports(page: Page, shown: Shown) -> Html | Any:  # noqa: ANN401
    if not page.user.holds(Permission.EVENT_EXPORT):
        return el("span")
    params = urlencode(shown.query.filter.to_params() | shown.choice.to_params())
    return el(
        "span",
        *(
            el("a", suffix.upper(), href=f"{ROUTE.lstrip('/')}/kpi.{suffix}?{params}", download="",
               title="导出这张表；首页写明查询条件", cls="gk-take")
            for suffix in ("csv", "xlsx")
        ),
        cls="gk-takes",
    )  # fmt: skip


def _moved(up: Any) -> rows.Cell:  # noqa: ANN401 - a nullable number
    if pd.isna(up):
        return rows.num("—", tone="faint")
    if up == 0:
        return rows.num("＝", tone="faint")
    return rows.num(f"↑{up}" if up > 0 else f"↓{-up}", tone="good" if up > 0 else "bad")


def _between(row: Any, indicator: Indicator) -> str:  # noqa: ANN401 - a row of a frame
    if indicator.score or row["low"] != row["low"]:
        return ""
    return f"{row['low'] * 100:.0f}～{row['high'] * 100:.0f}"


def _points(difference: Any, indicator: Indicator) -> str:  # noqa: ANN401 - a cell
    if difference != difference:
        return "—"
    return f"{difference * (1 if indicator.score else 100):+.1f}"
