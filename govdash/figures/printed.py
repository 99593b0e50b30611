"""Charts for paper: SVG with text as text, the same for the same numbers, no browser needed."""

import logging
from collections.abc import Mapping, Sequence
from io import StringIO
from threading import Lock
from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.dates import AutoDateLocator, DateFormatter
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from govdash.core.vocab import Level
from govdash.figures.notes import NoteBox, apart
from govdash.figures.palette import LIGHT

#: Asked for in this order by what shows the SVG; sites differ in what they have.
FONTS: Final = (
    "Noto Sans CJK SC",
    "Source Han Sans SC",
    "Microsoft YaHei",
    "SimHei",
    "WenQuanYi Micro Hei",
    "sans-serif",
)
_WIDE: Final = 6.7  # inches: the text width of a page A4
_STYLE: Final[Any] = {
    "svg.fonttype": "none",
    "svg.hashsalt": "govdash",
    # Only to measure with: `FONTS` go into the file afterwards.
    "font.family": ["Noto Sans CJK JP", "DejaVu Sans"],
    "font.size": 8.5,
    "axes.unicode_minus": False,
    "text.parse_math": False,  # a "$" in a name is a "$"
    "axes.edgecolor": LIGHT.line,
    "axes.labelcolor": LIGHT.faint,
    "xtick.color": LIGHT.faint,
    "ytick.color": LIGHT.faint,
    "text.color": LIGHT.text,
}
_NOTE, _LABEL = 8, 6.5  # points
_POINTS: Final = 72  # of an inch
_ONE_AT_A_TIME: Final = Lock()  # matplotlib's settings are the process's
_WHEN: Final = {"hour": "%H时", "day": "%m-%d", "week": "%m-%d", "month": "%Y-%m"}
_ROOM: Final = 1.28  # of the longest bar, for the words at its end

logging.getLogger("matplotlib.font_manager").setLevel(logging.ERROR)  # measuring needs no exact one


def course(
    counts: pd.DataFrame,
    *,
    grain: str,
    notes: Mapping[pd.Timestamp, str] | None = None,
    height: float = 2.3,
) -> str:
    """Draw counts against their expected band, the odd ones marked and named.

    `counts` has ``bucket``, ``n``, ``expected``, ``low``, ``high``, ``flag`` as in
    `charts.band_chart`; `height` in inches.
    """

    def draw(axes: Axes) -> None:
        at = counts["bucket"].to_numpy()
        axes.fill_between(
            at,
            counts["low"],
            counts["high"],
            color=LIGHT.primary,
            alpha=0.13,
            lw=0,
            label="预期区间",
        )
        axes.plot(at, counts["expected"], color=LIGHT.faint, lw=0.8, ls=":", label="预期")
        marker = "o" if len(counts) <= 70 else ""
        axes.plot(at, counts["n"], color=LIGHT.primary, lw=1.4, marker=marker, ms=2.4, label="实际")
        odd = counts[counts["flag"].astype(bool)]
        axes.plot(odd["bucket"], odd["n"], "D", color=LIGHT.levels[Level.RED], ms=4, label="异常")
        top = 1.15 * float(np.nanmax([counts["n"].max(), counts["high"].max(), 1]))
        _name_odd(axes, counts, notes or {}, top=top)
        axes.set_ylim(bottom=0, top=top)
        axes.xaxis.set_major_locator(AutoDateLocator(minticks=4, maxticks=9))
        axes.xaxis.set_major_formatter(DateFormatter(_WHEN[grain]))
        axes.yaxis.set_major_locator(MaxNLocator(5, integer=True))
        axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _at: f"{value:,.0f}"))
        axes.grid(axis="y", color=LIGHT.line, lw=0.5)
        axes.set_axisbelow(True)
        axes.legend(
            loc="lower right", bbox_to_anchor=(1, 1), ncols=4, frameon=False, fontsize=8,
            handlelength=1.6, columnspacing=1.2, borderaxespad=0.1,
        )  # fmt: skip

    return _svg(draw, height)


def bars(
    names: Sequence[str],
    values: Sequence[float],
    words: Sequence[str],
    *,
    marked: Sequence[bool] = (),
    target: float | None = None,
) -> str:
    """Draw a ranking, the first at the top; `words` stand at the ends of the bars.

    `marked` ones are drawn in the colour of warnings; `target` is a dashed line.
    """

    def draw(axes: Axes) -> None:
        at = np.arange(len(names))
        odd = list(marked) or [False] * len(names)
        axes.barh(
            at, values, height=0.62,
            color=[LIGHT.levels[Level.ORANGE] if one else LIGHT.primary for one in odd],
        )  # fmt: skip
        for place, (value, text) in enumerate(zip(values, words, strict=True)):
            axes.annotate(
                text,
                (value, place),
                xytext=(4, 0),
                textcoords="offset points",
                va="center",
                fontsize=8,
            )
        axes.set_yticks(at, names, color=LIGHT.text)
        axes.set_ylim(len(names) - 0.4, -0.6)
        longest = max([*values, target or 0, 1e-9])
        axes.set_xlim(0, longest * _ROOM)
        if target is not None:
            axes.axvline(target, color=LIGHT.faint, lw=0.9, ls="--")
        axes.set_xticks([])
        axes.spines["bottom"].set_visible(False)
        axes.tick_params(axis="y", length=0)

    return _svg(draw, 0.25 + 0.23 * max(1, len(names)))


def choropleth(
    areas: gpd.GeoDataFrame,
    values: Mapping[str, float],
    *,
    names: Mapping[str, str],
    unit: str,
    named: int = 12,
    height: float = 3.6,
) -> str:
    """Colour areas by a value, grey without one; of the `named` largest, the name where it fits.

    `areas` (WGS-84) has ``path`` and a geometry; degrees are stretched by the cosine of the
    middle latitude.
    """
    ramp = LinearSegmentedColormap.from_list("govdash", list(LIGHT.ramp))

    def draw(axes: Axes) -> None:
        told = areas.assign(value=areas["path"].map(values))
        most = max([float(value) for value in values.values()], default=0) or 1.0
        told.plot(
            ax=axes, column="value", cmap=ramp, vmin=0, vmax=most,
            edgecolor="#FFFFFF", linewidth=0.5,
            missing_kwds={"color": LIGHT.line}, aspect=None,
        )  # fmt: skip
        south, north = told.total_bounds[1], told.total_bounds[3]
        axes.set_aspect(1 / float(np.cos(np.radians((south + north) / 2))))
        points = _POINTS * height / (north - south)  # a degree of latitude
        squeeze = float(np.cos(np.radians((south + north) / 2)))
        for row in told.dropna(subset=["value"]).nlargest(named, "value").to_dict("records"):
            shape, name = row["geometry"], names.get(row["path"], "")
            west, _, east, _ = shape.bounds
            if (east - west) * squeeze * points < _LABEL * len(name):
                continue  # its name would lie over its neighbours
            point = shape.representative_point()
            dark = row["value"] > 0.55 * most
            axes.annotate(
                f"{name}\n{row['value']:,.0f}",
                (point.x, point.y),
                ha="center", va="center", fontsize=_LABEL, linespacing=1.1,
                color="#FFFFFF" if dark else LIGHT.text,
            )  # fmt: skip
        axes.set_axis_off()
        for place, share in enumerate((0.0, 0.25, 0.5, 0.75, 1.0)):
            axes.annotate(
                "■",
                (0.01 + 0.03 * place, -0.06),
                xycoords="axes fraction",
                color=ramp(share),
                fontsize=11,
            )
        axes.annotate(
            f"0 – {most:,.0f} {unit}",
            (0.02 + 0.03 * 6, -0.055),
            xycoords="axes fraction",
            fontsize=8,
        )

    return _svg(draw, height)


def _name_odd(
    axes: Axes, counts: pd.DataFrame, notes: Mapping[pd.Timestamp, str], *, top: float
) -> None:
    place = {bucket: at for at, bucket in enumerate(counts["bucket"])}
    values = counts.set_index("bucket")["n"]
    wide = max(1, len(counts) - 1)
    boxes = [
        NoteBox(place[bucket] / wide, float(values[bucket]) / top, len(text), _NOTE)
        for bucket, text in notes.items()
    ]
    for box, shift, (bucket, text) in zip(boxes, apart(boxes), notes.items(), strict=True):
        axes.annotate(
            text,
            (bucket, float(values[bucket])),
            xytext=(-7 if box.late else 7, shift),
            textcoords="offset points",
            ha="right" if box.late else "left",
            va="center",
            fontsize=_NOTE,
        )


def _svg(draw: Any, height: float) -> str:  # noqa: ANN401 - a function of axes
    with _ONE_AT_A_TIME, rc_context(_STYLE):
        figure = Figure(figsize=(_WIDE, height), layout="constrained")
        axes = figure.add_subplot()
        axes.spines[["top", "right", "left"]].set_visible(False)
        axes.tick_params(length=2)
        draw(axes)
        out = StringIO()
        figure.savefig(
            out, format="svg", metadata={"Date": None, "Creator": None}, transparent=True
        )
    svg = out.getvalue()
    svg = svg[svg.index("<svg") : svg.index("<metadata>")] + svg[svg.index("</metadata>") + 11 :]
    wanted = ", ".join(f"'{name}'" if " " in name else name for name in FONTS)
    for measured in ("'Noto Sans CJK JP', 'DejaVu Sans'", "'DejaVu Sans'", "'Noto Sans CJK JP'"):
        svg = svg.replace(measured, wanted)
    return svg
