"""Figures of an evaluation: POD against false incidents, reliability, delays, alerts per day."""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Final

import plotly.graph_objects as go

from govdash.figures.charts import TICKS, layout
from govdash.figures.palette import Palette

#: Line styles, so that colour never speaks alone.
_DASHES: Final = ("solid", "dash", "dot", "dashdot")
_MARKS: Final = ("circle", "diamond", "square", "triangle-up")
#: Delays at and beyond this many days share one bar.
_LATE: Final = 7
_TOLERANCE: Final = 2.0
_LEGEND: Final = {"orientation": "h", "x": 0, "y": 1.0, "yanchor": "bottom", "font": {"size": 11}}


def pod_curve(
    arms: Sequence[Mapping[str, Any]],
    names: Mapping[str, str],
    palette: Palette,
    *,
    rules: tuple[float, float] | None = None,
) -> go.Figure:
    """Draw the share of bursts found against the false incidents a day that are put up with.

    Parameters
    ----------
    arms : sequence of mapping
        ``code`` and ``curve``: points with ``false_per_day`` and ``pod``.
    rules : pair of float, optional
        False incidents a day and POD of the rules as they are: one point.
    """
    figure = go.Figure()
    for n, arm in enumerate(arms):
        name = names.get(arm["code"], arm["code"])
        colour = palette.series[(0, 1, 3, 4)[n % 4]]
        figure.add_scatter(
            x=[point["false_per_day"] for point in arm["curve"]],
            y=[point["pod"] for point in arm["curve"]],
            name=name,
            mode="lines+markers",
            line={"color": colour, "width": 2.4 if n < 2 else 1.8, "dash": _DASHES[n % 4]},
            marker={"size": 7, "symbol": _MARKS[n % 4]},
            hovertemplate=f"{name}<br>每天 %{{x}} 起误报时检出 %{{y:.0%}}<extra></extra>",
        )
    if rules is not None:
        figure.add_scatter(
            x=[rules[0]],
            y=[rules[1]],
            name="现行规则",
            mode="markers",
            marker={"size": 13, "symbol": "star", "color": palette.bad},
            hovertemplate="现行规则：每天 %{x:.2f} 起误报，检出 %{y:.0%}<extra></extra>",
        )
    layout(figure, palette, left=46)
    ticks = [0.05, 0.1, 0.25, 0.5, 1, 2]
    figure.update_xaxes(
        type="log",
        tickvals=ticks,
        ticktext=[f"{t:g}" for t in ticks],
        title=_title("误报（起／天）"),
    )
    figure.update_yaxes(range=[0, 1], tickformat=".0%")
    figure.update_layout(showlegend=True, legend=_LEGEND, hovermode="closest")
    figure.update_layout(margin={"t": 26, "b": 38})
    return figure


def reliability(points: Sequence[Mapping[str, Any]], palette: Palette) -> go.Figure:
    """Draw realised against nominal rates on log scales; outside ½–2× is red.

    `points` have ``nominal``, ``realised``, ``as_promised`` and ``series_days``.
    """
    figure = go.Figure()
    ends = [0.0005, 0.2]
    figure.add_scatter(
        x=[*ends, *reversed(ends)],
        y=[e * _TOLERANCE for e in ends] + [e / _TOLERANCE for e in reversed(ends)],
        mode="lines",
        fill="toself",
        fillcolor=palette.band,
        line={"width": 0},
        hoverinfo="skip",
    )
    figure.add_scatter(
        x=ends, y=ends, mode="lines", line={"color": palette.faint, "dash": "dot", "width": 1},
        hoverinfo="skip",
    )  # fmt: skip
    drawn = [p for p in points if p["realised"] > 0]
    figure.add_scatter(
        x=[p["nominal"] for p in drawn],
        y=[p["realised"] for p in drawn],
        customdata=[p["ratio"] for p in drawn],
        mode="lines+markers+text",
        text=[f"{p['ratio']:.1f} 倍" for p in drawn],
        textposition="top left",
        line={"color": palette.primary, "width": 1.6},
        marker={
            "size": 10,
            "color": [palette.good if p["as_promised"] else palette.bad for p in drawn],
            "symbol": ["circle" if p["as_promised"] else "x" for p in drawn],
        },
        hovertemplate="名义 %{x:.1%}，实得 %{y:.2%}（%{customdata:.2f} 倍）<extra></extra>",
    )
    layout(figure, palette, left=52)
    ticks = [0.001, 0.01, 0.05, 0.1]
    words = ["0.1%", "1%", "5%", "10%"]
    low = min([ends[0], *(p["realised"] / _TOLERANCE for p in drawn)])
    span = {"type": "log", "tickvals": ticks, "ticktext": words}
    figure.update_xaxes(**span, title=_title("名义误报率"), range=[math.log10(end) for end in ends])
    figure.update_yaxes(
        **span,
        title=_title("实得误报率"),
        rangemode="normal",
        range=[math.log10(low), math.log10(ends[1] * _TOLERANCE)],
    )
    figure.update_layout(hovermode="closest", margin_b=38)
    return figure


def delays(groups: Mapping[str, Sequence[int]], palette: Palette) -> go.Figure:
    """Draw how many days after its start something was found, one bar per group and day."""
    figure = go.Figure()
    words = ["当天", *(f"{n} 天" for n in range(1, _LATE)), f"≥{_LATE} 天"]
    for n, (name, days) in enumerate(groups.items()):
        counted = Counter(min(day, _LATE) for day in days)
        figure.add_bar(
            x=words,
            y=[counted.get(day, 0) for day in range(_LATE + 1)],
            name=name,
            marker={"color": palette.series[n], "line": {"width": 0}},
            hovertemplate=f"{name}：%{{x}} %{{y}} 起<extra></extra>",
        )
    layout(figure, palette, left=32)
    figure.update_layout(barmode="stack", bargap=0.25, showlegend=True, legend=_LEGEND, margin_t=24)
    figure.update_yaxes(tickformat="d")
    return figure


def alerts_per_day(
    days: Sequence[Mapping[str, Any]], palette: Palette, *, labelled: bool
) -> go.Figure:
    """Draw the new alerts of each day; with labels, those of no labelled incident apart."""
    figure = go.Figure()
    when = [day["day"] for day in days]
    kinds = (("true", "已标注事件", palette.primary), ("other", "误报", palette.bad))
    if not labelled:
        kinds = (("other", "提示", palette.primary),)
    for key, name, colour in kinds:
        figure.add_bar(
            x=when,
            y=[day[key] for day in days],
            name=name,
            marker={"color": colour, "line": {"width": 0}},
            hovertemplate=f"%{{x|%Y年%-m月%-d日}} {name} %{{y}} 起<extra></extra>",
        )
    layout(figure, palette, left=32)
    figure.update_xaxes(tickformat=TICKS["day"])
    figure.update_yaxes(tickformat="d")
    figure.update_layout(
        barmode="stack", bargap=0.2, showlegend=labelled, legend=_LEGEND, margin_t=24
    )
    return figure


def _title(text: str) -> dict[str, Any]:
    return {"text": text, "font": {"size": 12}, "standoff": 4}
