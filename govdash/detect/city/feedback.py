"""What people said about incidents, turned into a threshold: slowly, with limits, replayable.

Precision per score bin is Beta–Binomial: a bin of few labels says what all bins say. The limit of
p-values is moved toward the target precision, never before `MIN_LABELS`, never more than 10 % a
week, never past the floor; one in twenty incidents just beyond the limit is told all the same, so
that a limit that is too strict can be seen to be.

Reference: Gelman et al. (2013), Bayesian Data Analysis, 3rd ed., section 2.4 and 5.3.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
from scipy import stats

from govdash.core.errors import InputError
from govdash.detect.city.watch import Hit

#: Labels below which nothing is changed.
MIN_LABELS: Final = 20
#: Largest change of the multiplier in a week.
WEEKLY_STEP: Final = 0.10
#: Part of the hits just beyond the limit that are told to learn from, and how far "just" goes.
EXPLORED: Final = 0.05
_BEYOND: Final = 3.0
#: Safety floor and ceiling: the limit is never under a quarter, nor over four times, of the policy.
LIMITS: Final = (0.25, 4.0)
#: Upper edges of the bins of -log10 p.
BINS: Final = (1.0, 2.0, 3.0, 4.0)
#: Labels that the mean of all bins counts for in each.
_PRIOR_LABELS: Final = 8.0


@dataclass(frozen=True)
class Label:
    """One judged incident: `p_value` of its peak, and whether it was `true`."""

    p_value: float
    true: bool


@dataclass(frozen=True)
class Bin:
    """Precision of the incidents whose -log10 p lies in [low, high).

    Attributes
    ----------
    low, high : float
    labels, true : int
        Judged incidents, and those of them that were real.
    mean, lower, upper : float
        Of the posterior precision, 90 % interval.
    """

    low: float
    high: float
    labels: int
    true: int
    mean: float
    lower: float
    upper: float


@dataclass(frozen=True)
class Step:
    """One revision, for the record: multiplier `before` and `after`, `labels` seen, `reason`."""

    before: float
    after: float
    labels: int
    reason: str


def precision_bins(labels: Sequence[Label]) -> list[Bin]:
    """Return the precision per bin of -log10 p."""
    score = np.array([-np.log10(max(label.p_value, 1e-300)) for label in labels])
    true = np.array([label.true for label in labels], dtype=bool)
    overall = (true.sum() + 1.0) / (len(true) + 2.0)
    edges = (0.0, *BINS, np.inf)
    bins = []
    for low, high in pairwise(edges):
        here = (score >= low) & (score < high)
        hits, n = int(true[here].sum()), int(here.sum())
        a = _PRIOR_LABELS * overall + hits
        b = _PRIOR_LABELS * (1.0 - overall) + n - hits
        lower, upper = stats.beta.ppf([0.05, 0.95], a, b)
        bins.append(Bin(low, high, n, hits, a / (a + b), float(lower), float(upper)))
    return bins


def revise(multiplier: float, labels: Sequence[Label], *, target: float, weeks: float) -> Step:
    """Return the multiplier of the p-value limit after `labels`.

    Parameters
    ----------
    multiplier : float
        Now in force (`Policy.multiplier`).
    target : float
        Share of told incidents that should be real.
    weeks : float
        Since the last revision; caps the step at 10 % a week, compounded.
    """
    if not 0 < target < 1:
        raise InputError(f"目标准确率 {target} 应在 0 和 1 之间。")
    if weeks < 0:
        raise InputError(f"距上次调整 {weeks} 周，不能是负数。")
    n = len(labels)
    if n < MIN_LABELS:
        return Step(multiplier, multiplier, n, f"只有 {n} 条反馈，不足 {MIN_LABELS} 条，不调整。")
    true = sum(label.true for label in labels)
    found = (true + 1.0) / (n + 2.0)
    most = (1.0 + WEEKLY_STEP) ** weeks
    # false alarms come in proportion to the limit: odds of being real fall as it rises
    wanted = (found / (1.0 - found)) / (target / (1.0 - target))
    after = float(np.clip(multiplier * np.clip(wanted, 1.0 / most, most), *LIMITS))
    word = "放宽" if after > multiplier else "收紧" if after < multiplier else "不变"
    reason = f"{n} 条反馈中 {true} 条属实，目标 {target:.0%}；阈值倍数{word}到 {after:.3f}。"
    return Step(multiplier, after, n, reason)


def explored(hits: Sequence[Hit], *, limit: float, seed: int) -> list[Hit]:
    """Return the hits just beyond `limit` that are told to learn from them: one in twenty.

    Which ones depends on seed, day, category and cells alone, not on what else was found.
    """
    chosen = []
    for hit in hits:
        if not limit < hit.p_value <= _BEYOND * limit:
            continue
        rng = np.random.default_rng([seed, hit.day, hit.category, *hit.cells])
        if rng.random() < EXPLORED:
            chosen.append(hit)
    return chosen
