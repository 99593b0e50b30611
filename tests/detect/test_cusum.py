"""Rossi's CUSUM: worked by hand, and equal to published numbers."""

import numpy as np
import pandas as pd
import pytest

from govdash.detect.buckets import DAY, HOUR, WEEK
from govdash.detect.classics.cusum import cusum, rossi
from govdash.detect.classics.detectors import Cusum
from govdash.detect.classics.negbin import fit_negbin
from govdash.detect.classics.season_mean import SeasonMean


def agona(folder):
    counts = pd.read_csv(folder / "reference/farrington/ref_series_salmonella_agona.csv")
    rows = pd.read_csv(folder / "reference/ears/ref_cusum_rossi_salmonella_agona.csv")
    weeks = pd.date_range("1990-01-01", periods=len(counts), freq="7D", name="week")
    return pd.DataFrame({"agona": counts["observed"].to_numpy()}, index=weeks), rows


@pytest.mark.shared
def test_limits_and_alarms_equal_the_reference(shared_dir):
    _, rows = agona(shared_dir)
    found = cusum(rows[["observed"]].to_numpy(float), rows[["m"]].to_numpy())
    np.testing.assert_allclose(found.upper[:, 0], rows["cusum"], rtol=1e-9)
    assert list(found.alarm[:, 0]) == list(rows["alarm"] == 1)


@pytest.mark.shared
def test_the_mean_learned_from_four_years_is_the_references(shared_dir):
    counts, rows = agona(shared_dir)
    frame = Cusum().fit(counts.iloc[:208]).score(counts.iloc[208:])
    np.testing.assert_allclose(frame["expected"], rows["m"], rtol=1e-12)
    np.testing.assert_allclose(frame["upper"], rows["cusum"], rtol=1e-9)
    assert list(frame["alarm"]) == list(rows["alarm"] == 1)


def test_the_sum_is_reckoned_as_by_hand():
    """Mean 1: z(x) = (x - 3 + 2 sqrt(x)) / 2, so z(0) = -1.5, z(1) = 0, z(4) = 2.5.

    S: 2.5 - 1.04 = 1.46; 1.46 + 1.46 = 2.92, an alarm; 2.92 - 1.04 = 1.88; 1.88 - 2.54 < 0.
    """
    counts = np.array([4.0, 4.0, 1.0, 0.0])[:, None]
    found = cusum(counts, np.ones((4, 1)))
    assert rossi(counts, np.ones((4, 1)))[:, 0] == pytest.approx([2.5, 2.5, 0, -1.5])
    assert found.statistic[:, 0] == pytest.approx([1.46, 2.92, 1.88, 0.0])
    assert list(found.alarm[:, 0]) == [False, True, False, False]


def test_the_limit_is_the_count_with_which_the_sum_reaches_h():
    """S = 0, so z(x) = 3.3: sqrt(x) = sqrt(4 + 6.6) - 1, x = 5.0884."""
    upper = cusum(np.array([[0.0]]), np.ones((1, 1))).upper
    assert upper[0, 0] == pytest.approx((np.sqrt(10.6) - 1) ** 2)
    at_limit = cusum(upper, np.ones((1, 1)))
    assert at_limit.statistic[0, 0] == pytest.approx(2.26)


def test_each_series_keeps_its_own_sum(null_counts):
    counts = null_counts([3, 9], 50).to_numpy(float)
    mean = np.tile([3.0, 9.0], (50, 1))
    both = cusum(counts, mean)
    alone = cusum(counts[:, 1:], mean[:, 1:])
    np.testing.assert_array_equal(both.statistic[:, 1:], alone.statistic)


def test_a_negative_binomial_of_equal_counts_has_their_mean():
    design = np.ones((40, 1))
    fitted = fit_negbin(np.full((40, 1), 7.0), design)
    assert fitted.mean(design)[0, 0] == pytest.approx(7.0)
    assert fitted.alpha[0] < 1e-5


def test_over_dispersion_is_found_again():
    rng = np.random.default_rng(4)
    counts = rng.negative_binomial(4, 4 / (4 + 10), size=(20000, 3)).astype(float)
    fitted = fit_negbin(counts, np.ones((20000, 1)))
    np.testing.assert_allclose(fitted.alpha, 0.25, rtol=0.05)
    np.testing.assert_allclose(np.exp(fitted.coefficients[:, 0]), counts.mean(axis=0))


def test_series_beside_each_other_are_fitted_as_alone_also_where_the_turns_do_not_end():
    rng = np.random.default_rng(5)
    design = np.stack([np.ones(60), np.arange(60) / 60], axis=1)
    counts = np.stack([rng.poisson(9, 60), np.full(60, 7), rng.negative_binomial(2, 0.1, 60)], 1)
    together = fit_negbin(counts.astype(float), design)
    for n in range(3):
        alone = fit_negbin(counts[:, [n]].astype(float), design)
        np.testing.assert_allclose(together.mean(design)[:, n], alone.mean(design)[:, 0], rtol=1e-9)
    np.testing.assert_allclose(together.mean(design)[:, 1], 7.0)


@pytest.mark.parametrize(("unit", "n"), [(DAY, 1096), (WEEK, 260), (HOUR, 2016)])
def test_the_mean_follows_weekday_hour_and_season(unit, n):
    moments = pd.date_range("2021-01-04", periods=n + 200, freq=unit.step, name=unit.name)
    log_mean = 1.5 + 0.4 * np.sin(2 * np.pi * np.arange(n + 200) / (52 if unit is WEEK else 365.25))
    if unit is not WEEK:
        log_mean = 1.5 - 0.5 * (moments.day_of_week == 6)
    if unit is HOUR:
        log_mean = log_mean + 0.5 * np.cos(2 * np.pi * moments.hour / 24)
    truth = np.exp(np.asarray(log_mean))
    counts = np.random.default_rng(7).poisson(truth)[:, None]
    mean = SeasonMean(unit).fit(counts[:n], moments[:n]).mean(moments[n:])[:, 0]
    assert np.max(np.abs(np.log(mean / truth[n:]))) < 0.3


def test_too_few_events_for_a_season_get_their_plain_mean():
    days = pd.date_range("2021-01-04", periods=730, name="day")
    counts = np.zeros((730, 2), dtype=int)
    counts[[5, 400], 1] = 1
    season = SeasonMean(DAY).fit(counts, days)
    assert list(season.simple) == [True, True]
    np.testing.assert_allclose(season.mean(days[:2]), [[0.5 / 730, 2.5 / 730]] * 2)
