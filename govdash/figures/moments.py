"""Charts of single days and moments: a calendar by colour, the life of one incident. Pure."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

import pandas as pd
import plotly.graph_objects as go

from govdash.figures.charts import TICKS, WEEKDAYS, layout, plain
from govdash.figures.palette import Palette

#: Lines of the life of an incident from top to bottom; the events are below them.
ROWS: Final = ("预警", "案件", "回访")
_SYMBOLS: Final = ("diamond", "square", "circle")


def calendar(days: pd.DataFrame, palette: Palette, *, size: int = 12) -> go.Figure:
    """Draw each day as a box by its count, a column a week.

    `days` has ``day``, ``week`` (its Monday), ``weekday`` (Monday 0) and ``n``.
    """
    table = days.pivot_table(index="weekday", columns="week", values="n", aggfunc="sum")
    table = table.reindex(range(len(WEEKDAYS)))
    steps = len(palette.ramp) - 1
    dates = [
        [pd.Timestamp(week) + pd.Timedelta(days=d) for week in table.columns]
        for d in range(len(WEEKDAYS))
    ]
    figure = go.Figure(
        go.Heatmap(
            z=table.to_numpy(dtype=float),
            x=list(table.columns),
            y=list(WEEKDAYS),
            customdata=[[f"{day:%Y-%m-%d}" for day in row] for row in dates],
            colorscale=[[i / steps, colour] for i, colour in enumerate(palette.ramp)],
            showscale=False,
            xgap=2,
            ygap=2,
            hoverongaps=False,
            hovertemplate="%{customdata} %{y}<br>%{z:,.0f} 件<extra></extra>",
        )
    )
    layout(figure, palette, size=size, left=44)
    figure.update_yaxes(autorange="reversed", showgrid=False, nticks=7, rangemode="normal")
    figure.update_xaxes(showgrid=False, tickformat=TICKS["week"], nticks=8)
    figure.update_layout(hovermode="closest")
    return figure


def life(
    events: pd.DataFrame,
    moments: Sequence[tuple[datetime, str, str, str]],
    palette: Palette,
    *,
    zone: ZoneInfo,
    size: int = 12,
) -> go.Figure:
    """Draw the events of an incident by the hour, and above them what was done, a row a kind.

    `moments` are (aware time, one of `ROWS`, what, who); `events` has ``bucket`` (naive local
    hour) and ``n``.
    """
    most = float(events["n"].max()) if len(events) else 1.0
    figure = go.Figure(
        go.Bar(
            x=events["bucket"],
            y=events["n"] / most,
            customdata=events["n"],
            width=3_600_000,  # an hour in milliseconds
            marker={"color": palette.series[1], "line": {"width": 0}},
            hovertemplate="%{x|%-m月%-d日 %H时} 事件 %{customdata} 件<extra></extra>",
        )
    )
    for place, (row, symbol) in enumerate(zip(ROWS, _SYMBOLS, strict=True)):
        mine = [moment for moment in moments if moment[1] == row]
        figure.add_trace(
            go.Scatter(
                x=[at.astimezone(zone).replace(tzinfo=None) for at, *_ in mine],
                y=[_height(place)] * len(mine),
                customdata=[f"{plain(what)} {plain(who)}" for _, _, what, who in mine],
                mode="markers+lines",
                marker={"size": 10, "symbol": symbol, "color": palette.series[(2 * place) % 7]},
                line={"width": 1, "color": palette.line},
                hovertemplate="%{x|%-m月%-d日 %H:%M} %{customdata}<extra></extra>",
            )
        )
        for at, what in _spread(mine):
            figure.add_annotation(
                x=at.astimezone(zone).replace(tzinfo=None),
                y=_height(place),
                text=plain(what),
                showarrow=False,
                yshift=14,
                font={"size": size - 1, "color": palette.text},
            )
    layout(figure, palette, size=size, left=44)
    figure.update_yaxes(
        range=[0, _height(0) + 0.55],
        tickvals=[0.4, *(_height(place) for place in range(len(ROWS)))],
        ticktext=["事件", *ROWS],
        showgrid=False,
    )
    figure.update_xaxes(tickformat="%-m月%-d日", nticks=10)
    figure.update_layout(hovermode="closest", bargap=0)
    return figure


def _height(place: int) -> float:
    return 1.4 + 0.75 * (len(ROWS) - 1 - place)


def _spread(
    moments: Sequence[tuple[datetime, str, str, str]],
) -> list[tuple[datetime, str]]:
    """Choose the moments whose words have room: the first, the last, and those well apart."""
    if not moments:
        return []
    whole = (moments[-1][0] - moments[0][0]).total_seconds() or 1.0
    chosen = [moments[0]]
    for moment in moments[1:]:
        if (moment[0] - chosen[-1][0]).total_seconds() > whole / 6:
            chosen.append(moment)
    return [(at, what) for at, _, what, _ in chosen]
