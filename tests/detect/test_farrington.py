"""Farrington's method: worked by hand, and equal to published numbers."""

import numpy as np
import pandas as pd
import pytest

from govdash.detect.classics.farrington import farrington
from govdash.detect.classics.seasons import years_back
from govdash.detect.classics.settings import SETTINGS

SERIES = ["salmonella_agona", "hepatitisA", "salmHospitalized", "salmNewport_total"]


def reference(folder, series, setting):
    """Counts, positions of the buckets scored with those of former years, and the rows."""
    counts = pd.read_csv(folder / f"ref_series_{series}.csv")
    rows = pd.read_csv(folder / f"ref_farrington_{series}__{setting}.csv")
    at = rows["t"].to_numpy().astype(int) - 1
    dated = rows["epoch"].dtype != np.int64
    years = 3 if setting == "orig" or not dated else 5
    if dated:
        days = pd.DatetimeIndex(pd.to_datetime(counts["epoch"], unit="D"))
        return counts["observed"].to_numpy(), years_back(days, at, years), rows
    return counts["observed"].to_numpy(), at[:, None] - 52 * np.arange(years + 1), rows


@pytest.mark.shared
@pytest.mark.parametrize("setting", SETTINGS)
@pytest.mark.parametrize("series", SERIES)
def test_every_column_equals_the_reference(shared_dir, series, setting):
    counts, centres, rows = reference(shared_dir / "reference/farrington", series, setting)
    found = farrington(counts[:, None], centres, SETTINGS[setting], compat_score=True)
    columns = {
        "expected": found.expected,
        "mu0": found.mean,
        "phi": found.dispersion,
        "trendUsed": found.trend_used,
        "trendCoef": found.slope,
        "upperbound": found.upper,
        "score": found.score,
        "pvalue": found.p_high,
        "alarm": found.alarm,
    }
    for name, values in columns.items():
        expected = rows[name].to_numpy(dtype=float)
        np.testing.assert_allclose(values[:, 0], expected, rtol=1e-9, atol=0, err_msg=name)
