"""Outlines are read from files, points get their place in the tree."""

import json
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely.geometry import box

from govdash.core.errors import InputError
from govdash.core.vocab import AreaLevel
from govdash.geo import AREA_COLUMNS, Datum, assign, from_wgs84, read_areas

SQUARE = [[121.0, 31.0], [121.1, 31.0], [121.1, 31.1], [121.0, 31.1], [121.0, 31.0]]
BOW_TIE = [[121.2, 31.0], [121.3, 31.1], [121.3, 31.0], [121.2, 31.1], [121.2, 31.0]]


def write(file: Path, *features: tuple[dict[str, object], str, object], **extra: object) -> Path:
    collection = {
        "type": "FeatureCollection",
        **extra,
        "features": [
            {"type": "Feature", "properties": p, "geometry": {"type": kind, "coordinates": c}}
            for p, kind, c in features
        ],
    }
    file.write_text(json.dumps(collection), encoding="utf-8")
    return file


def read(file: Path, *, datum: Datum = Datum.WGS84, **options):
    options = {"level": AreaLevel.DISTRICT, "parent_path": "/310000/"} | options
    return read_areas(file, datum=datum, **options)


@pytest.fixture
def tree() -> gpd.GeoDataFrame:
    """A city of two districts side by side; the western one has two streets and a gap."""
    shapes = {
        "/1/": box(0, 0, 4, 2),
        "/1/11/": box(0, 0, 2, 2),
        "/1/12/": box(2, 0, 4, 2),
        "/1/11/111/": box(0, 0, 1, 1),
        "/1/11/112/": box(1, 0, 2, 1),
    }
    return gpd.GeoDataFrame({"path": list(shapes)}, geometry=list(shapes.values()), crs="EPSG:4326")


def test_a_point_gets_the_deepest_area_around_it(tree):
    paths = assign([0.5, 0.5, 3.0], [0.5, 1.5, 1.0], tree)
    assert list(paths) == ["/1/11/111/", "/1/11/", "/1/12/"]


def test_a_point_in_no_area_is_kept_without_a_path(tree):
    paths = assign([9.0, np.nan], [9.0, 0.5], tree)
    assert list(paths) == [None, None]
    assert paths.dtype == object


def test_a_point_on_a_shared_border_goes_the_same_way_whatever_the_order(tree):
    for areas in (tree, tree.iloc[::-1]):
        assert list(assign([1.0, 2.0], [0.5, 1.5], areas)) == ["/1/11/111/", "/1/11/"]


def test_the_index_of_the_points_is_kept(tree):
    lon = pd.Series([0.5, 3.0], index=[7, 3])
    lat = pd.Series([0.5, 1.0], index=[7, 3])
    paths = assign(lon, lat, tree)
    assert paths[7] == "/1/11/111/"
    assert paths[3] == "/1/12/"


def test_no_points_give_no_paths(tree):
    assert assign([], [], tree).empty


def test_areas_without_national_codes_get_the_same_ones_at_every_import(tmp_path):
    file = write(tmp_path / "a.geojson", ({"name": "甲区"}, "Polygon", [SQUARE]))
    first, again = read(file), read(file)
    assert tuple(first.columns) == AREA_COLUMNS
    assert first["code"].tolist() == again["code"].tolist()
    assert first["path"][0] == f"/310000/{first['code'][0]}/"
    assert any("生成编码" in note for note in first.attrs["notes"])


def test_broken_rings_are_repaired_and_said(tmp_path):
    file = write(
        tmp_path / "a.geojson",
        ({"name": "甲", "adcode": 310101}, "Polygon", [SQUARE]),
        ({"name": "乙", "adcode": 310102}, "Polygon", [BOW_TIE]),
    )
    areas = read(file)
    assert areas.is_valid.all()
    assert areas["code"].tolist() == ["310101", "310102"]
    assert areas.attrs["notes"] == ["1 个区域的边界自相交，已修复。"]


def test_a_shifted_datum_is_converted_and_said(tmp_path):
    shifted = np.column_stack(from_wgs84(*np.array(SQUARE).T, Datum.GCJ02)).tolist()
    file = write(tmp_path / "a.geojson", ({"name": "甲", "adcode": "310101"}, "Polygon", [shifted]))
    areas = read(file, datum=Datum.GCJ02)
    assert areas.total_bounds == pytest.approx([121.0, 31.0, 121.1, 31.1], abs=1e-9)
    assert "GCJ02" in areas.attrs["notes"][0]


def test_a_root_has_no_parent(tmp_path):
    file = write(tmp_path / "a.geojson", ({"name": "市", "adcode": "310000"}, "Polygon", [SQUARE]))
    areas = read(file, level=AreaLevel.CITY, parent_path=None)
    assert areas["path"][0] == "/310000/"
    assert areas["parent_path"][0] is None


def test_a_declared_projection_is_converted(tmp_path):
    metres = [[[x * 111319.49, 0.0] for x in (0, 1)] + [[111319.49, 1e5], [0.0, 0.0]]]
    crs = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::3857"}}
    file = write(tmp_path / "a.geojson", ({"name": "甲"}, "Polygon", metres), crs=crs)
    assert read(file).total_bounds[2] == pytest.approx(1.0, abs=1e-4)
    with pytest.raises(InputError, match="矛盾"):
        read(file, datum=Datum.BD09)


@pytest.mark.parametrize(
    ("feature", "says"),
    [
        (({"name": "甲"}, "Point", [121.0, 31.0]), "没有面要素"),
        (({"label": "甲"}, "Polygon", [SQUARE]), "可用的列：label"),
        (({"name": "甲"}, "Polygon", [[[5e5, 1], [6e5, 1], [6e5, 2], [5e5, 1]]]), "不是经纬度"),
    ],
)
def test_what_cannot_be_used_is_refused_with_the_reason(tmp_path, feature, says):
    with pytest.raises(InputError, match=says):
        read(write(tmp_path / "a.geojson", feature))


def test_two_areas_of_one_name_are_refused(tmp_path):
    one = ({"name": "甲"}, "Polygon", [SQUARE])
    with pytest.raises(InputError, match="名称“甲”重复"):
        read(write(tmp_path / "a.geojson", one, one))


def test_a_file_that_is_no_map_is_refused(tmp_path):
    file = tmp_path / "a.geojson"
    file.write_text("keine Karte", encoding="utf-8")
    with pytest.raises(InputError, match="无法读取"):
        read(file)


@pytest.mark.shared
def test_shanghais_districts_keep_their_codes_and_lose_the_shift(shared_dir):
    file = shared_dir / "data" / "boundaries" / "shanghai_districts.geojson"
    areas = read(file, datum=Datum.GCJ02)
    assert len(areas) == 16
    assert "/310000/310101/" in set(areas["path"])
    raw = gpd.read_file(file)
    moved = areas.total_bounds - raw.total_bounds
    assert np.all((np.abs(moved) > 5e-4) & (np.abs(moved) < 1e-2))
    # People's Square, WGS-84, lies in 黄浦区
    assert list(assign([121.4693], [31.2311], areas)) == ["/310000/310101/"]


@pytest.mark.shared
def test_bostons_neighbourhoods_are_repaired_and_get_codes(shared_dir):
    file = shared_dir / "data" / "boundaries" / "boston_neighborhoods.geojson"
    areas = read(file, parent_path="/boston/")
    assert len(areas) == 26
    assert areas.is_valid.all()
    assert "4 个区域的边界自相交，已修复。" in areas.attrs["notes"]
    fenway = areas.loc[areas["name"] == "Fenway", "path"].item()
    assert list(assign([-71.0972], [42.3467], areas)) == [fenway]
