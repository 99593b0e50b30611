"""Measures the batched Farrington method against a loop that fits one model after the other.

The loop does what a careful analyst writes: for every series and week, two or four statsmodels
GLMs (with the trend, and again without where it is dropped; each again with the weights), the same
windows, seasons and stopping rule, the limit and the p-value from scipy. Both give the same
alarms, which is checked. Run ``python benchmarks/classics.py`` (about half a minute of one core);
seeds are fixed. Below stand the speed of the other methods, and the share of alarms of all
on weeks without outbreaks. Figures are processor seconds, so other work beside matters little.
"""

import argparse
import time

import numpy as np
import statsmodels.api as sm
from scipy import stats
from statsmodels.genmod.generalized_linear_model import GLMResults

from govdash.detect.classics.cusum import cusum
from govdash.detect.classics.ears import ears
from govdash.detect.classics.farrington import farrington
from govdash.detect.classics.glr import glr
from govdash.detect.classics.seasons import windows
from govdash.detect.classics.settings import SETTINGS, Setting

WEEKS = 624
EXCLUDED = 26


def simulate(n_series: int, seed: int = 7) -> np.ndarray:
    """Weekly counts of 12 years: means 0.3 to 60, a season, variance 1 to 3 times the mean."""
    rng = np.random.default_rng(seed)
    t = np.arange(WEEKS)[:, None]
    mean = np.geomspace(0.3, 60, n_series) * np.exp(0.4 * np.cos(2 * np.pi * t / 52))
    phi = rng.uniform(1.1, 3.0, n_series)
    return rng.negative_binomial(mean / (phi - 1), 1 / phi)


def loop(
    counts: np.ndarray, centres: np.ndarray, setting: Setting
) -> tuple[np.ndarray, np.ndarray]:
    """Score one series and week after the other; return p-values and alarms."""
    p_high = np.empty((len(centres), counts.shape[1]))
    alarm = np.zeros(p_high.shape, dtype=bool)
    place = {int(at): n for n, at in enumerate(centres[:, 0])}
    shapes = windows(centres, half_width=3, seasons=setting.seasons, excluded=EXCLUDED)
    for window in shapes:
        member = (window.design.season[:, None] == np.unique(window.design.season)).astype(float)
        for at in window.at:
            for series in range(counts.shape[1]):
                history = counts[at + window.offsets, series].astype(float)
                p, upper = _one(history, member, window.design.time, counts[at, series], setting)
                enough = counts[at - 3 : at + 1, series].sum() >= 5
                p_high[place[int(at)], series] = p
                alarm[place[int(at)], series] = enough and counts[at, series] > upper
    return p_high, alarm


def _one(
    y: np.ndarray, member: np.ndarray, time_: np.ndarray, now: int, setting: Setting
) -> tuple[float, float]:
    both = np.column_stack([member, time_])
    fit, weights, trend_p = _twice(y, both, setting)
    mean, phi, se = _predict(fit, y, weights, np.r_[1.0, np.zeros(member.shape[1])])
    if not trend_p < setting.trend_p or mean > y.max():
        fit, weights, _ = _twice(y, member, setting)
        mean, phi, se = _predict(fit, y, weights, np.r_[1.0, np.zeros(member.shape[1] - 1)])
    z = stats.norm.isf(setting.alpha)
    if setting.limit == "two-thirds":
        spread = np.sqrt(4 / 9 * np.cbrt(mean) * (phi + (se * mean) ** 2 / mean))
        middle = mean ** (2 / 3)
        return stats.norm.sf((now ** (2 / 3) - middle) / spread), (middle + z * spread) ** 1.5
    if setting.limit == "upper-mean":
        mean *= np.exp(z * se)
    law = stats.nbinom(mean / (phi - 1), 1 / phi) if phi > 1 else stats.poisson(mean)
    return law.sf(now - 1), law.ppf(1 - setting.alpha)


def _twice(y: np.ndarray, x: np.ndarray, setting: Setting) -> tuple:
    first = _glm(y, x, np.ones(len(y)))
    mean, working = first.fittedvalues, first.working
    covariance = np.linalg.inv((x * working[:, None]).T @ x)
    leverage = np.einsum("np,pq,nq->n", x, covariance, x) * working
    phi = max(np.sum(working * ((y - mean) / mean) ** 2) / (len(y) - x.shape[1]), 1.0)
    s = 1.5 * (y ** (2 / 3) * mean ** (-1 / 6) - mean**0.5) / np.sqrt(phi * (1 - leverage))
    weights = np.where(s > setting.reweight_from, np.maximum(s, 1e-9) ** -2.0, 1.0)
    weights *= len(y) / weights.sum()
    second = _glm(y, x, weights)
    relative = np.sum(weights * (y / second.fittedvalues - 1) ** 2) / (len(y) - x.shape[1])
    covariance = np.linalg.inv((x * second.working[:, None]).T @ x)
    t = abs(second.params[-1]) / np.sqrt(relative * covariance[-1, -1])
    return second, weights, 2 * stats.t.sf(t, len(y) - x.shape[1])


def _glm(y: np.ndarray, x: np.ndarray, weights: np.ndarray) -> GLMResults:
    model = sm.GLM(y, x, family=sm.families.Poisson(), freq_weights=weights)
    fitted = model.fit(start_params=None, maxiter=25, tol=1e-8, tol_criterion="deviance")
    fitted.working = weights * fitted.fittedvalues
    return fitted


def _predict(
    fitted: GLMResults, y: np.ndarray, weights: np.ndarray, x: np.ndarray
) -> tuple[float, float, float]:
    mean = fitted.fittedvalues
    df = len(y) - len(x)
    phi = np.sum(fitted.working * (y / mean - 1) ** 2) / df
    relative = np.sum(weights * (y / mean - 1) ** 2) / df
    covariance = np.linalg.inv((fitted.model.exog * fitted.working[:, None]).T @ fitted.model.exog)
    expected = float(np.exp(x @ fitted.params))
    return expected, max(float(phi), 1.0), float(np.sqrt(relative * (x @ covariance @ x)))


def compare(n_series: int, n_weeks: int, looped: int) -> None:
    """Print series-weeks a second of the batch and of the loop, and the ratio."""
    counts = simulate(n_series)
    centres = np.arange(WEEKS - n_weeks, WEEKS)[:, None] - 52 * np.arange(6)
    some = np.linspace(0, n_series - 1, looped).astype(int)
    few = centres[-8:]
    print("## Farrington: series-weeks per processor second, 5 years back, 624 weeks")
    print("| setting | loop of statsmodels GLMs | batch | ratio | alarms that differ |")
    print("|---|---|---|---|---|")
    for name, setting in SETTINGS.items():
        farrington(counts[:, :2], few, setting)
        start = time.process_time()
        batch = farrington(counts, centres, setting)
        fast = n_series * n_weeks / (time.process_time() - start)
        start = time.process_time()
        _, alarm = loop(counts[:, some], few, setting)
        slow = looped * len(few) / (time.process_time() - start)
        different = int(np.sum(alarm != batch.alarm[-len(few) :, some]))
        print(f"| {name} | {slow:.0f} | {fast:,.0f} | {fast / slow:.0f} | {different} |")


def others(n_series: int) -> None:
    """Print what EARS, CUSUM and GLR do in a second."""
    counts = simulate(n_series)
    mean = np.tile(counts.mean(axis=0), (WEEKS, 1))
    print("\n## Series-weeks per processor second")
    print("| EARS C1 | EARS C3 | CUSUM | GLR, 104 weeks |")
    print("|---|---|---|---|")
    glr(counts[:9, :1], mean[:9, :1], np.full(1, 0.1))  # compiled before the clock starts
    rates = []
    for work, weeks in (
        (lambda: ears(counts, "C1"), WEEKS),
        (lambda: ears(counts, "C3"), WEEKS),
        (lambda: cusum(counts, mean), WEEKS),
        (lambda: glr(counts[:104], mean[:104], np.full(n_series, 0.1)), 104),
    ):
        start = time.process_time()
        work()
        rates.append(n_series * weeks / (time.process_time() - start))
    print("| " + " | ".join(f"{rate:,.0f}" for rate in rates) + " |")


def rates(n_series: int = 400) -> None:
    """Print the share of alarms on weeks without outbreaks."""
    rng = np.random.default_rng(11)
    t = np.arange(WEEKS)[:, None]
    centres = np.arange(WEEKS - 49, WEEKS)[:, None] - 52 * np.arange(6)
    names = [*SETTINGS, "C1", "C2", "C3", "CUSUM", "GLR"]
    print("\n## Alarms on weeks without outbreaks, %")
    print(f"| variance/mean | mean | {' | '.join(names)} |")
    print("|" + "---|" * (len(names) + 2))
    for phi in (1.0, 2.0):
        for level in (1, 5, 30):
            mean = level * np.exp(0.4 * np.cos(2 * np.pi * t / 52)) * np.ones(n_series)
            poisson = phi < 1.5
            counts = (
                rng.poisson(mean) if poisson else rng.negative_binomial(mean / (phi - 1), 1 / phi)
            )
            alarms = [
                farrington(counts, centres[:, : s.years + 1], s).alarm for s in SETTINGS.values()
            ]
            alarms += [ears(counts, variant).alarm for variant in ("C1", "C2", "C3")]
            alarms.append(cusum(counts, mean).alarm)
            alpha = np.full(n_series, (phi - 1) / level)
            alarms.append(glr(counts[:208], mean[:208], alpha).alarm)
            shares = " | ".join(f"{100 * alarm.mean():.2f}" for alarm in alarms)
            print(f"| {phi:.0f} | {level} | {shares} |")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--series", type=int, default=200)
    parser.add_argument("--looped", type=int, default=20, help="series that the loop scores")
    options = parser.parse_args()
    compare(options.series, 49, options.looped)
    others(options.series)
    rates()
