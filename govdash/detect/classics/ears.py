"""EARS C1, C2 and C3: a bucket against the mean and spread of the seven before it.

C1 takes the seven buckets directly before, C2 leaves out the two last of them. C3 sums how far C2
lay beyond 1 on the two buckets before, so a rise that goes on is seen. No season, no weekday:
made for streams too young for a model.

Reference: Hutwagner, Thompson, Seeman & Treadwell (2003), J. Urban Health 80(2 Suppl 1):i89.
"""

from dataclasses import dataclass
from typing import Final, Literal, Self

import numpy as np
import pandas as pd
from scipy import special

from govdash.core.errors import InputError
from govdash.detect.classics.history import SURE, Remembered, high_side_frame

Variant = Literal["C1", "C2", "C3"]

#: One-sided rates the limits are set to: z = 3.09, 3.09 and 1.96.
ALPHA: Final[dict[Variant, float]] = {"C1": 0.001, "C2": 0.001, "C3": 0.025}
_LAG: Final[dict[Variant, int]] = {"C1": 0, "C2": 2, "C3": 2}
#: Buckets before whose excess C3 sums.
_SUMMED: Final = 2


@dataclass(frozen=True)
class EarsResult:
    """Arrays shaped (buckets from the first that can be scored, series).

    Attributes
    ----------
    expected : mean of the baseline
    upper : the limit; NaN for C3 where a baseline of the two before had no spread
    statistic : for C1 and C2 (y - mean) / sd; for C3 the summed excess of the two before
    alarm : observed above the limit
    """

    expected: np.ndarray
    upper: np.ndarray
    statistic: np.ndarray
    alarm: np.ndarray


def first_scored(variant: Variant, baseline: int = 7) -> int:
    """Return the position of the first bucket scored: after `baseline`, lag and, of C3, two."""
    return baseline + _LAG[variant] + (_SUMMED if variant == "C3" else 0)


def ears(
    counts: np.ndarray, variant: Variant, *, alpha: float | None = None, baseline: int = 7
) -> EarsResult:
    """Score the buckets of every series from `first_scored` on (Hutwagner et al. 2003).

    Parameters
    ----------
    counts : array of int (buckets, series)
    variant : {"C1", "C2", "C3"}
    alpha : float, optional
        One-sided rate of a normal law; by default the usual one (`ALPHA`). Small counts are not
        normal: the rate that comes out is several times as high.
    baseline : int
        Buckets of the mean and spread; 7 holds every weekday once.
    """
    reach = -special.ndtri(ALPHA[variant] if alpha is None else alpha)
    lag = _LAG[variant]
    windows = np.lib.stride_tricks.sliding_window_view(counts.astype(float), baseline, axis=0)
    windows = windows[: len(counts) - baseline - lag]
    mean, sd = windows.mean(axis=-1), windows.std(axis=-1, ddof=1)
    observed = counts[baseline + lag :]
    flat = sd == 0
    gap = observed - mean
    c = np.where(flat, np.sign(gap) * SURE, gap / np.where(flat, 1.0, sd))
    if variant != "C3":
        upper = mean + reach * sd
        return EarsResult(mean, upper, c, observed > upper)
    # where nothing varied and nothing happened there is no C2, so no sum of it either
    beyond = np.where(flat & (gap == 0), np.nan, np.maximum(0.0, c - 1.0))
    beyond = np.where(flat & (gap > 0), np.inf, beyond)
    summed = beyond[1:-1] + beyond[:-_SUMMED]
    mean, sd, observed = mean[_SUMMED:], sd[_SUMMED:], observed[_SUMMED:]
    with np.errstate(invalid="ignore"):  # a flat baseline: 0 times infinity says nothing
        # reckoned from the count itself, as in common use: above it means the sum is beyond reach
        upper = np.maximum(0.0, observed + sd * (reach - summed))
    statistic = np.minimum(np.nan_to_num(summed, nan=0.0, posinf=SURE), SURE)
    return EarsResult(mean, upper, statistic, observed > upper)


@dataclass
class Ears(Remembered):
    """Score buckets with EARS.

    Parameters
    ----------
    variant : ``C1``, ``C2`` or ``C3``
    alpha : float, optional
        One-sided rate of the normal limit, by default .001, .001, .025.
    baseline : int
        Buckets of the baseline; 7 days hold every weekday once.

    ``score`` is the statistic C (for C3 the summed excess); ``p_value`` the normal tail of C1 and
    C2, NaN for C3, whose sum has no such law.
    """

    variant: Variant = "C1"
    alpha: float | None = None
    baseline: int = 7

    def __post_init__(self) -> None:
        """Refuse what is no variant."""
        if self.variant not in ALPHA:
            raise InputError(f"没有名为“{self.variant}”的 EARS 方法；可用：{'、'.join(ALPHA)}。")

    @property
    def coverage(self) -> float:
        """Share of the central normal interval that ends at the limit."""
        return 1.0 - 2.0 * (ALPHA[self.variant] if self.alpha is None else self.alpha)

    @property
    def min_days(self) -> int:
        """Shortest history: the baseline, the lag and what C3 sums."""
        return first_scored(self.variant, self.baseline)

    def fit(self, counts: pd.DataFrame) -> Self:
        """Keep `counts`; see `contract`."""
        self._remember(counts, needs=self.min_days)
        return self

    def score(self, counts: pd.DataFrame) -> pd.DataFrame:
        """Return one row per series and bucket (`contract.SCORE_COLUMNS`)."""
        course = self._continued(counts)
        past = course.counts[course.first - self.min_days :]
        found = ears(past, self.variant, alpha=self.alpha, baseline=self.baseline)
        return high_side_frame(
            counts,
            expected=found.expected,
            upper=found.upper,
            score=found.statistic,
            alarm=found.alarm,
            p_high=None if self.variant == "C3" else special.ndtr(-found.statistic),
        )
