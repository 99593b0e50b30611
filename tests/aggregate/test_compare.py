"""同比 and 环比."""

import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from govdash.aggregate.compare import change, compare, compare_groups


def test_a_figure_is_compared_with_the_period_before_and_with_the_year_before():
    """120 against 100 and 160: 20 more (+20 %), 40 fewer (-25 %)."""
    found = compare(120, 100, 160)
    assert (found.on_previous.difference, found.on_previous.ratio) == (20, 0.2)
    assert (found.on_year.difference, found.on_year.ratio) == (-40, -0.25)
    assert (found.on_previous.label, found.on_year.label) == ("+20.0%", "-25.0%")


def test_a_zero_before_gives_no_percentage_but_says_so():
    found = change(5, 0)
    assert (found.difference, found.ratio) == (5, None)
    assert found.label == "上期为 0，增加 5"


def test_no_counting_before_is_not_the_same_as_zero():
    found = compare(5, 0, None)
    assert found.on_year.label == "无可比数据"
    assert found.on_year.difference is None


def test_equal_figures_are_called_equal_even_when_both_are_zero():
    assert change(7, 7).label == change(0, 0).label == "持平"


@given(st.integers(0, 10**9), st.integers(1, 10**9))
def test_the_ratio_leads_back_to_the_figure(value: int, before: int):
    found = change(value, before)
    assert found.ratio is not None
    assert found.difference == value - before
    assert abs(before * (1 + found.ratio) - value) < 1e-3


def test_every_facet_of_the_panel_is_there_with_its_change_and_share():
    now = pd.DataFrame({"facet": ["thing", "person", "thing"], "n": [5, 2, 1]})
    then = pd.DataFrame({"facet": ["thing", "place"], "n": [4, 3]})
    found = compare_groups(now, then, by="facet", known=["person", "place", "thing", "sentiment"])
    assert found["n"].tolist() == [2, 0, 6, 0]
    assert found["before"].tolist() == [0, 3, 4, 0]
    assert found["difference"].tolist() == [2, -3, 2, 0]
    assert found["ratio"].fillna(-9).tolist() == [-9, -1, 0.5, -9]
    assert found["share"].tolist() == [0.25, 0, 0.75, 0]


def test_without_a_list_all_groups_seen_are_compared():
    now = pd.DataFrame({"unit_code": ["b", None], "n": [1, 7]})
    then = pd.DataFrame({"unit_code": ["a"], "n": [2]})
    found = compare_groups(now, then, by="unit_code")
    assert found[["unit_code", "n", "before"]].to_numpy().tolist() == [["a", 0, 2], ["b", 1, 0]]


def test_shares_of_nothing_are_unknown():
    nothing = pd.DataFrame({"facet": pd.Series([], dtype="str"), "n": pd.Series([], dtype="int64")})
    assert compare_groups(nothing, nothing, by="facet", known=["thing"])["share"].isna().all()
