"""Past outbreaks and outages: how far each bucket of the history is to be trusted.

A bucket's doubt is the posterior odds of "something happened" against "ordinary": with z the
largest normal score of the sums over 1, 2 and 3 buckets that contain it,
weight = 1 / (1 + exp((z² - c²) / 2)), one half at z = c. Sums, because an incident seldom ends
with the bucket it began in. Unlike Farrington's 1/s² (1996, JRSS A 159:547) the pull of a bucket
falls to nothing with its size.

Trusting high buckets less biases the mean and the dispersion of an ordinary series downwards; the
constants below undo exactly that (Fisher consistency), so the cut can lie low.
"""

from typing import Final

import numpy as np
from numba import njit

#: Half trust at this normal score (Noufaily et al. 2013, Stat. Med. 32:1206, begin here).
HALF_TRUST: Final = 2.58
#: Half trust on the low side, single buckets with >= 5 expected. So rare (3e-5) in ordinary
#: series that no bias is worth undoing; an outage lies far beyond.
HALF_TRUST_LOW: Final = 4.0
#: Under these weights an ordinary series of mean m and dispersion φ shows the mean
#: m - shift sqrt(φ m) and the dispersion φ / loss. Rows: φ as below; columns: m as below; linear
#: between their logarithms. Simulated: `python benchmarks/scenarios.py --constants`.
_AT_PHI: Final = np.array([1.0, 1.2, 1.5, 2.0, 3.0, 5.0, 10.0])
_AT_MEAN: Final = np.array([0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 150.0])
_SHIFT: Final = np.array(
    [
        [-0.002, 0.002, 0.018, 0.065, 0.075, 0.072, 0.066, 0.063, 0.063],
        [0.004, 0.008, 0.030, 0.067, 0.075, 0.071, 0.069, 0.066, 0.064],
        [0.011, 0.016, 0.040, 0.069, 0.074, 0.072, 0.069, 0.066, 0.064],
        [0.018, 0.027, 0.046, 0.067, 0.074, 0.073, 0.069, 0.066, 0.065],
        [0.024, 0.035, 0.050, 0.068, 0.076, 0.074, 0.070, 0.068, 0.066],
        [0.027, 0.039, 0.053, 0.065, 0.072, 0.074, 0.072, 0.072, 0.065],
        [0.025, 0.040, 0.054, 0.061, 0.067, 0.073, 0.072, 0.073, 0.067],
    ]
)
_LOSS: Final = np.array(
    [
        [0.983, 1.017, 1.090, 1.199, 1.177, 1.137, 1.112, 1.100, 1.093],
        [1.113, 1.118, 1.224, 1.269, 1.207, 1.147, 1.120, 1.103, 1.094],
        [1.389, 1.341, 1.403, 1.360, 1.237, 1.171, 1.128, 1.108, 1.094],
        [1.910, 1.763, 1.628, 1.468, 1.292, 1.197, 1.142, 1.118, 1.102],
        [3.132, 2.517, 1.975, 1.645, 1.387, 1.245, 1.164, 1.130, 1.106],
        [6.345, 3.978, 2.568, 1.892, 1.510, 1.320, 1.201, 1.150, 1.113],
        [17.966, 9.180, 3.869, 2.375, 1.737, 1.441, 1.267, 1.184, 1.129],
    ]
)
#: Something that fills half of so many buckets is no outbreak but the new usual: trust begins to
#: come back, in full at three quarters.
SHIFT_FROM: Final = 0.5
SHIFT_FULL: Final = 0.75
#: φ above this is not noise but a model that does not fit.
DISPERSION_LIMIT: Final = 100.0
#: What is known of φ before a series has shown it: mean and variance between the series of real
#: complaints with >= 0.3 events a day (Boston 2016-2019: 51 series, 1.26 and 0.02; Chicago
#: 2011-2014: 81 series, 1.30 and 0.11; sampling taken off), `python benchmarks/dispersion.py`. A
#: constant and not the mean of the series at hand: what one series is told must not depend on
#: which others are fitted with it.
USUAL_PHI: Final = 1.3
USUAL_PHI_VARIANCE: Final = 0.07
#: Fewer events than this are never an outbreak: in a sparse series every single one is rare.
OUTBREAK_COUNT: Final = 3.0
#: Where the excess of a sum is below 1.7 sd its normal score cannot reach the cut's slope.
_CANDIDATE: Final = 1.7
_LOW_FROM: Final = 5.0


@njit(cache=True)
def _normal_score(count: float, mean: float, phi: float) -> float:
    """Saddlepoint normal score of a negative binomial count (Barndorff-Nielsen's r*).

    R + log(q / R) / R with R the signed root of the deviance at fixed size m / (φ - 1) and
    q = s sqrt(K''(s)); to 0.02 of the mid-p score.
    """
    y = max(count, 0.25)
    if phi > 1.0 + 1e-6:
        size = mean / (phi - 1.0)
        tilt = np.log(y / mean) - np.log((y + size) / (mean + size))
        half_deviance = y * np.log(y / mean) - (y + size) * np.log((y + size) / (mean + size))
        curvature = y + y * y / size
    else:
        tilt = np.log(y / mean)
        half_deviance = y * tilt - (y - mean)
        curvature = y
    root = np.sqrt(2.0 * max(half_deviance, 0.0))
    if root < 0.1:
        return 0.0
    if y < mean:
        return -root
    return root + np.log(tilt * np.sqrt(curvature) / root) / root


@njit(cache=True)
def _trust(counts, mean, phi, out):  # noqa: ANN001, ANN202 - compiled
    n, series = counts.shape
    limit = HALF_TRUST * HALF_TRUST
    limit_low = HALF_TRUST_LOW * HALF_TRUST_LOW
    far = _CANDIDATE * _CANDIDATE
    for t in range(n):
        for s in range(series):
            out[t, s] = 0.0  # the largest normal score, until the second pass
    for t in range(n):
        two, three = t > 0, t > 1
        for s in range(series):
            edge = far * phi[s]
            y1, m1 = counts[t, s], mean[t, s]
            y2, m2 = y1, m1
            if two:
                y2 += counts[t - 1, s]
                m2 += mean[t - 1, s]
            y3, m3 = y2, m2
            if three:
                y3 += counts[t - 2, s]
                m3 += mean[t - 2, s]
            # one rare branch: the compiler keeps the tests in a row without jumps
            hit1 = (y1 - m1) * abs(y1 - m1) > edge * m1
            hit2 = (y2 - m2) * abs(y2 - m2) > edge * m2
            hit3 = (y3 - m3) * abs(y3 - m3) > edge * m3
            if not (hit1 | hit2 | hit3):
                continue
            if hit1 and y1 >= OUTBREAK_COUNT:
                out[t, s] = max(out[t, s], _normal_score(y1, m1, phi[s]))
            if two and hit2 and y2 >= OUTBREAK_COUNT:
                z = _normal_score(y2, m2, phi[s])
                for at in range(t - 1, t + 1):
                    if counts[at, s] > mean[at, s] and out[at, s] < z:
                        out[at, s] = z
            if three and hit3 and y3 >= OUTBREAK_COUNT:
                z = _normal_score(y3, m3, phi[s])
                for at in range(t - 2, t + 1):
                    if counts[at, s] > mean[at, s] and out[at, s] < z:
                        out[at, s] = z
    for t in range(n):
        for s in range(series):
            z = out[t, s]
            if z > 0.0:
                out[t, s] = 1.0 / (1.0 + np.exp(min((z * z - limit) / 2.0, 40.0)))
                continue
            out[t, s] = 1.0
            y, m = counts[t, s], mean[t, s]
            if (m >= _LOW_FROM) & ((m - y) * abs(m - y) > 4.0 * far * phi[s] * m):
                z = _normal_score(y, m, phi[s])
                out[t, s] = 1.0 / (1.0 + np.exp(min((z * z - limit_low) / 2.0, 40.0)))


def trust(counts: np.ndarray, mean: np.ndarray, phi: np.ndarray) -> np.ndarray:
    """Return each bucket's weight in 0-1; see the module for the formula.

    Parameters
    ----------
    counts, mean : array (buckets, series)
        Events, and what was expected of them (> 0).
    phi : array (series,)
        Variance over mean, >= 1.

    Returns
    -------
    array (buckets, series)
        1: ordinary, 1/2 at a normal score of `HALF_TRUST`, near 0: an outbreak.
    """
    weights = np.empty(counts.shape)
    _trust(np.ascontiguousarray(counts, dtype=float), np.ascontiguousarray(mean), phi, weights)
    return weights


def readmission(doubt_share: np.ndarray) -> np.ndarray:
    """Return how far a doubted bucket is trusted again, from the share of doubt until then."""
    return np.clip((doubt_share - SHIFT_FROM) / (SHIFT_FULL - SHIFT_FROM), 0.0, 1.0)


def lasting(doubt: np.ndarray, *, span: int) -> np.ndarray:
    """Return `readmission` of each bucket from the doubt in the `span` buckets that end with it."""
    summed = np.cumsum(doubt, axis=0)
    summed[span:] -= summed[:-span].copy()
    return readmission(summed / span)


def usual_bias(mean: np.ndarray, phi: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return what `trust` does to ordinary series: the mean's shift and the dispersion's loss.

    Parameters
    ----------
    mean, phi : array (series,)
        Beyond the tables the values at their edges are taken.

    Returns
    -------
    shift : array (series,), in sqrt(φ m)
        By how much the weighted mean falls short.
    loss : array (series,)
        Factor by which the weighted dispersion falls short.
    """
    row, up = _place(np.log(phi), np.log(_AT_PHI))
    column, right = _place(np.log(mean), np.log(_AT_MEAN))
    found = []
    for table in (_SHIFT, _LOSS):
        lower = table[row, column] * (1.0 - right) + table[row, column + 1] * right
        upper = table[row + 1, column] * (1.0 - right) + table[row + 1, column + 1] * right
        found.append(lower * (1.0 - up) + upper * up)
    return found[0], found[1]


def _place(values: np.ndarray, grid: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    below = np.clip(np.searchsorted(grid, values, side="right") - 1, 0, len(grid) - 2)
    return below, np.clip((values - grid[below]) / (grid[below + 1] - grid[below]), 0.0, 1.0)


def typical_mean(mean: np.ndarray) -> np.ndarray:
    """Return one mean per series that stands for all its buckets: of 1 / sqrt(m), smooth in it."""
    return np.mean(1.0 / np.sqrt(mean), axis=0) ** -2


def unbiased_dispersion(
    counts: np.ndarray,
    mean: np.ndarray,
    weights: np.ndarray,
    *,
    parameters: int,
    middle: np.ndarray,
) -> np.ndarray:
    """Return φ per series, >= 1: the weighted Pearson mean times what an ordinary series loses.

    Times 1 / (1 - p / Σ ω) for the p parameters. The loss is that of the series' `middle` mean and
    depends on φ itself; three rounds agree to 1 %.

    Parameters
    ----------
    counts, mean, weights : array (buckets, series)
    parameters : int
        Columns of the design, p.
    middle : array (series,)
        `typical_mean`.
    """
    total = np.maximum(weights.sum(axis=0), 1e-9)
    rest = counts - mean
    rest *= rest
    rest *= weights
    rest /= mean
    seen = rest.sum(axis=0) / total
    plain = seen / np.maximum(1.0 - parameters / total, 0.2)
    phi = np.clip(plain, 1.0, DISPERSION_LIMIT)
    for _ in range(3):
        phi = np.clip(plain * usual_bias(middle, phi)[1], 1.0, DISPERSION_LIMIT)
    return phi


def shrunk_dispersion(phi: np.ndarray, mean: np.ndarray, buckets: int) -> np.ndarray:
    """Return φ raised towards what is usual, as far as the series is too sparse to show its own.

    Normal-normal empirical Bayes (Efron & Morris 1975, JASA 70:311): w φ + (1 - w) φ₀ with
    w = τ² / (τ² + v), φ₀ and τ² as `USUAL_PHI` and `USUAL_PHI_VARIANCE`. Never lowered: a clump
    that was seen is believed, that none was seen says little.

    Parameters
    ----------
    phi : array (series,)
        As `unbiased_dispersion` has it.
    mean : array (series,)
        `typical_mean`.
    buckets : int
        Learned from.
    """
    weight = USUAL_PHI_VARIANCE / (USUAL_PHI_VARIANCE + sampling_variance(USUAL_PHI, mean, buckets))
    return np.maximum(phi, weight * phi + (1.0 - weight) * USUAL_PHI)


def sampling_variance(phi: float | np.ndarray, mean: np.ndarray, buckets: int) -> np.ndarray:
    """Return the variance of the Pearson dispersion of negative binomial counts.

    φ² (2 + κ) / n with the excess kurtosis of one count, κ = (6 (φ - 1) + 1 / φ) / m.
    """
    return np.asarray(phi**2 * (2.0 + (6.0 * (phi - 1.0) + 1.0 / phi) / mean) / buckets)
