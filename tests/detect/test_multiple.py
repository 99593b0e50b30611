"""Benjamini-Hochberg, worked by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from govdash.detect import benjamini_hochberg


def test_q_values_of_four_series_by_hand():
    """Sorted .005 .01 .03 .04 times 4/1 4/2 4/3 4/4 = .02 .02 .04 .04."""
    q = benjamini_hochberg(np.array([0.01, 0.04, 0.03, 0.005]))
    assert q == pytest.approx([0.02, 0.04, 0.04, 0.02])


def test_a_larger_p_value_can_lend_its_smaller_q_value_to_one_before_it():
    """.02·3/1 = .06, .025·3/2 = .0375, .03·3/3 = .03: all three take .03."""
    assert benjamini_hochberg(np.array([0.02, 0.025, 0.03])) == pytest.approx([0.03] * 3)


def test_no_series_gives_no_q_values():
    assert benjamini_hochberg(np.array([])).size == 0


def test_tests_that_were_left_out_count_as_the_largest():
    """.005 and .01 of 100 tests: .005·100/1 = .5, .01·100/2 = .5; 98 ones would say the same."""
    q = benjamini_hochberg(np.array([0.01, 0.005]), tests=100)
    assert q == pytest.approx([0.5, 0.5])
    assert q == pytest.approx(benjamini_hochberg(np.array([0.01, 0.005] + [1.0] * 98))[:2])


@given(st.lists(st.floats(0, 1), min_size=1, max_size=30))
def test_q_values_agree_with_scipy_and_never_undercut_p(p_values):
    p = np.array(p_values)
    q = benjamini_hochberg(p)
    assert q == pytest.approx(stats.false_discovery_control(p), abs=1e-12)
    assert np.all(q >= p - 1e-15)
