"""Charts of 绩效考核: an indicator over periods, and how groups lie around its target. Pure."""

from collections.abc import Sequence

import pandas as pd
import plotly.graph_objects as go

from govdash.figures.charts import layout
from govdash.figures.palette import Palette


def course(
    labels: Sequence[str],
    values: Sequence[float | None],
    lows: Sequence[float | None],
    highs: Sequence[float | None],
    palette: Palette,
    *,
    unit: str,
    target: float | None,
    year: float | None,
) -> go.Figure:
    """Draw a figure over periods with its interval, its target, and that of a year before.

    Values are in `unit` (percent or points); None where there was nothing to count.
    """
    figure = go.Figure()
    if any(low is not None for low in lows):
        figure.add_scatter(
            x=list(labels), y=list(highs), mode="lines", line={"width": 0}, hoverinfo="skip",
        )  # fmt: skip
        figure.add_scatter(
            x=list(labels), y=list(lows), mode="lines", line={"width": 0}, fill="tonexty",
            fillcolor=palette.band, hoverinfo="skip",
        )  # fmt: skip
    figure.add_scatter(
        x=list(labels), y=list(values), mode="lines+markers",
        line={"color": palette.primary, "width": 2}, marker={"size": 7},
        hovertemplate="%{x}　%{y:.2f} " + unit + "<extra></extra>",
    )  # fmt: skip
    if target is not None:
        figure.add_hline(
            y=target, line={"width": 1, "dash": "dash", "color": palette.good},
            annotation={
                "text": f"达标线 {target:g}", "font": {"color": palette.good},
                "xanchor": "left", "x": 0,
            },
        )  # fmt: skip
    if year is not None:
        figure.add_scatter(
            x=[labels[-1]], y=[year], mode="markers",
            marker={"symbol": "diamond-open", "size": 11, "color": palette.warn},
            hovertemplate="去年同期　%{y:.2f} " + unit + "<extra></extra>",
        )  # fmt: skip
    figure.update_layout(showlegend=False)
    figure.update_xaxes(type="category", tickangle=0)
    figure.update_yaxes(title={"text": unit})
    return layout(figure, palette, left=48)


def spread(groups: pd.DataFrame, palette: Palette, *, unit: str, target: float | None) -> go.Figure:
    """Draw each group's value with its 95 % interval, the best above; hollow: too few to rank.

    `groups` has ``name``, ``value``, ``low``, ``high`` (in `unit`), ``ranked``, ``n``.
    """
    figure = go.Figure()
    for row in groups.to_dict("records"):
        if row["low"] == row["low"]:  # NaN is unlike itself
            figure.add_scatter(
                x=[row["low"], row["high"]], y=[row["name"]] * 2, mode="lines",
                line={"color": palette.faint, "width": 2}, hoverinfo="skip",
            )  # fmt: skip
    symbols = ["circle" if ranked else "circle-open" for ranked in groups["ranked"]]
    figure.add_scatter(
        x=groups["value"], y=groups["name"], mode="markers", customdata=groups["n"],
        marker={"color": palette.primary, "size": 9, "symbol": symbols},
        hovertemplate="%{y}　%{x:.2f} " + unit + "，分母 %{customdata} 件<extra></extra>",
    )  # fmt: skip
    if target is not None:
        figure.add_vline(x=target, line={"width": 1, "dash": "dash", "color": palette.good})
    figure.update_layout(showlegend=False)
    figure.update_yaxes(autorange="reversed", automargin=True, dtick=1)
    figure.update_xaxes(title={"text": unit})
    return layout(figure, palette)
