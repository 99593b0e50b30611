"""The course of an alert's series is held against what the ticks hold it against."""

from datetime import date

import pandas as pd

from govdash import sync
from govdash.core.filters import EventFilter, EventQuery, Period
from govdash.core.settings import ROOT, Settings
from govdash.lake import Lake
from govdash.report import triage
from govdash.store import Store
from tests.lake.events import WHOLE, canonical, put

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
