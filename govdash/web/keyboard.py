"""Letters that work beside a list, wherever the focus is: what each does, and the sheet of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import streamlit as st

from govdash.web import acting, workparts
from govdash.web.parts import el, show

SHEET: Final = "keys"  # the drawer
BUTTON: Final = "gw_keys"
MOVES: Final = (("J", "下一条"), ("K", "上一条"))
ALWAYS: Final = (("?", "打开本表"), ("Esc", "关闭本表或抽屉"))


@dataclass(frozen=True, slots=True)
class Key:
    """A letter, how the widget key of the button that it presses begins, and what that does."""

    letter: str
    button: str
    does: str


def presses(keys: Sequence[Key] = ()) -> dict[str, str]:
    """Return what `rows.draw` takes: a letter, and the button that it presses.

    The sheet comes with the question mark, also as Chinese keyboards write it.
    """
    return {key.letter.lower(): key.button for key in keys} | {"?": BUTTON, "？": BUTTON}


def draw(keys: Sequence[Key] = ()) -> None:
    """Draw the button of the sheet, and the sheet when it is open."""
    st.button(
        "键盘",
        key=BUTTON,
        type="tertiary",
        icon=":material/keyboard:",
        help="按 ? 也可打开",
        on_click=acting.open_drawer,
        args=(SHEET, 0),
    )
    if acting.drawer_open(SHEET):
        _sheet(keys)


@st.dialog("键盘", width="small", on_dismiss=acting.close_drawer)
def _sheet(keys: Sequence[Key]) -> None:
    told = [*MOVES, *((key.letter, key.does) for key in keys), *ALWAYS]
    lines = (el("tr", el("td", el("kbd", key)), el("td", does)) for key, does in told)
    show(el("table", *lines, cls="gw-table gw-keyboard"))
    show(
        workparts.paragraph(
            "正在输入或抽屉打开时，字母就是字母；现在不能做的操作，按了没有作用。", cls="note"
        )
    )
