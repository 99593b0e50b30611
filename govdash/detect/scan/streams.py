"""Random numbers that both engines draw alike: one seed per replicate, counted from there.

The n-th number of a stream is a pure function of its seed and n (SplitMix64), so the engines may
draw in any order, in blocks, or again.

References
----------
Steele, Lea & Flood (2014), Fast splittable pseudorandom number generators, OOPSLA.
"""

from typing import Final, NamedTuple

import numpy as np

GAMMA: Final = 0x9E3779B97F4A7C15
MIX_1: Final = 0xBF58476D1CE4E5B9
MIX_2: Final = 0x94D049BB133111EB

#: Replicates searched side by side; a window's tables are read once for all of them.
LANES: Final = 16

#: Cells of the guide table; a power of two, so that u * GUIDE is exact.
GUIDE: Final = 1 << 12


class Draws(NamedTuple):
    """What replicates are drawn from.

    Attributes
    ----------
    seeds : array of uint64 (replicates,)
    cases : array of int64 (replicates,)
        Cases, or clumps of cases, of each replicate.
    cdf, guide : array (cells x T,) and (`GUIDE`,)
        Where they fall; see `cumulative`.
    size_cdf : array
        See `clump_sizes`.
    case_cells, case_times : array of int64 (cases,)
        Cell and bucket of every case where replicates are permutations; else empty.
    stratum_ends : array of int64 (strata + 1,)
        Cases from one end to the next are shuffled among each other.
    n_cells, n_times : int
    """

    seeds: np.ndarray
    cases: np.ndarray
    cdf: np.ndarray
    guide: np.ndarray
    size_cdf: np.ndarray
    case_cells: np.ndarray
    case_times: np.ndarray
    stratum_ends: np.ndarray
    n_cells: int
    n_times: int


def uniforms(seed: np.uint64, n: int) -> np.ndarray:
    """Return the first `n` numbers of a stream as doubles in [0, 1)."""
    count = np.arange(1, n + 1, dtype=np.uint64)
    z = seed + count * np.uint64(GAMMA)  # wraps around, as it should
    z = (z ^ (z >> np.uint64(30))) * np.uint64(MIX_1)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(MIX_2)
    z = z ^ (z >> np.uint64(31))
    return (z >> np.uint64(11)).astype(float) * 2.0**-53


def cumulative(weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the distribution function over places and a guide to where to start in it.

    Parameters
    ----------
    weights : array (places,), >= 0
    """
    cdf = np.cumsum(weights, dtype=float)
    if cdf[-1] == 0.0:  # nothing is expected anywhere, so nothing will be dropped
        cdf[:] = 1.0
    cdf /= cdf[-1]
    guide = np.searchsorted(cdf, np.arange(GUIDE) / GUIDE, side="right")
    return cdf, guide


def clump_sizes(dispersion: float) -> np.ndarray:
    """Return P(size <= 1, 2, ...) of the clumps whose Poisson sum is negative binomial.

    A negative binomial count with variance `dispersion` x mean is a Poisson number of clumps,
    each of logarithmic size with p = 1 - 1 / dispersion (Quenouille 1949). Empty for 1 (Poisson).
    """
    if dispersion <= 1.0:
        return np.empty(0)
    p = 1.0 - 1.0 / dispersion
    longest = int(np.ceil(np.log(1e-18) / np.log(p))) + 1
    size = np.arange(1, longest + 1)
    cdf = np.cumsum(p**size / size) / -np.log1p(-p)
    return np.minimum(cdf, 1.0)


def clumps_per_case(dispersion: float) -> float:
    """Return the mean number of clumps for each expected case."""
    if dispersion <= 1.0:
        return 1.0
    return float(np.log(dispersion) / (dispersion - 1.0))
