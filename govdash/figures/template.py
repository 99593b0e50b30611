"""The look of all charts, made of the palette: no frame, quiet grid, our font. Pure."""

from functools import cache

import plotly.graph_objects as go

from govdash.figures.palette import FONT, Palette


@cache
def template(palette: Palette, size: int = 12) -> go.layout.Template:
    """Return the plotly template of a theme; `size` is that of its text, in pixels."""
    axis = {"gridcolor": palette.grid, "zeroline": False}
    return go.layout.Template(
        layout={
            "showlegend": False,
            "margin": {"l": 38, "r": 10, "t": 8, "b": 26},
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
            "xaxis": {**axis, "linecolor": palette.line},
            "yaxis": {**axis, "rangemode": "tozero", "nticks": 5, "tickformat": ",~r"},
        }
    )
