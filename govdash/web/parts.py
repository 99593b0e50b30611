"""Small pieces of HTML that every page is made of; the one place where text is escaped."""

import base64
import html
import re
from collections.abc import Iterable, Sequence
from typing import Literal

import streamlit as st

from govdash.core.vocab import Level


class Html(str):
    """Markup that is already safe. Everything else is text and will be escaped."""

    __slots__ = ()


def el(tag: str, *children: object, cls: str = "", **attributes: object) -> Html:
    """Make an element; children that are not `Html`, and all attribute values, are escaped."""
    named = {"class": cls, **{name.rstrip("_"): value for name, value in attributes.items()}}
    written = "".join(
        f' {name.replace("_", "-")}="{html.escape(str(value))}"'
        for name, value in named.items()
        if value not in ("", None)
    )
    inner = "".join(_safe(child) for child in children if child is not None)
    return Html(f"<{tag}{written}>{inner}</{tag}>")


def join(parts: Iterable[object]) -> Html:
    """Put pieces one after another."""
    return Html("".join(_safe(part) for part in parts))


def show(piece: Html, *, width: Literal["stretch", "content"] = "stretch") -> None:
    """Draw a piece on the page, as wide as its container or as itself."""
    st.html(piece, width=width)


#: What begins markup in the texts that Streamlit draws as Markdown.
_MARKUP = re.compile(r"([\\`*_\[\]<>$~|#])")


def plain(text: object) -> str:
    """Return a text for `st.error` and the like, which draw Markdown: shown as it is.

    What was typed, or came with a link, could else show another link under words of its own.
    """
    return _MARKUP.sub(r"\\\1", str(text))


def _safe(child: object) -> str:
    return child if isinstance(child, Html) else html.escape(str(child))


def number(value: float | None, *, digits: int = 0) -> str:
    """Write a number as people read it: ``1,284``, ``96.4``; a missing one is a dash."""
    if value is None or value != value:  # NaN is the one value unlike itself
        return "—"
    return f"{value:,.{digits}f}"


def change(value: float | None, *, digits: int = 1) -> str:
    """Write a ratio of change with its sign: ``+6.2%``; unknown is a dash."""
    if value is None or value != value:
        return "—"
    return f"{value:+.{digits}%}"


def level_badge(level: Level, *children: object, title: str = "") -> Html:
    """Show a level by colour, shape and numeral, so that colour never speaks alone."""
    return el(
        "span",
        el("i", level.shape),
        el("u", level.numeral),
        el("s", level.label),
        *children,
        cls=f"gd-level gd-lv-{level.value}",
        title=title or f"{level.label}色（{level.numeral}级）",
    )


def card_title(title: str, note: str = "", right: object = "") -> Html:
    """Write the head of a card: what it is, how it was counted, and a word at the right."""
    return el(
        "div",
        el("span", title),
        el("small", note, title=note) if note else None,
        el("span", right, cls="gd-right") if right else None,
        cls="gd-title",
    )


def kpi(
    label: str,
    value: str,
    unit: str,
    *,
    note: object = "",
    why: str = "",
    tone: str = "",
    trend: Sequence[float] = (),
    colour: str = "",
    hint: str = "",
) -> Html:
    """Make a tile: one number with its unit, what it is compared with, and its recent course.

    `why` says in a line of its own what made the number what it is. `tone` is ``bad``, ``good`` or
    nothing; `trend` is drawn as a spark line in `colour`.
    """
    return el(
        "div",
        el("div", label, cls="gd-kpi-label"),
        el(
            "div",
            el("b", value, cls="gd-num"),
            el("em", unit),
            spark(trend, colour) if len(trend) > 1 else None,
            cls="gd-kpi-value",
        ),
        el("div", note, cls="gd-kpi-note"),
        el("div", why, cls="gd-kpi-note", title=why) if why else None,
        cls=f"gd-kpi {tone}".strip(),
        title=hint,
    )


def spark(values: Sequence[float], colour: str, *, width: int = 86, height: int = 26) -> Html:
    """Draw a small line without axes, as an image that no style sheet touches."""
    low, high = min(values), max(values)
    span = (high - low) or 1.0
    step = (width - 4) / (len(values) - 1)
    dots = [
        (2 + i * step, height - 3 - (value - low) / span * (height - 7))
        for i, value in enumerate(values)
    ]
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in dots)
    x, y = dots[-1]
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}">'
        f'<polygon points="2,{height} {line} {width - 2},{height}" fill="{colour}" opacity=".12"/>'
        f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="1.6"'
        f' stroke-linejoin="round"/><circle cx="{x:.1f}" cy="{y:.1f}" r="2.2" fill="{colour}"/>'
        "</svg>"
    )
    code = base64.b64encode(svg.encode()).decode()
    return Html(
        f'<img width="{width}" height="{height}" alt="" src="data:image/svg+xml;base64,{code}">'
    )


def bars(rows: Iterable[tuple[str, float]], *, unit: str = "件", href: Sequence[str] = ()) -> Html:
    """Rank names by a number, one bar each; the longest fills the width."""
    listed = list(rows)
    most = max((value for _, value in listed), default=0) or 1
    return el(
        "div",
        *(
            el(
                "a" if i < len(href) else "div",
                el("span", name, title=name),
                el("u", el("i", style=f"width:{value / most:.0%}")),
                el("b", number(value), cls="gd-num", title=f"{number(value)} {unit}"),
                cls="gd-bar",
                href=href[i] if i < len(href) else "",
                target="_self" if i < len(href) else "",
            )
            for i, (name, value) in enumerate(listed)
        ),
        cls="gd-bars",
    )


def empty(message: str, hint: str = "") -> Html:
    """Say in words why there is nothing here, and what to do."""
    return el("div", el("b", message), el("span", hint) if hint else None, cls="gd-empty")


def loading(lines: int = 3) -> Html:
    """Hold the place of what is still being read, so that nothing jumps when it comes."""
    return el(
        "div",
        *(el("i", style=f"width:{width}%") for width in _widths(lines)),
        cls="gd-loading",
        role="status",
        aria_label="正在读取",
    )


def failed(message: str, hint: str = "") -> Html:
    """Say in words what did not work in this card, and what to do; the rest of the page stays."""
    return el(
        "div",
        el("b", "◆ ", message),
        el("span", hint) if hint else None,
        cls="gd-empty gd-failed",
        role="alert",
    )


def _widths(lines: int) -> list[int]:
    """Return widths in percent that look like lines of text."""
    return [(92, 78, 85, 64)[line % 4] for line in range(lines)]
