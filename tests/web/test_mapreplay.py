"""The steps of a replay: one grain by the length of the period, none that has not begun."""

from datetime import date

import pandas as pd
import pytest

from govdash.core.filters import EventFilter, EventQuery, Hours, Period, Scope
from govdash.web import mapreplay

WHOLE = Scope((), whole_city=True)
LATE = pd.Timestamp("2030-01-01")


def asking(first: str, last: str, **chosen) -> EventQuery:
    period = Period(date.fromisoformat(first), date.fromisoformat(last))
    return EventQuery(EventFilter(period, **chosen), WHOLE)


def labels(query: EventQuery, until: pd.Timestamp = LATE) -> list[str]:
    return [step.label for step in mapreplay.steps(query, until=until)]


def test_a_day_is_replayed_by_hours_up_to_now():
    query, now = asking("2026-06-10", "2026-06-10"), pd.Timestamp("2026-06-10 09:40")
    found = mapreplay.steps(query, until=now)
    assert [step.label for step in found][-1] == "06-10 9–10 时"
    assert len(found) == 10
    assert found[-1].query.filter.hours == Hours(9, 10)
    assert found[-1].bucket == pd.Timestamp("2026-06-10 09:00")


def test_hours_that_were_chosen_are_the_only_ones_replayed():
    night = asking("2026-06-10", "2026-06-10", hours=Hours(22, 2))
    assert labels(night) == [f"06-10 {h}–{h + 1} 时" for h in (0, 1, 22, 23)]


def test_two_months_are_replayed_by_days():
    found = mapreplay.steps(asking("2026-06-10", "2026-08-09"), until=LATE)
    assert len(found) == 61
    assert found[0].label == "06-10 周三"
    assert found[0].query.filter.period == Period(date(2026, 6, 10), date(2026, 6, 10))


def test_a_year_is_replayed_by_weeks_that_begin_on_monday_and_stay_inside_it():
    found = mapreplay.steps(asking("2026-01-01", "2026-12-31"), until=LATE)
    first, second, *_, last = (step.query.filter.period for step in found)
    assert (first.first, first.last) == (date(2026, 1, 1), date(2026, 1, 4))
    assert (second.first, second.n_days) == (date(2026, 1, 5), 7)
    assert last.last == date(2026, 12, 31)
    assert found[0].bucket == pd.Timestamp("2025-12-29")  # where the lake puts these counts


def test_more_is_replayed_by_months():
    assert labels(asking("2025-01-15", "2026-06-10"))[:2] == ["2025-01", "2025-02"]


@pytest.mark.parametrize(
    ("first", "last"), [("2026-06-10", "2026-06-10"), ("2026-01-01", "2027-06-30")]
)
def test_the_steps_cover_the_period_once(first: str, last: str):
    query = asking(first, last)
    periods = [step.query.filter.period for step in mapreplay.steps(query, until=LATE)]
    days = [day for period in periods for day in period.days()]
    assert sorted(set(days)) == query.filter.period.days()
    assert len(days) == len(query.filter.period.days()) * (24 if first == last else 1)


def test_colours_mean_the_same_in_every_step():
    query = asking("2026-06-10", "2026-06-11")
    counted = pd.DataFrame(
        {
            "bucket": pd.to_datetime(["2026-06-10", "2026-06-11"]),
            "path": ["/1/", "/1/"],
            "n": [2, 90],
        }
    )
    first, second = (
        mapreplay.layer("/geo", counted, step, around={})
        for step in mapreplay.steps(query, until=LATE)
    )
    assert (first["values"], second["values"]) == ({"/1/": 2}, {"/1/": 90})
    assert first["breaks"] == second["breaks"]
