"""Windows of several days, worked by hand with a detector whose forecast is known."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest

from govdash.core.errors import InputError
from govdash.detect import Forecast, Native, RollingZ, score_windows
from govdash.detect.contract import score_forecast


@dataclass
class Known:
    """Expects 2 a day with variance 4 (NB size 2, p 1/2), whatever it is given."""

    log_se: float = 0.0
    coverage: float = 0.95
    guard: int = 7
    min_days: int = 8
    note_: str = ""

    def fit(self, counts):
        self.learned_until_ = counts.index[-self.guard - 1]
        return self

    def forecast(self, days, series):
        shape = (len(days), len(series))
        return Forecast(
            days=days,
            series=series,
            mean=np.full(shape, 2.0),
            dispersion={1: np.full(len(series), 2.0)},
            log_se=np.full(shape, self.log_se),
        )

    def score(self, counts):
        forecast = self.forecast(counts.index, tuple(counts.columns))
        return score_forecast(counts, forecast, coverage=self.coverage)


def counts_ending(*last, n_days=20):
    days = pd.date_range("2024-01-01", periods=n_days, name="day")
    values = [2] * (n_days - len(last)) + list(last)
    return pd.DataFrame({"/1/|*": values}, index=days)


def at_end(counts, detector, widths=(1, 3)):
    return score_windows(detector.fit(counts), counts, at_day=counts.index[-1], widths=widths)


def test_a_window_is_the_sum_of_its_days_against_the_sum_of_expectations():
    """3 days: mean 6, variance 12 = NB(size 6, p 1/2); P(X <= 1) = 2^-6 + 6·2^-7 = 1/16."""
    scores = at_end(counts_ending(0, 1, 0), Known())
    assert scores.observed.tolist() == [[0], [1]]
    assert scores.expected.tolist() == [[2], [6]]
    assert scores.sd[:, 0] ** 2 == pytest.approx([4, 12])
    assert scores.p_low[:, 0] == pytest.approx([1.0, 1 / 16])  # fewer than 5 expected: no evidence
    assert scores.p_high[:, 0] == pytest.approx([1.0, 1 - 2**-6])


def test_the_best_tail_is_multiplied_by_the_tails_looked_at():
    """High at 1 and 3 days, low at 3 days: three looks; 1/16 · 3."""
    scores = at_end(counts_ending(0, 1, 0), Known())
    assert scores.p_value == pytest.approx([3 / 16])
    assert (scores.best[0], scores.is_high[0]) == (1, False)
    burst = at_end(counts_ending(2, 2, 9), Known())
    assert burst.p_value == pytest.approx(3 * burst.p_high.min(axis=0))
    assert (burst.best[0], burst.is_high[0]) == (0, True)


def test_the_error_of_the_baseline_is_shared_by_the_days_of_a_window():
    """Standard errors add: (3 · 2 · 0.1)² = 0.36, not 3 · (2 · 0.1)² = 0.12."""
    scores = at_end(counts_ending(2), Known(log_se=0.1))
    assert scores.sd[:, 0] ** 2 == pytest.approx([4.04, 12.36])


def test_a_slow_rise_shows_in_the_long_window_and_a_burst_in_the_short_one():
    slow = at_end(counts_ending(6, 6, 5, 6, 6, 5, 6), Known(), widths=(1, 3, 7))
    burst = at_end(counts_ending(12), Known(), widths=(1, 3, 7))
    assert slow.widths[slow.best[0]] == 7
    assert slow.p_value[0] < slow.p_high[0, 0]
    assert burst.widths[burst.best[0]] == 1


def test_windows_do_not_reach_into_the_learned_days():
    scores = at_end(counts_ending(2), Known(guard=2), widths=(1, 3, 7))
    assert scores.widths == (1,)


def test_a_detector_without_a_forecast_knows_single_days(null_counts):
    counts = null_counts([20, 5], 100)
    counts.iloc[-1, 0] = 90
    scores = at_end(counts, RollingZ(), widths=(1, 3, 7))
    assert scores.widths == (1,)
    assert scores.p_value[0] < 1e-6


def test_the_days_after_are_not_looked_at(null_counts):
    counts = null_counts([20, 5], 110)
    detector = Native().fit(counts.iloc[:100])
    changed = counts.copy()
    changed.iloc[100:] = 1000
    day = counts.index[99]
    one, other = (score_windows(detector, c, at_day=day) for c in (counts, changed))
    assert one.p_value.tolist() == other.p_value.tolist()


def test_a_day_that_is_missing_is_refused():
    counts = counts_ending(2)
    with pytest.raises(InputError, match="计数表里没有 2025-01-01"):
        score_windows(Known().fit(counts), counts, at_day=pd.Timestamp("2025-01-01"))


def test_windows_of_ordinary_days_are_no_more_often_improbable_than_stated(null_counts):
    """200 series × 8 weeks; the smallest of up to six tails, corrected, at 1 %."""
    counts = null_counts(np.geomspace(1, 50, 200), 786, seed=21)
    p = []
    for at in range(737, 786, 7):
        detector = Native().fit(counts.iloc[:at])
        p.append(score_windows(detector, counts, at_day=counts.index[at - 1]).p_value)
    assert 0.003 <= (np.concatenate(p) <= 0.01).mean() <= 0.02
