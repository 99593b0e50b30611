"""The log-likelihood ratios of a scan, exact and as tables for the loops.

All three models share one shape. With c cases in a window where b are expected, and C in all,

- expectation-based Poisson (Neill 2005):  c log(c/b) + b - c
- Poisson and space-time permutation, given C (Kulldorff 1997, 2001; Kulldorff et al. 2005):
  c log(c/b) + (C - c) log((C - c)/(C - b))

and both are ``table[c] - c * slope + base`` where the table depends on c alone, slope and base on
the window alone: searching costs one look-up and one multiplication per window, no logarithm.

References
----------
Kulldorff (1997), A spatial scan statistic, Commun. Stat. Theory Methods 26.
Kulldorff (2001), Prospective time periodic geographical disease surveillance, JRSS A 164.
Kulldorff et al. (2005), A space-time permutation scan statistic, PLoS Medicine 2.
Neill, Moore, Sabhnani & Daniel (2005), Detection of emerging space-time clusters, KDD.
"""

from typing import Final, Literal, NamedTuple

import numpy as np
from scipy.special import rel_entr, xlogy

from govdash.detect.scan.space import SearchSpace, window_sums

Rates = Literal["high", "low", "both"]

#: No count reaches this: windows where nothing is expected are never a cluster.
_NEVER: Final = np.iinfo(np.int32).max


class Tables(NamedTuple):
    """What the loops read.

    Attributes
    ----------
    slope, base : array (centres, k, windows)
    high : array of int32 (centres, k, windows)
        Least count that is a cluster of high rates.
    low : array of int32 (centres, k, windows)
        Greatest count that is a cluster of low rates; -1 where these are not sought.
    table : array (largest count + 1,)
    """

    slope: np.ndarray
    base: np.ndarray
    high: np.ndarray
    low: np.ndarray
    table: np.ndarray


def log_likelihood_ratio(
    observed: np.ndarray | float, expected: np.ndarray | float, *, total: float | None = None
) -> np.ndarray:
    """Return the log-likelihood ratio of windows, whichever side the count lies on.

    Parameters
    ----------
    observed, expected : cases in the windows and what is expected there
    total : float, optional
        All cases, for the models given their number; without it expectation-based.

    Returns
    -------
    array
        Infinite where there are cases and none are expected.
    """
    c, b = np.asarray(observed, dtype=float), np.asarray(expected, dtype=float)
    if total is None:
        return rel_entr(c, b) + (b - c)
    return rel_entr(c, b) + rel_entr(total - c, np.maximum(total - b, 0.0))


def build_tables(
    expected: np.ndarray,
    space: SearchSpace,
    *,
    total: int | None,
    largest: int,
    min_cases: int = 1,
    rates: Rates = "high",
) -> Tables:
    """Return the tables for what is `expected` (cells, T).

    Parameters
    ----------
    total : int or None
        All cases when the model is given their number, else None (expectation-based).
    largest : int
        Greatest total that a replicate may have.
    min_cases : int
        Fewest cases in a cluster of high rates.
    """
    sums = window_sums(expected, space)
    b = np.cumsum(sums[space.neighbours], axis=1)
    usable = b > 0 if total is None else (b > 0) & (b < total)
    safe = np.where(usable, b, 1.0 if total is None else 0.5)
    slope = np.log(safe)
    if total is None:
        base, table = safe, count_table(largest)
    else:
        rest = np.log(total - safe)
        base = -total * rest
        slope = slope - rest
        count = np.arange(total + 1, dtype=float)
        table = xlogy(count, count) + xlogy(total - count, total - count)
    high = np.full(b.shape, _NEVER, dtype=np.int32)
    if rates != "low":
        high[usable] = np.maximum(np.floor(b[usable]) + 1.0, min_cases)
    low = np.full(b.shape, -1, dtype=np.int32)
    if rates != "high":
        low[usable] = np.ceil(b[usable]) - 1.0
    return Tables(
        slope=slope,
        base=base,
        high=high,
        low=low,
        table=table,
    )


def count_table(largest: int) -> np.ndarray:
    """Return c log c - c for c from 0 to `largest`."""
    count = np.arange(largest + 1, dtype=float)
    return xlogy(count, count) - count
