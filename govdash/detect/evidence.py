"""Evidence: why the machine thinks a window is abnormal, in numbers and in one sentence."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any, Final, Literal, Self

import pandas as pd

Direction = Literal["high", "low"]

#: Cells named in the sentence, and the share of the excess that they must reach together.
_NAMED: Final = 3
_CONCENTRATED: Final = 0.5
#: Whole weeks back to last year's window, so that weekdays match.
_YEAR_BACK: Final = pd.Timedelta(days=364)
#: Beyond a hundred years a probability per day says nothing that a person can weigh.
_RAREST_DAYS: Final = 36_500
#: Days of history before the window that tell what is usual in a part.
_PART_HISTORY: Final = 56  # 8 of each weekday


@dataclass(frozen=True)
class Share:
    """One part (child area, cell, category) of a window: what it had and what was usual."""

    key: str
    name: str
    observed: int
    expected: float

    @property
    def excess(self) -> float:
        """Observed minus expected."""
        return self.observed - self.expected


@dataclass(frozen=True)
class Evidence:
    """What speaks for a finding.

    ``lower``–``upper`` is the 95 % prediction interval of the window's count, ``sd`` its standard
    deviation, ``p_value`` corrected for the windows and sides looked at, ``q_value`` the false
    discovery rate over all series of the tick, ``one_in_days`` 1 / p_value (at most 36 500),
    ``same_period`` what the same window had a year (52 weeks) before, in words.
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
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Read what `to_dict` wrote."""
        return cls(
            **{
                **data,
                "window_start": date.fromisoformat(data["window_start"]),
                "window_end": date.fromisoformat(data["window_end"]),
                "shares": tuple(Share(**share) for share in data["shares"]),
            }
        )


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
) -> Evidence:
    """Put the numbers of a window into evidence.

    Parameters
    ----------
    history : Series of int, indexed by day
        The series itself, up to the window's end; read for the same period last year.
    shares : tuple of Share
        Parts of the window; kept in order of what they add to the excess.
    part_word : str
        What a part is called in the sentence: 网格, 街道, 类别.
    """
    start, end = window
    excess = observed - expected
    sign = 1.0 if direction == "high" else -1.0
    ordered = tuple(sorted(shares, key=lambda s: (-sign * s.excess, s.key)))
    one_in = min(1.0 / max(p_value, 1.0 / _RAREST_DAYS), float(_RAREST_DAYS))
    last_year = _same_period(history, start, end)
    sentence = (
        f"{_when(start, end)} {observed} 件，预期 {_whole(expected)}±{_whole(max(sd, 0.5))} 件"
        f"（{last_year}）{_where(ordered, excess, part_word)}。{_how_rare(one_in, direction)}"
    )
    return Evidence(
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
        excess=float(excess),
        one_in_days=float(one_in),
        direction=direction,
        same_period=last_year,
        shares=ordered,
        sentence=sentence,
    )


def shares_of(
    parts: pd.DataFrame, window: tuple[date, date], *, names: Mapping[str, str] | None = None
) -> tuple[Share, ...]:
    """Return each part's count in the window beside what was usual on such days before.

    Parameters
    ----------
    parts : DataFrame, days × parts, gap-free counts
        Expected is the mean of the same weekdays in the 8 weeks that end a week before the window
        (as many as there are; without any, 0).
    names : mapping of column to the name on the screen, optional

    Returns
    -------
    tuple of Share
        Parts with neither count nor expectation are left out.
    """
    start, end = (pd.Timestamp(day) for day in window)
    inside = parts.loc[start:end]
    until = start - pd.Timedelta(days=8)
    before = parts.loc[until - pd.Timedelta(days=_PART_HISTORY - 1) : until]
    usual = before.groupby(pd.DatetimeIndex(before.index).dayofweek).mean()
    due = usual.reindex(pd.DatetimeIndex(inside.index).dayofweek).fillna(0.0).sum()
    seen = inside.sum()
    return tuple(
        Share(str(key), (names or {}).get(str(key), str(key)), int(seen[key]), float(due[key]))
        for key in parts.columns
        if seen[key] or due[key]
    )


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


def _how_rare(one_in: float, direction: Direction) -> str:
    kind = "偏高" if direction == "high" else "偏低"
    if one_in >= _RAREST_DAYS:
        return f"这样的{kind}百年难遇。"
    return f"这样的{kind}约 {_whole(one_in)} 天一遇。"


def _whole(value: float) -> str:
    """One decimal below 10, where it matters; none above."""
    return f"{value:.0f}" if value >= 10 or value == round(value) else f"{value:.1f}"
