"""Charts over time hold what they are given, in Chinese, and nothing else."""

from datetime import date

import pandas as pd
import pytest

from govdash.core.vocab import Level
from govdash.figures import charts
from govdash.figures.palette import DARK, LIGHT

HOURS = pd.DataFrame(
    {
        "bucket": pd.date_range("2026-06-10", periods=24, freq="h"),
        "n": [5.0] * 10 + [float("nan")] * 14,
        "expected": 5.0,
        "low": 1.0,
        "high": 9.0,
        "flag": [False] * 9 + [True] + [False] * 14,
    }
)


@pytest.mark.parametrize("palette", [LIGHT, DARK], ids=["light", "dark"])
def test_the_day_ends_its_line_where_hours_are_not_over_and_marks_the_odd_one(palette):
    figure = charts.day_curve(HOURS, palette, now=pd.Timestamp("2026-06-10 10:30"))
    line, odd = figure.data[3], figure.data[4]
    assert pd.Series(line.y).notna().sum() == 10
    assert list(odd.x) == [pd.Timestamp("2026-06-10 09:00")]
    assert figure.layout.template.layout.paper_bgcolor == "rgba(0,0,0,0)"


def test_without_history_there_is_no_band_and_no_error():
    bare = HOURS.assign(expected=float("nan"), low=float("nan"), high=float("nan"), flag=False)
    figure = charts.day_curve(bare, LIGHT, now=pd.Timestamp("2026-06-10 10:30"))
    assert len(figure.data[0].x) == 0


def test_holidays_and_the_chosen_span_are_whole_days_behind_the_band():
    days = HOURS.assign(bucket=pd.date_range("2026-06-01", periods=24))
    figure = charts.band_chart(
        days,
        LIGHT,
        grain="day",
        chosen=charts.Span(date(2026, 6, 8), date(2026, 6, 10)),
        holidays=[charts.Span(date(2026, 6, 19), date(2026, 6, 21), "端午节")],
    )
    holiday, chosen = figure.layout.shapes
    assert (holiday.x0, holiday.x1) == (date(2026, 6, 19), date(2026, 6, 22))
    assert (chosen.x0, chosen.x1) == (date(2026, 6, 8), date(2026, 6, 11))
    assert figure.layout.annotations[0].text == "端午节"
    assert figure.layout.dragmode == "select"


def test_each_lane_has_its_name_and_total():
    counts = pd.DataFrame(
        {
            "bucket": list(pd.date_range("2026-06-01", periods=2)) * 2,
            "lane": ["a", "a", "b", "b"],
            "n": [1, 2, 1000, 0],
        }
    )
    figure = charts.lanes(counts, LIGHT, names={"a": "人", "b": "地"}, grain="day")
    assert [note.text for note in figure.layout.annotations] == ["人", "3", "地", "1,000"]
    assert [list(trace.y) for trace in figure.data] == [[1, 2], [1000, 0]]


def test_the_week_begins_on_monday_at_the_top():
    table = pd.DataFrame([[float(day)] * 24 for day in range(7)])
    figure = charts.week_heat(table, LIGHT)
    assert figure.data[0].y[0] == "周一"
    assert figure.layout.yaxis.autorange == "reversed"


def test_an_odd_point_is_named_beside_it_and_data_is_no_markup():
    at = pd.Timestamp("2026-06-10 09:00")
    figure = charts.day_curve(
        HOURS, LIGHT, now=pd.Timestamp("2026-06-10 10:30"), notes={at: "09:00 <b>停水</b>突增"}
    )
    note = figure.layout.annotations[0]
    assert (note.x, note.y, note.xanchor) == (at, 5.0, "left")
    assert note.text == "09:00 &lt;b&gt;停水&lt;/b&gt;突增"


def test_alerts_stand_on_the_axis_by_colour_and_shape_and_a_second_line_beside():
    days = HOURS.assign(bucket=pd.date_range("2026-06-01", periods=24))
    when = pd.Timestamp("2026-06-03 08:00")
    figure = charts.band_chart(
        days,
        LIGHT,
        grain="day",
        beside=days[["bucket", "n"]],
        incidents=[(when, Level.RED, "甲", "7")],
    )
    marks = next(trace for trace in figure.data if trace.mode == "markers" and when in trace.x)
    assert (marks.marker.symbol[0], list(marks.customdata[0])) == ("diamond", ["红色预警：甲", "7"])
    assert sum(trace.line.dash == "dash" for trace in figure.data) == 1
