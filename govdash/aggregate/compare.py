"""同比 and 环比: a figure against the period before and the same period a year earlier."""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from govdash.aggregate.series import only


@dataclass(frozen=True, slots=True)
class Change:
    """How far a figure is from an earlier one."""

    before: int | None  # None: nothing was counted then
    difference: int | None
    ratio: float | None  # 0.25 is a quarter more; None: no earlier figure, or it was zero

    @property
    def label(self) -> str:
        """The change as people read it."""
        if self.before is None:
            return "无可比数据"
        if self.difference == 0:
            return "持平"
        if self.ratio is None:
            return f"上期为 0，增加 {self.difference:,}"
        return f"{self.ratio:+.1%}"


@dataclass(frozen=True, slots=True)
class Comparison:
    """A figure with its 环比 (the period before) and 同比 (a year earlier)."""

    value: int
    on_previous: Change
    on_year: Change


def change(value: int, before: int | None) -> Change:
    """Compare two counts; a denominator of zero gives no ratio."""
    if before is None:
        return Change(None, None, None)
    return Change(before, value - before, (value - before) / before if before else None)


def compare(current: int, previous: int | None, year_before: int | None) -> Comparison:
    """Compare a count with both earlier ones; None where there was no counting yet."""
    return Comparison(current, change(current, previous), change(current, year_before))


def compare_groups(
    current: pd.DataFrame, previous: pd.DataFrame, *, by: str, known: Sequence[str] | None = None
) -> pd.DataFrame:
    """Compare every group of two tables of counts, as the 人·地·事·物·情·组织 panel does.

    Parameters
    ----------
    current, previous : DataFrame
        ``n`` and the column named by `by`.
    known : sequence of str, optional
        The groups to show, in order, with or without events; all that were seen, else.

    Returns
    -------
    DataFrame
        `by`, ``n``, ``before``, ``difference``, ``ratio`` (NaN where ``before`` is zero) and
        ``share`` of the groups shown (NaN when all are zero).
    """
    if known is None:
        seen = pd.concat([current[by], previous[by]]).dropna()
        known = sorted(seen.unique().tolist())
    table = only(current, known, by=by)
    before = only(previous, known, by=by)["n"]
    difference = table["n"] - before
    total = table["n"].sum()
    return table.assign(
        before=before,
        difference=difference,
        ratio=difference / before.where(before > 0),
        share=table["n"] / (total if total else float("nan")),
    )
