"""The pieces of 督办: units by what is late, their pressing cases, and marks on many at once."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

import pandas as pd
import streamlit as st

from govdash.access import User
from govdash.core.filters import EventQuery
from govdash.core.permissions import Permission
from govdash.core.vocab import Mark
from govdash.report import supervision as report
from govdash.store import Session
from govdash.web import acting, casemore, keyboard, rows, workparts
from govdash.web.keyboard import Key
from govdash.web.page import Page
from govdash.web.parts import card_title, empty, show
from govdash.web.registry import entry_of
from govdash.workflow.clocks import Lamp

UNIT: Final = "unit_of"  # URL parameter: the unit that is looked at
CHOSEN: Final = "gw_bulk"  # part of a half-filled form: the cases that were chosen, by id
SHAPES: Final = {Lamp.RED: "◆", Lamp.YELLOW: "■", Lamp.GREEN: "●", Lamp.OFF: "○"}
KEYS: Final = tuple(
    Key(letter, f"gw_bulk_{mark}", f"{mark.label}所选")
    for letter, mark in (("U", Mark.URGE), ("D", Mark.SUPERVISE))
)
NEEDS: Final = {Mark.URGE: Permission.CASE_URGE, Mark.SUPERVISE: Permission.CASE_SUPERVISE}


def unit_list(page: Page, query: EventQuery) -> str | None:
    """Draw the units; return the one that is looked at, None for all."""
    table = report.by_unit(page.session, query, at=page.now)
    late, soon = int(table["overdue"].sum()), int(table["soon"].sum())
    show(card_title("各单位", f"超期 {late} 件，24 小时内到期 {soon} 件"))
    if table.empty:
        show(empty("没有在办案件", "您管辖范围内的案件都已结束。"))
        return None
    chosen = st.query_params.get(UNIT) or None
    everybody = rows.Row(
        "*",
        [
            rows.text("全部单位"),
            *_numbers(late, soon, int(table["n"].sum()), int(table["watched"].sum())),
        ],
        chosen=chosen is None,
    )
    listed = [
        rows.Row(
            unit["unit"],
            [
                rows.text(unit["name"]),
                *_numbers(unit["overdue"], unit["soon"], unit["n"], unit["watched"]),
            ],
            chosen=unit["unit"] == chosen,
        )
        for unit in workparts.records(table)
    ]
    opened = rows.draw(
        [everybody, *listed],
        key="gw_units",
        columns="1fr 3.4rem 3.4rem 3.4rem 3.4rem",
        head=("单位", "◆ 超期", "■ 临期", "在办", "督办"),
        keys=keyboard.presses(KEYS),
    )
    keyboard.draw(KEYS)
    if opened is not None and opened != (chosen or "*"):
        if opened == "*":
            st.query_params.pop(UNIT, None)
        else:
            st.query_params[UNIT] = opened
        st.rerun()
    return chosen


def case_table(page: Page, query: EventQuery, unit: str | None) -> None:
    """Draw the pressing cases with boxes to choose them, and what can be done with the chosen."""
    table = report.pressing(page.session, query, unit, at=page.now)
    cut = f"，只列前 {report.MOST_CASES} 件" if len(table) >= report.MOST_CASES else ""
    show(card_title(f"超期、临期和督办 {len(table)} 件", "最紧的在前" + cut))
    if table.empty:
        show(empty("没有超期或临期的案件", "换个单位或筛选条件看看。"))
        return
    ids = [int(number) for number in table["id"]]
    colours = {Lamp.RED: page.palette.bad, Lamp.YELLOW: page.palette.warn}
    tones = [f"color: {colours.get(Lamp(code), page.palette.good)}" for code in table["lamp"]]
    told = st.dataframe(
        _shown(page, table).style.apply(lambda _: tones, subset=["灯"]),
        hide_index=True,
        height="stretch",
        # Another list is another table: a selection by position must not move to other cases.
        key=f"gw_pressing_{hash(tuple(ids))}",
        on_select="rerun",
        selection_mode="multi-row",
        column_config={
            # All of them beside one another in the 750 px that a screen of 1366 px leaves.
            "灯": st.column_config.TextColumn(width=60),
            "案件": st.column_config.LinkColumn(display_text=r"#(.*)$", width=118),
            "问题": st.column_config.TextColumn(width=150),
            "状态": st.column_config.TextColumn(width=64),
            "单位": st.column_config.TextColumn(width=110),
            "到期": st.column_config.TextColumn(width=86),
            "督办至": st.column_config.TextColumn(width=86),
        },
    )
    picked = [ids[n] for n in told.selection.rows if n < len(ids)]
    _buttons(page, picked)
    for mark in NEEDS:
        if acting.drawer_open(f"bulk_{mark}") and page.user.holds(NEEDS[mark]):
            kept: list[int] = st.session_state.get(CHOSEN, [])
            if chosen := [number for number in kept if number in set(ids)]:
                _drawer(page, mark, chosen)
            else:  # a link cannot choose for somebody
                acting.close_drawer()


def _shown(page: Page, table: pd.DataFrame) -> pd.DataFrame:
    link = f"/{entry_of('cases').url}?case="
    return pd.DataFrame(
        {
            "灯": [f"{SHAPES[Lamp(code)]} {Lamp(code).label}" for code in table["lamp"]],
            "案件": [f"{link}{row['id']}#{row['number']}" for row in workparts.records(table)],
            "问题": table["title"],
            "状态": table["state_label"],
            "单位": [name or "未派单位" for name in table["unit_name"]],
            "到期": [workparts.clock_time(at, page.zone, now=page.now) for at in table["due_at"]],
            "督办至": [
                "" if at is None else workparts.clock_time(at, page.zone, now=page.now)
                for at in table["watched_until"]
            ],
            "区域": ["·".join(str(name).split("·")[:2]) for name in table["area_name"]],
        }
    )


def _buttons(page: Page, picked: Sequence[int]) -> None:
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        for mark, needed in NEEDS.items():
            if page.user.holds(needed):
                st.button(
                    f"{mark.label}所选 {len(picked)} 件" if picked else mark.label,
                    key=f"gw_bulk_{mark}",
                    icon=casemore.ICONS[mark],
                    disabled=not picked,
                    on_click=_choose,
                    args=(mark, list(picked)),
                )
        st.caption("勾选左侧的方框可选多件。" if not picked else "")


def _choose(mark: Mark, picked: list[int]) -> None:
    st.session_state[CHOSEN] = picked
    acting.open_drawer(f"bulk_{mark}", 0)


def _drawer(page: Page, mark: Mark, picked: Sequence[int]) -> None:
    st.dialog(mark.label, position="right", width="medium", on_dismiss=acting.close_drawer)(_form)(
        page, mark, picked
    )


def _form(page: Page, mark: Mark, picked: Sequence[int]) -> None:
    show(workparts.paragraph(f"对所选的 {len(picked)} 件案件{mark.label}，每件各记一行操作日志。"))
    due = None
    with st.form(f"gw_bulk_form_{mark}", border=False):
        if mark is Mark.SUPERVISE:
            due = casemore.supervision_due(page, f"gw_bulk_{mark}")
        label = "说明（可不填）" if mark is Mark.URGE else "理由"
        reason = st.text_area(label, key=f"gw_bulk_reason_{mark}", max_chars=500, height=90)
        sure = st.checkbox(f"确认对 {len(picked)} 件{mark.label}", key=f"gw_bulk_sure_{mark}")
        sent = st.form_submit_button(f"确认{mark.label}", type="primary")
    if not sent:
        return
    if not sure or (mark is Mark.SUPERVISE and (due is None or not reason.strip())):
        st.error("请先填写完整，并勾选确认。")
        return
    worked, failed = _put_all(page, mark, picked, reason, due)
    said = f"已{mark.label} {worked} 件。"
    if failed:
        said += f"{len(failed)} 件没有{mark.label}：{failed[0]}"
        said += f"（等 {len(failed)} 件）" if len(failed) > 1 else ""
    st.session_state[acting.OUTCOME] = (worked > 0, said)
    st.session_state.pop(CHOSEN, None)
    acting.close_drawer()
    st.rerun()


def _put_all(
    page: Page, mark: Mark, picked: Sequence[int], reason: str, due: datetime | None
) -> tuple[int, list[str]]:
    """Put a mark on each case, each an action of its own; return how many, and what failed why."""
    failed: list[str] = []
    for number in picked:

        def act(session: Session, user: User, at: datetime, number: int = number) -> str:
            casemore.put(session, number, mark, reason=reason, due_at=due, actor=user, at=at)
            return ""

        done = acting.perform(page, act, did=f"case.{mark.value}", subject=f"case:{number}")
        if not done:
            failed.append(_said(st.session_state.get(acting.OUTCOME)))
    return len(picked) - len(failed), failed


def _said(outcome: Any) -> str:  # noqa: ANN401 - whatever the session holds
    return str(outcome[1]) if outcome else ""


def _numbers(late: int, soon: int, n: int, watched: int) -> list[rows.Cell]:
    return [
        rows.num(str(late), tone="bad" if late else "faint"),
        rows.num(str(soon), tone="" if soon else "faint"),
        rows.num(str(n)),
        rows.num(str(watched), tone="" if watched else "faint"),
    ]
