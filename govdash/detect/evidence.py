"""Evidence: why the machine thinks a window is abnormal, in numbers and in one sentence."""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import date
from typing import Any, Final, Literal, Self

import pandas as pd

from govdash.detect.keys import SeriesKey
from govdash.detect.shares import Share

Direction = Literal["high", "low"]
Scope = Literal["", "local", "citywide"]

#: Cells named in the sentence, and the share of the excess that they must reach together.
_NAMED: Final = 3
_CONCENTRATED: Final = 0.5
#: Whole weeks back to last year's window, so that weekdays match.
_YEAR_BACK: Final = pd.Timedelta(days=364)
#: Ten years. The model's tail was checked to about 1 in 1 000; further out it only ranks.
_RAREST_DAYS: Final = 3_650
_KIND: Final[Mapping[str, str]] = {"high": "偏高", "low": "偏低"}


@dataclass(frozen=True)
class Evidence:
    """What speaks for a finding.

    ``lower``–``upper`` is the 95 % prediction interval of the window's count, ``sd`` its standard
    deviation, ``p_value`` corrected for the windows and sides looked at, ``q_value`` the false
    discovery rate over all series of the tick, ``one_in_days`` 1 / p_value (at most 3 650),
    ``same_period`` what the same window had a year (52 weeks) before, in words.

    ``factors`` multiply exactly to ``expected`` (empty where the detector cannot say); see
    `native.factors` for the names. ``scope``: whether the rest of the city is ordinary in the
    window (``local``) or departs the same way (``citywide``); empty where nobody looked.
    ``cells`` are the area paths of a space-time zone, ``silent_since`` the first day without any
    data of a channel that has fallen silent; both mostly empty.
    """

    series: str
    window_start: date
    window_end: date
    observed: int
    expected: float
    sd: float
    lower: float
    upper: float
    p_value: float
    q_value: float
    excess: float
    one_in_days: float
    direction: Direction
    same_period: str
    shares: tuple[Share, ...]
    sentence: str
    factors: Mapping[str, float] = field(default_factory=dict, hash=False)
    scope: Scope = ""
    cells: tuple[str, ...] = ()
    silent_since: date | None = None

    @property
    def window_days(self) -> int:
        """Length of the window, both ends included."""
        return (self.window_end - self.window_start).days + 1

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-safe dict."""
        return asdict(self) | {
            "window_start": self.window_start.isoformat(),
            "window_end": self.window_end.isoformat(),
            "shares": [asdict(share) for share in self.shares],
            "cells": list(self.cells),
            "silent_since": self.silent_since.isoformat() if self.silent_since else None,
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Read what `to_dict` wrote, now or before there were factors, scope and cells."""
        silent = data.get("silent_since")
        return cls(
            **{
                **data,
                "window_start": date.fromisoformat(data["window_start"]),
                "window_end": date.fromisoformat(data["window_end"]),
                "shares": tuple(Share(**share) for share in data["shares"]),
                "cells": tuple(data.get("cells", ())),
                "silent_since": date.fromisoformat(silent) if silent else None,
            }
        )


@dataclass(frozen=True)
class Finding:
    """One series that is abnormal at the end of a day.

    ``severity`` (0–100) ranks findings and is what alert rules cut into levels; see `severity`.
    """

    series: str
    area_path: str
    category: str
    at_day: date
    direction: Direction
    severity: float
    evidence: Evidence

    @property
    def key(self) -> SeriesKey:
        """Area and category."""
        return SeriesKey(self.area_path, self.category)

    @property
    def window_start(self) -> date:
        """First day of the window that is abnormal."""
        return self.evidence.window_start

    @property
    def window_end(self) -> date:
        """Last day of the window, = ``at_day``."""
        return self.evidence.window_end


def explain(
    *,
    series: str,
    window: tuple[date, date],
    observed: int,
    expected: float,
    sd: float,
    interval: tuple[float, float],
    p_value: float,
    q_value: float,
    direction: Direction,
    history: pd.Series,
    shares: tuple[Share, ...] = (),
    part_word: str = "网格",
    factors: Mapping[str, float] | None = None,
    scope: Scope = "",
    cells: tuple[str, ...] = (),
) -> Evidence:
    """Put the numbers of a window into evidence.

    Parameters
    ----------
    history : Series of int, indexed by day
        The series itself; read for the same period last year.
    shares, part_word
        See `with_shares`.
    factors, scope, cells
        See `Evidence`. Factors that are 1 are left out: they say nothing.
    """
    start, end = window
    evidence = Evidence(
        series=series,
        window_start=start,
        window_end=end,
        observed=int(observed),
        expected=float(expected),
        sd=float(sd),
        lower=float(interval[0]),
        upper=float(interval[1]),
        p_value=float(p_value),
        q_value=float(q_value),
        excess=float(observed - expected),
        one_in_days=float(min(1.0 / max(p_value, 1.0 / _RAREST_DAYS), _RAREST_DAYS)),
        direction=direction,
        same_period=_same_period(history, start, end),
        shares=(),
        sentence="",
        factors={name: float(f) for name, f in (factors or {}).items() if f != 1.0},
        scope=scope,
        cells=cells,
    )
    return with_shares(evidence, shares, part_word=part_word)


def with_shares(evidence: Evidence, shares: tuple[Share, ...], *, part_word: str) -> Evidence:
    """Return `evidence` with these parts, those that add most first, and the sentence anew.

    `part_word` is what a part is called in the sentence: 网格, 街道, 区, 类别.
    """
    sign = 1.0 if evidence.direction == "high" else -1.0
    ordered = tuple(sorted(shares, key=lambda s: (-sign * s.excess, s.key)))
    e = evidence
    sentence = (
        f"{_when(e.window_start, e.window_end)} {e.observed} 件，"
        f"预期 {_short(e.expected)}±{_short(e.sd)} 件（{e.same_period}）"
        f"{_where(ordered, e.excess, part_word)}{_elsewhere(e)}。{_how_rare(e)}"
    )
    return replace(evidence, shares=ordered, sentence=sentence)


def severity(p_value: float, excess: float) -> float:
    """Rank a finding from 0 to 100: half for surprise, half for size.

    50 · min(1, -log10 p / 8) + 50 · min(1, log10(1 + |excess|) / 2): p = 1e-8 and 99 events too
    many fill it. Surprise alone would rank 6 events where none are expected above 200 extra
    complaints.
    """
    surprise = min(1.0, -math.log10(max(p_value, 1e-300)) / 8.0)
    size = min(1.0, math.log10(1.0 + abs(excess)) / 2.0)
    return round(50.0 * surprise + 50.0 * size, 1)


def _same_period(history: pd.Series, start: date, end: date) -> str:
    first, last = pd.Timestamp(start) - _YEAR_BACK, pd.Timestamp(end) - _YEAR_BACK
    if not len(history) or history.index[0] > first:
        return "往年同期无数据"
    return f"去年同期 {int(history.loc[first:last].sum())} 件"


def _when(start: date, end: date) -> str:
    days = (end - start).days + 1
    return f"{end.month}月{end.day}日" if days == 1 else f"截至{end.month}月{end.day}日的 {days} 天"


def _where(shares: tuple[Share, ...], excess: float, part_word: str) -> str:
    """Name the fewest parts, at most three, that make half of the excess."""
    if not excess:
        return ""
    part = 0.0
    for n, share in enumerate(shares[:_NAMED], start=1):
        part += share.excess / excess
        if part >= _CONCENTRATED:
            named = "、".join(s.name for s in shares[:n])
            size = "增量" if excess > 0 else "减量"
            return f"；集中在 {n} 个{part_word}（{named}，占{size} {min(part, 1.0):.0%}）"
    return f"；分散在 {len(shares)} 个{part_word}" if len(shares) > _NAMED else ""


def _elsewhere(e: Evidence) -> str:
    """Say how the rest of the city is, of a zone: it follows no boundary that would tell."""
    if not e.cells or not e.scope:
        return ""
    return "；其余区域平常" if e.scope == "local" else f"；全市同时{_KIND[e.direction]}"


def _how_rare(e: Evidence) -> str:
    what = "类别" if e.cells else "序列"  # a zone is the rarest of all zones of its category
    if e.one_in_days >= _RAREST_DAYS:
        return f"单看这一{what}，这样的{_KIND[e.direction]}十年难得一遇。"
    rounded = float(f"{e.one_in_days:.2g}")  # a probability is not known better than that
    return f"单看这一{what}，这样的{_KIND[e.direction]}约 {rounded:.0f} 天一遇。"


def _short(value: float) -> str:
    """Return one decimal below 10, where it matters; none above."""
    return f"{value:.0f}" if value >= 10 else f"{value:.1f}"
