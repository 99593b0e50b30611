"""An alert's course is held against what the ticks expect; its events are the viewer's own."""

from datetime import date

import pandas as pd

from govdash import sync
from govdash.core.filters import EventFilter, EventQuery, Period, Scope
from govdash.core.settings import ROOT, Settings
from govdash.lake import Lake
from govdash.report import triage
from govdash.store import Store
from tests.lake.events import EAST_1, EAST_10, WEST, WHOLE, canonical, put

ZONE = "Asia/Shanghai"


def test_the_band_of_a_holiday_is_that_of_holidays(tmp_path):
    """Ten a day, two on days off, 400 days to National Day: 2 is what it should expect then."""
    settings = Settings.from_environment({"GOVDASH_VAR": str(tmp_path)})
    store, lake = Store.open(settings.database_url), Lake.open(settings)
    store.migrate()
    calendar = triage.WorkCalendar.load(ROOT / "data")
    days = pd.date_range("2024-09-01", "2025-10-03", tz=ZONE)
    off = set(calendar.holidays(days[0].date(), days[-1].date()))
    rows = [
        {"source_id": f"{day:%m%d%y}-{n}", "reported_at": day + pd.Timedelta(hours=9)}
        for day in days
        for n in range(2 if day.date() in off else 10)
    ]
    put(store, canonical(*rows))
    sync.sync(store, lake)
    period = Period(days[0].date(), date(2025, 10, 3), ZONE)
    query = EventQuery(EventFilter(period=period), WHOLE)
    course = triage.course(lake, query, data_dir=ROOT / "data").set_index("day")
    expected = course["expected"]
    assert expected["2025-09-29"] > 8
    assert expected["2025-10-03"] < 4
    lake.close()
    store.close()


def sampled(settings: Settings, scope: Scope) -> pd.DataFrame:
    """Ask for an alert's events as a viewer: three in its window, others beside it."""
    store, lake = Store.open(settings.database_url), Lake.open(settings)
    store.migrate()
    at = pd.Timestamp("2026-06-09 10:00", tz=ZONE)
    rows = [
        {"source_id": "1", "reported_at": at, "title": "早"},
        {"source_id": "2", "reported_at": at + pd.Timedelta(hours=3), "title": "晚"},
        {"source_id": "3", "reported_at": at - pd.Timedelta(hours=30), "title": "前一天"},
        {"source_id": "4", "reported_at": at - pd.Timedelta(days=3), "title": "窗口之前"},
        {"source_id": "5", "reported_at": at, "title": "别的类别", "category": "A-01001"},
        {"source_id": "6", "reported_at": at, "title": "别处", "area_path": EAST_10},
    ]
    put(store, canonical(*rows))
    sync.sync(store, lake)
    viewer = EventQuery(EventFilter(period=Period(at.date(), at.date(), ZONE)), scope)
    asked = triage.window_query(
        viewer,
        areas=(EAST_1,),
        category="A-06001",
        first=date(2026, 6, 8),
        last=date(2026, 6, 9),
    )
    told = triage.samples(lake, asked)
    lake.close()
    store.close()
    return told


def test_sample_events_are_those_of_the_alerts_series_and_window_newest_first(tmp_path):
    settings = Settings.from_environment({"GOVDASH_VAR": str(tmp_path)})
    assert list(sampled(settings, WHOLE)["title"]) == ["晚", "早", "前一天"]


def test_a_viewer_of_other_areas_gets_no_sample_events(tmp_path):
    settings = Settings.from_environment({"GOVDASH_VAR": str(tmp_path)})
    assert sampled(settings, Scope(areas=(WEST, EAST_10))).empty


def test_a_viewer_of_nothing_gets_no_sample_events(tmp_path):
    settings = Settings.from_environment({"GOVDASH_VAR": str(tmp_path)})
    assert sampled(settings, Scope(areas=())).empty


def test_no_more_sample_events_than_a_glance_takes(tmp_path):
    settings = Settings.from_environment({"GOVDASH_VAR": str(tmp_path)})
    store, lake = Store.open(settings.database_url), Lake.open(settings)
    store.migrate()
    at = pd.Timestamp("2026-06-09 10:00", tz=ZONE)
    put(store, canonical(*({"source_id": str(n), "reported_at": at} for n in range(9))))
    sync.sync(store, lake)
    period = Period(at.date(), at.date(), ZONE)
    assert len(triage.samples(lake, EventQuery(EventFilter(period=period), WHOLE))) == 5
    lake.close()
    store.close()


def test_an_area_is_named_by_its_street():
    names = {"/9/": "城", "/9/91/": "区", "/9/91/911/": "街", "/9/91/911/9111/": "社区"}
    assert triage.street_of(names, "/9/91/911/9111/91111/") == "街"
    assert triage.street_of(names, "/9/91/") == "区"
    assert triage.street_of(names, None) == "未落格"
