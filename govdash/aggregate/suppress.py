"""Small counts hidden from tables for outside use, so that no cell points at a person."""

from collections.abc import Sequence
from typing import Final

import pandas as pd

from govdash.core.errors import InputError

LEAST: Final = 5  # counts below are hidden: the usual bound of statistical offices


def hidden_cells(
    table: pd.DataFrame,
    lines: Sequence[Sequence[str]],
    *,
    count: str = "n",
    least: int = LEAST,
) -> pd.Series:
    """Tell which cells of a table of counts to hide.

    First every cell with 0 < n < `least` (primary suppression). Then, so that none of them can be
    taken from a total that somebody may know, along each line the smallest open cells follow
    until at least two are hidden in the line that make `least` together, or nothing is left open
    (complementary suppression; Hundepool et al., Statistical Disclosure Control, 2012, ch. 4).
    Each line is safe by itself; bounds that follow from all lines together are not solved for.

    Parameters
    ----------
    table : DataFrame
        One row a cell; `count` holds whole numbers >= 0, the index is unique.
    lines : sequence of sequences of str
        For each direction in which cells add up to a known figure, the columns that name the
        sum: ``["bucket", "category", "parent"]`` for the areas inside the same parent.
    least : int
        The smallest count that may be shown, at least 2.

    Returns
    -------
    Series of bool, indexed as `table`

    Raises
    ------
    InputError
        When `least` is below 2: nothing would be hidden.
    """
    if least < 2:
        raise InputError(f"最小可公布的计数是 {least}；应不小于 2，通常为 {LEAST}。")
    counts = table[count].astype("int64")
    hidden = (counts > 0) & (counts < least)
    keys = [
        table.groupby(list(names), dropna=False, sort=False).ngroup() for names in lines if names
    ]
    # Each pass hides at least one more cell, so this ends.
    while True:
        before = int(hidden.sum())
        for key in keys:
            hidden |= _next_in_line(counts, hidden, key, least)
        if int(hidden.sum()) == before:
            return hidden


def _next_in_line(counts: pd.Series, hidden: pd.Series, key: pd.Series, least: int) -> pd.Series:
    """Choose the smallest open cell of every line whose hidden cells are one, or too few events."""
    sums = counts.where(hidden, 0).groupby(key).transform("sum")
    cells = hidden.astype("int64").groupby(key).transform("sum")
    open_ = ~hidden & (counts > 0)
    weak = (cells > 0) & ((cells < 2) | (sums < least)) & open_
    chosen = pd.Series(data=False, index=counts.index)
    if weak.any():
        chosen[counts[weak].groupby(key[weak]).idxmin()] = True
    return chosen
