"""What the KPI tables say beside themselves: earlier periods, diagnoses, fairness, repeats."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

import geopandas as gpd
import pandas as pd

from govdash.aggregate import comparable, fairness, indicators
from govdash.aggregate.indicators import Indicator
from govdash.core.filters import EventQuery, Period
from govdash.core.vocab import Channel
from govdash.lake import Lake, queries
from govdash.report import kpi
from govdash.report.export_words import Names
from govdash.report.kpi import Board, Book

BACK: Final = 7  # earlier periods of a trend
#: A year or more back a trend of years has few points that anybody kept.
_LONG_DAYS: Final = 200
_FEW: Final = 2
_METRES: Final = "EPSG:6933"  # equal area
_HUMAN: Final = (Channel.HOTLINE, Channel.APP)


@dataclass(frozen=True, slots=True)
class Spans:
    """A period and those that it is compared with."""

    now: Period
    previous: Period
    year: Period
    trend: tuple[Period, ...]  # oldest first, the period itself last
    words: str  # how 同比 was aligned

    @property
    def all(self) -> tuple[Period, ...]:
        """Every one of them, once."""
        return tuple(dict.fromkeys((*self.trend, self.previous, self.year)))


def spans(period: Period, *, lunar: bool) -> Spans:
    """Return the periods that a page of KPIs speaks of."""
    back = BACK if period.n_days < _LONG_DAYS else _FEW
    trend = [period]
    for _ in range(back):
        trend.insert(0, comparable.previous(trend[0]))
    return Spans(
        period,
        trend[-2],
        comparable.year_before(period, lunar=lunar),
        tuple(trend),
        comparable.words(period, lunar=lunar),
    )


def known_then(period: Period, now: Period, known_at: datetime) -> datetime:
    """Return as known at which moment an earlier period is compared with `now`.

    As far from its end as now: cases that fell due last week have had a week more to be closed, so
    that last week read today would always look better. Whole hours, so that it can be kept.
    Example: a month seen two days after its end is compared with the month before as it was seen
    two days after *its* end.
    """
    if period == now:
        return known_at
    then = period.end + (known_at - now.end)
    return then.replace(minute=0, second=0, microsecond=0)


def course(
    occasions: Mapping[Period, pd.DataFrame],
    book: Book,
    now: Board,
    spans: Spans,
    *,
    group: str | None = None,
) -> pd.DataFrame:
    """Return every figure over the trend's periods: ``first``, `kpi.COLUMNS`; of one group or all.

    All are scored by the version of `now`: a course in other weights would say nothing.
    `occasions` are those of each period, as known then (`known_then`).
    """
    rows: list[pd.DataFrame] = []
    for period in spans.trend:
        told = kpi.grouped(occasions[period], now.by)
        if group is not None:
            told = told[told["group"] == group]
        board = kpi.board(
            told.drop(columns="group"), book, now.scheme,
            period=period, by="city", known_at=known_then(period, spans.now, now.known_at),
        )  # fmt: skip
        rows.append(board.whole.assign(first=period.first))
    return pd.concat(rows, ignore_index=True)


def diagnoses(
    now: Board, before: Board, indicator: Indicator, names: Names
) -> list[tuple[str, str]]:
    """Return three findings in sentences with their evidence: trend, category, area.

    What chance explains is said to be so; nothing is called a cause.
    """
    if not indicator.is_rate:
        return []
    mine = indicators.counted(now.occasions, indicator)
    earlier = indicators.counted(before.occasions, indicator)
    return [
        ("趋势", _trend(mine, earlier, indicator)),
        ("类别", _stands_out(mine, "category", indicator, names)),
        ("区域", _stands_out(mine, "street", indicator, names)),
    ]


def _trend(mine: pd.DataFrame, earlier: pd.DataFrame, indicator: Indicator) -> str:
    hits, n, hits_0, n_0 = (
        int(mine["hit"].sum()), len(mine), int(earlier["hit"].sum()), len(earlier),
    )  # fmt: skip
    if not n:
        return f"本期没有可以计算{indicator.name}的案件。"
    now = f"{indicator.name} {hits / n:.2%}（{hits}/{n}）"
    if not n_0:
        return f"本期{now}；上期没有可比数据。"
    points = (hits / n - hits_0 / n_0) * 100
    than = f"上期 {hits_0 / n_0:.2%}（{hits_0}/{n_0}）"
    z = fairness.changed(hits, n, hits_0, n_0)
    if not fairness.is_notable(z):
        return f"本期{now}，{than}，相差 {points:+.2f} 个百分点，在偶然波动之内。"
    better = (points > 0) == (indicator.direction == "up")
    word = "好转" if better else "变差"
    return f"本期{now}，{than}，{word} {abs(points):.2f} 个百分点，超出偶然波动（z = {z:+.1f}）。"


def _stands_out(mine: pd.DataFrame, what: str, indicator: Indicator, names: Names) -> str:
    bad_is_hit = indicator.direction == "down"
    kind, place = what == "category", "类别" if what == "category" else "街道"
    lacking = indicator.numerator_name if bad_is_hit else f"未计入“{indicator.numerator_name}”的"
    told = mine.assign(street=kpi.grouped(mine, "street")["group"])
    every = fairness.standing_out(told, by=what, bad_is_hit=bad_is_hit)
    if every.empty or not every["bad"].sum():
        return f"本期没有{lacking}，各{place}没有差别可言。"
    table = every[every["n"] >= fairness.ENOUGH]
    if table.empty:
        return f"没有一个{place}达到 {fairness.ENOUGH} 件，件数太少，不作判断。"
    first = table.iloc[0]
    called = (
        names.categories.get(str(first["group"]), str(first["group"]))
        if kind else names.area(str(first["group"]))
    )  # fmt: skip
    evidence = (
        f"{called} {int(first['n'])} 件中{lacking} {int(first['bad'])} 件，"
        f"按全部的比例应约 {first['due']:.1f} 件"
    )
    if not fairness.is_notable(float(first["z"]), among=len(table)):
        return f"各{place}之间的差别在偶然波动之内；相差最大的是{evidence}。"
    share = first["bad"] / every["bad"].sum()
    return f"{evidence}，超出偶然波动（z = {first['z']:+.1f}），占全部的 {share:.0%}。"


def fair(now: Board, indicator: Indicator, areas: gpd.GeoDataFrame) -> pd.DataFrame:
    """Hold the groups of a board by area against people, ground, and their mix of categories.

    Returns
    -------
    DataFrame
        ``group``, ``n`` (cases registered), ``per_10k``, ``per_km2``, ``rate``, ``expected`` (the
        rate that its categories have everywhere), ``adjusted``, ``rank``, ``rank_adjusted``;
        missing where population or a rank is.
    """
    received = now.occasions[now.occasions["basis"] == "received"]
    known = areas.set_index("path")
    ground = known.geometry.to_crs(_METRES).area / 1e6
    sizes = received.groupby("group")["case_id"].nunique()
    heads = fairness.per_head(sizes, known["population"], ground)
    mix = fairness.standardised(indicators.counted(now.occasions, indicator)).set_index("group")
    least = now.scheme.body.least
    table = heads.join(mix[["hits", "n", "expected", "adjusted"]], rsuffix="_due", how="left")
    table["rate"] = table["hits"] / table["n_due"]
    table["expected"] = table["expected"] / table["n_due"]
    for name, source in (("rank", "rate"), ("rank_adjusted", "adjusted")):
        table[name] = indicators.ranks(
            table[source], table["n_due"].fillna(0), direction=indicator.direction, least=least
        )
    kept = ["n", "per_10k", "per_km2", "rate", "expected", "adjusted", "rank", "rank_adjusted"]
    return table[kept].reset_index(names="group").sort_values("n", ascending=False)


def repeats(lake: Lake, query: EventQuery) -> pd.DataFrame:
    """Return where citizens complained of one kind at least three times in the period.

    A place is a cell of the grid (单元网格). Columns ``grid``, ``category``, ``n``, ``stubborn``
    (five or more), the most first.
    """
    chosen = query.filter
    human = tuple(c for c in _HUMAN if not chosen.channels or c in chosen.channels)
    of_people = query.with_filter(replace(chosen, channels=human or _HUMAN))
    table = queries.counts(lake, of_people, by=["grid", "category"]).dropna(subset=["grid"])
    often = table[table["n"] >= fairness.PLACES_FROM]
    often = often.assign(stubborn=often["n"] >= fairness.PLACES_MANY)
    return often.sort_values(["n", "grid"], ascending=[False, True], ignore_index=True)


def days_of(periods: Sequence[Period]) -> list[str]:
    """Name periods on an axis, by their first day."""
    years = len({period.first.year for period in periods}) > 1
    return [f"{p.first:%Y-%m-%d}" if years else f"{p.first:%m-%d}" for p in periods]
