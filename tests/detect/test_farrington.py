"""Farrington's method: worked by hand, and equal to published numbers."""

import numpy as np
import pandas as pd
import pytest

from govdash.core.errors import InputError
from govdash.detect.classics.detectors import Farrington
from govdash.detect.classics.farrington import anscombe_weights, farrington
from govdash.detect.classics.loglinear import Fits
from govdash.detect.classics.seasons import windows, years_back
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


def constant(value, *, weeks=400, last):
    """Counts that are always `value`, then `last`, and the positions of three years back."""
    counts = np.full((weeks, 1), value)
    counts[-1] = last
    return counts, np.array([[weeks - 1 - 52 * j for j in range(4)]])


def test_a_constant_history_gives_the_two_thirds_limit_by_hand():
    """m = 4, φ = 1, no error of the mean: (4^(2/3) + 1.64485 sqrt(4/9 4^(1/3)))^(3/2) = 7.7061."""
    limit = (4 ** (2 / 3) + 1.6448536 * (4 / 9 * 4 ** (1 / 3)) ** 0.5) ** 1.5
    counts, centres = constant(4, last=8)
    found = farrington(counts, centres, SETTINGS["orig"])
    assert found.expected[0, 0] == pytest.approx(4)
    assert found.dispersion[0, 0] == 1
    assert not found.trend_used[0, 0]
    assert found.upper[0, 0] == pytest.approx(limit, abs=1e-6)
    assert found.score[0, 0] == pytest.approx((8 - 4) / (limit - 4))
    assert found.alarm[0, 0]


def test_a_constant_history_gives_the_poisson_limit_by_hand():
    """Poisson with mean 4: P(X <= 8) = .9786, P(X <= 9) = .9919; so 9, and P(X >= 9) = .0214."""
    counts, centres = constant(4, last=9)
    found = farrington(counts, centres, SETTINGS["noufaily"])
    assert found.upper[0, 0] == 9
    assert found.p_high[0, 0] == pytest.approx(0.0213634, abs=1e-7)
    assert found.score[0, 0] == pytest.approx(1)
    assert not found.alarm[0, 0]


def test_the_compatible_score_subtracts_the_log_of_the_expectation():
    counts, centres = constant(4, last=9)
    found = farrington(counts, centres, SETTINGS["noufaily"], compat_score=True)
    assert found.score[0, 0] == pytest.approx((9 - np.log(4)) / (9 - np.log(4)))
    counts[-1] = 5
    found = farrington(counts, centres, SETTINGS["muan"], compat_score=True)
    assert found.score[0, 0] == pytest.approx((5 - np.log(4)) / (found.upper[0, 0] - np.log(4)))


def test_too_few_cases_lately_give_no_limit_and_no_alarm():
    counts, centres = constant(1, last=1)
    found = farrington(counts, centres, SETTINGS["orig"])
    assert np.isnan(found.upper[0, 0])
    assert np.isnan(found.expected[0, 0])
    counts[-1] = 2  # with three ones before, five in four weeks
    found = farrington(counts, centres, SETTINGS["orig"])
    assert found.upper[0, 0] == pytest.approx((1 + 1.6448536 * 2 / 3) ** 1.5)


def test_a_trend_is_followed_down_but_not_above_what_was_seen():
    """Halved each year: 48, 24, 12 go on to 6; doubled, 12, 24, 48 would go on to 96: too far."""
    counts = np.repeat([48, 24, 12, 9], [55, 52, 52, 53])[:, None]
    centres = np.array([[26 + 3 * 52 - 52 * j for j in range(4)]])
    found = farrington(counts, centres, SETTINGS["orig"])
    assert found.trend_used[0, 0]
    assert found.slope[0, 0] * 52 == pytest.approx(-np.log(2), rel=0.01)
    assert found.expected[0, 0] == pytest.approx(6, rel=0.01)
    found = farrington(
        np.repeat([12, 24, 48, 48], [55, 52, 52, 53])[:, None], centres, SETTINGS["orig"]
    )
    assert not found.trend_used[0, 0]
    assert found.expected[0, 0] < 48


def test_a_past_outbreak_hardly_raises_the_expectation(null_counts):
    counts, centres = constant(20, last=20)
    counts[centres[0, 2]] = 120
    found = farrington(counts, centres, SETTINGS["flexdefault"])
    assert 20 < found.expected[0, 0] < 21.5  # the plain mean of the baseline is 24.8


def test_weights_fall_with_the_square_of_the_residual_and_sum_to_the_buckets():
    """Mean 8: y = 27 has s = 1.5 (9 / sqrt(2) - sqrt(8)) = 5.30, weight 1 / 28.1 of the others."""
    fits = Fits(
        log_mean=np.log([8.0]),
        slope=np.zeros(1),
        mean=np.full((1, 3), 8.0),
        leverage=np.zeros((1, 3)),
        working=np.zeros((1, 3)),
        variance=np.zeros(1),
        slope_variance=np.zeros(1),
        df=2,
    )
    weights = anscombe_weights(np.array([[8.0, 27.0, 0.0]]), fits, threshold=2.58)[0]
    s = 1.5 * (9 / np.sqrt(2) - np.sqrt(8))
    assert weights[1] / weights[0] == pytest.approx(s**-2)
    assert weights[2] == weights[0]  # too few is no outbreak
    assert weights.sum() == pytest.approx(3)


def test_a_year_back_is_the_week_nearest_to_the_same_date():
    weeks = pd.date_range("2004-01-05", periods=400, freq="7D")
    found = years_back(weeks, np.array([224]), 3)
    assert list(weeks[found[0]].strftime("%Y-%m-%d")) == [
        "2008-04-21",
        "2007-04-23",
        "2006-04-24",
        "2005-04-18",
    ]


def test_the_leap_day_stands_for_the_first_of_march():
    days = pd.date_range("2019-01-01", periods=2000)
    at = days.get_loc(pd.Timestamp("2024-02-29"))
    found = years_back(days, np.array([at]), 4)
    assert [str(day.date()) for day in days[found[0]]] == [
        "2024-02-29",
        "2023-03-01",
        "2022-03-01",
        "2021-03-01",
        "2020-02-29",
    ]


def test_ten_seasons_are_seven_weeks_and_nine_of_five():
    centres = np.array([[299 - 52 * j for j in range(4)]])
    (window,) = windows(centres, half_width=3, seasons=10, excluded=26)
    assert window.offsets[0] == -159
    assert window.offsets[-1] == -27
    sizes = np.bincount(window.design.season)
    assert sizes[0] == 3 * 7
    assert list(sizes[1:]) == [15, 15, 15, 15, 12, 10, 10, 10, 10]


def test_many_series_score_as_each_would_alone(null_counts):
    counts = null_counts([0.2, 2, 30], 300).to_numpy()
    centres = np.arange(280, 300)[:, None] - 52 * np.arange(6)
    for setting in SETTINGS.values():
        both = farrington(counts, centres, setting)
        alone = farrington(counts[:, 1:2], centres, setting)
        np.testing.assert_allclose(both.p_high[:, 1:2], alone.p_high, rtol=1e-12)
        np.testing.assert_allclose(both.upper[:, 1:2], alone.upper, rtol=1e-12)


def test_settings_and_hours_that_do_not_fit_are_refused():
    with pytest.raises(
        InputError, match="没有名为“mine”的 Farrington 设定；可用：orig、flexdefault"
    ):
        Farrington(setting="mine")
    with pytest.raises(InputError, match="回看年数 0 应为不小于 1"):
        Farrington(years=0)
    hours = pd.date_range("2024-01-01", periods=50, freq="h", name="hour")
    with pytest.raises(InputError, match="不能用于每小时计数；请改用 orig 或 flexdefault"):
        Farrington().fit(pd.DataFrame({"s": 1}, index=hours))


def test_a_short_history_is_refused_with_what_is_missing():
    weeks = pd.date_range("2024-01-01", periods=100, freq="7D", name="week")
    with pytest.raises(InputError, match="历史太短：只有 100 周，至少需要 159 周"):
        Farrington(setting="orig").fit(pd.DataFrame({"s": 1}, index=weeks))
