"""The expected band, one example worked by hand and its promise kept on simulated counts."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from govdash.aggregate.band import expected_band
from govdash.core.errors import InputError

NOW = pd.Timestamp("2026-06-10 10:00")
TARGET = pd.DatetimeIndex([NOW])


def weeks_before(*values: float) -> pd.Series:
    """Values 1, 2, … weeks before NOW; every other hour is 100 and must not matter."""
    hours = pd.date_range(NOW - pd.Timedelta(weeks=len(values)), NOW, freq="h", inclusive="left")
    counts = pd.Series(100.0, index=hours)
    for k, value in enumerate(values, start=1):
        counts[NOW - pd.Timedelta(weeks=k)] = value
    return counts


def test_four_weeks_of_one_event_each_worked_by_hand():
    """m = 1, a = 0, variance = 1 * (1 + 1/4) = 5/4: r = 4 and p = 4/5.

    P(X <= 0, 1, 2, 3) = 0.4096, 0.7373, 0.9011, 0.9667: the 95 % quantile is 3, the 90 %
    quantile 2, and the 5 % and 10 % quantiles are 0.
    """
    counts = weeks_before(1, 1, 1, 1)
    assert expected_band(counts, TARGET, level=0.9, weeks=4).iloc[0].tolist() == [1, 0, 3]
    assert expected_band(counts, TARGET, level=0.8, weeks=4).iloc[0].tolist() == [1, 0, 2]


def test_restless_weeks_widen_the_band():
    calm = expected_band(weeks_before(20, 20, 20, 20, 20, 20, 20, 20), TARGET).iloc[0]
    restless = expected_band(weeks_before(5, 35, 5, 35, 5, 35, 5, 35), TARGET).iloc[0]
    assert calm["expected"] == restless["expected"] == 20
    assert restless["low"] < calm["low"] < 20 < calm["high"] < restless["high"]


def test_with_fewer_than_four_weeks_nothing_is_expected():
    assert expected_band(weeks_before(3, 3, 3), TARGET).isna().all(axis=None)
    gaps = weeks_before(3, np.nan, 3, np.nan, 3, np.nan, 3)
    assert expected_band(gaps, TARGET).notna().all(axis=None)
    assert expected_band(gaps[gaps != 3], TARGET).isna().all(axis=None)


def test_an_hour_that_was_always_quiet_is_expected_to_stay_so():
    assert expected_band(weeks_before(0, 0, 0, 0, 0), TARGET).iloc[0].tolist() == [0, 0, 0]


def test_a_level_or_a_history_that_makes_no_sense_is_refused():
    with pytest.raises(InputError, match="置信水平"):
        expected_band(weeks_before(1), TARGET, level=95)
    with pytest.raises(InputError, match="至少需要 4 周"):
        expected_band(weeks_before(1), TARGET, weeks=2)


@pytest.mark.parametrize(("mean", "dispersion"), [(3, 0.0), (20, 0.0), (20, 0.1)])
def test_about_as_many_quiet_hours_lie_inside_as_promised(mean: float, dispersion: float):
    """A year of hours with the rhythm of a day; negative binomial with the given dispersion."""
    rng = np.random.default_rng(3)
    hours = pd.date_range("2025-06-01", periods=24 * 7 * 52, freq="h")
    rate = mean * (1 + 0.5 * np.sin(hours.hour / 24 * 2 * np.pi))
    if dispersion:
        rate = rate * rng.gamma(1 / dispersion, dispersion, len(hours))
    counts = pd.Series(rng.poisson(rate), index=hours).astype(float)
    targets = hours[24 * 7 * 8 :]
    band = expected_band(counts, targets)
    inside = counts[targets].between(band["low"], band["high"]).mean()
    assert 0.94 < inside < 0.985


@given(st.lists(st.integers(0, 500), min_size=4, max_size=8))
def test_the_band_is_ordered_and_its_middle_is_the_mean(values: list[int]):
    found = expected_band(weeks_before(*values), TARGET).iloc[0]
    assert found["expected"] == pytest.approx(np.mean(values))
    assert 0 <= found["low"] <= found["high"]
