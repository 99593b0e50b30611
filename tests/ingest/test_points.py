"""Coordinates: read from text, put right where that is safe, dropped where they mean nothing."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from govdash.geo import Datum, from_wgs84
from govdash.ingest.findings import Findings
from govdash.ingest.points import Convention, numbers, settle, split_pairs

CHINA = (73.0, 3.0, 136.0, 54.0)


@pytest.mark.parametrize(
    ("text", "value"),
    [("121.47", 121.47), ("121.47°E", 121.47), ("东经121.47", 121.47), (" -77 ", -77), ("", None)],
)
def test_a_number_is_read_through_its_decoration(text: str, value: float | None):
    told, wrong = numbers(pd.Series([text.strip()], dtype="str"))
    assert not wrong[0]
    assert np.isnan(told[0]) if value is None else told[0] == value


@pytest.mark.parametrize("text", ["abc", "inf", "-inf", "1,5", "121.47.3", "BROOKLYN"])
def test_what_is_no_number_is_wrong(text: str):
    told, wrong = numbers(pd.Series([text], dtype="str"))
    assert wrong[0]
    assert np.isnan(told[0])


@pytest.mark.parametrize(
    "text",
    ["121.47,31.23", "(121.47, 31.23)", "POINT (121.47 31.23)", "121.47，31.23", "121.47;31.23"],
)
def test_a_pair_in_one_column_is_taken_apart(text: str):
    lon, lat = split_pairs(pd.Series([text, "", "无"], dtype="str"), lon_first=True)
    assert (lon.tolist(), lat.tolist()) == (["121.47", "", "无"], ["31.23", "", "无"])


def test_a_gcj_point_is_kept_in_wgs84():
    x, y = from_wgs84([121.47], [31.23], Datum.GCJ02)
    lon, lat = settle(x, y, Convention(Datum.GCJ02, CHINA), Findings(1))
    assert np.allclose([lon[0], lat[0]], [121.47, 31.23], atol=1e-9)


def test_outside_the_bounds_but_in_the_world_a_point_stays():
    findings = Findings(1)
    lon, lat = settle(np.array([2.35]), np.array([48.85]), Convention(bounds=CHINA), findings)
    assert (lon[0], lat[0]) == (2.35, 48.85)
    assert not findings.bad.any()


DEGREES = st.one_of(st.floats(-400, 400), st.just(float("nan")), st.integers(-200, 200).map(float))


@settings(deadline=None)
@given(
    st.lists(st.tuples(DEGREES, DEGREES), min_size=1, max_size=20), st.sampled_from([None, CHINA])
)
def test_every_point_ends_whole_and_in_range_or_is_spoken_of(pairs: list, bounds: tuple | None):
    lon, lat = (np.array(side) for side in zip(*pairs, strict=True))
    findings = Findings(len(pairs))
    x, y = settle(lon, lat, Convention(bounds=bounds), findings)
    assert (np.isnan(x) == np.isnan(y)).all()
    kept = ~np.isnan(x)
    assert (np.abs(x[kept]) <= 180).all()
    assert (np.abs(y[kept]) <= 90).all()
    told = np.logical_or.reduce([findings.bad, *findings.warnings.values()])
    had = ~(np.isnan(lon) & np.isnan(lat))
    assert (told | kept)[had].all()
