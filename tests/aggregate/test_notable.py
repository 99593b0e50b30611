"""What changed more than chance explains."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from govdash.aggregate.notable import notable
from govdash.core.errors import InputError


def frame(**rows: list[float]) -> pd.DataFrame:
    return pd.DataFrame.from_dict(rows, orient="index")


def test_the_p_value_of_a_doubling_by_hand():
    """Four earlier counts of 10: mean 10, no spread, so a = 0; variance 10 (1 + 1/4) = 12.5.

    The negative binomial of mean 10 and variance 12.5 has size 10²/2.5 = 40 and p = 0.8.
    """
    told = notable(pd.Series({"a": 20}), frame(a=[10, 10, 10, 10]))
    assert told.loc["a", "expected"] == 10
    assert told.loc["a", "p"] == pytest.approx(2 * stats.nbinom.sf(19, 40, 0.8))
    assert bool(told.loc["a", "high"])
    assert bool(told.loc["a", "notable"])


def test_a_small_group_that_trebled_is_notable_and_a_big_one_that_wavers_is_not():
    told = notable(
        pd.Series({"big": 1030, "small": 24}),
        frame(big=[1000, 1010, 990, 1005, 995, 1000], small=[8, 7, 9, 8, 8, 8]),
    )
    assert list(told.index[told["notable"]]) == ["small"]


def test_what_is_gone_is_notable_too():
    told = notable(pd.Series(dtype=float), frame(a=[30, 31, 29, 30, 28]))
    assert bool(told.loc["a", "notable"])
    assert not told.loc["a", "high"]


def test_with_three_earlier_periods_nothing_is_said():
    told = notable(pd.Series({"a": 100}), frame(a=[1, 1, 1]))
    assert np.isnan(told.loc["a", "p"])
    assert not told["notable"].any()


def test_periods_without_counting_do_not_count_as_quiet_ones():
    told = notable(pd.Series({"a": 10}), frame(a=[10, 10, 10, 10, np.nan, np.nan]))
    assert told.loc["a", "expected"] == 10


def test_a_share_of_false_ones_outside_of_0_and_1_is_refused():
    with pytest.raises(InputError, match="0 与 1 之间"):
        notable(pd.Series({"a": 1}), frame(a=[1, 1, 1, 1]), q=1)


def test_of_quiet_groups_hardly_any_is_called_notable():
    """100 periods of 40 quiet Poisson groups: at q = 5 % one period in twenty has a false one."""
    rng = np.random.default_rng(5)
    false = 0
    for _ in range(100):
        rate = rng.uniform(1, 80, 40)
        past = pd.DataFrame(rng.poisson(rate[:, None], (40, 8)))
        false += bool(notable(pd.Series(rng.poisson(rate)), past)["notable"].any())
    assert false <= 12


@given(
    counts=st.lists(st.lists(st.integers(0, 50), min_size=6, max_size=6), min_size=1, max_size=6)
)
def test_the_order_of_groups_and_of_earlier_periods_does_not_matter(counts: list[list[int]]):
    table = pd.DataFrame(counts)
    now, past = table[0], table.drop(columns=0)
    told = notable(now, past)
    turned = notable(now[::-1], past.iloc[::-1, ::-1])
    pd.testing.assert_frame_equal(told, turned.sort_index())
