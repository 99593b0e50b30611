"""The pieces of 回访: the queue of calls, and one call with what the caller needs to know."""

from collections.abc import Mapping
from typing import Any, Final

import streamlit as st

from govdash.core.vocab import CaseState
from govdash.store import calls as tasks
from govdash.web import acting, callform, evidence, keyboard, reporter, rows, workparts
from govdash.web.page import Page
from govdash.web.parts import card_title, el, empty, show
from govdash.workflow import board, typed
from govdash.workflow.naming import Names

TASK: Final = "task"  # URL parameter: the case whose reporter is to be called


def queue(page: Page) -> int | None:
    """Draw who is to be called; return the case of whoever is looked at, by default the first."""
    table = typed.masked(tasks.listed(page.session, page.user.scope))
    late = int((table["due_at"] < page.now).sum()) if len(table) else 0
    show(
        card_title(
            f"待回访 {len(table)} 位", "按回访期限排序", f"其中超期 {late} 位" if late else ""
        )
    )
    if table.empty:
        show(empty("没有待回访的诉求人", "案件结案后，每位诉求人各有一个回访任务。"))
        return None
    names = Names.load(page.session)
    ids = [int(number) for number in table["case_id"]]
    asked = acting.chosen_id(TASK)
    chosen = asked if asked in ids else ids[0]
    listed = [
        rows.Row(
            str(task["case_id"]),
            [
                rows.text("◆ 超期", tone="bad")
                if task["due_at"] < page.now
                else rows.text("● 待访", tone="good"),
                rows.two(task["title"], _meta(task, names)),
                rows.right(workparts.clock_time(task["due_at"], page.zone, now=page.now), "前回访"),
            ],
            chosen=task["case_id"] == chosen,
        )
        for task in workparts.records(table)
    ]
    opened = rows.draw(
        listed,
        key="gw_calls",
        columns="4.2rem 1fr auto",
        look="cards",
        keys=keyboard.presses(),
    )
    keyboard.draw()
    if opened is not None and int(opened) != chosen:
        acting.look_at(TASK, int(opened))
        st.rerun()
    return chosen


def call(page: Page, case_id: int | None) -> None:
    """Draw what was done about a matter, who reported it, and the form of the call."""
    if case_id is None:
        show(empty("没有选中回访任务", "左侧列表为空。"))
        return
    mine = board.case_life(page.session, case_id, page.user.scope, at=page.now)
    about = mine
    if mine.row["leading_id"] is not None:
        about = board.case_life(
            page.session, int(mine.row["leading_id"]), page.user.scope, at=page.now
        )
    row = about.row
    show(el("div", el("b", mine.row["title"]), el("small", row["state_label"]), cls="gw-head"))
    show(
        workparts.facts(
            [
                ("案件", row["number"]),
                ("诉求编号", mine.row["number"]),
                ("类别", row["category_name"]),
                ("地址", mine.row["address"]),
                ("反映时间", workparts.clock_time(mine.row["opened_at"], page.zone, now=page.now)),
                ("结案", workparts.clock_time(row["closed_at"], page.zone, now=page.now)),
                ("处置单位", row["unit_name"]),
                ("结案条件", row["close_condition"]),
            ]
        )
    )
    if mine.row["description"]:
        show(workparts.paragraph(el("b", "诉求："), mine.row["description"]))
    reporter.card(page, case_id)
    evidence.pictures(page, row["id"])
    show(card_title("回访", "先说明处置结果，再问是否解决、是否满意"))
    told = dict(mine.row) | {"result": row["result"]}
    callform.form(page, told, closed=CaseState(row["state"]) is CaseState.CLOSED)


def _meta(task: Mapping[str, Any], names: Names) -> str:
    where = workparts.short_area(names.whole_area(task["area_path"]))
    own = "" if task["case_id"] == task["about_id"] else f"（诉求 {task['case_number']}）"
    return f"{where} · {task['number']}{own}"
