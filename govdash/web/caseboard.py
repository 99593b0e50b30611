"""处置工单 as a board: a column for each state, the next deadline above."""

from typing import Final

import pandas as pd
import streamlit as st

from govdash.core.vocab import CaseState
from govdash.report.casework import Tray
from govdash.web import acting, casework, rows, workparts
from govdash.web.parts import card_title, empty, show

#: More than this in a column is for the list.
MOST: Final = 40


def draw(tray: Tray, table: pd.DataFrame) -> None:
    """Draw the cases of a tray by state; opening one shows it in the list."""
    show(card_title(f"{tray.label} {len(table)} 件", "每列按到期先后；点开一件进入列表"))
    states = [state for state in tray.states if (table["state"] == state.value).any()]
    if not states:
        show(empty(f"没有{tray.label}的案件", "换个分组、时间范围或筛选条件看看。"))
        return
    for column, state in zip(st.columns(len(states), gap="small"), states, strict=True):
        mine = table[table["state"] == state.value]
        with column, st.container(key=f"gw_column_{state}"):
            _column(state, mine)


def _column(state: CaseState, mine: pd.DataFrame) -> None:
    late = int(mine["overdue"].sum())
    show(card_title(f"{state.label} {len(mine)}", f"超期 {late}" if late else ""))
    listed = [
        rows.Row(
            str(case["id"]),
            [rows.two(case["title"], casework.lamp_words(case), tone=casework.lamp_tone(case))],
        )
        for case in workparts.records(mine.head(MOST))
    ]
    opened = rows.draw(listed, key=f"gw_board_{state}", columns="1fr", look="cards")
    if len(mine) > MOST:
        st.caption(f"另有 {len(mine) - MOST} 件，请看列表。")
    if opened is not None:
        casework.to_list()
        acting.look_at(casework.KEY, int(opened))
        st.rerun()
