"""A calendar by colour and the life of an incident hold what they are given."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pandas as pd

from govdash.figures import moments
from govdash.figures.palette import LIGHT

ZONE = ZoneInfo("Asia/Shanghai")
AT = datetime(2026, 6, 10, 2, 0, tzinfo=UTC)


def test_a_calendar_has_a_column_a_week_and_names_each_day():
    days = pd.DataFrame(
        {
            "day": pd.to_datetime(["2026-06-14", "2026-06-15"]),
            "week": pd.to_datetime(["2026-06-08", "2026-06-15"]),
            "weekday": [6, 0],
            "n": [3, 5],
        }
    )
    [heat] = moments.calendar(days, LIGHT).data
    assert (heat.z[6][0], heat.z[0][1]) == (3, 5)
    assert heat.customdata[6][0] == "2026-06-14"
    assert heat.y[0] == "周一"


def test_a_life_has_a_row_a_kind_on_the_citys_clock_and_its_words_are_text():
    events = pd.DataFrame({"bucket": pd.to_datetime(["2026-06-10 09:00"]), "n": [4]})
    told = [
        (AT, "预警", "发出提示", "系统"),
        (AT + timedelta(hours=9), "预警", "<b>签收</b>", "沈岚"),
        (AT + timedelta(hours=10), "案件", "登记", "沈岚"),
    ]
    figure = moments.life(events, told, LIGHT, zone=ZONE)
    bars, alerts, cases, calls = figure.data
    assert list(bars.customdata) == [4]
    assert f"{alerts.x[0]:%H:%M}" == "10:00"
    assert (len(alerts.x), len(cases.x), len(calls.x)) == (2, 1, 0)
    assert "&lt;b&gt;签收&lt;/b&gt;" in [note.text for note in figure.layout.annotations]
