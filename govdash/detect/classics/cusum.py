"""CUSUM of counts, standardised as Rossi: small rises that last add up to an alarm.

z = (x - 3 m + 2 sqrt(x m)) / (2 sqrt(m)) is nearly standard normal for a Poisson count x with
mean m; S = max(0, S + z - k), an alarm where S > h. The chart goes on after an alarm: S is not set
back, so a rise that lasts keeps alarming.

References: Rossi, Lampugnani & Marchi (1999), Stat. Med. 18:2111 (the standardisation); Page
(1954), Biometrika 41:100 (the chart). k = 1.04 and h = 2.26 are Rossi's: an in-control run of 500
buckets, a shift of two standard deviations.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

REFERENCE: Final = 1.04
LIMIT: Final = 2.26


@dataclass(frozen=True)
class CusumResult:
    """Arrays shaped (buckets, series).

    Attributes
    ----------
    statistic : S
    upper : count with which S would just reach h: more is an alarm
    alarm : S > h
    """

    statistic: np.ndarray
    upper: np.ndarray
    alarm: np.ndarray


def cusum(
    counts: np.ndarray, mean: np.ndarray, *, k: float = REFERENCE, h: float = LIMIT
) -> CusumResult:
    """Run the chart from S = 0.

    Parameters
    ----------
    counts : array (buckets, series)
    mean : array (buckets, series)
        Expected events, > 0.
    k : float
        Reference value, in standard deviations: half the shift to be found.
    h : float
        Limit, in standard deviations: higher means fewer false alarms, and later ones.
    """
    root = np.sqrt(mean)
    z = rossi(counts, mean)
    s = np.zeros(counts.shape[1])
    statistic, upper = np.empty(counts.shape), np.empty(counts.shape)
    for t in range(len(counts)):
        # z(x) = a solved for sqrt(x): sqrt(x) = -sqrt(m) + sqrt(4 m + 2 a sqrt(m))
        a = h + k - s
        reached = np.sqrt(np.maximum(4.0 * mean[t] + 2.0 * a * root[t], 0.0)) - root[t]
        upper[t] = np.maximum(reached, 0.0) ** 2
        s = np.maximum(0.0, s + z[t] - k)
        statistic[t] = s
    return CusumResult(statistic, upper, statistic > h)


def rossi(counts: np.ndarray, mean: np.ndarray) -> np.ndarray:
    """Return the counts standardised with their `mean`, both (buckets, series); see the module."""
    return (counts - 3.0 * mean + 2.0 * np.sqrt(counts * mean)) / (2.0 * np.sqrt(mean))
