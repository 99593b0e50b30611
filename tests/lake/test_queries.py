"""Counts, pages, streams, points, bins and freshness against the same events in pandas."""

import threading
from math import atan, exp, floor, log, pi, radians, tan

import numpy as np
import pandas as pd
import pytest

from govdash import sync
from govdash.core.errors import InputError
from govdash.core.filters import Scope
from govdash.lake import Lake, queries
from govdash.lake.schema import EVENT_SCHEMA, LEVELS
from govdash.store import Store
from tests.lake.conftest import City
from tests.lake.events import CITY, EAST, EAST_1, GRID, WHOLE, asking, canonical, many, put


def local(events: pd.DataFrame, time: str, zone: str) -> pd.Series:
    return events[time].dt.tz_convert(zone).dt.tz_localize(None)


@pytest.mark.parametrize("zone", ["Asia/Shanghai", "America/New_York", "Asia/Kathmandu", "UTC"])
@pytest.mark.parametrize("time", ["reported_at", "occurred_at", "received_at"])
def test_hours_weekdays_and_buckets_are_those_of_the_zones_clock(city: City, zone: str, time: str):
    """The 160 days hold New York's change to summer time on 8 March 2026."""
    query = asking("2025-12-01", "2026-07-31", zone=zone)
    at = local(city.events, time, zone)
    by = queries.counts(city.lake, query, by=("weekday", "hour"), time=time)
    want = pd.DataFrame({"weekday": at.dt.day_of_week, "hour": at.dt.hour}).value_counts()
    assert by.set_index(["weekday", "hour"])["n"].to_dict() == want.to_dict()
    starts = {
        "hour": at.dt.floor("h"),
        "day": at.dt.normalize(),
        "week": at.dt.normalize() - pd.to_timedelta(at.dt.day_of_week, unit="D"),
        "month": at.dt.to_period("M").dt.start_time,
    }
    for grain, start in starts.items():
        found = queries.counts(city.lake, query, grain=grain, time=time)
        assert found.columns.tolist() == ["bucket", "n"]
        assert found.set_index("bucket")["n"].to_dict() == start.value_counts().to_dict(), grain
        assert found["bucket"].is_monotonic_increasing


def test_every_group_can_be_counted_and_the_counts_add_up(city: City):
    for name in queries.GROUPS:
        found = queries.counts(city.lake, asking(), by=(name,))
        assert found.columns.tolist() == [name, "n"]
        assert found["n"].sum() == 3_000, name
        assert found["n"].dtype == "int64"
        if name in city.events:
            want = city.events[name].value_counts(dropna=False)
            told = dict(zip(found[name].fillna(""), found["n"], strict=True))
            assert told == dict(zip(want.index.fillna(""), want, strict=True)), name


def test_area_levels_are_prefixes_and_missing_below_an_events_own_level(store: Store, lake: Lake):
    put(store, canonical(
        {"source_id": "1", "reported_at": "2026-05-01", "area_path": GRID},
        {"source_id": "2", "reported_at": "2026-05-01", "area_path": EAST},
        {"source_id": "3", "reported_at": "2026-05-01", "area_path": None},
    ))  # fmt: skip
    sync.sync(store, lake)
    found = queries.counts(lake, asking(), by=LEVELS).sort_values("grid", na_position="last")
    told = found.astype(object).where(found.notna(), None)[list(LEVELS)].to_numpy().tolist()
    community = "/990100/990101/990101001/990101001001/"
    assert [CITY, EAST, EAST_1, community, GRID] in told
    assert [CITY, EAST, None, None, None] in told
    assert [None] * 5 in told


def test_pages_are_in_order_neither_overlap_nor_leave_out_and_hold_every_column(city: City):
    for order in ("-reported_at", "reported_at", "category", "-lon"):
        pages = [
            queries.rows(city.lake, asking(), limit=700, offset=at, order=order)
            for at in range(0, 3_500, 700)
        ]
        assert [len(page) for page in pages] == [700, 700, 700, 700, 200]
        whole = pd.concat(pages)
        assert whole.columns.tolist() == EVENT_SCHEMA.names
        assert whole["event_id"].nunique() == 3_000
        values = whole[order.removeprefix("-")].dropna()
        rising = values.is_monotonic_increasing
        assert values.is_monotonic_decreasing if order.startswith("-") else rising
    large = queries.rows(city.lake, asking(), limit=3_000)
    pd.testing.assert_frame_equal(large.iloc[:50], queries.rows(city.lake, asking(), limit=50))


def test_a_stream_is_the_table_newest_first_in_batches(city: City):
    batches = list(queries.stream(city.lake, asking(), batch_rows=400))
    assert max(batch.num_rows for batch in batches) <= 400
    assert all(batch.schema == EVENT_SCHEMA for batch in batches)
    ids = [i for batch in batches for i in batch.column("event_id").to_pylist()]
    assert ids == queries.rows(city.lake, asking(), limit=5_000)["event_id"].tolist()


def test_points_are_the_newest_that_have_a_place(city: City):
    found = queries.points(city.lake, asking(), limit=100)
    placed = city.events[city.events["lon"].notna()]
    want = placed.nlargest(100, "reported_at")["reported_at"]
    assert found["reported_at"].tolist() == want.tolist()
    assert found.columns.tolist() == list(queries.POINT_COLUMNS)


def test_bins_count_points_by_cells_of_the_mercator_screen(city: City):
    """By hand: world width 512 * 2^9 px, cells of 16 px; x, y by EPSG:3857's formula."""
    cells = 512 * 2**9 / 16

    def cell(lon: float, lat: float) -> tuple[int, int]:
        y = 0.5 - log(tan(pi / 4 + radians(lat) / 2)) / (2 * pi)
        return floor((lon + 180) / 360 * cells), floor(y * cells)

    placed = city.events.dropna(subset="lon")
    want = pd.Series([cell(*p) for p in zip(placed["lon"], placed["lat"], strict=True)])
    found = queries.bins(city.lake, asking(), cell_px=16, zoom=9)
    told = {cell(r.lon, r.lat): r.n for r in found.itertuples()}
    assert told == want.value_counts().to_dict()
    assert found["n"].is_monotonic_decreasing
    x, y = cell(found["lon"][0], found["lat"][0])
    assert found["lon"][0] == pytest.approx((x + 0.5) / cells * 360 - 180)
    middle = atan(exp((0.5 - (y + 0.5) / cells) * 2 * pi)) * 2 - pi / 2
    assert found["lat"][0] == pytest.approx(np.degrees(middle))


def test_freshness_tells_the_newest_of_each_source_and_channel_inside_the_scope(city: City):
    found = queries.freshness(city.lake, WHOLE).set_index(["source", "channel"])
    groups = city.events.groupby(["source", "channel"])
    assert found["n"].to_dict() == groups.size().to_dict()
    assert found["last_received_at"].to_dict() == groups["received_at"].max().to_dict()
    mine = queries.freshness(city.lake, Scope(areas=(EAST,)))
    assert mine["n"].sum() == city.events["area_path"].fillna("").str.startswith(EAST).sum()


def test_a_wrong_word_is_refused_and_the_right_ones_are_named(city: City):
    with pytest.raises(InputError, match="“colour”不认识；可用：city、district"):
        queries.counts(city.lake, asking(), by=("colour",))
    with pytest.raises(InputError, match="时间粒度“year”不认识；可用：hour、day、week、month"):
        queries.counts(city.lake, asking(), grain="year")
    with pytest.raises(InputError, match="时间字段"):
        queries.counts(city.lake, asking(), grain="day", time="superseded_at")
    with pytest.raises(InputError, match="排序字段"):
        queries.rows(city.lake, asking(), limit=1, order="-colour; DROP TABLE x")
    with pytest.raises(InputError, match="格子边长"):
        queries.bins(city.lake, asking(), cell_px=0, zoom=9)


def test_an_empty_lake_answers_with_the_same_columns_and_types(city: City, lake: Lake):
    asks = [
        lambda lake: queries.counts(lake, asking(), by=("district", "hour"), grain="day"),
        lambda lake: queries.rows(lake, asking(), limit=10),
        lambda lake: queries.points(lake, asking(), limit=10),
        lambda lake: queries.bins(lake, asking(), cell_px=9, zoom=9),
        lambda lake: queries.freshness(lake, WHOLE),
    ]
    for ask in asks:
        pd.testing.assert_series_equal(ask(lake).dtypes, ask(city.lake).dtypes)
    assert queries.total(lake, asking()) == lake.data_version == 0
    assert list(queries.stream(lake, asking())) == []


def test_many_threads_ask_and_one_writes_and_nobody_sees_half(sqlite_store: Store, lake: Lake):
    put(sqlite_store, many(100, days=60))
    sync.sync(sqlite_store, lake)
    stop, wrong = threading.Event(), list[str]()

    def ask() -> None:
        while not stop.is_set():
            total = queries.total(lake, asking())
            by = queries.counts(lake, asking(), by=("channel",), grain="day")["n"].sum()
            page = len(queries.rows(lake, asking(), limit=5_000))
            if not (total % 100 == by % 100 == page % 100 == 0 and total <= by <= page):
                wrong.append(f"{total} {by} {page}")

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for seed in range(2, 6):
        put(sqlite_store, many(100, seed=seed, days=60))
        sync.sync(sqlite_store, lake)
    sync.rebuild(sqlite_store, lake)
    stop.set()
    for thread in threads:
        thread.join()
    assert wrong == []
    assert queries.total(lake, asking()) == 500


def test_the_engine_can_read_the_lakes_folder_and_nothing_else(lake: Lake, tmp_path):
    import duckdb
    import ibis

    outside = tmp_path / "outside.parquet"
    city_rows = queries.EVENTS.select("event_id")
    pd.DataFrame({"event_id": ["x"]}).to_parquet(outside)
    assert isinstance(city_rows, ibis.Table)
    with pytest.raises(duckdb.PermissionException):
        lake.engine.table(city_rows, [str(outside)])
