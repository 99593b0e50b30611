"""Tails of the negative binomial, worked by hand: mean 2, variance 4 is NB(size 2, p 1/2).

P(X = k) = (k + 1) / 2^(k + 2): 1/4, 1/4, 3/16, 1/8, 5/64, 3/64, ...
"""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import special, stats

from govdash.detect.tails import interval, normal_score, tail_high, tail_low, two_sided


def one(value):
    return np.array([value], dtype=float)


@pytest.mark.parametrize(
    ("count", "high", "low"),
    [(0, 1, 1 / 4), (1, 3 / 4, 1 / 2), (2, 1 / 2, 11 / 16), (3, 5 / 16, 13 / 16)],
)
def test_the_tails_count_the_observed_day_itself(count, high, low):
    assert tail_high(one(count), one(2), one(4))[0] == pytest.approx(high, rel=1e-12)
    assert tail_low(one(count), one(2), one(4))[0] == pytest.approx(low, rel=1e-12)


def test_without_extra_variance_the_law_is_poisson():
    """Mean 1: P(X >= 1) = 1 - 1/e, P(X <= 1) = 2/e."""
    assert tail_high(one(1), one(1), one(1))[0] == pytest.approx(1 - np.exp(-1), rel=1e-12)
    assert tail_low(one(1), one(1), one(1))[0] == pytest.approx(2 * np.exp(-1), rel=1e-12)


def test_far_tails_keep_their_relative_precision():
    """Mean 1 Poisson, 100 events: e^-1 / 100! (1 + 1/101 + 1/(101·102) + …)."""
    series = 1 + 1 / 101 + 1 / (101 * 102) + 1 / (101 * 102 * 103)
    exact = np.exp(-1 - special.gammaln(101)) * series
    assert tail_high(one(100), one(1), one(1))[0] == pytest.approx(exact, rel=1e-8)


def test_the_interval_ends_are_the_first_counts_that_leave_enough_out():
    """P(X <= 4) = 57/64 = 0.891 < 0.9 <= P(X <= 5) = 60/64, and P(X = 0) = 1/4 >= 0.1."""
    lower, upper = interval(one(2), one(4), coverage=0.8)
    assert (lower[0], upper[0]) == (0, 5)


@given(
    mean=st.floats(0.01, 200),
    spread=st.floats(1, 5),
    count=st.integers(0, 400),
    alpha=st.floats(0.001, 0.4),
)
def test_a_count_is_above_the_interval_exactly_when_its_tail_is_small(mean, spread, count, alpha):
    high = tail_high(one(count), one(mean), one(mean * spread))[0]
    _, upper = interval(one(mean), one(mean * spread), coverage=1 - 2 * alpha)
    if not np.isclose(high, alpha, rtol=1e-6):
        assert (count > upper[0]) == (high <= alpha)


@given(mean=st.floats(0.01, 200), spread=st.floats(1, 5), count=st.integers(0, 300))
def test_both_tails_share_exactly_the_observed_count(mean, spread, count):
    v = mean * spread
    both = tail_high(one(count), one(mean), one(v)) + tail_low(one(count), one(mean), one(v)) - 1
    if v > mean * (1 + 1e-6):
        here = stats.nbinom.pmf(count, mean**2 / (v - mean), mean / v)
    else:
        here = stats.poisson.pmf(count, mean)
    assert both[0] == pytest.approx(here, abs=1e-10)


def test_the_score_is_the_normal_quantile_of_the_mid_p():
    """Count 1: P(X < 1) + P(X = 1)/2 = 3/8. Count 2: P(X > 2) + P(X = 2)/2 = 13/32."""
    assert normal_score(one(1), one(2), one(4))[0] == pytest.approx(special.ndtri(3 / 8))
    assert normal_score(one(2), one(2), one(4))[0] == pytest.approx(-special.ndtri(13 / 32))


def test_scores_stay_finite_however_improbable_the_count():
    scores = normal_score(np.array([10**6, 0]), np.array([1.0, 10.0**6]), np.array([1.0, 10.0**6]))
    assert np.all(np.isfinite(scores))
    assert scores[0] > 30
    assert scores[1] < -30


def test_few_expected_events_leave_only_the_high_side():
    p = two_sided(np.array([0.9, 0.9, 0.2]), np.array([0.1, 0.1, 0.9]), np.array([4.9, 5.0, 5.0]))
    assert p == pytest.approx([0.9, 0.2, 0.4])
