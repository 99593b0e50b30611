"""Charts over time: a curve against its expected band, lanes, the heat of the week. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from html import escape

import pandas as pd
import plotly.graph_objects as go

from govdash.core.vocab import Level
from govdash.figures.notes import NoteBox, apart
from govdash.figures.palette import Palette
from govdash.figures.template import grown, template

_LANE_GAP = 0.012  # between two lanes, as a share of the figure
WEEKDAYS = ("周一", "周二", "周三", "周四", "周五", "周六", "周日")
#: Axis labels without English month names.
TICKS = {
    "hour": "%-m月%-d日",
    "day": "%-m月%-d日",
    "week": "%-m月%-d日",
    "month": "%Y年%-m月",
}
#: How far the axis reaches beyond the start of the last bucket.
_END = {
    "hour": timedelta(hours=1),
    "day": timedelta(days=1),
    "week": timedelta(weeks=1),
    "month": timedelta(days=31),
}
HOVER = {
    "hour": "%-m月%-d日 %H时",
    "day": "%Y年%-m月%-d日",
    "week": "%Y年%-m月%-d日起一周",
    "month": "%Y年%-m月",
}


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of time drawn behind a chart: a holiday, the chosen period."""

    first: date
    last: date
    name: str = ""


def layout(figure: go.Figure, palette: Palette, *, size: int = 12, left: int = 38) -> go.Figure:
    """Give a figure the look of all charts, with `left` pixels for the labels of its axis."""
    figure.update_layout(template=template(palette, size), margin_l=grown(left, size))
    return figure


def day_curve(
    hours: pd.DataFrame,
    palette: Palette,
    *,
    now: pd.Timestamp,
    notes: Mapping[pd.Timestamp, str] | None = None,
    size: int = 12,
) -> go.Figure:
    """Draw one day hour by hour against what was expected of it.

    Parameters
    ----------
    hours : DataFrame
        ``bucket`` (naive local hour), ``n`` (NaN for hours to come), ``expected``, ``low``,
        ``high`` (NaN where there is too little history), ``flag`` (outside the band).
    now : Timestamp
        Naive wall clock; the line that divides what was from what will be.
    notes : mapping of bucket to text, optional
        What the odd ones are, written beside them.
    """
    figure = go.Figure()
    _band(figure, hours, palette)
    _line(figure, hours, palette, hover="%{x|%H时} 实际 %{y:.0f} 件<extra></extra>")
    _flags(figure, hours, palette, hover="%{x|%H时} 超出预期：%{y:.0f} 件<extra></extra>")
    _notes(figure, hours, palette, notes or {}, size=size)
    figure.add_vline(x=now, line={"width": 1, "color": palette.faint, "dash": "dash"})
    first = hours["bucket"].iloc[0]
    figure.update_xaxes(
        tickformat="%H:%M",
        dtick=4 * 3_600_000,  # every four hours, in milliseconds
        range=[first, first + timedelta(hours=23.5)],
    )
    return layout(figure, palette, size=size)


def band_chart(
    counts: pd.DataFrame,
    palette: Palette,
    *,
    grain: str,
    chosen: Span | None = None,
    holidays: Sequence[Span] = (),
    notes: Mapping[pd.Timestamp, str] | None = None,
    beside: pd.DataFrame | None = None,
    incidents: Sequence[tuple[pd.Timestamp, Level, str, str]] = (),
    size: int = 12,
) -> go.Figure:
    """Draw counts against their expected band, the odd ones marked, holidays shaded.

    `counts` has ``bucket``, ``n``, ``expected``, ``low``, ``high``, ``flag`` as in `day_curve`.
    `beside` (``bucket``, ``n``) is drawn as a second line; `incidents` (when, level, title) as
    marks on the axis. A span can be brushed: the figure starts in horizontal box selection.
    """
    figure = go.Figure()
    for span in holidays:
        figure.add_vrect(
            x0=span.first,
            x1=span.last + timedelta(days=1),
            fillcolor=palette.bad,
            opacity=0.07,
            line_width=0,
            layer="below",
            annotation={
                "text": plain(span.name),
                "font": {"size": size - 1, "color": palette.faint},
                "yanchor": "bottom",
                "y": 0,
            },
        )
    if chosen:
        figure.add_vrect(
            x0=chosen.first,
            x1=chosen.last + timedelta(days=1),
            fillcolor=palette.primary,
            opacity=0.10,
            line={"width": 1, "color": palette.primary},
            layer="below",
        )
    _band(figure, counts, palette)
    when = HOVER[grain]
    hover = f"%{{x|{when}}}<br>实际 %{{y:,.0f}} 件，预期 %{{customdata:,.1f}} 件<extra></extra>"
    _line(figure, counts, palette, hover=hover, marks=len(counts) <= 120)
    if beside is not None:
        figure.add_trace(
            go.Scatter(
                x=beside["bucket"],
                y=beside["n"],
                mode="lines",
                line={"width": 1.8, "color": palette.series[3], "dash": "dash"},
                hovertemplate="对比 %{y:,.0f} 件<extra></extra>",
            )
        )
    _flags(figure, counts, palette, hover=f"%{{x|{when}}}<br>异常：%{{y:,.0f}} 件<extra></extra>")
    _incidents(figure, incidents, palette)
    _notes(figure, counts, palette, notes or {}, size=size)
    _ticks(figure, grain)
    if len(counts):
        figure.update_xaxes(
            range=[counts["bucket"].iloc[0], counts["bucket"].iloc[-1] + _END[grain]]
        )
    figure.update_layout(dragmode="select", selectdirection="h")
    return layout(figure, palette, size=size, left=46)


def lanes(
    counts: pd.DataFrame,
    palette: Palette,
    *,
    names: Mapping[str, str],
    grain: str,
    size: int = 12,
) -> go.Figure:
    """Draw one lane per group, each with its own height, over one time axis.

    `counts` has ``bucket``, ``lane`` and ``n``; `names` gives the lanes from top to bottom.
    """
    # Written as one layout: a figure checks itself anew at each thing that is added to it, and
    # six lanes with their words took a quarter of a second.
    high = (1 - _LANE_GAP * (len(names) - 1)) / len(names)
    bars, notes, axes = [], [], {}
    for row, (code, name) in enumerate(names.items()):
        mine = counts[counts["lane"] == code]
        mark = str(row + 1) if row else ""
        top = 1 - row * (high + _LANE_GAP)
        bars.append(
            go.Bar(
                x=mine["bucket"],
                y=mine["n"],
                yaxis=f"y{mark}",
                marker={"color": palette.series[row % len(palette.series)], "line": {"width": 0}},
                hovertemplate=f"{name} %{{x|{HOVER[grain]}}}：%{{y:,.0f}} 件<extra></extra>",
            )
        )
        axes[f"yaxis{mark}"] = {
            "domain": [max(0.0, top - high), top],
            "showticklabels": False,
            "showgrid": False,
            "linecolor": palette.line,
        }
        for text, x, anchor, colour in (
            (name, -0.008, "right", palette.text),
            (f"{mine['n'].sum():,.0f}", 1.005, "left", palette.sub),
        ):
            notes.append(
                {
                    "text": text,
                    "x": x,
                    "xref": "paper",
                    "xanchor": anchor,
                    "y": 0.5,
                    "yref": f"y{mark} domain",
                    "showarrow": False,
                    "font": {"size": size, "color": colour},
                }
            )
    axes["xaxis"] = {"anchor": f"y{len(names)}" if len(names) > 1 else "y", "showgrid": True}
    figure = go.Figure(bars, {**axes, "annotations": notes, "bargap": 0.12})
    layout(figure, palette, size=size, left=72)
    _ticks(figure, grain)
    figure.update_layout(margin_r=grown(56, size), hovermode="closest")
    return figure


def week_heat(counts: pd.DataFrame, palette: Palette, *, size: int = 12) -> go.Figure:
    """Draw the mean number of events for each hour of the week.

    `counts` is a table of 7 weekdays (Monday first) by 24 hours.
    """
    steps = len(palette.ramp) - 1
    figure = go.Figure(
        go.Heatmap(
            z=counts.to_numpy(dtype=float),
            x=[f"{hour}" for hour in range(24)],
            y=list(WEEKDAYS),
            colorscale=[[i / steps, colour] for i, colour in enumerate(palette.ramp)],
            showscale=False,
            xgap=2,
            ygap=2,
            hovertemplate="%{y} %{x} 时<br>平均 %{z:.1f} 件<extra></extra>",
        )
    )
    layout(figure, palette, size=size, left=44)
    figure.update_yaxes(autorange="reversed", showgrid=False, nticks=7, rangemode="normal")
    figure.update_xaxes(showgrid=False, dtick=3, ticksuffix="时")
    figure.update_layout(hovermode="closest")
    return figure


def _ticks(figure: go.Figure, grain: str) -> None:
    figure.update_xaxes(tickformat=TICKS[grain])
    if grain == "hour":
        figure.update_xaxes(dtick=24 * 3_600_000)  # one label a day, in milliseconds


def _band(figure: go.Figure, counts: pd.DataFrame, palette: Palette) -> None:
    known = counts.dropna(subset=["expected"])
    figure.add_trace(
        go.Scatter(
            x=known["bucket"], y=known["high"], mode="lines", line={"width": 0}, hoverinfo="skip"
        )
    )
    figure.add_trace(
        go.Scatter(
            x=known["bucket"],
            y=known["low"],
            mode="lines",
            fill="tonexty",
            fillcolor=palette.band,
            line={"width": 0},
            hoverinfo="skip",
        )
    )
    figure.add_trace(
        go.Scatter(
            x=known["bucket"],
            y=known["expected"],
            mode="lines",
            line={"width": 1, "dash": "dot", "color": palette.faint},
            hoverinfo="skip",
        )
    )


def _line(
    figure: go.Figure, counts: pd.DataFrame, palette: Palette, *, hover: str, marks: bool = False
) -> None:
    figure.add_trace(
        go.Scatter(
            x=counts["bucket"],
            y=counts["n"],
            customdata=counts["expected"],
            mode="lines+markers" if marks else "lines",
            marker={"size": 4, "color": palette.primary},
            line={"width": 2.2, "color": palette.primary},
            hovertemplate=hover,
        )
    )


def _notes(
    figure: go.Figure,
    counts: pd.DataFrame,
    palette: Palette,
    notes: Mapping[pd.Timestamp, str],
    *,
    size: int,
) -> None:
    """Write beside odd points what they are, towards the middle of the chart, none over another."""
    values = counts.set_index("bucket")["n"]
    where = pd.Series(range(len(counts)), counts["bucket"]) / max(1, len(counts) - 1)
    tallest = max(1.0, float(counts[["n", "high"]].max().max()))
    boxes = {
        bucket: NoteBox(float(where[bucket]), float(values[bucket]) / tallest, len(text), size)
        for bucket, text in notes.items()
    }
    shifts = dict(zip(boxes, apart(list(boxes.values())), strict=True))
    for bucket, text in notes.items():
        late = boxes[bucket].late
        figure.add_annotation(
            x=bucket,
            y=float(values[bucket]),
            text=plain(text),
            showarrow=False,
            xanchor="right" if late else "left",
            xshift=-9 if late else 9,
            yshift=shifts[bucket],
            font={"size": size, "color": palette.warn},
            bgcolor=palette.card,
            opacity=0.92,
        )


def _incidents(
    figure: go.Figure, incidents: Sequence[tuple[pd.Timestamp, Level, str, str]], palette: Palette
) -> None:
    """Mark alerts on the axis by colour and shape; each carries its id."""
    shapes = {
        Level.RED: "diamond",
        Level.ORANGE: "triangle-up",
        Level.YELLOW: "square",
        Level.BLUE: "circle",
    }
    figure.add_trace(
        go.Scatter(
            x=[at for at, *_ in incidents],
            y=[0] * len(incidents),
            customdata=[
                [plain(f"{level.label}色预警：{title}"), number]
                for _, level, title, number in incidents
            ],
            mode="markers",
            cliponaxis=False,
            marker={
                "size": 11,
                "symbol": [shapes[level] for _, level, *_ in incidents],
                "color": [palette.levels[level] for _, level, *_ in incidents],
                "line": {"width": 1, "color": palette.card},
            },
            hovertemplate="%{x|%-m月%-d日 %H:%M} %{customdata[0]}<extra></extra>",
        )
    )


def plain(text: str) -> str:
    """Write a text so that a chart, which reads some markup, shows it as it is."""
    return escape(text, quote=False)


def _flags(figure: go.Figure, counts: pd.DataFrame, palette: Palette, *, hover: str) -> None:
    odd = counts[counts["flag"].astype(bool)]
    above = odd["n"] > odd["high"]
    colour = palette.levels[Level.ORANGE]
    figure.add_trace(
        go.Scatter(
            x=odd["bucket"],
            y=odd["n"],
            mode="markers",
            marker={
                "size": 9,
                "color": colour,
                "symbol": ["triangle-up" if high else "triangle-down" for high in above],
                "line": {"width": 1, "color": palette.card},
            },
            hovertemplate=hover,
        )
    )
