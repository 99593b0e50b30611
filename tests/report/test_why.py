"""What is behind a number: the street with most, the points that are farthest off."""

import pandas as pd

from govdash.report import why


def test_the_street_with_most_cases_is_named_and_cases_above_streets_are_not_counted():
    cases = pd.DataFrame({"area_path": ["/1/2/3/", "/1/2/3/4/", "/1/2/5/", "/1/2/", None]})
    assert why.most(cases, depth=3) == ("/1/2/3/", 2)
    assert why.most(cases.head(0), depth=3) is None


def test_the_farthest_points_come_first_above_or_below():
    told = pd.DataFrame(
        {
            "bucket": pd.date_range("2026-06-01", periods=4),
            "n": [30.0, 2.0, 10.0, 90.0],
            "expected": [10.0, 40.0, 10.0, 20.0],
            "high": [20.0, 60.0, 20.0, 40.0],
            "flag": [True, True, False, True],
        }
    )
    odd = why.farthest(told, limit=2)
    assert [(one.bucket.day, one.high) for one in odd] == [(4, True), (2, False)]
