"""The look of all charts, made of the palette: no frame, quiet grid, our font. Pure."""

from functools import cache

import plotly.graph_objects as go

from govdash.figures.palette import FONT, Palette


def grown(margin: int, size: int) -> int:
    """Return a margin that suits text of `size` px, where `margin` suits one of 12."""
    return round(margin * size / 12)


def _apart(size: int) -> dict[str, object]:
    """Keep large labels of the time axis away from the zero of the other axis."""
    unseen = {"ticks": "outside", "ticklen": 7, "tickcolor": "rgba(0,0,0,0)"}
    return unseen if size > 12 else {}


@cache
def template(palette: Palette, size: int = 12) -> go.layout.Template:
    """Return the plotly template of a theme; `size` is that of its text, in pixels."""
    axis = {"gridcolor": palette.grid, "zeroline": False}
    return go.layout.Template(
        layout={
            "showlegend": False,
            "margin": {"l": grown(38, size), "r": 10, "t": 8, "b": grown(26, size)},
            "paper_bgcolor": "rgba(0,0,0,0)",
            "plot_bgcolor": "rgba(0,0,0,0)",
            "colorway": list(palette.series),
            "font": {"family": FONT, "color": palette.sub, "size": size},
            "hoverlabel": {
                "bgcolor": palette.card,
                "bordercolor": palette.line,
                "font": {"family": FONT, "color": palette.text, "size": size},
            },
            "hovermode": "x",
            "separators": ".,",
            "xaxis": {**axis, "linecolor": palette.line, **_apart(size)},
            "yaxis": {**axis, "rangemode": "tozero", "nticks": 5, "tickformat": ",~r"},
        }
    )
