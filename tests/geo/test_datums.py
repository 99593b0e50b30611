"""Datums are converted both ways, outside China nothing moves."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyproj import Geod

from govdash.geo import Datum, from_wgs84, to_wgs84

GEOD = Geod(ellps="WGS84")
SHIFTED = (Datum.GCJ02, Datum.BD09)


def metres(lon1, lat1, lon2, lat2):
    return GEOD.inv(lon1, lat1, lon2, lat2)[2]


@pytest.fixture(scope="module")
def china():
    """A lattice over the whole box, 200 × 200 points."""
    lon, lat = np.meshgrid(np.linspace(73, 135, 200), np.linspace(18, 53.5, 200))
    return lon.ravel(), lat.ravel()


@pytest.mark.parametrize("datum", SHIFTED)
def test_there_and_back_is_better_than_a_micrometre_over_all_of_china(china, datum):
    back = to_wgs84(*from_wgs84(*china, datum), datum)
    assert metres(*china, *back).max() < 1e-6


@pytest.mark.parametrize("datum", SHIFTED)
def test_back_and_there_is_better_than_a_micrometre_over_all_of_china(china, datum):
    there = from_wgs84(*to_wgs84(*china, datum), datum)
    assert metres(*china, *there).max() < 1e-6


@pytest.mark.parametrize("datum", SHIFTED)
@given(lon=st.floats(73.6, 135.0), lat=st.floats(3.9, 53.5))
def test_any_point_of_china_comes_back(datum, lon, lat):
    back = to_wgs84(*from_wgs84(lon, lat, datum), datum)
    assert metres(lon, lat, *back) < 1e-6


def test_the_shift_of_a_known_place_is_the_published_one():
    """Tiananmen, WGS-84 116.397451, 39.909187, as map services show it in GCJ-02."""
    lon, lat = from_wgs84(116.397451, 39.909187, Datum.GCJ02)
    assert (lon, lat) == pytest.approx((116.403694, 39.910590), abs=2e-6)
    assert metres(116.397451, 39.909187, lon, lat) == pytest.approx(556, abs=10)


def test_the_shift_has_the_size_that_is_known(china):
    gcj = metres(*china, *from_wgs84(*china, Datum.GCJ02))
    assert gcj.min() > 20
    assert gcj.max() < 1500
    shanghai = metres(121.47, 31.23, *from_wgs84(121.47, 31.23, Datum.BD09))
    assert 800 < shanghai < 1500


@pytest.mark.parametrize("datum", list(Datum))
@pytest.mark.parametrize("point", [(-71.06, 42.36), (2.35, 48.86), (151.2, -33.9), (139.7, 35.7)])
def test_outside_china_nothing_moves(datum, point):
    assert from_wgs84(*point, datum) == point
    assert to_wgs84(*point, datum) == point


def test_a_missing_coordinate_stays_missing():
    lon, lat = to_wgs84([np.nan, 121.47], [np.nan, 31.23], Datum.GCJ02)
    assert np.isnan(lon[0])
    assert np.isnan(lat[0])
    assert np.isfinite(lon[1])


def test_arguments_are_left_as_they_were():
    lon = np.array([121.47])
    to_wgs84(lon, np.array([31.23]), Datum.BD09)
    assert lon[0] == 121.47
