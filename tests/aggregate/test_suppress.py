"""Small counts: none is shown, none can be had by subtraction."""

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from govdash.aggregate.suppress import hidden_cells
from govdash.core.errors import InputError


def table_of(rows: list[tuple[str, str, int]]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["district", "category", "n"])


LINES = [["district"], ["category"]]


def test_a_small_count_is_hidden_and_with_it_the_smallest_that_keeps_it_from_being_subtracted():
    table = table_of([("东", "噪声", 3), ("东", "占道", 7), ("东", "积水", 20)])
    # 3 alone would be total - 27; with 7 the two hidden ones make 10, which says nothing of 3.
    assert list(hidden_cells(table, [["district"]])) == [True, True, False]


def test_small_counts_that_together_make_enough_need_no_other():
    table = table_of([("东", "噪声", 3), ("东", "占道", 4), ("东", "积水", 20)])
    assert list(hidden_cells(table, [["district"]])) == [True, True, False]


def test_one_hidden_cell_is_never_alone_in_a_line_that_shows_others():
    """Else a total less the others is the cell, and with it the small one beside it."""
    table = table_of([("东", "噪声", 3), ("东", "占道", 7), ("西", "噪声", 20), ("西", "占道", 30)])
    assert list(hidden_cells(table, LINES)) == [True, True, True, True]


def test_a_zero_says_nothing_of_anybody_and_stays():
    table = table_of([("东", "噪声", 0), ("东", "占道", 5)])
    assert list(hidden_cells(table, LINES)) == [False, False]


def test_five_is_shown_and_four_is_not():
    table = table_of([("东", "噪声", 5), ("西", "噪声", 4)])
    assert list(hidden_cells(table, [["district"]])) == [False, True]


def test_a_bound_that_would_hide_nothing_is_refused():
    with pytest.raises(InputError, match="不小于 2"):
        hidden_cells(table_of([("东", "噪声", 5)]), LINES, least=1)


cells = st.lists(st.integers(0, 30), min_size=12, max_size=12)


@given(cells, st.integers(2, 11))
def test_in_no_line_do_the_hidden_cells_make_a_small_figure_while_another_is_open(
    counts: list[int], least: int
):
    rows = [(f"区{i % 3}", f"类{i // 3}", n) for i, n in enumerate(counts)]
    table = table_of(rows)
    hidden = hidden_cells(table, LINES, least=least)
    assert not ((table["n"] > 0) & (table["n"] < least) & ~hidden).any()
    for names in LINES:
        for _, line in table.assign(hidden=hidden).groupby(names):
            kept_back = line.loc[line["hidden"], "n"].sum()
            open_ = line.loc[~line["hidden"] & (line["n"] > 0)]
            n_hidden = int(line["hidden"].sum())
            assert n_hidden == 0 or (kept_back >= least and n_hidden >= 2) or open_.empty
