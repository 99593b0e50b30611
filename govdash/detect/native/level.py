"""The recent level and the last buckets of every series: what a tick reads and writes.

Level: discounted Gamma-Poisson factor over the parent's mean (West & Harrison 1997, ch. 10): with
d = 1/2 per half-life, seen ← d seen + ω y / φ, due ← d due + ω m / φ and ratio
(a + seen) / (a + due), variance of its log 1 / (a + due). What noise alone would do is taken off
(James-Stein, positive part): factor = 1 + (ratio - 1) (1 - c / z²)₊ with
z² = 2 (seen - due)² / due, so a steady series keeps the parent's mean and a shifted one leaves
it. A bucket enters `guard` buckets late, so that an outbreak cannot teach the level that it is
normal, and with its trust ω.
"""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from govdash.detect.native.outliers import readmission, trust

#: The level may move the parent's mean by this factor and no further.
LEVEL_LIMIT: Final = 4.0
#: c: deviations within 1.4 standard deviations are no news.
NOISE: Final = 2.0
#: Half-lives of history the level is made from; what came before counts 3 %.
MEMORY: Final = 5.0
#: Share of the level's memory that is dropped per bucket while a lasting shift is taken for the
#: new usual: what came before it says nothing about it.
FORGET: Final = 0.25
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
        a, in events: 5 makes ±45 % ordinary before anything was seen.
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
        cls, counts: np.ndarray, base: np.ndarray, phi: np.ndarray, rule: LevelRule
    ) -> "Level":
        """Return the level after the last learned `counts`; moves as a tick does.

        Parameters
        ----------
        counts : array (buckets, series)
        base : array (buckets, series)
            The parent's means, where the level starts.
        phi : array (series,)
            Variance over mean of one bucket.
        rule : LevelRule
        """
        ready = len(counts) - min(int(MEMORY * rule.half_life), len(counts))
        n_series = counts.shape[1]
        before = slice(max(ready - rule.keep, 0), ready)
        level = cls(
            at=0,
            seen=np.zeros(n_series),
            due=np.zeros(n_series),
            counts=_padded(counts[before].astype(float), rule.keep, np.nan),
            base=_padded(base[before], rule.keep, 1.0),
            mean=_padded(base[before], rule.keep, 1.0),
            doubt=np.zeros((rule.span, n_series)),
        )
        for row, mean in zip(counts[ready:].astype(float), base[ready:], strict=True):
            level = level.advance(row, mean, phi, rule)
        return replace(level, at=0)

    def factor(self, rule: LevelRule) -> np.ndarray:
        """Return the recent level over the parent's mean, shape (series,)."""
        ratio = (rule.prior + self.seen) / (rule.prior + self.due)
        return np.clip(1.0 + self._sure() * (ratio - 1.0), 1.0 / LEVEL_LIMIT, LEVEL_LIMIT)

    def log_variance(self, rule: LevelRule) -> np.ndarray:
        """Return the variance of the log of `factor`."""
        return (0.25 + 0.75 * self._sure()) / (rule.prior + self.due)

    def _sure(self) -> np.ndarray:
        # with discount d the variance of `seen` is due / 2: the sum of d² is half that of d
        surprise = 2.0 * (self.seen - self.due) ** 2 / np.maximum(self.due, 1e-9)
        return np.maximum(1.0 - NOISE / np.maximum(surprise, 1e-9), 0.0)

    def advance(
        self, counts: np.ndarray, base: np.ndarray, phi: np.ndarray, rule: LevelRule
    ) -> "Level":
        """Return the level one bucket later; see the module for the formula.

        Parameters
        ----------
        counts : array (series,)
            Events of the bucket; NaN is unknown, and leaves the level as it is.
        base : array (series,)
            The parent's mean of the bucket, shocks included.
        phi : array (series,)
            Variance over mean; a count teaches by 1 / φ of its weight.
        rule : LevelRule
        """
        taken = replace(
            self,
            at=self.at + 1,
            counts=np.vstack([self.counts[1:], counts]),
            base=np.vstack([self.base[1:], base]),
            mean=np.vstack([self.mean[1:], base * self.factor(rule)]),
        )
        return _with_learned(taken, phi, rule)


def _with_learned(level: Level, phi: np.ndarray, rule: LevelRule) -> Level:
    """Let the bucket `guard` before the last one into the level."""
    at = len(level.counts) - 1 - rule.guard
    near = slice(at - REACH, at + REACH + 1)
    known = ~np.isnan(level.counts[near])
    counts = np.where(known, level.counts[near], level.mean[near])
    doubt = 1.0 - trust(counts, level.mean[near], phi)[REACH]
    last = np.vstack([level.doubt[1:], doubt])
    back = readmission(last.mean(axis=0))
    weight = (1.0 - doubt * (1.0 - back)) * known[REACH] / phi
    fade = 0.5 ** (1.0 / rule.half_life) * (1.0 - FORGET * back)
    return replace(
        level,
        seen=fade * level.seen + weight * counts[REACH],
        due=fade * level.due + weight * level.base[at],
        doubt=last,
    )


def _padded(rows: np.ndarray, length: int, fill: float) -> np.ndarray:
    missing = length - len(rows)
    return np.vstack([np.full((missing, rows.shape[1]), fill), rows]) if missing > 0 else rows
