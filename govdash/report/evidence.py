"""The evidence of an alert in words: how rare, where, and what its expectation is made of."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isclose, prod
from typing import Final

import pandas as pd

from govdash.core.vocab import AreaLevel
from govdash.detect import Evidence, Share

YEAR: Final = 365  # days
TEN_YEARS: Final = 10 * YEAR  # evidence goes no further
#: Parts that a person keeps in mind, and the share of the excess that makes them the place of it;
#: the sentence of an alert names them by the same numbers.
_FEW: Final = 3
_HALF: Final = 0.5
#: A factor nearer to 1 than this changes nothing that anybody would see.
_PLAIN: Final = 0.05
_LEVELS: Final = frozenset({"level", "usual"})
_LENGTHS: Final = frozenset({"buckets", "days"})
#: What a detector calls its factors, in words; a name that is not here is shown as it is.
FACTOR_WORDS: Final[Mapping[str, str]] = {
    "level": "平常水平",
    "usual": "平常水平",
    "share": "本区域占比",
    "days": "天数",
    "buckets": "天数",
    "recent": "近期水平",
    "trend": "趋势",
    "trend_season": "季节与趋势",
    "season": "季节",
    "weekday": "星期",
    "holiday": "节假日",
    "calendar": "日历",
    "hour": "时段",
    "weather": "天气",
    "shock": "全市共同变化",
    "city shock": "全市共同变化",
    "city_shock": "全市共同变化",
}


@dataclass(frozen=True, slots=True)
class Factor:
    """One factor of an expectation: its code, its name, its value."""

    code: str
    name: str
    value: float

    @property
    def is_amount(self) -> bool:
        """Whether it is the level, in events; the others are ratios."""
        return self.code in _LEVELS

    @property
    def changes(self) -> bool:
        """Whether it changes anything that anybody would see."""
        return self.is_amount or abs(self.value - 1) >= _PLAIN

    @property
    def words(self) -> str:
        """Write the value: ``6.2 件/天``, ``7``, ``×0.87``."""
        if self.is_amount:
            return f"{self.value:.2g} 件/天" if self.value < 10 else f"{self.value:.0f} 件/天"
        if self.code in _LENGTHS:
            return f"×{self.value:g}"
        return f"×{self.value:.2f}"


@dataclass(frozen=True, slots=True)
class Makeup:
    """The factors of an expectation in order; ``exact`` when they multiply to it."""

    factors: tuple[Factor, ...]
    exact: bool


@dataclass(frozen=True, slots=True)
class Spread:
    """Where the excess lies: a word, and what it rests on."""

    word: str
    why: str


def amount(value: float) -> str:
    """Write an expected number of events; one below 1 with two decimals, so that it isn't 0.0."""
    return f"{value:.2f}" if value < 1 else f"{value:,.1f}"


def rarity(days: float) -> str:
    """Say how rarely a single series shows this: ``约 45 天一遇``, ``约 2.7 年一遇``."""
    if days >= TEN_YEARS:
        return "十年难得一遇"
    rounded = float(f"{days:.2g}")  # a probability is not known better than that
    if rounded >= YEAR:
        return f"约 {float(f'{days / YEAR:.2g}'):g} 年一遇"
    return f"约 {max(rounded, 1):.0f} 天一遇"


def spread(evidence: Evidence, *, area_path: str | None) -> Spread:
    """Say whether a finding is local or city-wide.

    The detector's own word (``evidence.scope``) is taken where it looked at the rest of the city.
    Else the parts of the area tell: at most three that hold half of the excess are a place.
    """
    kind = "偏高" if evidence.direction == "high" else "偏低"
    few = _concentrated(evidence)
    if area_path is None or _depth(area_path) == 1:
        return Spread("全市", few or "不集中在少数区域")
    if evidence.scope == "local":
        return Spread("局部", "其余区域平常")
    if evidence.scope == "citywide":
        return Spread("全市性", f"其余区域同时{kind}")
    if not evidence.shares:
        return Spread("本区域", "未分区统计")
    return Spread("局部", few) if few else Spread("本区域整体", f"分散在多个{part_word(evidence)}")


def place_of(share: Share) -> str | None:
    """Return the area path of a part: its key, or the area of its series; None for others."""
    path = share.key.partition("|")[0]
    return path if path.startswith("/") and path.endswith("/") else None


def part_level(evidence: Evidence) -> AreaLevel | None:
    """Return the level of the areas that the parts are; None when they are no different areas."""
    places = {place for share in evidence.shares if (place := place_of(share))}
    depth = max(map(_depth, places), default=0)
    if len(places) < len(evidence.shares) or not 1 <= depth <= len(AreaLevel):
        return None
    return list(AreaLevel)[depth - 1]


def part_word(evidence: Evidence) -> str:
    """Return what the parts of an area are called: 网格, 街道; 部分 when they are no areas."""
    level = part_level(evidence)
    return level.label if level else "部分"


def makeup(evidence: Evidence) -> Makeup | None:
    """Return what the expectation is made of, None when the detector didn't say."""
    factors = tuple(
        Factor(name, FACTOR_WORDS.get(name, name), float(value))
        for name, value in evidence.factors.items()
    )
    if not factors:
        return None
    product = prod(factor.value for factor in factors)
    return Makeup(factors, exact=isclose(product, evidence.expected, rel_tol=0.01))


def earlier(similar: pd.DataFrame, alert_id: int) -> pd.DataFrame:
    """Return those of `similar` that were raised before the alert, the newest first."""
    before = similar[similar["id"].astype(int) < alert_id]
    return before.sort_values("id", ascending=False, ignore_index=True)


def outcomes(similar: pd.DataFrame) -> Sequence[tuple[str, int]]:
    """Count what similar alerts turned out to be, most first; those without a word are left out."""
    counted = Counter(str(word) for word in similar["disposition_label"] if word)
    return sorted(counted.items(), key=lambda one: (-one[1], one[0]))


def _concentrated(evidence: Evidence) -> str:
    """Say which few parts hold half of the excess; empty when it takes more than three."""
    held = 0.0
    for n, share in enumerate(evidence.shares[:_FEW], start=1):
        held += share.excess / evidence.excess if evidence.excess else 0.0
        if held >= _HALF:
            size = "增量" if evidence.direction == "high" else "减量"
            return f"{n} 个{part_word(evidence)}占{size} {min(held, 1.0):.0%}"
    return ""


def _depth(path: str) -> int:
    return path.count("/") - 1
