"""Like is compared with like; what the map sees is what the query says."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from govdash import sync
from govdash.core.filters import Box, EventFilter, EventQuery, Period
from govdash.core.settings import Settings
from govdash.lake import Lake
from govdash.report import map as map_report
from govdash.report import overview, timeline, why
from govdash.store import Store
from tests.lake.events import EAST_1, GRID, WEST, WHOLE, canonical, put

ZONE = "Asia/Shanghai"
TODAY = date(2026, 6, 10)
TEN = pd.Timestamp("2026-06-10 10:00")  # ten full hours of today are over


def local(day: str, clock: str) -> pd.Timestamp:
    return pd.Timestamp(f"{day} {clock}", tz=ZONE)


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lake]:
    """Today 4 until ten and 2 later; yesterday 2 until ten and 8 later; a year ago 5 and 1."""
    folder: Path = tmp_path_factory.mktemp("overview")
    settings = Settings.from_environment({"GOVDASH_VAR": str(folder)})
    store, opened = Store.open(settings.database_url), Lake.open(settings)
    store.migrate()
    rows = []
    for day, early, late in (
        ("2026-06-10", 4, 2),
        ("2026-06-09", 2, 8),
        ("2025-06-10", 5, 1),
    ):
        clocks = ["09:59"] * early + ["10:00"] * late
        rows += [
            {
                "source_id": f"{day}-{n}",
                "reported_at": local(day, clock),
                "facet": "thing" if n % 2 else "affair",
                "area_path": WEST if n == 0 else GRID,
                "category": "A-06002" if n == 1 else "A-06001",
                "lon": 121.5 + n / 1000,
                "title": f"第 {n} 件",
            }
            for n, clock in enumerate(clocks)
        ]
    lost = {"source_id": "lost", "reported_at": local("2026-06-01", "12:00"), "area_path": None}
    put(store, canonical(*rows, lost))
    sync.sync(store, opened)
    yield opened
    opened.close()
    store.close()


def query(first: date = TODAY, last: date = TODAY, **parts) -> EventQuery:
    return EventQuery(EventFilter(period=Period(first, last, ZONE), **parts), WHOLE)


def test_today_is_compared_hour_for_hour_and_counts_everything(lake: Lake):
    told = overview.tally(lake, query(), until=TEN)
    assert (told.n, told.hours) == (6, 10)
    assert (told.on_previous.before, told.on_previous.ratio) == (2, 1.0)
    assert (told.on_year.before, told.on_year.ratio) == (5, -0.2)
    assert told.days[-2:] == (10, 6)
    assert len(told.days) == 14


def test_a_period_that_is_over_is_compared_whole(lake: Lake):
    yesterday = date(2026, 6, 9)
    told = overview.tally(lake, query(yesterday, yesterday), until=TEN)
    assert (told.n, told.hours) == (10, None)
    assert told.on_previous.before == 0
    assert told.on_previous.ratio is None


def test_before_the_first_full_hour_nothing_is_compared(lake: Lake):
    told = overview.tally(lake, query(), until=pd.Timestamp("2026-06-10"))
    assert told.on_previous.ratio is None


def test_all_six_facets_are_there_and_compared_hour_for_hour(lake: Lake):
    told = overview.facets(lake, query(), until=TEN).set_index("facet")
    assert told["n"].to_dict() == {
        "person": 0, "place": 0, "affair": 3, "thing": 3, "sentiment": 0, "organisation": 0,
    }  # fmt: skip
    assert told.loc["affair", "ratio"] == 1.0  # two until ten, one yesterday


def test_the_most_frequent_come_first(lake: Lake):
    told = overview.top(lake, query(), by="category", limit=5)
    assert told.to_dict("list") == {"key": ["A-06001", "A-06002"], "n": [5, 1]}


def test_areas_are_counted_by_level_and_scope_holds(lake: Lake):
    assert map_report.area_counts(lake, query(), level="district") == {
        "/990100/990101/": 5,
        WEST: 1,
    }
    assert map_report.area_counts(lake, query(), level="street") == {EAST_1: 5}


def test_events_in_no_area_are_counted_apart_whatever_area_is_chosen(lake: Lake):
    first = date(2026, 6, 1)
    assert map_report.unplaced(lake, query(first, areas=(WEST,))) == 1
    assert map_report.unplaced(lake, query()) == 0


def test_few_events_in_view_are_points_and_the_filter_box_holds(lake: Lake):
    here = Box(121.4, 31, 121.6, 31.5)
    seen = map_report.in_view(lake, query(), box=here, zoom=10)
    assert (seen.kind, seen.n, len(seen.table)) == ("points", 6, 6)
    assert set(seen.table["title"]) == {f"第 {n} 件" for n in range(6)}
    narrow = query(box=Box(121.4985, 31, 121.5015, 31.5))
    assert map_report.in_view(lake, narrow, box=here, zoom=10).n == 2
    assert map_report.in_view(lake, narrow, box=Box(0, 0, 1, 1), zoom=10).n == 0


def test_many_events_in_view_are_bins_that_add_up(lake: Lake, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(map_report, "MOST_POINTS", 3)
    seen = map_report.in_view(lake, query(), box=Box(121, 31, 122, 32), zoom=8)
    assert seen.kind == "bins"
    assert seen.table["n"].sum() == seen.n == 6


def test_alerts_take_the_place_of_their_area_and_those_without_are_left_out():
    places = pd.DataFrame(
        {"path": [WEST], "name": ["西区"], "lon": [121.0], "lat": [31.0], "west": 0, "east": 1}
    )
    rows = pd.DataFrame({"id": [1, 2], "area_path": [WEST, None]})
    told = map_report.placed(rows, places)
    assert told[["id", "place", "lon", "lat"]].to_numpy().tolist() == [[1, "西区", 121.0, 31.0]]
    assert "lon" not in rows


def test_alerts_and_cases_follow_the_areas_and_categories_of_the_filter():
    rows = pd.DataFrame(
        {"area_path": [EAST_1, WEST, None], "category": ["A-06001", "A-06", "P-01001"]}
    )
    of_west = query(areas=(WEST,)).filter
    of_kind = query(categories=("A-06",)).filter
    assert overview.concerned(rows, of_west).tolist() == [False, True, False]
    assert overview.concerned(rows, of_kind).tolist() == [True, True, False]
    assert overview.concerned(rows, query().filter).tolist() == [True] * 3
    assert overview.concerned(rows.head(0), of_west).tolist() == []


def test_days_before_the_first_event_teach_nothing_and_today_is_not_over(lake: Lake):
    told = timeline.course(
        lake, query(date(2026, 6, 8), TODAY), grain="day", until=pd.Timestamp("2026-06-10 12:00")
    )
    assert told["n"].tolist()[:2] == [0, 10]
    assert told["n"].isna().iloc[-1]
    assert told["expected"].isna().all()


def test_lanes_have_no_gaps(lake: Lake):
    told = timeline.lanes(lake, query(date(2026, 6, 8), TODAY), grain="day", by="facet")
    assert len(told) == 6 * 3
    assert told["n"].sum() == 16


def test_the_week_is_a_mean_per_hour(lake: Lake):
    told = timeline.week(lake, query(date(2026, 6, 9), TODAY))
    assert told.loc[2, 9] == 4  # Wednesday, nine to ten
    assert told.loc[1, 10] == 8


def test_the_category_that_did_most_for_a_change_is_named(lake: Lake):
    """Until ten: four today, two yesterday; each had one of A-06002, the others are A-06001."""
    assert why.mover(lake, query(), until=TEN) == why.Mover("A-06001", 2.0)


def test_each_facet_has_its_most_frequent_categories(lake: Lake):
    told = overview.facet_categories(lake, query(), limit=1)
    assert told.to_dict("list") == {
        "facet": ["affair", "thing"],
        "category": ["A-06001", "A-06001"],
        "n": [3, 2],
    }


def test_an_odd_hour_is_explained_by_what_was_unusual_in_it(lake: Lake):
    """Nine o'clock had four, three of them A-06001, and none in the weeks before."""
    odd = why.Odd(pd.Timestamp("2026-06-10 09:00"), 4.0, high=True)
    assert why.behind(lake, query(), (odd,), grain="hour") == ["A-06001"]


def test_a_day_is_laid_over_the_day_before_the_year_before_or_another_area(lake: Lake):
    def at_nine(how: timeline.Comparing, **named) -> float:
        told = timeline.compared(lake, query(), grain="hour", until=TEN, how=how, **named)
        assert len(told) == 24
        return told.set_index("bucket")["n"][pd.Timestamp("2026-06-10 09:00")]

    assert at_nine(timeline.Comparing.PREVIOUS) == 2
    assert at_nine(timeline.Comparing.YEAR) == 5
    assert at_nine(timeline.Comparing.AREA, areas=(WEST,)) == 1
    later = timeline.compared(
        lake, query(), grain="hour", until=TEN, how=timeline.Comparing.AREA, areas=(WEST,)
    )
    assert later["n"].notna().sum() == 10  # of today, as the other side, what is over


def test_the_days_of_a_period_are_laid_out_with_the_quiet_ones(lake: Lake):
    told = timeline.days(lake, query(date(2026, 6, 8), TODAY))
    assert told["n"].tolist() == [0, 10, 6]
    assert told["weekday"].tolist() == [0, 1, 2]
