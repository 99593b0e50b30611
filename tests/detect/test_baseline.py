"""The native baseline: formulas worked by hand, calibration and power on simulated counts."""

from datetime import date

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from scipy import stats

from govdash.detect import Baseline, score_windows, walk_forward
from govdash.detect.baseline import (
    cautious_dispersion,
    dispersion,
    outbreak_weights,
    recent_level,
)
from govdash.detect.glm import fit_batch
from govdash.detect.regressors import Regressors


def column(*values):
    return np.array(values, dtype=float)[:, None]


def blocks(*deviations):
    """Mean 4; in each block of four weeks the days lie so far above and below, in turn."""
    turn = np.tile([1.0, -1.0], 14)
    return 4 + np.concatenate([d * turn for d in deviations])[:, None], np.full(
        (28 * len(deviations), 1), 4.0
    )


def test_dispersion_is_the_65_percent_quantile_of_the_blocks_pearson_dispersions():
    """Deviations 2 3 4 5 6: dispersions 4 9 16 25 36 over 4; 0.65 · 4 = 2.6, so (16 + .6·9) / 4.

    That over q(28) / 28, the same quantile of chi-square with 28 degrees; N = 140, p = 10.
    """
    y, m = blocks(2, 3, 4, 5, 6)
    reach = stats.chi2.ppf(0.65, 28) / 28
    assert reach == pytest.approx(1.0813, abs=1e-4)
    assert dispersion(y, m, parameters=10) == pytest.approx([21.4 / 4 / reach * 140 / 130])


def test_outbreaks_in_less_than_a_third_of_the_blocks_leave_the_dispersion():
    calm, stormy = blocks(*[3] * 10), blocks(3, 3, 40, 3, 3, 3, 3, 40, 3, 9)
    assert dispersion(*calm, parameters=1) == dispersion(*stormy, parameters=1)


def test_dispersion_of_sums_sees_whether_neighbouring_days_go_together():
    """Alternating days cancel in sums of two; days in runs of four add up."""
    apart, m = blocks(3, 3, 3, 3)
    together = 4 + np.tile([3.0, 3, 3, 3, -3, -3, -3, -3], 14)[:, None]
    assert dispersion(apart, m, parameters=1, width=2) == pytest.approx([1.0])
    assert (
        dispersion(together, m, parameters=1, width=2)[0]
        > 1.3 * dispersion(together, m, parameters=1)[0]
    )


def test_dispersion_is_never_below_poisson():
    y, m = blocks(0, 0, 0, 0)
    assert dispersion(y, m, parameters=1) == pytest.approx([1.0])


def test_a_sparse_series_is_taken_for_as_dispersed_as_such_series_are():
    """Mean 0.1, 100 days: the prior counts (2 + 10) / 0.04 = 300 days: (100 + 300·1.2) / 400."""
    mean = np.full((100, 2), 0.1)
    phi = cautious_dispersion(np.array([1.0, 1.7]), mean)
    assert phi == pytest.approx([1.15, 1.7])


def test_only_counts_that_cannot_be_chance_lose_weight():
    """Mean 4, Poisson: 4 and 8 are ordinary (z < 2.58), 20 and, of 40, 0 are not."""
    mean = column(4, 4, 4, 40)
    weights = outbreak_weights(column(4, 8, 20, 0), mean, np.ones(1))[:, 0]
    assert list(weights[:2]) == [1, 1]
    assert weights[2] < 0.05
    assert weights[3] < 0.05


def test_two_events_are_no_outbreak_however_sparse_the_series():
    assert outbreak_weights(column(2), column(0.01), np.ones(1))[0, 0] == 1


def test_the_recent_level_is_a_discounted_ratio_drawn_towards_one():
    """Half-life 1 day, y 0 30, mean 10: (25 + 0/2 + 30) / (25 + 10/2 + 10) = 55 / 40."""
    level, variance = recent_level(
        column(0, 30), column(10, 10), np.ones((2, 1)), np.ones(1), half_life=1.0
    )
    assert level == pytest.approx([55 / 40])
    assert variance == pytest.approx([1 / 40])


def test_without_priors_the_batch_equals_a_regression_of_each_series():
    rng = np.random.default_rng(3)
    days = 200
    design = np.column_stack([np.ones(days), rng.normal(size=days), np.arange(days) % 2])
    counts = rng.poisson(np.exp(design @ np.array([[1, 0.5], [0.3, -0.2], [0.2, 0.1]]))).astype(
        float
    )
    weights = rng.uniform(0.2, 1, counts.shape)
    phi = np.array([1.0, 2.5])
    fit = fit_batch(counts, design, prior_sd=np.full(3, 1e5), weights=weights, dispersion=phi)
    for n in range(2):
        model = sm.GLM(
            counts[:, n], design, family=sm.families.Poisson(), var_weights=weights[:, n]
        ).fit(tol=1e-14, scale=phi[n])
        assert fit.coefficients[n] == pytest.approx(model.params, rel=1e-8)
        # statsmodels' scale is φ, ours lies inside the information
        assert fit.covariance[n] == pytest.approx(model.cov_params(), rel=1e-5)


def test_a_short_history_gives_a_simpler_model_and_says_so(null_counts):
    counts = null_counts([5], 500)
    notes = [Baseline().fit(counts.iloc[:n]).note_ for n in (28, 96, 97, 371, 372)]
    assert "不足 90 天" in notes[0]
    assert "不足 90 天" in notes[1]
    assert "不足 365 天" in notes[2]
    assert "不足 365 天" in notes[3]
    assert notes[4] == ""


def test_the_trend_is_held_where_the_history_ends():
    days = pd.date_range("2023-01-01", periods=100, name="day")
    regressors = Regressors.for_history(days, None)
    ahead = regressors.matrix(pd.date_range("2023-04-10", periods=400))
    assert regressors.matrix(days)[:, -1].min() == pytest.approx(-99 / 365.2425)
    assert set(ahead[:, -1]) == {0.0}


def test_a_doubling_series_does_not_run_away(null_counts):
    days = pd.date_range("2023-01-01", periods=200, name="day")
    growing = pd.DataFrame({"s": np.round(2 ** (np.arange(200) / 25)).astype(int)}, index=days)
    year_on = pd.DataFrame({"s": [0]}, index=pd.DatetimeIndex(["2024-06-01"], name="day"))
    expected = Baseline().fit(growing).score(year_on)["expected"].iloc[0]
    assert 80 < expected < 256


def test_a_holiday_is_expected_to_be_as_the_holidays_before(null_counts):
    days = pd.date_range("2023-01-01", periods=760, name="day")
    holidays = {
        date(y, m, d): n
        for y in (2023, 2024, 2025)
        for m, d, n in ((1, 22, "春节"), (10, 1, "国庆节"), (10, 2, "国庆节"))
    }
    counts = pd.DataFrame({"s": 100}, index=days)
    counts.loc[[d in holidays for d in days.date], "s"] = 40
    known = Baseline(holidays=holidays).fit(counts.iloc[:740])
    plain = Baseline().fit(counts.iloc[:740])
    days_off = counts.loc["2025-01-22":"2025-01-22"]
    assert known.score(days_off)["expected"].iloc[0] == pytest.approx(40, rel=0.15)
    assert plain.score(days_off)["expected"].iloc[0] > 85


def test_a_worked_weekend_is_expected_as_a_working_day():
    days = pd.date_range("2024-01-01", periods=400, name="day")
    worked = {date(2024, 2, 4), date(2024, 9, 14), date(2025, 1, 26)}
    counts = pd.DataFrame({"s": np.where(days.day_of_week < 5, 60, 20)}, index=days)
    counts.loc[[d in worked for d in days.date], "s"] = 60
    model = Baseline(workdays=worked).fit(counts.loc[:"2025-01-25"])
    assert model.score(counts.loc["2025-01-26":"2025-01-26"])["expected"].iloc[0] == pytest.approx(
        60, rel=0.05
    )


def test_a_street_with_outbreaks_in_its_past_still_shows_the_next(null_counts):
    """Five fortnights of six more a day within two years, then a sixth."""
    counts = null_counts([0.6], 720, dispersion=1.2)
    for begin in (90, 215, 330, 452, 590, 713):
        counts.iloc[begin : begin + 14] += np.tile([4, 8], 7)[: min(14, 720 - begin), None]
    scores = score_windows(Baseline().fit(counts), counts, at_day=counts.index[-1])
    assert scores.p_value[0] < 1e-4


def test_weekday_and_season_are_expected(null_counts):
    counts = null_counts(np.full(20, 30.0), 800, dispersion=1.0)
    frame = Baseline().fit(counts.iloc[:793]).score(counts.iloc[793:])
    t = np.arange(793, 800)
    true = 30 * np.exp(0.3 * np.cos(2 * np.pi * t / 365.25) - 0.3 * (t % 7 >= 5))
    by_day = frame.groupby("date")["expected"].mean()
    assert by_day.to_numpy() == pytest.approx(true, rel=0.04)


def test_a_past_outbreak_hardly_raises_the_baseline(null_counts):
    counts = null_counts([10], 400)
    burst = counts.copy()
    burst.iloc[370:376] += 40
    day = counts.iloc[-1:]
    clean, after = (
        Baseline().fit(c.iloc[:-1]).score(day)["expected"].iloc[0] for c in (counts, burst)
    )
    assert after < 1.12 * clean


def test_a_lasting_shift_is_learned_within_two_months(null_counts):
    counts = null_counts(np.full(10, 20.0), 520)
    shifted = counts.copy()
    shifted.iloc[450:] *= 2
    ratio = (
        Baseline().fit(shifted.iloc[:-1]).score(shifted.iloc[-1:])["expected"].to_numpy()
        / Baseline().fit(counts.iloc[:-1]).score(counts.iloc[-1:])["expected"].to_numpy()
    )
    assert np.median(ratio) > 1.6


@pytest.mark.parametrize("dispersion_", [1.0, 1.5, 3.0])
def test_on_ordinary_days_one_in_a_hundred_alarms_at_one_percent(null_counts, dispersion_):
    """Nominal 1 % per side; 200 series × 56 days after two years, means 10-100."""
    means = np.geomspace(10, 100, 200)
    counts = null_counts(means, 786, dispersion=dispersion_, seed=11)
    frame = walk_forward(counts, make=Baseline, start=counts.index[730])
    assert 0.005 <= (frame["p_high"] <= 0.01).mean() <= 0.02
    assert 0.005 <= (frame["p_low"] <= 0.01).mean() <= 0.02


def test_sparse_series_alarm_no_more_often_than_stated(null_counts):
    """Discrete counts cannot reach 1 % exactly; they must stay below 2 %."""
    counts = null_counts(np.geomspace(0.02, 3, 300), 786, seed=12)
    frame = walk_forward(counts, make=Baseline, start=counts.index[730])
    assert (frame["p_high"] <= 0.01).mean() <= 0.02


@pytest.mark.parametrize(("size", "at_least"), [(3, 0.45), (5, 0.97)])
def test_bursts_of_some_standard_deviations_are_found(null_counts, size, at_least):
    counts = null_counts(np.full(200, 20.0), 738, seed=13)
    burst = counts.copy()
    burst.iloc[-1] += round(size * np.sqrt(1.5 * 20 * np.exp(0.3)))
    frame = Baseline().fit(burst.iloc[:-1]).score(burst.iloc[-1:])
    assert (frame["p_high"] <= 0.01).mean() >= at_least


def test_a_silent_series_is_low_where_five_are_expected(null_counts):
    counts = null_counts([0.5, 12, 40], 400)
    counts.iloc[-1] = 0
    frame = Baseline().fit(counts.iloc[:-1]).score(counts.iloc[-1:])
    assert frame["p_value"].iloc[0] > 0.5
    assert (frame["p_value"].iloc[1:] < 0.01).all()
    assert (frame["score"].iloc[1:] < -2.5).all()


def test_a_leap_day_is_a_day_like_others(null_counts):
    counts = null_counts([5, 50], 500, first="2022-11-01")
    frame = walk_forward(counts.loc[:"2024-03-05"], make=Baseline, start=pd.Timestamp("2024-02-20"))
    leap = frame[frame["date"] == "2024-02-29"]
    assert len(leap) == 2
    assert (leap["score"].abs() < 4).all()
