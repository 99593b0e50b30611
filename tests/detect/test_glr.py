"""The likelihood ratio of negative-binomial counts: worked by hand, equal to published numbers."""

import numpy as np
import pandas as pd
import pytest
from scipy import optimize

from govdash.detect.classics.detectors import GlrNegbin
from govdash.detect.classics.glr import glr


@pytest.mark.shared
def test_ratio_and_alarms_equal_the_reference(shared_dir):
    rows = pd.read_csv(shared_dir / "reference/ears/ref_glrnb_salmonella_agona.csv")
    found = glr(
        rows[["observed"]].to_numpy(), rows[["mu0"]].to_numpy(), rows["alpha"].to_numpy()[:1]
    )
    np.testing.assert_allclose(found.statistic[:, 0], rows["glr"], rtol=1e-9, atol=1e-13)
    assert list(found.alarm[:, 0]) == list(rows["alarm"] == 1)


@pytest.mark.shared
def test_mean_and_dispersion_learned_from_four_years_are_the_references(shared_dir):
    rows = pd.read_csv(shared_dir / "reference/ears/ref_glrnb_salmonella_agona.csv")
    counts = pd.read_csv(shared_dir / "reference/farrington/ref_series_salmonella_agona.csv")
    weeks = pd.date_range("1990-01-01", periods=len(counts), freq="7D", name="week")
    table = pd.DataFrame({"agona": counts["observed"].to_numpy()}, index=weeks)
    frame = GlrNegbin().fit(table.iloc[:208]).score(table.iloc[208:])
    np.testing.assert_allclose(frame["expected"], rows["mu0"], rtol=1e-12)
    np.testing.assert_allclose(frame["score"], rows["glr"], rtol=1e-9, atol=1e-13)
    assert list(frame["alarm"]) == list(rows["alarm"] == 1)


def column(*values):
    return np.array(values, dtype=float)[:, None]


def test_poisson_counts_are_reckoned_as_by_hand():
    """x = 4, mean 1: the factor is 4, the ratio 4 ln 4 - 3 = 2.5452."""
    found = glr(column(4), column(1), np.zeros(1))
    assert found.statistic[0, 0] == pytest.approx(4 * np.log(4) - 3)


def test_over_dispersed_counts_are_reckoned_as_by_hand():
    """x = 3, mean 1, α = 1: the factor is 3, the ratio 3 ln 3 - 4 ln(4/2) = 0.5232."""
    found = glr(column(3), column(1), np.ones(1))
    assert found.statistic[0, 0] == pytest.approx(3 * np.log(3) - 4 * np.log(2))


def test_the_best_start_is_told_and_too_few_are_no_evidence():
    found = glr(column(0, 0, 5, 5), column(2, 2, 2, 2), np.zeros(1))
    assert list(found.statistic[:2, 0]) == [0, 0]
    assert list(found.since[2:, 0]) == [2, 2]
    assert found.statistic[3, 0] == pytest.approx(10 * np.log(2.5) - 6)


def test_the_chart_starts_anew_after_an_alarm():
    counts, mean = column(20, 1, 9), column(2, 2, 2)
    found = glr(counts, mean, np.full(1, 0.1))
    assert list(found.alarm[:, 0]) == [True, False, False]
    after = glr(counts[1:], mean[1:], np.full(1, 0.1))
    np.testing.assert_array_equal(found.statistic[1:], after.statistic)


def test_a_window_forgets_what_lies_before_it():
    counts, mean = column(4, 4, 4, 0, 0), np.full((5, 1), 2.0)
    whole = glr(counts, mean, np.full(1, 0.2), limit=50)
    short = glr(counts, mean, np.full(1, 0.2), limit=50, window=2)
    assert whole.statistic[-1, 0] > short.statistic[-1, 0] == 0


def test_the_factor_is_the_maximum_also_far_from_the_mean():
    rng = np.random.default_rng(3)
    counts = rng.negative_binomial(2, 0.001, size=(6, 1)).astype(float)
    mean = np.exp(rng.normal(0, 3, size=(6, 1)))
    a = 0.7

    def ratio(theta, k):
        x, m = counts[k:, 0], mean[k:, 0]
        return np.sum(x * theta - (x + 1 / a) * np.log((1 + a * np.exp(theta) * m) / (1 + a * m)))

    best = max(
        -optimize.minimize_scalar(lambda t, k=k: -ratio(t, k), bounds=(0, 30), method="bounded").fun
        for k in range(6)
    )
    found = glr(counts, mean, np.full(1, a), limit=1e9)
    assert found.statistic[-1, 0] == pytest.approx(best, rel=1e-9)
