"""Every condition keeps exactly the rows that the same words keep in a plain frame."""

from datetime import date

import pandas as pd
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as profile
from hypothesis import strategies as st
from pyproj import Geod
from shapely import Polygon, contains_xy

from govdash.core.filters import Box, EventFilter, EventQuery, Hours, Period, Scope
from govdash.core.shapes import EARTH_METRES, Circle, Ring, Shape
from govdash.core.vocab import Channel, Facet
from govdash.lake import queries
from tests.lake.conftest import City
from tests.lake.events import CITY, EAST, EAST_1, EAST_10, GRID, WEST, WHOLE, asking

PATHS = [CITY, EAST, EAST_1, EAST_10, GRID, WEST, "/990100/990103/"]


def expected(events: pd.DataFrame, query: EventQuery) -> pd.Series:
    """Say the same in pandas, row by row."""
    chosen, scope = query.filter, query.scope
    path = events["area_path"].fillna("")
    keep = events["reported_at"].between(chosen.period.start, chosen.period.end, inclusive="left")

    def below(paths: tuple[str, ...]) -> pd.Series:
        return path.map(lambda p: any(p.startswith(one) for one in paths))

    if not scope.whole_city:
        keep &= below(scope.areas) | events["unit_code"].isin(scope.units)
    if chosen.areas:
        keep &= below(chosen.areas)
    if chosen.categories:
        category = events["category"]
        keep &= category.isin(chosen.categories) | category.str[:4].isin(chosen.categories)
    if chosen.channels:
        keep &= events["channel"].isin([str(c) for c in chosen.channels])
    if chosen.facets:
        keep &= events["facet"].isin([str(f) for f in chosen.facets])
    if chosen.units:
        keep &= events["unit_code"].isin(chosen.units)
    if chosen.text:
        told = events["title"] + "\x00" + events["text"] + "\x00" + events["address"]
        keep &= told.str.lower().str.contains(chosen.text.lower(), regex=False)
    if chosen.box:
        b = chosen.box
        keep &= events["lon"].between(b.west, b.east) & events["lat"].between(b.south, b.north)
    if chosen.shape:
        keep &= inside(chosen.shape, events["lon"], events["lat"])
    if chosen.hours:
        hour = events["reported_at"].dt.tz_convert(chosen.period.zone_name).dt.hour
        wanted = [h % 24 for h in range(chosen.hours.first, chosen.hours.first + chosen.hours.n)]
        keep &= hour.isin(wanted)
    if chosen.unplaced:
        keep &= events["area_path"].isna()
    return keep


def inside(shape: Shape, lon: pd.Series, lat: pd.Series) -> pd.Series:
    """Say by another library what lies inside: geodesics of the sphere, and GEOS."""
    known = lon.notna()
    if isinstance(shape, Circle):
        globe = Geod(a=EARTH_METRES, b=EARTH_METRES)
        n = len(lon)
        away = globe.inv([shape.lon] * n, [shape.lat] * n, lon.fillna(0), lat.fillna(0))[2]
        return known & (away <= shape.metres)
    return known & contains_xy(Polygon(shape.corners), lon.fillna(0), lat.fillna(0))


def some(values: list[str]) -> st.SearchStrategy[tuple[str, ...]]:
    return st.lists(st.sampled_from(values), max_size=3, unique=True).map(tuple)


filters = st.builds(
    EventFilter,
    period=st.tuples(st.dates(date(2025, 12, 25), date(2026, 6, 20)), st.integers(0, 120)).map(
        lambda t: Period(t[0], t[0] + pd.Timedelta(days=t[1]).to_pytimedelta())
    ),
    areas=some(PATHS),
    categories=some(["A-06001", "A-06", "A-01003", "L-99", "A-99"]),
    channels=some(list(Channel)),
    facets=some(list(Facet)),
    units=some(["U1", "U2", "U9"]),
    text=st.sampled_from(["", "", "", "积水", "ktv", "KTV", "ROAD", "%", "100%_", "_", ".*", "'"]),
    box=st.none() | st.just(Box(121.2, 31.1, 121.7, 31.4)),
    shape=st.none()
    | st.builds(Circle, st.floats(121.1, 121.8), st.floats(31.0, 31.5), st.integers(100, 40_000))
    | st.sampled_from(
        [
            Ring(((121.2, 31.1), (121.7, 31.15), (121.45, 31.25), (121.6, 31.4), (121.1, 31.35))),
            Ring(((121.0, 31.0), (122.0, 31.0), (121.5, 31.5))),
        ]
    ),
    hours=st.sampled_from([None, None, Hours(0, 6), Hours(9, 17), Hours(22, 6), Hours(23, 24)]),
    unplaced=st.sampled_from([False, False, False, True]),
)
scopes = st.just(WHOLE) | st.builds(Scope, areas=some(PATHS), units=some(["U1", "U2"]))


@given(chosen=filters, scope=scopes)
@profile(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_query_finds_what_the_same_words_find_in_a_plain_frame(
    city: City, chosen: EventFilter, scope: Scope
):
    query = EventQuery(chosen, scope)
    keep = expected(city.events, query)
    found = queries.rows(city.lake, query, limit=10_000)
    assert set(found["source_id"]) == set(city.events.loc[keep, "source_id"])
    assert queries.total(city.lake, query) == keep.sum()


def test_an_empty_scope_sees_nothing_at_all(city: City):
    query = asking(scope=Scope(areas=()))
    assert queries.total(city.lake, query) == 0
    assert queries.rows(city.lake, query, limit=10).empty
    assert queries.points(city.lake, query, limit=10).empty
    assert queries.bins(city.lake, query, cell_px=20, zoom=8).empty
    assert sum(batch.num_rows for batch in queries.stream(city.lake, query)) == 0
    assert queries.freshness(city.lake, query.scope).empty
    assert queries.counts(city.lake, query, by=("channel",), grain="day").empty


def test_an_area_holds_what_is_below_it_and_not_what_only_begins_alike(city: City):
    found = queries.counts(city.lake, asking(areas=(EAST_1,)), by=("street",))
    assert found["street"].tolist() == [EAST_1]
    assert EAST_10.startswith(EAST_1[:-1])


def test_events_in_no_area_need_the_whole_city_or_their_unit(city: City):
    nowhere = city.events["area_path"].isna()
    assert queries.total(city.lake, asking(unplaced=True)) == nowhere.sum()
    assert queries.total(city.lake, asking(unplaced=True, scope=Scope(areas=(CITY,)))) == 0
    mine = nowhere & city.events["unit_code"].eq("U1")
    of_unit = asking(unplaced=True, scope=Scope(areas=(), units=("U1",)))
    assert queries.total(city.lake, of_unit) == mine.sum() > 0


@pytest.mark.parametrize("text", ["%", "_", "'", "\\", '"', "；DROP TABLE events"])
def test_searched_text_is_meant_literally(city: City, text: str):
    told = city.events[["title", "text", "address"]].agg("".join, axis=1)
    found = queries.total(city.lake, asking(text=text))
    assert found == told.str.contains(text, regex=False).sum()


def test_a_period_is_whole_days_of_the_citys_zone(city: City):
    day = asking("2026-03-01", "2026-03-01")
    local = city.events["reported_at"].dt.tz_convert("Asia/Shanghai").dt.date
    assert queries.total(city.lake, day) == local.eq(date(2026, 3, 1)).sum() > 0
