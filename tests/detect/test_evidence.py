"""Evidence reads as a sentence, adds up and survives JSON."""

import json
from datetime import date

import numpy as np
import pandas as pd
import pytest

from govdash.detect import Evidence, Share, explain, severity, shares_of, with_shares


def evidence(**changes):
    days = pd.date_range("2023-01-01", "2024-06-10", name="day")
    given = {
        "series": "/1/|A-06001",
        "window": (date(2024, 6, 10), date(2024, 6, 10)),
        "observed": 42,
        "expected": 12.0,
        "sd": 4.0,
        "interval": (5.0, 20.0),
        "p_value": 1 / 1234,
        "q_value": 0.01,
        "direction": "high",
        "history": pd.Series(2, index=days),
        "shares": (
            Share("d", "丁网格", 12, 11.4),
            Share("a", "甲网格", 14, 0.2),
            Share("b", "乙网格", 8, 0.3),
            Share("c", "丙网格", 8, 0.1),
        ),
    }
    return explain(**(given | changes))


def test_a_person_can_read_how_much_more_than_usual_where_and_how_rare():
    assert evidence().sentence == (
        "6月10日 42 件，预期 12±4.0 件（去年同期 2 件）；"
        "集中在 2 个网格（甲网格、丙网格，占增量 72%）。单看这一序列，这样的偏高约 1200 天一遇。"
    )


def test_a_window_of_days_and_a_young_history_are_said():
    days = pd.date_range("2024-05-01", "2024-06-10", name="day")
    told = evidence(
        window=(date(2024, 6, 4), date(2024, 6, 10)), history=pd.Series(2, index=days), shares=()
    )
    assert told.window_days == 7
    assert told.same_period == "往年同期无数据"
    assert told.sentence.startswith("截至6月10日的 7 天 42 件，预期 12±4.0 件（往年同期无数据）。")


def test_the_same_period_last_year_falls_on_the_same_weekdays():
    """52 weeks before 4-10 June 2024 (Tuesday to Monday) is 6-12 June 2023."""
    days = pd.date_range("2023-01-01", "2024-06-10", name="day")
    history = pd.Series(0, index=days)
    history.loc["2023-06-06":"2023-06-12"] = [1, 1, 1, 1, 1, 1, 10]
    history.loc["2023-06-13"] = 99
    told = evidence(window=(date(2024, 6, 4), date(2024, 6, 10)), history=history)
    assert told.same_period == "去年同期 16 件"


def test_too_few_is_said_as_a_loss():
    told = evidence(
        observed=2,
        direction="low",
        p_value=1e-9,
        shares=(Share("a", "甲", 0, 9.0), Share("b", "乙", 2, 3.0)),
    )
    assert "集中在 1 个网格（甲，占减量 90%）" in told.sentence
    assert told.sentence.endswith("单看这一序列，这样的偏低十年难得一遇。")
    assert told.excess == -10


def test_an_excess_spread_thin_is_called_spread():
    shares = tuple(Share(str(n), str(n), 4, 1.0) for n in range(10))
    told = with_shares(evidence(), shares, part_word="街道")
    assert "；分散在 10 个街道。" in told.sentence


def test_evidence_survives_json():
    told = evidence()
    assert Evidence.from_dict(json.loads(json.dumps(told.to_dict()))) == told


def test_numpy_numbers_do_not_leak_into_json():
    told = evidence(observed=np.int64(42), expected=np.float64(12), p_value=np.float64(0.001))
    assert json.loads(json.dumps(told.to_dict()))["observed"] == 42


def test_usual_in_a_part_is_the_mean_of_the_same_weekdays_before():
    """8 Mondays with 3, other days 0: a Monday expects 3, a Tuesday 0; a week is left out."""
    days = pd.date_range("2024-01-01", "2024-06-11", name="day")
    parts = pd.DataFrame({"a": 3 * (days.day_of_week == 0), "b": 0, "c": 0}, index=days)
    parts.loc["2024-06-10":"2024-06-11", "b"] = 5
    parts.loc["2024-06-03", "b"] = 50  # in the week left out
    shares = shares_of(parts, (date(2024, 6, 10), date(2024, 6, 11)), names={"b": "乙"})
    assert shares == (Share("a", "a", 3, 3.0), Share("b", "乙", 10, 0.0))


@pytest.mark.parametrize(
    ("p_value", "excess", "expected"), [(1, 0, 0), (1e-8, 99, 100), (1e-4, 9, 50), (0, -999, 100)]
)
def test_severity_is_half_surprise_and_half_size(p_value, excess, expected):
    assert severity(p_value, excess) == expected
