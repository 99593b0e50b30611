"""What an alert's evidence says in words: rarity, place, what the expectation is made of."""

from dataclasses import replace
from datetime import date

import pandas as pd
import pytest

from govdash.core.vocab import AreaLevel
from govdash.detect import Evidence, Share
from govdash.report import evidence as told

STREET = "/9/91/911/"
CELLS = tuple(f"{STREET}911{n}/911{n}1/" for n in range(5))


def share(place: str, observed: int, expected: float = 0.0) -> Share:
    return Share(place, place, observed, expected)


def evidence(*shares: Share, **changed) -> Evidence:
    made = Evidence(
        series=f"{STREET}|A-06001",
        window_start=date(2026, 6, 8),
        window_end=date(2026, 6, 9),
        observed=20,
        expected=10.0,
        sd=3.0,
        lower=5.0,
        upper=16.0,
        p_value=0.01,
        q_value=0.02,
        excess=10.0,
        one_in_days=100.0,
        direction="high",
        same_period="",
        shares=shares,
        sentence="",
    )
    return replace(made, **changed)


@pytest.mark.parametrize(
    ("days", "words"),
    [
        (0.4, "约 1 天一遇"),
        (48.3, "约 48 天一遇"),
        (214.0, "约 210 天一遇"),
        (812.0, "约 2.2 年一遇"),
        (3650.0, "十年难得一遇"),
    ],
)
def test_rarity_is_said_in_days_then_in_years_and_no_finer_than_it_is_known(days, words):
    assert told.rarity(days) == words


def test_what_is_hardly_ever_expected_is_not_said_to_be_nothing():
    assert [told.amount(value) for value in (0.034, 0.3, 6.64, 1234.0)] == [
        "0.03",
        "0.30",
        "6.6",
        "1,234.0",
    ]


def test_the_detectors_word_for_the_rest_of_the_city_is_taken():
    local = told.spread(evidence(scope="local"), area_path=STREET)
    wide = told.spread(evidence(scope="citywide", direction="low"), area_path=STREET)
    assert (local.word, local.why) == ("局部", "其余区域平常")
    assert (wide.word, wide.why) == ("全市性", "其余区域同时偏低")


def test_without_it_three_cells_that_hold_half_of_the_excess_are_a_place():
    few = evidence(share(CELLS[0], 4), share(CELLS[1], 2), share(CELLS[2], 2))
    assert told.spread(few, area_path=STREET) == told.Spread("局部", "2 个网格占增量 60%")
    many = evidence(*(share(cell, 1) for cell in CELLS))
    assert told.spread(many, area_path=STREET) == told.Spread("本区域整体", "分散在多个网格")
    assert told.spread(evidence(), area_path=STREET).why == "未分区统计"


def test_what_the_whole_city_has_is_city_wide_whatever_its_parts_say():
    parts = (share("/9/91/|@sensor", 0, 8.0), share("/9/92/|@sensor", 0, 2.0))
    fall = evidence(*parts, direction="low", excess=-10.0, scope="citywide")
    assert told.spread(fall, area_path="/9/") == told.Spread("全市", "1 个区占减量 80%")
    assert told.part_level(fall) is AreaLevel.DISTRICT


def test_parts_that_are_categories_have_no_place_of_their_own():
    kinds = evidence(share(f"{STREET}|A-06001", 8), share(f"{STREET}|A-06002", 2))
    assert told.part_level(kinds) is None
    assert told.place_of(share("A-06001", 1)) is None


def test_factors_that_multiply_to_the_expectation_are_said_to_make_it():
    """5 a day · 2 days · 1.25 · 0.8 · 1 = 10."""
    factors = {"level": 5.0, "buckets": 2.0, "season": 1.25, "weekday": 0.8, "rain": 1.0}
    made = told.makeup(evidence(factors=factors))
    assert made is not None
    assert made.exact
    assert [(f.name, f.words, f.changes) for f in made.factors] == [
        ("平常水平", "5 件/天", True),
        ("天数", "×2", True),
        ("季节", "×1.25", True),
        ("星期", "×0.80", True),
        ("rain", "×1.00", False),
    ]
    assert not told.makeup(evidence(factors={"level": 5.0, "season": 1.25})).exact
    assert told.makeup(evidence()) is None


def test_similar_alerts_are_those_before_this_one_the_newest_first():
    table = pd.DataFrame(
        {
            "id": [9, 3, 5],
            "disposition_label": [None, "误报", "误报"],
        },
        dtype=object,
    )
    assert told.earlier(table, 7)["id"].tolist() == [5, 3]
    assert told.earlier(table, 3).empty
    assert told.outcomes(table) == [("误报", 2)]
