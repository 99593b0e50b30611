"""Pieces of the work pages: facts, figures in a row, a course of steps, a log, their style."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd
import streamlit as st

from govdash.report.evidence import Makeup
from govdash.web.parts import Html, el, join

STYLE = Path(__file__).with_name("work.css")


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a log: when, who, what they did, what they said."""

    at: datetime
    who: str
    did: str
    note: str = ""


def style() -> None:
    """Put the style sheet of the work pages on the page."""
    st.html(f"<style>{_style()}</style>")


@cache
def _style() -> str:
    return STYLE.read_text("utf-8")


def clock_time(at: datetime | None, zone: ZoneInfo, *, now: datetime | None = None) -> str:
    """Write a moment in the city's zone: ``11-22 10:32``, with the year when it is not this one."""
    if at is None or at != at:  # NaT is unlike itself
        return "—"
    local = at.astimezone(zone)
    same_year = now is not None and local.year == now.astimezone(zone).year
    return f"{local:%m-%d %H:%M}" if same_year else f"{local:%Y-%m-%d %H:%M}"


def span(seconds: float, *, working: bool = False) -> str:
    """Write a length of time: ``12 分钟``, ``3.5 小时``, ``2.1 天``, or ``3.5 工作时``."""
    minutes = abs(seconds) / 60
    if minutes < 1 and not working:
        return f"{abs(seconds):.0f} 秒"
    if minutes < 60:
        return f"{minutes:.0f} 工作分钟" if working else f"{minutes:.0f} 分钟"
    if working:
        return f"{minutes / 60:.1f} 工作时"
    if minutes < 48 * 60:
        return f"{minutes / 60:.1f} 小时"
    return f"{minutes / 1440:.1f} 天"


def short_area(name: str) -> str:
    """Leave the community out between a street and its grid, whose name repeats it."""
    parts = name.split("·")
    return "·".join([*parts[:2], parts[-1]] if len(parts) > 3 else parts)


def records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the rows of a frame one by one, by column name."""
    return [{str(name): value for name, value in row.items()} for row in frame.to_dict("records")]


def facts(pairs: Iterable[tuple[str, object]]) -> Html:
    """Write names and values in a grid; empty values are a dash."""
    return el(
        "dl",
        *(
            el("div", el("dt", name), el("dd", value if value not in ("", None) else "—"))
            for name, value in pairs
        ),
        cls="gw-facts",
    )


def figures(tiles: Iterable[tuple[str, str, str]]) -> Html:
    """Write a few numbers in a row: label, value, what it is compared with."""
    return el(
        "div",
        *(
            el("div", el("span", label), el("b", value, cls="gd-num"), el("small", note))
            for label, value, note in tiles
        ),
        cls="gw-figures",
    )


def course(stages: Sequence[tuple[str, str]], *, reached: int, ended: bool = False) -> Html:
    """Draw the stages of a case in a row: name and word; those before `reached` are done."""
    return el(
        "ol",
        *(
            el(
                "li",
                el("b", name),
                el("span", word),
                cls="done" if n < reached or ended else "now" if n == reached else "",
            )
            for n, (name, word) in enumerate(stages)
        ),
        cls="gw-course",
    )


def log(entries: Iterable[Entry], zone: ZoneInfo) -> Html:
    """Write what happened, newest first."""
    return el(
        "ol",
        *(
            el(
                "li",
                el("time", f"{entry.at.astimezone(zone):%m-%d %H:%M}", cls="gd-num"),
                el(
                    "div",
                    el("b", entry.did),
                    el("span", entry.who),
                    el("p", entry.note) if entry.note else None,
                ),
                title=f"{entry.at.astimezone(zone):%Y-%m-%d %H:%M:%S}",
            )
            for entry in sorted(entries, key=lambda entry: entry.at, reverse=True)
        ),
        cls="gw-log",
    )


def shares(rows: Iterable[tuple[str, int, float]]) -> Html:
    """Write parts of a whole: name, what was seen as a bar, what was expected as a line."""
    listed = list(rows)
    most = max((max(seen, due) for _, seen, due in listed), default=0) or 1
    return el(
        "div",
        *(
            el(
                "div",
                el("span", name, title=name),
                el(
                    "u",
                    el("i", style=f"width:{seen / most:.1%}"),
                    el("q", style=f"left:{due / most:.1%}"),
                ),
                el("b", f"{seen} / {due:.1f}", cls="gd-num", title="实测 / 预期（件）"),
                cls="gw-share",
            )
            for name, seen, due in listed
        ),
        cls="gw-shares",
    )


def factors(made: Makeup, *, expected: str) -> Html:
    """Write what an expectation is made of; factors that change nothing stand back."""
    return el(
        "div",
        el("span", f"预期 {expected} 件 =" if made.exact else "预期构成"),
        *(
            el(
                "span",
                factor.name,
                el("b", factor.words, cls="gd-num"),
                cls="" if factor.changes else "plain",
            )
            for factor in made.factors
        ),
        cls="gw-factors",
        title="各因素相乘即为预期件数；接近 ×1.00 的因素没有影响",
    )


def sample_list(events: Iterable[tuple[str, str, str, str]]) -> Html:
    """Write a few events, a line each: time, title, address, street."""
    return el(
        "ol",
        *(
            el(
                "li",
                el("time", at, cls="gd-num"),
                el("span", title, title="，".join(part for part in (title, address) if part)),
                el("small", street, title=address),
            )
            for at, title, address, street in events
        ),
        cls="gw-samples",
    )


def lamp(tone: str, word: str) -> Html:
    """Show a lamp: colour, shape and word; `tone` is green, yellow, red or off."""
    shape = {"green": "●", "yellow": "■", "red": "◆"}.get(tone, "○")
    return el("span", el("i", shape), word, cls=f"gw-lamp {tone}")


def paragraph(*pieces: object, cls: str = "") -> Html:
    """Write a paragraph."""
    return el("p", join(pieces), cls=f"gw-text {cls}".strip())
