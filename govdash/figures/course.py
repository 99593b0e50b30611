"""The course of one series: counts by day against the band that was to be expected."""

import pandas as pd
import plotly.graph_objects as go

from govdash.figures.palette import Palette
from govdash.figures.template import template


def course(
    frame: pd.DataFrame, window: tuple[pd.Timestamp, pd.Timestamp], look: Palette
) -> go.Figure:
    """Draw the daily counts as a line, the 95 % band behind, the alert's window shaded.

    Parameters
    ----------
    frame : DataFrame
        ``day``, ``n``, ``expected``, ``lower``, ``upper`` (NaN where nothing is expected).
    window : pair of Timestamp
        First and last day of the window that is abnormal.
    """
    figure = go.Figure()
    band = frame.dropna(subset=["expected"])
    if len(band):
        edge = {"mode": "lines", "line": {"width": 0}, "hoverinfo": "skip", "showlegend": False}
        figure.add_scatter(x=band["day"], y=band["upper"], **edge)
        figure.add_scatter(
            x=band["day"],
            y=band["lower"],
            mode="lines",
            line={"width": 0},
            fill="tonexty",
            fillcolor=look.band,
            hoverinfo="skip",
            name="95% 预期区间",
        )
        figure.add_scatter(
            x=band["day"],
            y=band["expected"],
            mode="lines",
            line={"width": 1, "dash": "dot", "color": look.faint},
            name="预期",
            hovertemplate="预期 %{y:.1f} 件<extra></extra>",
        )
    figure.add_scatter(
        x=frame["day"],
        y=frame["n"],
        mode="lines+markers",
        line={"width": 2, "color": look.primary},
        marker={"size": 4},
        name="实际",
        hovertemplate="实际 %{y} 件<extra></extra>",
    )
    half = pd.Timedelta(hours=12)
    figure.add_vrect(
        x0=window[0] - half, x1=window[1] + half, fillcolor=look.bad, opacity=0.10, line_width=0
    )
    figure.update_layout(
        template=template(look),
        margin={"l": 34, "r": 8, "t": 6, "b": 22},
        hovermode="x unified",
        legend={"orientation": "h", "x": 1, "xanchor": "right", "y": 1.02, "yanchor": "bottom"},
        xaxis={"tickformat": "%m-%d", "hoverformat": "%Y-%m-%d", "nticks": 8},
        yaxis={"nticks": 4, "tickformat": ",d"},
    )
    return figure
