"""The pieces of 研判报告 at the left: what has been written, and the form of a new one."""

from datetime import date, timedelta
from typing import Any, Final

import streamlit as st

from govdash.access import User, query_for
from govdash.core.errors import GovDashError
from govdash.core.filters import EventFilter, Period
from govdash.core.permissions import Permission
from govdash.core.vocab import BriefKind, BriefState
from govdash.report.brief import desk, periods
from govdash.report.brief.making import CITY, Making, make
from govdash.report.kpi import Book
from govdash.store import Session
from govdash.store import briefs as store
from govdash.web import acting, rows, workparts
from govdash.web.page import Page
from govdash.web.parts import card_title, empty, plain, show
from govdash.workflow.naming import Names

KEY: Final = "brief"  # URL parameter: the report that is looked at
NEW: Final = "brief-new"  # the drawer of a new one
TONES: Final = {BriefState.ISSUED: "good", BriefState.DROPPED: "faint"}
MARKS: Final = {BriefState.DRAFT: "■", BriefState.ISSUED: "●", BriefState.DROPPED: "○"}


def shelf(page: Page) -> int | None:
    """Draw the list of reports; return which one is looked at, by default the first."""
    kind = st.segmented_control(
        "种类",
        list(BriefKind),
        key="brief_kind",
        format_func=lambda kind: kind.label,
        label_visibility="collapsed",
        bind="query-params",
    )
    table = store.listed(page.session, page.user.scope, kinds=(kind,) if kind else ())
    may_write = page.user.holds(Permission.BRIEF_WRITE)
    with st.container(horizontal=True, vertical_alignment="center"):
        show(card_title(f"报告 {len(table)} 份", "时段最近的在前"))
        if may_write:
            st.button(
                "新建报告",
                key="gw_brief_new",
                type="primary",
                icon=":material/add:",
                on_click=acting.open_drawer,
                args=(NEW, 0),
            )
    if may_write and acting.drawer_open(NEW):
        _new(page)
    if table.empty:
        hint = (
            "点“新建报告”选择日期和范围，几秒钟生成。"
            if may_write
            else "由分析员或值班长拟稿后显示在这里。"
        )
        show(empty("还没有报告", hint))
        return acting.chosen_id(KEY)  # a link says why there is nothing to see
    ids = [int(number) for number in table["id"]]
    asked = acting.chosen_id(KEY)
    chosen = asked if asked is not None else ids[0]
    names = Names(page.area_names(), {})
    listed = [_row(page, row, names, chosen=chosen) for row in workparts.records(table)]
    opened = rows.draw(listed, key="gw_briefs", columns="5.2rem 1fr auto", look="cards", keys={})
    if opened is not None and int(opened) != chosen:
        acting.look_at(KEY, int(opened))
        st.rerun()
    return chosen


def _row(page: Page, row: dict[str, Any], names: Names, *, chosen: int) -> rows.Row:
    state, kind = BriefState(row["state"]), BriefKind(row["kind"])
    where = names.whole_area(row["area_path"]) if row["area_path"] else CITY
    said = f"{kind.label} {span(row['first_day'], row['last_day'])}"
    return rows.Row(
        str(row["id"]),
        [
            rows.text(f"{MARKS[state]} {state.label}", tone=TONES.get(state, "warn")),
            rows.two(said, f"{where} · {row['official'] or row['number']}"),
            rows.right(workparts.clock_time(row["written_at"], page.zone, now=page.now), "拟稿"),
        ],
        chosen=row["id"] == chosen,
    )


def span(first: date, last: date) -> str:
    """Write the days of a report shortly: ``2026-11-29``, ``2026-11-23 至 11-29``."""
    if first == last:
        return f"{first:%Y-%m-%d}"
    return f"{first:%Y-%m-%d} 至 {last:%m-%d}" if first.year == last.year else f"{first} 至 {last}"


@st.dialog("新建报告", width="medium", on_dismiss=acting.close_drawer, position="right")
def _new(opened: Page) -> None:
    acting.say_outcome()
    with opened.refresh() as page:
        _form(page)


def _form(page: Page) -> None:
    kind = st.segmented_control(
        "种类",
        list(BriefKind),
        default=BriefKind.DAY,
        required=True,
        key="gw_brief_new_kind",
        format_func=lambda kind: kind.label,
    ) or BriefKind.DAY  # fmt: skip
    period = _period(page, kind)
    area = _area(page)
    categories: list[str] = []
    if kind is BriefKind.SPECIAL:
        named = page.category_names()
        categories = st.multiselect(
            "类别",
            list(named),
            key="gw_brief_categories",
            format_func=lambda key: named[key],
            placeholder="全部类别",
        )
    as_of = st.toggle(
        "按过去某天所知的数据重做",
        key="gw_brief_as_of",
        help="只用那天结束前已入库的事件、已办理的记录；用来复核以前的报告。",
    )
    moment = page.now
    if as_of:
        day = st.date_input(
            "数据截至这天结束",
            value=page.today - timedelta(days=1),
            max_value=page.today - timedelta(days=1),
            key="gw_brief_as_of_day",
            format="YYYY-MM-DD",
        )
        moment = min(page.now, Period(day, day, page.zone.key).end)
    if not st.button("生成草稿", type="primary", key="gw_brief_make", width="stretch"):
        return
    if period is None:
        st.error("请选好开始和结束两个日期。")
        return
    chosen = EventFilter(
        period=period, areas=(area,) if area else (), categories=tuple(sorted(categories))
    )
    bar = st.progress(0.0, "准备")
    try:
        desk.may_write(page.user, area)
        of = Making(
            page.session,
            page.lake,
            query_for(page.user, chosen),
            kind,
            moment,
            page.now,
            Book.load(page.settings.data),
            page.settings.data,
        )

        def tell(share: float, what: str) -> None:
            bar.progress(share, f"{what}……")

        document = make(of, tell=tell)
    except GovDashError as error:
        bar.empty()
        st.error(plain(error))
        return

    def act(session: Session, user: User, _at: object) -> str:
        brief = desk.draft(session, document, of, actor=user)
        acting.look_at(KEY, brief.id)
        return f"已生成草稿 {brief.number}；核对文字后由另一个人签发。"

    acting.finish(page, act, did="brief.make", subject="briefs")


def _period(page: Page, kind: BriefKind) -> Period | None:
    usual = periods.last_whole(kind, today=page.today, zone_name=page.zone.key)
    latest = page.today - timedelta(days=1)
    if kind is BriefKind.SPECIAL:
        days = st.date_input(
            "日期（含首尾）",
            value=(usual.first, usual.last),
            max_value=latest,
            key="gw_brief_days",
            format="YYYY-MM-DD",
        )
        if not isinstance(days, tuple) or len(days) != 2:
            return None
        return Period(days[0], days[1], page.zone.key)
    label = {
        BriefKind.DAY: "日期",
        BriefKind.WEEK: "选一周中的任意一天（周一至周日为一周）",
        BriefKind.MONTH: "选一月中的任意一天",
    }[kind]
    day = st.date_input(
        label, value=usual.last, max_value=latest, key=f"gw_brief_day_{kind}", format="YYYY-MM-DD"
    )
    found = periods.whole(kind, day, zone_name=page.zone.key)
    st.caption(f"时段：{found.first} 至 {found.last}")
    return found


def _area(page: Page) -> str | None:
    """Ask for the area: the whole city for who sees it, else one inside the scope."""
    names = Names(page.area_names(), {})
    places = sorted(
        (
            path
            for path in names.areas
            if page.user.scope.covers(path) and 2 <= path.count("/") - 1 <= 4
        ),
        key=lambda path: (path.count("/"), path),
    )
    whole = page.user.scope.whole_city
    return st.selectbox(
        "范围",
        ([None] if whole else []) + places,
        key="gw_brief_area",
        format_func=lambda path: CITY if path is None else names.whole_area(path),
    )
