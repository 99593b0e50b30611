"""Draws the pictures of docs/detection.md from generated data: ``scripts/detection_pictures.py``.

Seeds are fixed. Figures are Plotly's, painted by the Chromium of this machine; nothing is fetched.
Takes about half a minute.
"""

import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from playwright.sync_api import sync_playwright
from plotly.subplots import make_subplots

ROOT: Final = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "benchmarks")]

from scenarios import (  # noqa: E402 - found beside the benchmarks
    Study,
    classic,
    draw,
    ears_c2,
    judge,
    native,
    oracle,
    rolling_z,
    simulate,
)

from govdash.detect import make_detector  # noqa: E402
from govdash.detect.city import CityDetector, Policy, nearest_cells  # noqa: E402
from govdash.detect.native import Native, factors  # noqa: E402
from govdash.detect.walk import walk_forward  # noqa: E402

TARGET: Final = ROOT / "docs" / "images"
FONT: Final = "Noto Sans CJK SC, Noto Sans, sans-serif"
#: Okabe and Ito's colours: told apart by everybody.
BLUE, ORANGE, GREEN, RED, GREY, SKY = (
    "#0072B2",
    "#E69F00",
    "#009E73",
    "#D55E00",
    "#777777",
    "#56B4E9",
)
BAND: Final = "rgba(86,180,233,0.25)"


def series_picture() -> go.Figure:
    """One daily series: what is expected, what came, when it alarms, and a new level learned."""
    days = pd.date_range("2023-01-02", periods=1240, name="day")
    t = np.arange(len(days))
    mean = 20 * np.exp(0.25 * np.cos(2 * np.pi * t / 365.25) - 0.35 * (t % 7 >= 5))
    mean[1160:] *= 1.6
    counts = draw(np.random.default_rng(1), mean, np.array(1.5))
    counts[1100:1103] += 20
    frame = pd.DataFrame({"x": counts}, index=days)
    told = walk_forward(frame, make=Native, start=days[1060])
    fig = make_subplots(
        rows=2, cols=1, shared_xaxes=True, row_heights=[0.72, 0.28], vertical_spacing=0.04
    )
    when = told["date"]
    band = {"x": when, "line": {"width": 0}, "mode": "lines", "hoverinfo": "skip"}
    fig.add_scatter(**band, y=told["upper"], showlegend=False)
    fig.add_scatter(**band, y=told["lower"], fill="tonexty", fillcolor=BAND, name="95 % 区间")
    fig.add_scatter(x=when, y=told["expected"], line={"color": BLUE, "width": 2}, name="预期")
    usual = {"color": GREY, "size": 5}
    fig.add_scatter(x=when, y=told["observed"], mode="markers", marker=usual, name="观测")
    high = told[told["alarm"]]
    alarm = {"color": RED, "size": 9, "symbol": "circle-open", "line": {"width": 2}}
    fig.add_scatter(x=high["date"], y=high["observed"], mode="markers", marker=alarm, name="报警")
    fig.add_scatter(
        x=when,
        y=told["p_high"],
        line={"color": GREEN, "width": 1.5},
        name="合并窗口的概率",
        row=2,
        col=1,
    )
    fig.add_hline(y=0.025, line={"color": RED, "dash": "dot", "width": 1}, row=2, col=1)
    for first, last, what in ((1100, 1103, "三天的突发"), (1160, 1239, "从此多六成")):
        fig.add_vrect(
            x0=days[first] - pd.Timedelta(hours=12),
            x1=days[last],
            row=1,
            col=1,
            fillcolor=ORANGE,
            opacity=0.12,
            line_width=0,
            annotation_text=what,
        )
    fig.update_yaxes(title="件／天", rangemode="tozero", row=1)
    fig.update_yaxes(title="p", type="log", range=[-8, 0], dtick=2, exponentformat="power", row=2)
    fig.update_xaxes(tickformat="%Y-%m")
    return fig


def factors_picture() -> go.Figure:
    """Why so many are expected of one day: each factor moves the bar, exactly."""
    days = pd.date_range("2023-01-02", periods=1100, name="day")
    t = np.arange(len(days))
    holidays = {
        days[n].date(): "春节" for start in (20, 404, 1092) for n in range(start, start + 7)
    }
    rest = np.array([day in holidays for day in days.date])
    mean = 20 * np.exp(0.3 * np.cos(2 * np.pi * t / 365.25) - 0.35 * (t % 7 >= 5) - 0.7 * rest)
    counts = draw(np.random.default_rng(2), mean * (1 + 0.25 * (t > 1040)), np.array(1.5))
    frame = pd.DataFrame({"x": counts}, index=days)
    state = Native(holidays=holidays).fit(frame).state_
    parts = factors(state, "x", days[1095])
    names = {
        "level": "平均",
        "trend": "趋势",
        "season": "季节",
        "weekday": "星期",
        "holiday": "节假日",
        "recent": "近期水平",
    }
    reached = np.cumprod([getattr(parts, name) for name in names])
    moved = np.diff(reached, prepend=0.0)
    share = [f"×{getattr(parts, n):.2f}" if n != "level" else f"{reached[0]:.1f}" for n in names]
    fig = go.Figure(
        go.Waterfall(
            x=[*names.values(), "预期", "观测"],
            y=[*moved, reached[-1], float(counts[1095])],
            measure=["absolute", *["relative"] * (len(names) - 1), "total", "absolute"],
            text=[*share, f"{parts.expected:.1f}", f"{counts[1095]}"],
            textposition="outside",
            increasing={"marker": {"color": ORANGE}},
            decreasing={"marker": {"color": SKY}},
            totals={"marker": {"color": BLUE}},
        )
    )
    fig.update_yaxes(title=f"件（{days[1095]:%Y-%m-%d}）", range=[0, max(reached) * 1.25])
    return fig


def city_picture() -> go.Figure:
    """Map a city of cells with the told zone, beside the category's days before it."""
    rng = np.random.default_rng(5)
    x, y = (part.ravel() for part in np.meshgrid(np.arange(14.0), np.arange(10.0)))
    near = nearest_cells(116.2 + 0.012 * x, 39.8 + 0.01 * y, k=10)
    season = np.exp(0.2 * np.cos(2 * np.pi * np.arange(420) / 365.25))
    parent = season[:, None] * np.array([60.0])
    share = rng.dirichlet(np.full(140, 4.0), size=1)
    city = rng.poisson(parent[:, :, None] * share)
    city[409:413, 0, near[62, :4]] += 2
    watch = CityDetector(near, policy=Policy(per_day=0.02))
    memory = watch.start(city[:412], parent[:412], last_day=411)
    memory, told = watch.tick(memory, city[412], parent[412], day=412)
    hit = told.hits[0]
    zone = list(hit.cells)
    due = (parent[409:413, 0, None] * share[0]).sum(axis=0)
    seen = city[409:413, 0].sum(axis=0)
    ratio = np.log2((seen + 1.0) / (due + 1.0))
    fig = make_subplots(
        rows=1,
        cols=2,
        column_widths=[0.56, 0.44],
        horizontal_spacing=0.16,
        subplot_titles=("最近 4 天的件数，方框是提示的一片", "每天最大的统计量"),
    )
    text = [str(n) if n else "" for n in seen]
    ink = ["white" if abs(value) > 1 else "black" for value in ratio]
    cells = {
        "size": 24,
        "symbol": "square",
        "color": ratio,
        "colorscale": "RdBu",
        "cmid": 0,
        "reversescale": True,
        "line": {"width": 0},
        "colorbar": {
            "title": "观测／预期",
            "x": 0.5,
            "len": 0.85,
            "thickness": 12,
            "tickvals": [-1, 0, 1, 2],
            "ticktext": ["½", "1", "2", "4"],
        },
    }
    fig.add_scatter(
        x=x,
        y=y,
        mode="markers+text",
        marker=cells,
        text=text,
        textfont={"size": 11, "color": ink},
        showlegend=False,
    )
    told_box = {"size": 27, "symbol": "square-open", "color": "black", "line": {"width": 2.5}}
    fig.add_scatter(x=x[zone], y=y[zone], mode="markers", marker=told_box, showlegend=False)
    maxima = memory.now.maxima[-120:, 0]
    ago = np.arange(-len(maxima) + 1, 1)
    colours = [RED if value == maxima[-1] else GREY for value in maxima]
    fig.add_bar(x=ago, y=maxima, marker_color=colours, showlegend=False, row=1, col=2)
    for often, dash in ((10, "dot"), (100, "dash")):
        level = float(np.quantile(memory.now.maxima[:-1, 0], 1 - 1 / often))
        fig.add_hline(
            y=level,
            line={"color": BLUE, "dash": dash, "width": 1},
            annotation_text=f"{often} 天一遇",
            annotation_position="top left",
            row=1,
            col=2,
        )
    fig.update_xaxes(visible=False, row=1, col=1)
    fig.update_yaxes(visible=False, scaleanchor="x", row=1, col=1)
    fig.update_xaxes(title="距今天数", row=1, col=2)
    return fig


def classics_picture() -> go.Figure:
    """One weekly series under four methods: what each expects at most."""
    rng = np.random.default_rng(4)
    t = np.arange(416)
    mean = 18 * np.exp(0.4 * np.cos(2 * np.pi * t / 52) + 0.0008 * t)
    counts = draw(rng, mean, np.array(1.8))
    counts[385:388] += 22
    weeks = pd.date_range("2016-01-04", periods=416, freq="7D", name="week")
    frame = pd.DataFrame({"x": counts}, index=weeks)
    fig = go.Figure()
    shown = slice(312, 416)
    fig.add_bar(x=weeks[shown], y=counts[shown], marker_color="#cccccc", name="观测")
    arms = {
        "farrington": ("Farrington noufaily 的上限", BLUE, "solid"),
        "ears-c2": ("EARS C2 的上限", ORANGE, "dot"),
        "cusum": ("CUSUM 的上限", GREEN, "dash"),
    }
    for name, (label, colour, dash) in arms.items():
        told = make_detector(name, freq="W").fit(frame.iloc[:312]).score(frame.iloc[shown])
        line = {"color": colour, "dash": dash, "width": 2}
        fig.add_scatter(x=told["date"], y=told["upper"], mode="lines", line=line, name=label)
    own = walk_forward(frame, make=lambda: Native(freq="W", low_side=False), start=weeks[312])
    high = own[own["alarm"]]
    marker = {"color": RED, "size": 9, "symbol": "triangle-down"}
    fig.add_scatter(
        x=high["date"], y=high["observed"] + 3, mode="markers", marker=marker, name="原生报警"
    )
    fig.update_yaxes(title="件／周", range=[0, 90])
    fig.update_xaxes(tickformat="%Y-%m")
    return fig


def study() -> Study:
    """Weekly series of twelve kinds, ordinary and with outbreaks (Noufaily et al. 2013)."""
    levels, spreads = (0.5, 1.5, 2.5, 3.8), (1.0, 1.5, 2.5)
    kinds = pd.DataFrame(
        [(theta, phi) for theta in levels for phi in spreads], columns=["theta", "phi"]
    )
    kinds = kinds.assign(scenario=range(12), beta=0.0008, m=1, gamma1=0.4, gamma2=0.2)
    return simulate(kinds, per=40, seed=7)


def curves(known: Study) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Return each method's p-values on ordinary and on outbreak series."""
    arms = (native, classic("noufaily"), classic("orig"), rolling_z, ears_c2, oracle(known))
    found = {}
    for arm in arms:
        ordinary, ill = arm(known.ordinary), arm(known.outbreaks)
        found |= {name: (ordinary[name], ill[name]) for name in ordinary}
    names = {
        "oracle, 1–3 wk": "已知真值",
        "native, 1–3 wk": "原生",
        "Farrington noufaily": "Farrington noufaily",
        "Farrington orig": "Farrington 原版",
        "rolling z, 52 wk": "滚动 z",
        "EARS C2": "EARS C2",
    }
    return {label: found[name] for name, label in names.items()}


LINES: Final = {
    "已知真值": (GREY, "dot"),
    "原生": (BLUE, "solid"),
    "Farrington noufaily": (GREEN, "solid"),
    "Farrington 原版": (GREEN, "dash"),
    "滚动 z": (ORANGE, "solid"),
    "EARS C2": (RED, "solid"),
}


def power_picture() -> go.Figure:
    """Left: outbreaks found at a matched rate of false alarms. Right: is the nominal rate kept."""
    known = study()
    rates = np.array([0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05])
    fig = make_subplots(
        rows=1,
        cols=2,
        horizontal_spacing=0.12,
        subplot_titles=("检出率（误报率配平）", "名义与实际的误报率"),
    )
    for name, (ordinary, ill) in curves(known).items():
        colour, dash = LINES[name]
        line = {"color": colour, "dash": dash, "width": 2}
        power = judge(ordinary, ill, known, rates=tuple(rates)).power
        fig.add_scatter(x=rates, y=list(power.values()), line=line, name=name, mode="lines")
        realised = [(ordinary <= rate).mean() for rate in rates]
        fig.add_scatter(
            x=rates, y=realised, line=line, mode="lines", showlegend=False, row=1, col=2
        )
    usual = {"color": "black", "width": 1}
    fig.add_scatter(x=rates, y=rates, line=usual, mode="lines", name="名义 = 实际", row=1, col=2)
    ticks = {
        "type": "log",
        "tickvals": [0.0005, 0.001, 0.01, 0.05],
        "ticktext": ["0.05 %", "0.1 %", "1 %", "5 %"],
    }
    fig.update_xaxes(title="平常周的误报率", **ticks, row=1, col=1)
    fig.update_xaxes(title="名义", **ticks, row=1, col=2)
    fig.update_yaxes(tickformat=".0%", rangemode="tozero", row=1, col=1)
    fig.update_yaxes(title="实际", **ticks, row=1, col=2)
    return fig


PICTURES: Final[dict[str, tuple[Callable[[], go.Figure], int, int]]] = {
    "series": (series_picture, 1080, 460),
    "factors": (factors_picture, 760, 340),
    "city": (city_picture, 1080, 420),
    "classics": (classics_picture, 1080, 340),
    "power": (power_picture, 1080, 400),
}


def main() -> None:
    """Draw every picture, or those named, and keep it."""
    chosen = sys.argv[1:] or list(PICTURES)
    TARGET.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        flags = ["--no-sandbox", "--disable-gpu"]
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=flags)
        for name in chosen:
            make, width, height = PICTURES[name]
            figure = make().update_layout(
                template="plotly_white",
                width=width,
                height=height,
                font={"family": FONT, "size": 13},
                margin={"l": 60, "r": 20, "t": 40, "b": 45},
                legend={"orientation": "h", "y": 1.0, "yanchor": "bottom", "x": 0},
            )
            figure.update_layout(legend_y=1.08 if "power" in name or "city" in name else 1.0)
            page = browser.new_page(viewport={"width": width, "height": height})
            page.set_content(figure.to_html(config={"staticPlot": True}))
            page.wait_for_selector(".main-svg")
            page.locator(".plot-container").first.screenshot(path=TARGET / f"detection-{name}.png")
            page.close()
        browser.close()


if __name__ == "__main__":
    main()
