"""One probability per bucket from sums over several windows that end with it.

Each window's sum is negative binomial with variance φ_w M + (M × standard error of log M)²; the
tails of all windows are combined by the weighted Cauchy rule (Liu & Xie 2020, JASA 115:393), which
holds in the far tail however the windows depend on each other.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from govdash.detect.tails import LOW_SIDE_FROM, tail_high, tail_low

#: A tail of exactly 1 (nothing happened) would weigh infinitely against all other windows. Cut so
#: it still outweighs anything above about 1e-5: a rise is told in a bucket that has events in it.
_CUT: Final = 1e-6


@dataclass(frozen=True)
class BucketTails:
    """Every window × series at one bucket.

    Attributes
    ----------
    observed, expected, variance : array (windows, series)
        Sums over the window; observed is NaN where a bucket of it is unknown.
    high : array (windows, series)
        P(X >= observed); NaN where a bucket is unknown.
    low : array (windows, series)
        P(X <= observed); NaN also below `LOW_SIDE_FROM` expected, where a zero is no surprise.
    p_high, p_low : array (series,)
        The windows combined (`combine`).
    """

    observed: np.ndarray
    expected: np.ndarray
    variance: np.ndarray
    high: np.ndarray
    low: np.ndarray
    p_high: np.ndarray
    p_low: np.ndarray


def bucket_tails(
    counts: np.ndarray,
    mean: np.ndarray,
    log_variance: np.ndarray,
    phi: np.ndarray,
    inflation: Mapping[int, np.ndarray],
    windows: Mapping[int, float],
) -> BucketTails:
    """Return the tails of the last bucket of `counts`.

    Parameters
    ----------
    counts, mean : array (buckets, series)
        The last buckets; NaN counts are unknown.
    log_variance : array (series,)
        Of the log mean; the buckets of a window share their error.
    phi : array (series,)
    inflation : mapping of window to array (series,)
    windows : mapping of window to weight
    """
    observed = np.stack([counts[-w:].sum(axis=0) for w in windows])
    expected = np.stack([mean[-w:].sum(axis=0) for w in windows])
    spread = np.stack([phi * inflation[w] for w in windows])
    variance = spread * expected + log_variance * expected**2
    known = ~np.isnan(observed)
    whole = np.where(known, observed, 0.0)
    high = np.where(known, tail_high(whole, expected, variance), np.nan)
    told = known & (expected >= LOW_SIDE_FROM)
    low = np.full_like(high, np.nan)
    if told.any():
        low[told] = tail_low(whole[told], expected[told], variance[told])
    weights = np.fromiter(windows.values(), dtype=float)[:, None]
    return BucketTails(
        observed, expected, variance, high, low, combine(high, weights), combine(low, weights)
    )


def combine(tails: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return the weighted Cauchy combination of tails (Liu & Xie 2020, JASA 115:393).

    With ω the weights over their sum, p = 1/2 - arctan(Σ ω tan(π (1/2 - p_w))) / π.

    Parameters
    ----------
    tails : array (windows, ...)
        NaN has no say.
    weights : array, broadcastable to `tails`
        >= 0.

    Returns
    -------
    array (...)
        1 where all are NaN.
    """
    said = ~np.isnan(tails)
    share = np.where(said, weights, 0.0)
    total = share.sum(axis=0)
    inside = np.clip(np.where(said, tails, 0.5), 1e-300, 1.0 - _CUT)
    # cot(πp) = tan(π(1/2 - p)) keeps its digits for small p
    statistic = np.sum(share / np.tan(np.pi * inside), axis=0) / np.where(total > 0, total, 1.0)
    combined = np.arctan2(1.0, statistic) / np.pi
    return np.where(total > 0, combined, 1.0)
