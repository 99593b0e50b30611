"""How cases went, worked by hand."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pandas as pd
import pytest

from govdash.report import performance

NOW = datetime(2026, 6, 10, 2, 30, tzinfo=UTC)  # 10:30 in Shanghai


def hours(n: float) -> pd.Timestamp:
    return pd.Timestamp(NOW + timedelta(hours=n))


CASES = pd.DataFrame(
    [  # path, state, opened, due, closed
        ("/1/2/3/", "received", hours(-2), hours(5), pd.NaT),
        ("/1/2/3/4/", "in_progress", hours(-50), hours(-26), pd.NaT),
        ("/1/2/3/", "closed", hours(-30), hours(-20), hours(-26)),  # on time, took 4 h
        ("/1/2/9/", "closed", hours(-30), hours(-28), hours(-20)),  # late, took 10 h
        ("/1/2/9/", "closed", hours(-30), pd.NaT, hours(-29)),  # no deadline, took 1 h
        ("/1/", "on_hold", hours(-90), pd.NaT, pd.NaT),
        (None, "dispatched", hours(-1), hours(-0.5), pd.NaT),
    ],
    columns=["area_path", "state", "opened_at", "due_at", "closed_at"],
).assign(exempt=False)
SAID = pd.DataFrame({"satisfaction": [5, 4, 3, 1]})


def test_open_late_on_time_duration_and_content_are_counted():
    told = performance.figures(CASES, SAID, at=NOW)
    assert (told.n_open, told.n_waiting, told.n_overdue, told.n_closed) == (4, 1, 2, 3)
    assert told.on_time == 0.5  # one of the two that had a deadline
    assert (told.mean_hours, told.median_hours) == (5.0, 4.0)
    assert (told.content, told.n_asked) == (0.5, 4)


def test_a_case_whose_appeal_was_granted_counts_neither_as_late_nor_as_on_time():
    late = CASES["area_path"].eq("/1/2/9/") & CASES["due_at"].notna()
    told = performance.figures(CASES.assign(exempt=late), SAID, at=NOW)
    assert (told.on_time, told.n_closed) == (1.0, 3)


def test_where_nothing_was_closed_or_asked_rates_are_unknown_not_zero():
    told = performance.figures(CASES[CASES["closed_at"].isna()], SAID.head(0), at=NOW)
    assert (told.on_time, told.mean_hours, told.median_hours, told.content) == (None,) * 4
    nothing = performance.figures(CASES.head(0), SAID.head(0), at=NOW)
    assert (nothing.n_open, nothing.n_overdue, nothing.on_time) == (0, 0, None)


def test_streets_are_compared_the_least_punctual_first():
    told = performance.by_area(CASES, depth=3, at=NOW)
    assert told["path"].tolist() == ["/1/2/9/", "/1/2/3/"]
    assert told["on_time"].tolist() == [0.0, 1.0]
    assert told["n_closed"].tolist() == [1, 1]
    assert told["n_open"].tolist() == [0, 2]
    assert told["n_overdue"].tolist() == [0, 1]
    assert performance.by_area(CASES.head(0), depth=3, at=NOW).empty


def test_late_cases_come_the_longest_overdue_first():
    told = performance.overdue(CASES, at=NOW)
    assert told["late_hours"].tolist() == pytest.approx([26.0, 0.5])


def test_the_course_counts_what_was_open_at_each_midnight_and_now():
    told = performance.course(CASES, days=2, at=NOW, zone=ZoneInfo("Asia/Shanghai"))
    assert [str(at) for at in told["at"]] == [
        "2026-06-09 00:00:00+08:00",
        "2026-06-10 00:00:00+08:00",
        "2026-06-10 10:30:00+08:00",
    ]
    # 34.5 h ago: the one on hold and the one that came 50 h ago; 10.5 h ago the same two
    assert told["n_open"].tolist() == [2, 2, 4]
    assert told["n_overdue"].tolist() == [0, 1, 2]
