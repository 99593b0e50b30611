"""The tokens: readable, the same for what we draw and what Streamlit draws, the same in charts."""

import tomllib
from collections.abc import Iterator

import pytest

from govdash.core.settings import ROOT
from govdash.figures.palette import DARK, FONT, LIGHT, Palette
from govdash.figures.template import template

READ = ("text", "sub", "faint", "primary", "good", "warn", "bad")
both = pytest.mark.parametrize("palette", [LIGHT, DARK], ids=lambda palette: palette.name)


def light_of(colour: str) -> float:
    """Relative luminance, WCAG 2.2."""
    shares = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    linear = [s / 12.92 if s <= 0.04045 else ((s + 0.055) / 1.055) ** 2.4 for s in shares]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    dark, light = sorted((light_of(one), light_of(other)))
    return (light + 0.05) / (dark + 0.05)


def pairs(palette: Palette) -> Iterator[tuple[str, str, str]]:
    for name in READ:
        yield f"{name} on card", getattr(palette, name), palette.card
        yield f"{name} on ground", getattr(palette, name), palette.ground
    for level, colour in palette.levels.items():
        yield f"on {level}", palette.on_levels[level], colour


def test_contrast_is_reckoned_as_in_the_guidelines():
    assert contrast("#FFFFFF", "#000000") == pytest.approx(21)
    assert contrast("#777777", "#FFFFFF") == pytest.approx(4.48, abs=0.01)


@both
def test_everything_that_is_read_stands_out(palette: Palette):
    assert [name for name, text, below in pairs(palette) if contrast(text, below) < 4.5] == []


@both
def test_streamlit_draws_in_the_same_colours(palette: Palette):
    theme = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text("utf-8"))["theme"]
    assert theme["font"] == FONT
    assert theme[palette.name] == {
        "primaryColor": palette.primary,
        "backgroundColor": palette.ground,
        "secondaryBackgroundColor": palette.card,
        "textColor": palette.text,
        "borderColor": palette.line,
        "chartCategoricalColors": list(palette.series),
    }


@both
def test_charts_draw_in_the_same_colours(palette: Palette):
    look = template(palette).layout
    assert list(look.colorway) == list(palette.series)
    assert (look.font.family, look.font.color) == (FONT, palette.sub)
    assert look.xaxis.gridcolor == look.yaxis.gridcolor == palette.grid
    assert (look.hoverlabel.bgcolor, look.hoverlabel.font.color) == (palette.card, palette.text)
