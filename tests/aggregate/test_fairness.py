"""What a rank is held against, worked by hand."""

import math

import pandas as pd
import pytest

from govdash.aggregate import fairness


def occasions(*parts: tuple[str, str, int, int]) -> pd.DataFrame:
    """Return occasions: group, category, how many, and how many of them are hits."""
    rows = [
        {"group": group, "category": category, "hit": i < hits}
        for group, category, n, hits in parts
        for i in range(n)
    ]
    return pd.DataFrame(rows, columns=["group", "category", "hit"])


def test_a_group_is_held_against_what_its_mix_gives_everywhere():
    told = fairness.standardised(
        occasions(
            ("a", "litter", 10, 8), ("a", "lamp", 10, 4),
            ("b", "litter", 90, 82), ("b", "lamp", 10, 6),
        )
    ).set_index("group")  # fmt: skip
    assert told.loc["a", ["hits", "n"]].tolist() == [12, 20]
    assert told.loc["a", "expected"] == pytest.approx(14)
    assert told.loc["a", "ratio"] == pytest.approx(12 / 14)
    assert told.loc["a", "adjusted"] == pytest.approx(12 / 14 * 100 / 120)
    assert told["expected"].sum() == pytest.approx(told["hits"].sum())


def test_nothing_to_compare_is_empty():
    assert fairness.standardised(occasions()).empty


def test_cases_are_held_against_people_and_ground_where_they_are_known():
    told = fairness.per_head(
        pd.Series({"a": 30, "b": 5}), pd.Series({"a": 60_000}), pd.Series({"a": 4.0, "b": 0.0})
    )
    assert told.loc["a"].tolist() == [30, 5.0, 7.5]
    assert told.loc["b", ["per_10k", "per_km2"]].isna().all()


def test_two_shares_differ_by_more_than_chance():
    assert fairness.changed(90, 100, 80, 100) == pytest.approx(0.1 / math.sqrt(0.85 * 0.15 * 0.02))
    assert fairness.is_notable(fairness.changed(90, 100, 80, 100))
    assert not fairness.is_notable(fairness.changed(9, 10, 8, 10))
    assert fairness.is_notable(2.5)
    assert not fairness.is_notable(2.5, among=10)  # the largest of ten is that large by chance
    assert fairness.changed(1, 0, 1, 2) == fairness.changed(2, 2, 5, 5) == 0


def test_what_stands_out_is_over_its_share_not_just_large():
    told = fairness.standing_out(
        occasions(("small", "x", 20, 12), ("large", "x", 80, 68)), by="group", bad_is_hit=False
    )
    assert told["group"].tolist() == ["small", "large"]
    assert told.loc[0, ["bad", "n", "due"]].tolist() == [8, 20, 4.0]
    assert told.loc[0, "z"] == pytest.approx(0.25 / math.sqrt(0.2 * 0.8 * (1 / 20 + 1 / 80)))
