"""Two years of the demo city: rhythm, weather, character, people, labelled incidents."""

from datetime import timedelta

import numpy as np
import pandas as pd
import pytest

from govdash.core.vocab import Channel, Facet
from govdash.demo import rhythm
from govdash.demo.events import draw
from govdash.demo.incidents import silenced
from govdash.demo.record import make_record, plan_incidents, window
from govdash.demo.weather import weather
from tests.demo.conftest import END, EVENTS, ZONE


@pytest.fixture(scope="module")
def core(world) -> pd.DataFrame:
    """Ordinary events enough to see rates, before times and texts."""
    days, _ = window(END, ZONE)
    return draw(world, days, 120_000, np.random.default_rng(1))


def test_the_record_has_the_number_asked_for_and_ends_at_its_moment(record):
    assert len(record.events) == pytest.approx(EVENTS, rel=0.01)
    assert record.events["received_at"].max() <= pd.Timestamp(END)
    assert record.events["reported_at"].min() > pd.Timestamp(END) - pd.Timedelta(days=733)


def test_the_same_seed_number_and_moment_give_the_same_record(world, record):
    again = make_record(world, events=EVENTS, at=END, zone=ZONE)
    pd.testing.assert_frame_equal(again.events, record.events)
    pd.testing.assert_frame_equal(again.labels, record.labels)


def test_numbers_are_unique_in_their_source_and_carry_the_local_day(record):
    events = record.events
    assert not events.duplicated(["source", "source_id"]).any()
    day = events["reported_at"].dt.tz_convert(ZONE).dt.strftime("%Y%m%d")
    assert all(d in i for d, i in zip(day, events["source_id"], strict=True))


def test_things_are_reported_after_they_happen_and_received_after_that(record):
    events = record.events
    assert (events["reported_at"] >= events["occurred_at"]).all()
    assert (events["received_at"] >= events["reported_at"]).all()
    assert (
        events["closed_at"].dropna() >= events["reported_at"][events["closed_at"].notna()]
    ).all()
    delay = (events["reported_at"] - events["occurred_at"]).groupby(events["channel"]).median()
    assert delay["sensor"] < timedelta(minutes=2)
    assert delay["department"] > timedelta(hours=10)


def test_every_channel_and_every_facet_has_events(record):
    events = record.events
    assert set(events["channel"]) == {c.value for c in Channel} - {"other"}
    assert set(events["facet"]) == {f.value for f in Facet}


def test_categories_are_national_ones_and_many_of_them_occur(world, record):
    known = {c.key for c in world.taxonomy}
    assert set(record.events["category"]) <= known
    assert record.events["category"].nunique() > 90


def test_asset_codes_have_17_digits_and_begin_with_the_district(record):
    coded = record.events.dropna(subset=["asset_code"])
    assert len(coded) > 100
    assert coded["asset_code"].str.fullmatch(r"9901\d{13}").all()
    assert (coded["asset_code"].str[6:11] == coded["category"].str[2:]).all()


def test_texts_read_on_and_differ(record):
    events = record.events
    assert events["text"].nunique() > 0.95 * len(events)
    assert not events["text"].str.contains(r"[{}]|nan|None").any()
    assert not events["title"].str.contains(r"[{}]|nan|None").any()
    assert events["text"].str.len().between(8, 200).all()


def test_some_texts_hold_people_so_that_masking_has_work(record):
    """Numbers come from a block that is given to nobody."""
    with_phone = record.events["text"].str.extract(r"(1\d{10})", expand=False).dropna()
    assert len(with_phone) > 50
    assert with_phone.str.startswith("164").all()
    contacts = record.events.loc[record.events["reporter_contact"] != "", "reporter_contact"]
    assert contacts.str.fullmatch(r"164\d{8}").all()
    assert contacts.duplicated().mean() > 0.02  # some people call again and again


def test_machines_have_no_mood_and_no_name(record):
    machine = record.events["channel"].isin(["sensor", "camera"])
    assert record.events.loc[machine, "sentiment"].isna().all()
    assert (record.events.loc[machine, "reporter_name"] == "").all()
    assert record.events.loc[~machine, "sentiment"].notna().all()


def test_sundays_are_quieter_than_mondays_and_stalls_fuller(core):
    per_day = core.groupby(core["occurred"].dt.day_of_week).size()
    assert per_day[6] < 0.85 * per_day[0]
    stalls = core[core["key"] == "A-09001"].groupby(core["occurred"].dt.day_of_week).size()
    assert stalls[5] > stalls[1]


def test_inspectors_work_by_day_and_site_noise_comes_at_night(core):
    grid = core.loc[core["channel"] == "grid", "occurred"].dt.hour
    assert grid.between(7, 20).all()
    noise = core.loc[(core["key"] == "A-08001") & (core["channel"] != "grid"), "occurred"].dt.hour
    assert (~noise.between(7, 21)).mean() > 0.5


def test_summer_has_more_barbecues_and_winter_more_dark_lamps(core):
    month = core["occurred"].dt.month
    barbecue, lamp = core["key"] == "A-06029", core["key"] == "A-01037"
    assert (barbecue & month.isin([6, 7, 8])).sum() > 2 * (barbecue & month.isin([12, 1, 2])).sum()
    assert (lamp & month.isin([12, 1, 2])).sum() > 1.2 * (lamp & month.isin([6, 7, 8])).sum()


def test_heavy_rain_brings_standing_water_and_drives_stalls_away(world, core):
    days, _ = window(END, ZONE)
    rain = weather(days, seed=world.seed)["rain"]
    wet, dry = rain.index[rain > 15], rain.index[rain == 0]

    def rate(key, which):
        mine = core.loc[core["key"] == key, "occurred"].dt.normalize()
        return mine.isin(which).sum() / len(which)

    assert rate("E-0506", wet) > 3 * rate("E-0506", dry)
    assert rate("A-09001", wet) < 0.8 * rate("A-09001", dry)


def test_at_spring_festival_building_sites_are_still(core):
    day = core["occurred"].dt.normalize()
    feast = pd.date_range("2026-02-16", "2026-02-22")
    usual = pd.date_range("2026-03-09", "2026-03-15")
    site = core["key"].str.startswith("A-08")
    assert (site & day.isin(feast)).sum() < 0.4 * (site & day.isin(usual)).sum()


def test_swapped_working_days_count_as_working_days():
    """2026-02-14 is a Saturday that is worked for the Spring Festival."""
    days = pd.DatetimeIndex(["2026-02-13", "2026-02-14", "2026-02-17", "2026-02-21"])
    calendar = rhythm.calendar(days)
    assert calendar["off"].tolist() == [False, False, True, True]
    assert calendar["spring"].tolist() == [False, False, True, True]


def test_beyond_the_known_years_weekends_are_off():
    calendar = rhythm.calendar(pd.DatetimeIndex(["2035-01-05", "2035-01-06"]))
    assert calendar["off"].tolist() == [False, True]


def test_stations_draw_stalls_and_old_quarters_clutter(world, core):
    character = world.city.grids["character"].to_numpy()[core["grid"]]
    per_grid = world.city.grids["character"].value_counts()

    def rate(key, kind):
        return ((core["key"] == key) & (character == kind)).sum() / per_grid[kind]

    assert rate("A-09001", "station") > 3 * rate("A-09001", "residential")
    assert rate("A-06036", "old") > 1.3 * rate("A-06036", "new")


def test_a_day_has_the_same_weather_in_any_window():
    long = weather(pd.date_range("2024-01-01", "2026-06-10"), seed=3)
    short = weather(pd.date_range("2026-05-01", "2026-07-10"), seed=3)
    pd.testing.assert_frame_equal(
        long.loc["2026-05-01":"2026-06-10"], short.loc["2026-05-01":"2026-06-10"], check_freq=False
    )


def test_incidents_of_every_kind_are_labelled_and_some_are_under_way(record):
    kinds = set(record.labels["kind"])
    assert kinds == {
        "burst_main", "road_collapse", "flooding", "illegal_stalls", "site_noise",
        "sensor_outage", "slow_rise", "uncollected",
    }  # fmt: skip
    open_ = record.labels[record.labels["end"] > pd.Timestamp(END)]
    assert len(open_) >= 4
    assert (record.labels["start"] < record.labels["end"]).all()


def test_the_events_of_an_incident_are_in_the_record_where_and_when_it_says(world, record):
    events = record.events.set_index("source_id")
    first = record.labels[record.labels["direction"] == "high"]
    for row in first[first["source_ids"] != ""].to_dict("records"):
        mine = events.loc[row["source_ids"].split(";")]
        assert mine["occurred_at"].between(row["start"], row["end"]).all()
        assert (mine["category"] == row["category"]).any() or len(mine) < 4


def test_a_silent_channel_reports_nothing(world):
    wrong = plan_incidents(world, events=EVENTS, at=END, zone=ZONE)
    outage = next(i for i in wrong if i.silent)
    core = pd.DataFrame(
        {
            "channel": [outage.silent, outage.silent, "hotline"],
            "occurred": [
                outage.start + pd.Timedelta(hours=1),
                outage.end + pd.Timedelta(hours=1),
                outage.start + pd.Timedelta(hours=1),
            ],
        }
    )
    kept = silenced(core, [outage])
    assert kept["channel"].tolist() == [outage.silent, "hotline"]
    assert kept["occurred"].iloc[0] > outage.end
