"""Counts made from a seed: weekday, season and over-dispersion that the tests know."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

FIRST = "2023-01-02"  # a Monday


def simulate(
    means, n_days: int, *, dispersion: float = 1.5, seed: int = 1, first: str = FIRST
) -> pd.DataFrame:
    """Negative binomial counts with variance `dispersion` x mean, one column per mean."""
    rng = np.random.default_rng(seed)
    days = pd.date_range(first, periods=n_days, name="day")
    t = np.arange(n_days)[:, None]
    shape = np.exp(0.3 * np.cos(2 * np.pi * t / 365.25) - 0.3 * (t % 7 >= 5))
    mean = np.asarray(means, dtype=float) * shape
    if dispersion > 1:
        values = rng.negative_binomial(mean / (dispersion - 1), 1 / dispersion)
    else:
        values = rng.poisson(mean)
    columns = [f"/1/{n:02d}/|A-01001" for n in range(mean.shape[1])]
    return pd.DataFrame(values, index=days, columns=columns)


@pytest.fixture(scope="session")
def null_counts() -> Callable[..., pd.DataFrame]:
    """Give `simulate`."""
    return simulate
