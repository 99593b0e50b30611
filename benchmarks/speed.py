"""Measures series-weeks per second as ratios to a per-series statsmodels Farrington loop.

Run ``python benchmarks/speed.py`` (under a minute). All arms score the same weeks of the same kind
of series in the same run, on one thread, in processor seconds; only the ratios mean something on
a shared machine. The tick is that of `State.tick`: one new week of every series.
"""

import time
import warnings
from collections.abc import Callable

import numpy as np
import pandas as pd
import statsmodels.api as sm
from threadpoolctl import threadpool_limits

from govdash.detect.classics.farrington import farrington
from govdash.detect.classics.settings import setting_named
from govdash.detect.native import Native

WEEKS, LAST, REFIT = 624, 49, 7


def counts(n_series: int, seed: int = 0) -> np.ndarray:
    """Return over-dispersed weekly counts with season and trend, (weeks, series)."""
    rng = np.random.default_rng(seed)
    t = np.arange(WEEKS)[:, None]
    mean = np.exp(rng.uniform(-1, 4, n_series) + 0.001 * t + 0.4 * np.cos(2 * np.pi * t / 52))
    return rng.negative_binomial(mean, 0.5)


def farrington_one(series: np.ndarray, at: int) -> tuple[float, float]:
    """Score one week by the usual road: GLM, Anscombe weights, GLM again (setting "noufaily")."""
    used = np.arange(at - 5 * 52 - 3, at - 26)
    y = series[used].astype(float)
    season = np.minimum(((at - used + 3) % 52) // 5.2, 9).astype(int)
    design = np.column_stack([np.ones(len(y)), used, np.eye(10)[season][:, 1:]])
    first = sm.GLM(y, design, family=sm.families.Poisson()).fit(scale="X2")
    mean = first.fittedvalues
    lever = first.get_influence().hat_matrix_diag
    residual = 1.5 * (np.cbrt(y) ** 2 / np.cbrt(np.sqrt(mean)) - np.sqrt(mean))
    residual /= np.sqrt(max(first.scale, 1.0) * (1 - lever))
    weights = np.where(residual > 2.58, 1.0 / np.maximum(residual, 2.58) ** 2, 1.0)
    weights *= len(y) / weights.sum()
    model = sm.GLM(y, design, family=sm.families.Poisson(), var_weights=weights)
    fit = model.fit(scale="X2")
    now = np.concatenate([[1.0, at], np.eye(10)[0][1:]])
    return float(np.exp(now @ fit.params)), float(max(fit.scale, 1.0))


def loop(values: np.ndarray) -> int:
    """Score one week of every series with `farrington_one`."""
    for n in range(values.shape[1]):
        farrington_one(values[:, n], WEEKS - 1 - n % LAST)
    return values.shape[1]


def exact(values: np.ndarray) -> int:
    """Score the last weeks of every series with the vectorised exact method."""
    centres = np.arange(WEEKS - LAST, WEEKS)[:, None] - 52 * np.arange(6)
    farrington(values, centres, setting_named("noufaily"))
    return values.shape[1] * LAST


def native(values: np.ndarray) -> int:
    """Score the last weeks of every series, refitting every `REFIT` weeks."""
    frame = _frame(values)
    for at in range(WEEKS - LAST, WEEKS, REFIT):
        Native(freq="W").fit(frame.iloc[:at]).score_buckets(frame.iloc[at : at + REFIT])
    return values.shape[1] * LAST


def _frame(values: np.ndarray) -> pd.DataFrame:
    weeks = pd.date_range("2010-01-04", periods=len(values), freq="7D")
    return pd.DataFrame(values, index=weeks, columns=[f"s{n}" for n in range(values.shape[1])])


def per_second(arm: Callable[[np.ndarray], int], values: np.ndarray) -> float:
    """Return series-weeks per processor second, the best of two runs."""
    best = 0.0
    for _ in range(2):
        begin = time.process_time()
        done = arm(values)
        best = max(best, done / (time.process_time() - begin))
    return best


def main() -> None:
    """Print one row per arm, then the tick."""
    native(counts(8))  # compiles
    with threadpool_limits(1), warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        base = per_second(loop, counts(300))
        arms = (
            ("statsmodels Farrington, series by series", base),
            ("exact Farrington", per_second(exact, counts(300))),
            ("native", per_second(native, counts(2520))),
        )
        print("| arm | series-weeks/s | ratio |\n|---|---|---|")
        for name, speed in arms:
            print(f"| {name} | {speed:,.0f} | {speed / base:,.0f} |")
        values = counts(2520)
        state = Native(freq="W").fit(_frame(values[:-1])).state_
        begin = time.process_time()
        state.tick(pd.Timestamp(_frame(values).index[-1]), values[-1:])
        print(f"\nTick of 2 520 series: {1000 * (time.process_time() - begin):.0f} ms")


if __name__ == "__main__":
    main()
