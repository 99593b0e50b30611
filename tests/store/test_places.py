"""Areas, layers, units and categories as kept in the store."""

from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
from shapely.geometry import box

from govdash.core.errors import InputError
from govdash.core.settings import ROOT
from govdash.store import Store, areas, categories, units
from govdash.taxonomy import Taxonomy
from tests.conftest import NOW

DATA: Path = ROOT / "data"


def tree(*rows: tuple[str, str, str]) -> gpd.GeoDataFrame:
    table = pd.DataFrame(rows, columns=["path", "level", "name"])
    table["code"] = [path.strip("/").rsplit("/", 1)[-1] for path in table["path"]]
    shapes = [box(n, 0, n + 1, 1) for n in range(len(table))]
    return gpd.GeoDataFrame(table, geometry=shapes, crs="EPSG:4326")


CITY = ("/1/", "city", "市")
NORTH, SOUTH = ("/1/11/", "district", "北区"), ("/1/12/", "district", "南区")


def test_areas_come_back_parents_first_with_a_point_inside(store: Store):
    with store.write() as session:
        areas.put_areas(session, tree(NORTH, SOUTH, CITY))
    with store.read() as session:
        found = areas.frame(session)
        assert list(found["path"]) == ["/1/", "/1/11/", "/1/12/"]
        assert found["parent_path"].tolist()[1:] == ["/1/", "/1/"]
        assert found["parent_path"].isna().tolist() == [True, False, False]
        assert found.crs == "EPSG:4326"
        inside = gpd.points_from_xy(found["lon"], found["lat"])
        assert found.geometry.contains(gpd.GeoSeries(inside, crs=found.crs)).all()
        assert areas.names(session)["/1/12/"] == "南区"


def test_putting_an_area_again_replaces_it_and_removes_nothing(store: Store):
    with store.write() as session:
        areas.put_areas(session, tree(CITY, NORTH, SOUTH))
        areas.put_areas(session, tree(("/1/11/", "district", "新北区")))
    with store.read() as session:
        assert areas.names(session) == {"/1/": "市", "/1/11/": "新北区", "/1/12/": "南区"}


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (("/1/2/3/", "district", "区"), "与级别“区”不符"),
        (("/9/11/", "district", "区"), "上级 /9/ 不存在"),
    ],
)
def test_an_area_out_of_place_is_refused(sqlite_store: Store, wrong: tuple, said: str):
    with pytest.raises(InputError, match=said), sqlite_store.write() as session:
        areas.put_areas(session, tree(CITY, wrong))


def test_a_code_belongs_to_one_area(sqlite_store: Store):
    twice = tree(CITY, NORTH, SOUTH).assign(code=["1", "11", "11"])
    with pytest.raises(InputError, match="编码 11 已属于"), sqlite_store.write() as session:
        areas.put_areas(session, twice)


def test_an_empty_tree_is_an_empty_frame(sqlite_store: Store):
    with sqlite_store.read() as session:
        assert areas.frame(session).empty
        assert areas.frame(session).crs == "EPSG:4326"


def test_a_layer_is_replaced_by_name(store: Store):
    for label in ("道路", "主干路"):
        with store.write() as session:
            areas.put_layer(session, "roads", label, "{}", NOW)
    with store.read() as session:
        assert [(layer.name, layer.label) for layer in areas.layers(session)] == [
            ("roads", "主干路")
        ]


def test_units_may_come_before_their_parents(store: Store):
    given = pd.DataFrame(
        [("U2", "环卫所", None, "U1"), ("U1", "城管局", None, None)],
        columns=list(units.COLUMNS),
        dtype=object,
    )
    with store.write() as session:
        units.put_units(session, given)
        units.put_units(session, given.assign(name=["环卫一所", "城管局"]))
    with store.read() as session:
        told = units.units(session)
        assert told["code"].tolist() == ["U1", "U2"]
        assert told["name"].tolist() == ["城管局", "环卫一所"]
        assert told["parent_code"].tolist() == [None, "U1"]


def test_the_national_categories_are_there_with_limits_and_old_codes(store: Store):
    with store.write() as session:
        for _ in range(2):
            categories.put_categories(session, Taxonomy.load(DATA))
    with store.read() as session:
        table = categories.categories(session).set_index("key")
        assert (table["kind"] == "part").sum() >= 153
        assert (table["kind"] == "affair").sum() >= 250
        assert table.loc["A-06010", "name"] == "暴露垃圾"
        assert table["limit_amount"].gt(0).all()
        assert len(categories.aliases(session, categories.LEGACY)) > 200


def test_local_extensions_count_down_and_a_label_keeps_its_key(store: Store):
    with store.write() as session:
        categories.put_categories(session, Taxonomy.load(DATA))
        first = categories.register_local(session, "boston", "Animal Lost")
        second = categories.register_local(session, "boston", "Animal Found")
        assert (first, second) == ("L-99999", "L-99998")
        assert categories.register_local(session, "boston", " Animal Lost ") == first
        assert categories.register_local(session, "chicago", "Animal Lost") == first
        assert categories.aliases(session, "chicago") == {"Animal Lost": first}
        with pytest.raises(InputError, match="类别名称为空"):
            categories.register_local(session, "boston", "  ")
