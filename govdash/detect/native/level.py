"""The recent level and the last buckets of every series: what a tick reads and writes.

Level: discounted Gamma-Poisson factor over the parent's mean (West & Harrison 1997, ch. 10): with
d = 1/2 per half-life, seen ← d seen + ω y / φ, due ← d due + ω m / φ and factor
(a + seen) / (a + due), variance of its log 1 / (a + due). A bucket enters `guard` buckets late, so
that an outbreak cannot teach the level that it is normal, and with its trust ω (`outliers`).
"""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from govdash.detect.native.outliers import SHIFT_FROM, SHIFT_FULL, trust

#: The level may move the parent's mean by this factor and no further.
LEVEL_LIMIT: Final = 4.0
#: Buckets after a bucket that its trust looks at (sums over up to three).
REACH: Final = 2


@dataclass(frozen=True)
class LevelRule:
    """How the level moves.

    Parameters
    ----------
    half_life : float
        Buckets after which one counts half.
    prior : float
        a, in events: 25 makes ±20 % ordinary before anything was seen.
    guard : int
        Buckets that are seen but not yet learned from, >= 2.
    span : int
        Buckets over which lasting doubt becomes the new usual.
    keep : int
        Buckets kept: the longest window, and what trust looks at.
    """

    half_life: float
    prior: float
    guard: int
    span: int
    keep: int


@dataclass(frozen=True)
class Level:
    """Everything a bucket leaves behind; arrays are never changed in place.

    Attributes
    ----------
    at : int
        Number of the last bucket taken in (0: the last learned one).
    seen, due : array (series,)
    counts, base, mean : array (keep, series)
        Last buckets, oldest first: the count (NaN: unknown), the parent's mean, and that times
        the level of its time.
    doubt : array (span, series)
        1 - trust of the last buckets that entered the level.
    """

    at: int
    seen: np.ndarray
    due: np.ndarray
    counts: np.ndarray
    base: np.ndarray
    mean: np.ndarray
    doubt: np.ndarray

    @classmethod
    def from_history(
        cls,
        counts: np.ndarray,
        base: np.ndarray,
        weights: np.ndarray,
        phi: np.ndarray,
        rule: LevelRule,
    ) -> "Level":
        """Return the level after the learned `counts`, all shaped (buckets, series)."""
        age = np.arange(len(counts) - 1, -1, -1.0)
        fade = 0.5 ** (age / rule.half_life)
        seen = np.einsum("t,ts,ts->s", fade, weights, counts) / phi
        due = np.einsum("t,ts,ts->s", fade, weights, base) / phi
        last = slice(max(len(counts) - rule.keep, 0), None)
        level = cls(
            at=0,
            seen=seen,
            due=due,
            counts=_padded(counts[last].astype(float), rule.keep, np.nan),
            base=_padded(base[last], rule.keep, 1.0),
            mean=_padded(base[last], rule.keep, 1.0),
            doubt=_padded(1.0 - weights[-rule.span :], rule.span, 0.0),
        )
        return replace(level, mean=level.mean * level.factor(rule))

    def factor(self, rule: LevelRule) -> np.ndarray:
        """Return the recent level over the parent's mean, shape (series,)."""
        ratio = (rule.prior + self.seen) / (rule.prior + self.due)
        return np.clip(ratio, 1.0 / LEVEL_LIMIT, LEVEL_LIMIT)

    def log_variance(self, rule: LevelRule) -> np.ndarray:
        """Return the variance of the log of `factor`."""
        return 1.0 / (rule.prior + self.due)

    def advance(
        self, counts: np.ndarray, base: np.ndarray, phi: np.ndarray, rule: LevelRule
    ) -> "Level":
        """Take in the next bucket: `counts` (NaN: unknown) and the parent's mean, (series,)."""
        taken = replace(
            self,
            at=self.at + 1,
            counts=np.vstack([self.counts[1:], counts]),
            base=np.vstack([self.base[1:], base]),
            mean=np.vstack([self.mean[1:], base * self.factor(rule)]),
        )
        return _with_learned(taken, phi, rule) if taken.at > rule.guard else taken


def _with_learned(level: Level, phi: np.ndarray, rule: LevelRule) -> Level:
    """Let the bucket `guard` before the last one into the level."""
    at = len(level.counts) - 1 - rule.guard
    near = slice(at - REACH, at + REACH + 1)
    known = ~np.isnan(level.counts[near])
    counts = np.where(known, level.counts[near], level.mean[near])
    doubt = 1.0 - trust(counts, level.mean[near], phi)[REACH]
    last = np.vstack([level.doubt[1:], doubt])
    share = last.mean(axis=0)
    back = np.clip((share - SHIFT_FROM) / (SHIFT_FULL - SHIFT_FROM), 0.0, 1.0)
    weight = (1.0 - doubt * (1.0 - back)) * known[REACH] / phi
    fade = 0.5 ** (1.0 / rule.half_life)
    return replace(
        level,
        seen=fade * level.seen + weight * counts[REACH],
        due=fade * level.due + weight * level.base[at],
        doubt=last,
    )


def _padded(rows: np.ndarray, length: int, fill: float) -> np.ndarray:
    missing = length - len(rows)
    return np.vstack([np.full((missing, rows.shape[1]), fill), rows]) if missing > 0 else rows
