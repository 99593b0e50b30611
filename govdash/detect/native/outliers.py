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
#: Half trust on the low side, single buckets with >= 5 expected. So rare (2e-4) in ordinary
#: series that no bias is worth undoing; an outage lies far beyond.
HALF_TRUST_LOW: Final = 3.5
#: Under these weights an ordinary series of mean m and dispersion φ shows the mean
#: m - 0.0638 sqrt(φ m) (the figure moves by ±0.003 over m = 0.1-150, φ = 1-5), and the dispersion
#: φ / (1.0797 + 0.0776 g + 0.00433 g²) with g = (2φ - 1) / sqrt(φ m), the skewness of the negative
#: binomial (within 4 %). Found by simulation: `python benchmarks/scenarios.py --constants`.
MEAN_SHIFT: Final = 0.0638
_SPREAD_LOSS: Final = (1.0797, 0.0776, 0.00433)
#: Something that fills half of so many buckets is no outbreak but the new usual: trust begins to
#: come back, in full at three quarters.
SHIFT_FROM: Final = 0.5
SHIFT_FULL: Final = 0.75
#: φ above this is not noise but a model that does not fit.
DISPERSION_LIMIT: Final = 100.0
_WIDEST: Final = 3
#: Fewer events than this are never an outbreak: in a sparse series every single one is rare.
OUTBREAK_COUNT: Final = 3.0
#: Where the excess of a sum is below 1.2 sd its normal score cannot reach the cut's slope.
_CANDIDATE: Final = 1.2
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
    worst = np.zeros((n, series))
    for t in range(n):
        for s in range(series):
            y = 0.0
            m = 0.0
            for width in range(min(_WIDEST, t + 1)):
                y += counts[t - width, s]
                m += mean[t - width, s]
                over = y - m
                if (
                    y >= OUTBREAK_COUNT
                    and over > 0.0
                    and over * over > _CANDIDATE * _CANDIDATE * phi[s] * m
                ):
                    z = _normal_score(y, m, phi[s])
                    for back in range(width + 1):
                        at = t - back
                        if counts[at, s] > mean[at, s] and worst[at, s] < z:
                            worst[at, s] = z
    for t in range(n):
        for s in range(series):
            z = worst[t, s]
            if z > 0.0:
                out[t, s] = 1.0 / (1.0 + np.exp(min((z * z - limit) / 2.0, 40.0)))
            elif mean[t, s] >= _LOW_FROM and counts[t, s] < mean[t, s]:
                z = _normal_score(counts[t, s], mean[t, s], phi[s])
                out[t, s] = 1.0 / (1.0 + np.exp(min((z * z - limit_low) / 2.0, 40.0)))
            else:
                out[t, s] = 1.0


@njit(cache=True)
def _readmit(weights, span):  # noqa: ANN001, ANN202 - compiled
    n, series = weights.shape
    doubt = np.zeros(series)
    plain = weights.copy()
    for t in range(n):
        for s in range(series):
            doubt[s] += 1.0 - plain[t, s]
            if t >= span:
                doubt[s] -= 1.0 - plain[t - span, s]
            share = doubt[s] / span
            if share > SHIFT_FROM:
                back = min((share - SHIFT_FROM) / (SHIFT_FULL - SHIFT_FROM), 1.0)
                weights[t, s] += back * (1.0 - weights[t, s])


def trust(counts: np.ndarray, mean: np.ndarray, phi: np.ndarray, *, span: int = 0) -> np.ndarray:
    """Return each bucket's weight in 0-1, shape (buckets, series).

    Parameters
    ----------
    counts, mean : array (buckets, series)
    phi : array (series,)
    span : int
        Buckets over which lasting doubt becomes the new usual; 0: never. Looks back only.
    """
    weights = np.empty(counts.shape)
    _trust(np.ascontiguousarray(counts, dtype=float), np.ascontiguousarray(mean), phi, weights)
    if span:
        _readmit(weights, span)
    return weights


def unbiased_dispersion(
    counts: np.ndarray, mean: np.ndarray, weights: np.ndarray, *, parameters: int
) -> np.ndarray:
    """Return φ per series, >= 1: the weighted Pearson mean over what an ordinary series shows.

    Solves Σ ω (y - m)² / m = φ Σ ω / (a + b g + c g²) with the skewness g of each bucket, times
    1 - p / Σ ω for the p parameters; five rounds agree to 1e-3.
    """
    seen = np.einsum("ts,ts->s", weights, (counts - mean) ** 2 / mean)
    total = weights.sum(axis=0)
    seen /= np.maximum(1.0 - parameters / np.maximum(total, 1.0), 0.2)
    # the loss is smooth in m: the skewness of the average bucket stands for all
    middle = np.einsum("ts,ts->s", weights, mean**-0.5) / np.maximum(total, 1e-9)
    phi = np.maximum(seen / np.maximum(total, 1e-9), 1.0)
    plain = phi.copy()
    for _ in range(5):
        skewness = (2.0 * phi - 1.0) / np.sqrt(phi) * middle
        a, b, c = _SPREAD_LOSS
        loss = a + b * skewness + c * skewness**2
        phi = np.clip(plain * np.minimum(loss, 4.0), 1.0, DISPERSION_LIMIT)
    return phi
