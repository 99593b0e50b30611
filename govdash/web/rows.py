"""A list with clickable rows, built of typed cells; the browser sets every text as text."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from streamlit.components import v2

from govdash.core.vocab import Level
from govdash.web.citymap import COMPONENTS

Cell = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Row:
    """One line: what opening it hands back, and its cells."""

    id: str
    cells: Sequence[Cell]
    chosen: bool = False


def text(words: str, *, tone: str = "") -> Cell:
    """Write plain words, cut with an ellipsis when the column is narrow."""
    return {"kind": "text", "text": words, "tone": tone}


def num(words: str, *, tone: str = "") -> Cell:
    """Write figures, at the right; `tone` is ``bad``, ``good``, ``faint`` or nothing."""
    return {"kind": "num", "text": words, "tone": tone}


def two(head: str, sub: str, *, tone: str = "") -> Cell:
    """Write a title with a smaller line below, which has the tone."""
    return {"kind": "two", "text": head, "sub": sub, "tone": tone}


def right(head: str, sub: str) -> Cell:
    """Write as `two`, at the right edge."""
    return {"kind": "right", "text": head, "sub": sub}


def due(words: str, action: str, *, tone: str = "", first: bool = False) -> Cell:
    """Say how long there is, and below what can be done next; `first`: it waits for just that.

    The row as a whole is what is pressed.
    """
    return {"kind": "due", "text": words, "action": action, "tone": tone, "first": first}


def badge(level: Level) -> Cell:
    """Show a level by colour, shape, numeral and word."""
    return {
        "kind": "badge",
        "level": level.value,
        "shape": level.shape,
        "numeral": level.numeral,
        "text": level.label,
    }


def tag(words: str) -> Cell:
    """Put a square with one or two characters."""
    return {"kind": "tag", "text": words}


def bar(share: float, *, target: float | None = None, tone: str = "") -> Cell:
    """Draw a bar that fills `share` (0 to 1) of its column, with a line at `target`."""
    told: Cell = {"kind": "bar", "share": share, "tone": tone}
    return told if target is None else told | {"target": target}


def ranked(parts: Sequence[tuple[str, str, float, str]]) -> Cell:
    """Draw a few small bars: what opening one hands back, name, share (0 to 1), number in words."""
    told = [{"id": id_, "text": name, "share": share, "n": n} for id_, name, share, n in parts]
    return {"kind": "ranked", "parts": told}


def draw(
    rows: Sequence[Row],
    *,
    key: str,
    columns: str,
    head: Sequence[str] = (),
    look: str = "table",
    opens: bool = True,
    keys: Mapping[str, str] | None = None,
) -> str | None:
    """Draw the list, filling its container and scrolling inside it.

    `columns` is a CSS grid template. `look` is ``table``, ``cards``, ``bars`` or ``pairs`` (two
    rows beside one another). With
    `keys` the letters j and k open the next and the previous row wherever the focus is, and each
    letter in it presses the button whose widget key begins as it says.

    Returns
    -------
    str or None
        The id of the row, or of the part of a row, that was just opened; None in every other run,
        and when that row isn't in `rows` any more.
    """
    component = v2.component(
        "govdash_rows", html='<div class="list"></div>', css=_file("rows.css"), js=_file("rows.js")
    )
    told = component(
        key=key,
        data={
            "columns": columns,
            "head": list(head),
            "look": look,
            "opens": opens,
            "keys": None if keys is None else dict(keys),
            "rows": [
                {"id": row.id, "cells": list(row.cells), "chosen": row.chosen} for row in rows
            ],
        },
        height="stretch",
        on_open_change=_noted,
    )
    opened = None if told.open is None else str(told.open)
    known = {row.id for row in rows}
    known |= {part["id"] for row in rows for cell in row.cells for part in cell.get("parts", ())}
    return opened if opened in known else None


def _noted() -> None:
    """Name a callback: that is what makes `open` a value of the component."""


@cache
def _file(name: str) -> str:
    return (COMPONENTS / name).read_text("utf-8")
