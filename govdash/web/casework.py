"""The pieces of 处置工单: trays, list, one case with its road, clocks and steps."""

from collections.abc import Mapping
from typing import Any

import pandas as pd
import streamlit as st
from streamlit.navigation.page import StreamlitPage

from govdash.core.filters import EventQuery
from govdash.core.permissions import Permission
from govdash.core.vocab import CaseState, Level, LimitUnit
from govdash.report import casework
from govdash.report.casework import Tray
from govdash.store import units
from govdash.taxonomy import Limit, parse_limit
from govdash.web import (
    acting,
    caseforms,
    casemore,
    evidence,
    keyboard,
    placemap,
    reporter,
    rows,
    watching,
    workparts,
)
from govdash.web.caseform import Choices
from govdash.web.keyboard import Key
from govdash.web.page import Page
from govdash.web.parts import Html, card_title, el, empty, level_badge, show
from govdash.web.registry import entry_of
from govdash.workflow import beside, board
from govdash.workflow.board import CaseLife
from govdash.workflow.clocks import Lamp
from govdash.workflow.naming import Names
from govdash.workflow.timing import Reading

KEY = caseforms.CASE
VIEW = "case_view"  # URL parameter
TO_LIST = "gw_to_list"
#: The buttons are those of `caseforms` and `casemore`.
KEYS = (
    Key("S", "gw_do_", "下一步（操作栏的第一个）"),
    Key("U", "gw_more_urge_", "催办"),
    Key("D", "gw_more_supervise_", "督办"),
    Key("R", "gw_do_call_", "回访"),
    Key("N", "gw_case_new", "登记案件"),
)
VIEWS = {"list": "列表", "board": "看板"}
SHAPES = {Lamp.RED: "◆", Lamp.YELLOW: "■", Lamp.GREEN: "●", Lamp.OFF: "○"}


def case_page() -> StreamlitPage:
    """Return the page of the cases, for links to it."""
    entry = entry_of("cases")
    return st.Page(entry.path, title=entry.title, url_path=entry.url)


MAJOR_LENGTH = 4  # "A-06" is a major; a case needs a category ("A-06001")


def choices(page: Page) -> Choices:
    """Return what can be chosen in the forms: categories, areas in scope, units."""
    named = {key: name for key, name in page.category_names().items() if len(key) > MAJOR_LENGTH}
    names = Names(page.area_names(), {})
    places = {path: names.whole_area(path) for path in names.areas if page.user.scope.covers(path)}
    listed = units.units(page.session)
    return Choices(
        categories=named,
        areas=dict(sorted(places.items())),
        units=dict(zip(listed["code"], listed["name"], strict=True)),
    )


def tray_bar(page: Page, query: EventQuery) -> tuple[Tray, pd.DataFrame]:
    """Draw trays, state and unit; return the tray chosen and its cases."""
    names = choices(page).units
    if st.session_state.pop(TO_LIST, False):
        st.session_state[VIEW] = "list"
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        tray = Tray(
            st.segmented_control(
                "分组",
                list(Tray),
                default=Tray.OPEN,
                required=True,
                key="case_tray",
                format_func=lambda tray: tray.label,
                label_visibility="collapsed",
                bind="query-params",
                on_change=acting.look_at_first,
                args=(KEY,),
            )
            or Tray.OPEN
        )
        state = st.selectbox(
            "状态",
            list(tray.states),
            index=None,
            key=f"gw_case_state_{tray}",
            format_func=lambda state: state.label,
            placeholder="全部状态",
            label_visibility="collapsed",
            width=130,
        )
        unit = st.selectbox(
            "单位",
            list(names),
            index=None,
            key="gw_case_unit",
            format_func=lambda code: names[code],
            placeholder="全部单位",
            label_visibility="collapsed",
            width=190,
        )
        st.segmented_control(
            "视图",
            list(VIEWS),
            default="list",
            required=True,
            key=VIEW,
            format_func=lambda view: VIEWS[view],
            label_visibility="collapsed",
            bind="query-params",
        )
        if page.user.holds(Permission.CASE_CREATE):
            st.button(
                "登记案件",
                key="gw_case_new",
                icon=":material/add:",
                on_click=acting.open_drawer,
                args=("case_new", 0),
            )
    if acting.drawer_open("case_new"):
        caseforms.new_case_drawer(page, choices(page))
    table = casework.cases(page.session, query, tray, at=page.now, state=state, unit=unit)
    watching.watch(
        page,
        lambda fresh: casework.cases(
            fresh.session, fresh.query(), tray, at=fresh.now, state=state, unit=unit
        ),
        table,
    )
    return tray, table


def to_list() -> None:
    """Go from the board to the list with the next run; a drawn widget cannot be changed."""
    st.session_state[TO_LIST] = True


def is_board() -> bool:
    """Whether the cases are drawn as a board, by what they wait for."""
    return st.session_state.get(VIEW) == "board"


def case_list(tray: Tray, table: pd.DataFrame) -> int | None:
    """Draw the list; return the case that is looked at, by default the first."""
    order = "按到期先后排序" if tray is not Tray.ENDED else "所选时间范围内登记的"
    cut = "，只列前 500 件" if len(table) >= casework.MOST_CASES else ""
    late = int(table["overdue"].sum()) if tray is Tray.OPEN else 0
    show(
        card_title(
            f"{tray.label} {len(table)} 件", order + cut, f"其中超期 {late} 件" if late else ""
        )
    )
    if table.empty:
        show(empty(f"没有{tray.label}的案件", "换个分组、时间范围或筛选条件看看。"))
        return acting.chosen_id(KEY)
    ids = [int(number) for number in table["id"]]
    chosen = acting.chosen_id(KEY) or ids[0]
    listed = [
        rows.Row(
            str(case["id"]),
            [
                lamp_cell(case),
                rows.two(case["title"], _meta(case)),
                rows.right(time_left(case), case["state_label"]),
            ],
            chosen=case["id"] == chosen,
        )
        for case in workparts.records(table)
    ]
    opened = rows.draw(
        listed,
        key="gw_cases",
        columns="4.2rem 1fr auto",
        look="cards",
        keys=keyboard.presses(KEYS),
    )
    keyboard.draw(KEYS)
    if opened is not None and int(opened) != chosen:
        acting.look_at(KEY, int(opened))
        st.rerun()
    return chosen


def case_card(page: Page, case_id: int | None) -> None:
    """Draw one case: what it is, how far, its clocks, what happened, what can be done."""
    if case_id is None:
        show(empty("没有选中案件", "左侧列表为空；可以登记案件，或从监测提示转案件。"))
        return
    life = board.case_life(page.session, case_id, page.user.scope, at=page.now)
    around = beside.of(page.session, case_id, page.user, at=page.now)
    row = life.row
    show(_head(row))
    casemore.notices(page, row, around)
    show(_road(page, life))
    told = [workparts.facts(_facts(page, row))]
    if row["description"]:
        told.append(workparts.paragraph(row["description"]))
    if row["result"]:
        told.append(workparts.paragraph(el("b", "处置结果："), row["result"]))
    drawing = placemap.draw(page.store, row, page.palette)
    show(el("div", el("div", *told), drawing, cls="gw-placed"))
    reporter.card(page, case_id)
    evidence.card(page, row)
    show(card_title("时限", "按各自的计时规则；工作时、工作日只计工作时间，挂账不计"))
    show(_clocks(page, life))
    show(card_title("记录", row["number"]))
    show(workparts.log(_entries(page, life) + casemore.entries(around), page.zone))
    caseforms.actions(page, life, around)
    caseforms.drawers(page, life, around, choices(page))


def lamp_cell(case: Mapping[str, Any]) -> rows.Cell:
    """Show the lamp of a case: colour, shape and word."""
    lamp = Lamp(case["lamp"])
    return rows.text(f"{SHAPES[lamp]} {lamp.label}", tone=lamp_tone(case))


def lamp_tone(case: Mapping[str, Any]) -> str:
    """Return the tone of a case's lamp in a list."""
    tones = {Lamp.RED: "bad", Lamp.GREEN: "good", Lamp.YELLOW: "warn"}
    return tones.get(Lamp(case["lamp"]), "faint")


def lamp_words(case: Mapping[str, Any]) -> str:
    """Say lamp, time left and unit in one line."""
    unit = case["unit_name"] or "未派单位"
    return f"{SHAPES[Lamp(case['lamp'])]} {time_left(case)} · {unit}"


def _meta(case: Mapping[str, Any]) -> str:
    unit = case["unit_name"] or "未派单位"
    where = workparts.short_area(case["area_name"])
    return f"{where} · {case['category_name']} · {unit}"


def time_left(case: Mapping[str, Any]) -> str:
    """Say how much time a case has left, or how late it is."""
    left = case["remaining_seconds"]
    if case["closed_at"] is not None or left is None:
        return "—"
    limit = parse_limit(case["limit"]) if case["limit"] else None
    words = workparts.span(left, working=_is_working(limit))
    return f"超 {words}" if left < 0 else f"剩 {words}"


def _is_working(limit: Limit | None) -> bool:
    return limit is not None and limit.unit in {LimitUnit.WORK_HOUR, LimitUnit.WORK_DAY}


def _head(row: Mapping[str, Any]) -> Html:
    lamp = Lamp(row["lamp"])
    return el(
        "div",
        level_badge(Level(row["level"])) if row["level"] else None,
        el("b", row["title"], title=row["title"]),
        el("small", workparts.lamp(lamp.value, lamp.label), f" · {row['state_label']}"),
        cls="gw-head",
    )


def _road(page: Page, life: CaseLife) -> Html:
    state = CaseState(life.row["state"])
    times = casework.stage_times(life.steps)
    at = casework.stage_of(state)
    words = [
        (name, state.label if n == at else workparts.clock_time(times[n], page.zone, now=page.now))
        for n, (name, _) in enumerate(casework.STAGES)
    ]
    return workparts.course(words, reached=at, ended=state is CaseState.CLOSED)


def _facts(page: Page, row: Mapping[str, Any]) -> list[tuple[str, object]]:
    def moment(name: str) -> str:
        return workparts.clock_time(row[name], page.zone, now=page.now)

    return [
        ("编号", row["number"]),
        ("类别", row["category_name"]),
        ("区域", workparts.short_area(row["area_name"])),
        ("地址", row["address"]),
        ("处置单位", row["unit_name"]),
        ("紧急程度", row["urgency_label"]),
        ("时限", _limit(row)),
        ("登记", moment("opened_at")),
        ("到期", moment("due_at")),
        *([("挂账至", moment("hold_until"))] if row["hold_until"] else []),
        ("处置人", row["handler"]),
        ("核查人", row["verifier"]),
        ("来自提示", row["alert_number"]),
        ("立案条件", row["register_condition"]),
        ("结案条件", row["close_condition"]),
    ]


def _limit(row: Mapping[str, Any]) -> str:
    more = f"，延期 {row['extensions']} 次" if row["extensions"] else ""
    exempt = "，超时申诉通过，统计免责" if row["exempt"] else ""
    return f"{row['limit'] or '无'}{more}{exempt}"


def _clocks(page: Page, life: CaseLife) -> Html:
    head = el("tr", *(el("th", text) for text in ("时钟", "时限", "已用", "", "剩余", "到期", "")))
    return el("table", head, *(_clock(page, reading) for reading in life.clocks), cls="gw-table")


def _clock(page: Page, reading: Reading) -> Html:
    left = reading.remaining_seconds
    limit = reading.elapsed_seconds + left if left is not None else 0
    used = reading.elapsed_seconds / limit if limit else 0
    working = _is_working(reading.limit)
    going = "停止" if reading.stopped else "计时中" if reading.running else "暂停"
    return el(
        "tr",
        el("td", f"{reading.clock.label}（{going}）"),
        el("td", str(reading.limit or "无")),
        el("td", workparts.span(reading.elapsed_seconds, working=working), cls="gd-num"),
        el("td", el("u", el("i", style=f"width:{min(used, 1):.0%}", cls=reading.lamp.value))),
        el("td", _remaining(left, working=working), cls="gd-num"),
        el("td", workparts.clock_time(reading.due_at, page.zone, now=page.now), cls="gd-num"),
        el("td", workparts.lamp(reading.lamp.value, reading.lamp.label)),
    )


def _remaining(seconds: float | None, *, working: bool) -> str:
    if seconds is None:
        return "—"
    words = workparts.span(seconds, working=working)
    return f"超 {words}" if seconds < 0 else words


def _entries(page: Page, life: CaseLife) -> list[workparts.Entry]:
    steps = [
        workparts.Entry(
            step["at"],
            step["actor_name"],
            f"{step['action_label']} → {step['to_label']}",
            "；".join(caseforms.told(step, page.zone)),
        )
        for step in workparts.records(life.steps)
    ]
    calls = [
        workparts.Entry(
            call["called_at"],
            call["called_by"],
            f"回访：{_solved(call)}，满意度 {call['satisfaction']} 分",
            call["note"],
        )
        for call in workparts.records(life.feedback)
    ]
    return steps + calls


def _solved(call: Mapping[str, Any]) -> str:
    if call["solved"]:
        return "已解决"
    return f"未解决（{call['reason'].label}）" if call["reason"] else "未解决"
