"""EARS C1, C2, C3: worked by hand, and equal to published numbers."""

import numpy as np
import pandas as pd
import pytest

from govdash.core.errors import InputError
from govdash.detect import make_detector
from govdash.detect.classics.ears import Ears, ears, first_scored

FOLDERS = {
    "hagelloch_ERU_daily": "ears",
    "salmNewport_total": "farrington",
    "salmonella_agona": "farrington",
}
RATES = {"default": None, "a05": 0.05}


@pytest.mark.shared
@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("variant", ["C1", "C2", "C3"])
@pytest.mark.parametrize("series", FOLDERS)
def test_limits_and_alarms_equal_the_reference(shared_dir, series, variant, rate):
    folder = shared_dir / "reference"
    counts = pd.read_csv(folder / FOLDERS[series] / f"ref_series_{series}.csv")["observed"]
    rows = pd.read_csv(folder / "ears" / f"ref_ears_{series}__{variant}_{rate}.csv")
    twice = np.stack([counts, counts[::-1]], axis=1)  # a second series must not matter
    found = ears(twice, variant, alpha=RATES[rate])
    assert first_scored(variant) == rows["t"].iloc[0] - 1
    np.testing.assert_allclose(found.upper[:, 0], rows["upperbound"], rtol=1e-9)
    assert list(found.alarm[:, 0]) == list(rows["alarm"] == 1)


def column(*values):
    return np.array(values)[:, None]


def test_c1_holds_a_day_against_the_seven_before():
    """1..7: mean 4, variance 28/6, z(.001) = 3.0902: limit 4 + 3.09023 * 2.16025 = 10.67566."""
    found = ears(column(1, 2, 3, 4, 5, 6, 7, 11, 10), "C1")
    assert found.expected[0, 0] == 4
    assert found.upper[0, 0] == pytest.approx(10.67566, abs=1e-5)
    assert found.statistic[0, 0] == pytest.approx(7 / np.sqrt(28 / 6))
    assert list(found.alarm[:, 0]) == [True, False]


def test_c2_leaves_out_the_two_days_before():
    found = ears(column(1, 2, 3, 4, 5, 6, 7, 90, 90, 11), "C2")
    assert found.expected[0, 0] == 4
    assert list(found.alarm[:, 0]) == [True]


def test_c3_sums_what_lay_beyond_one_on_the_two_days_before():
    """The baselines of days 10, 11, 12 are 0,2,0,2,0,2,1 moved on by a day: mean 1, 1, 6/7.

    sd of 0,2,0,2,0,2,1 is 1; of 2,0,2,0,2,1,1 sqrt(30)/6 = 0.91287 with mean 8/7. So day 10 with
    3 lies 2 above, 1 beyond one; day 11 with 3 lies (3 - 8/7) / sd.
    """
    counts = column(0, 2, 0, 2, 0, 2, 1, 1, 0, 3, 3, 1)
    second = np.array([2, 0, 2, 0, 2, 1, 1])
    third = np.array([0, 2, 0, 2, 1, 1, 0])
    beyond = 1.0 + (3 - second.mean()) / second.std(ddof=1) - 1.0
    found = ears(counts, "C3")
    assert found.statistic[0, 0] == pytest.approx(beyond)
    assert found.upper[0, 0] == pytest.approx(1 + third.std(ddof=1) * (1.959964 - beyond))
    assert found.alarm[0, 0] == (beyond > 1.959964)


def test_a_baseline_without_spread_alarms_at_the_first_event_and_stays_finite():
    found = ears(column(0, 0, 0, 0, 0, 0, 0, 1, 0), "C1")
    assert list(found.alarm[:, 0]) == [True, False]
    assert found.statistic[0, 0] == 37.5
    assert (found.upper[0, 0], found.expected[0, 0]) == (0, 0)


def test_the_detector_scores_days_that_follow_its_history():
    days = pd.date_range("2024-01-01", periods=9, name="day")
    counts = pd.DataFrame({"s": [1, 2, 3, 4, 5, 6, 7, 11, 10]}, index=days)
    frame = make_detector("ears-c1").fit(counts.iloc[:7]).score(counts.iloc[7:])
    assert list(frame["alarm"]) == [True, False]
    assert frame["p_value"].iloc[0] == pytest.approx(0.000597, abs=1e-6)  # normal tail at 3.2404


def test_an_unknown_variant_is_refused():
    with pytest.raises(InputError, match="没有名为“C4”的 EARS 方法；可用：C1、C2、C3"):
        Ears("C4")
