"""The look: which palette this session has, and the style sheet made from it."""

from functools import cache
from pathlib import Path

import streamlit as st

from govdash.figures.palette import DARK, FONT, LIGHT, Palette
from govdash.web import wall

STYLE = Path(__file__).with_name("style.css")


def palette() -> Palette:
    """Return the colours of the theme that the viewer's browser asked for; a wall is dark."""
    return DARK if wall.on() or st.context.theme.type == "dark" else LIGHT


def apply() -> None:
    """Put the style sheet on the page; called once per run by the router."""
    st.html(f"<style>{_variables(palette())}{_style()}</style>")
    wall.style()


@cache
def _style() -> str:
    return STYLE.read_text("utf-8")


@cache
def _variables(chosen: Palette) -> str:
    named = {
        "ground": chosen.ground,
        "card": chosen.card,
        "line": chosen.line,
        "text": chosen.text,
        "sub": chosen.sub,
        "faint": chosen.faint,
        "primary": chosen.primary,
        "good": chosen.good,
        "warn": chosen.warn,
        "bad": chosen.bad,
        "font": FONT,
    }
    root = "".join(f"--gd-{name}:{value};" for name, value in named.items())
    root += "".join(
        f"--gd-{level.value}:{colour};--gd-on-{level.value}:{chosen.on_levels[level]};"
        for level, colour in chosen.levels.items()
    )
    levels = "".join(
        f".gd-lv-{level.value}{{--gd-lv:{colour};--gd-on-lv:{chosen.on_levels[level]}}}"
        for level, colour in chosen.levels.items()
    )
    return f":root{{{root}}}{levels}"
