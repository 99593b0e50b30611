"""What was to be expected: the same hour or weekday of the weeks before, as a band of counts."""

from typing import Final

import numpy as np
import pandas as pd
from scipy import stats

from govdash.core.errors import InputError

WEEKS: Final = 8  # two months: long enough to average, short enough to follow the season
FEWEST: Final = 4  # with fewer weeks a band says more about chance than about the place
_WEEK: Final = pd.Timedelta(days=7)


def expected_band(
    counts: pd.Series,
    targets: pd.DatetimeIndex,
    *,
    level: float = 0.95,
    weeks: int = WEEKS,
) -> pd.DataFrame:
    """Return the range in which the counts of `targets` should lie if nothing has changed.

    Each target is compared with the buckets 1, 2, … `weeks` weeks before it. Their mean m is
    expected. The spread is that of a negative binomial with variance (m + a m²)(1 + 1/k): k
    weeks were averaged, and the dispersion a >= 0 is pooled over all targets by moments,
    a = sum((v - m) (k - 1)) / sum(m² (k - 1)), because eight values alone tell little about a
    spread (Farrington et al. 1996 pool it in the same way). With a = 0 and many weeks the band
    is Poisson's.

    Parameters
    ----------
    counts : Series
        Gap-free counts by naive local bucket (hour or day); NaN where there was no counting.
    targets : DatetimeIndex
        Buckets to judge; they may lie in the future of `counts`.
    level : float
        Share of quiet buckets inside the band.

    Returns
    -------
    DataFrame, indexed as `targets`
        ``expected``, ``low``, ``high``; NaN with fewer than `FEWEST` earlier values. ``low``
        and ``high`` are counts that still are inside.
    """
    if not 0 < level < 1:
        raise InputError(f"置信水平 {level} 应在 0 与 1 之间，例如 0.95。")
    if weeks < FEWEST:
        raise InputError(f"预期区间至少需要 {FEWEST} 周历史，给出的是 {weeks} 周。")
    past = np.column_stack(
        [counts.reindex(targets - k * _WEEK).to_numpy(dtype=float) for k in range(1, weeks + 1)]
    )
    k = np.isfinite(past).sum(axis=1)
    enough = k >= FEWEST
    table = pd.DataFrame(np.nan, index=targets, columns=["expected", "low", "high"])
    if not enough.any():
        return table
    known, k = past[enough], k[enough]
    mean = np.nanmean(known, axis=1)
    spread = np.nanvar(known, axis=1, ddof=1)
    dispersion = pooled_dispersion(mean, spread, k)
    variance = (mean + dispersion * mean**2) * (1 + 1 / k)
    tail = (1 - level) / 2
    table.loc[enough, "expected"] = mean
    table.loc[enough, "low"] = _quantile(tail, mean, variance)
    table.loc[enough, "high"] = _quantile(1 - tail, mean, variance)
    return table


def pooled_dispersion(mean: np.ndarray, spread: np.ndarray, k: np.ndarray) -> float:
    """Return the one dispersion a >= 0 of several counts, by moments: see `expected_band`.

    `mean` and `spread` (sample variance) of each over its `k` values.
    """
    squares = float((mean**2 * (k - 1)).sum())
    return max(0.0, float(((spread - mean) * (k - 1)).sum()) / squares) if squares else 0.0


def _quantile(share: float, mean: np.ndarray, variance: np.ndarray) -> np.ndarray:
    """Quantile of the negative binomial of this mean and (larger) variance; 0 where mean is 0."""
    some = mean > 0
    found = np.zeros_like(mean)
    m, v = mean[some], variance[some]
    # scipy's p is the share of successes: mean = r (1 - p) / p, variance = mean / p
    found[some] = stats.nbinom.ppf(share, m**2 / (v - m), m / v)
    return found
