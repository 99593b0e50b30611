"""The demo city lies in one piece, its areas fill their parents, its codes hold to the standard."""

import geopandas as gpd
import numpy as np
import pytest
import shapely

from govdash.core.settings import ROOT
from govdash.core.vocab import AreaLevel
from govdash.demo.geography import make_city, to_metres
from govdash.demo.terrain import to_degrees
from govdash.geo import assign

DIGITS = {"city": 6, "district": 6, "street": 9, "community": 12, "grid": 15}
HOW_MANY = {
    "city": (1, 1), "district": (8, 8), "street": (60, 60), "community": (170, 230),
    "grid": (450, 560),
}  # fmt: skip


@pytest.fixture(scope="module")
def areas(world) -> gpd.GeoDataFrame:
    return world.city.areas


@pytest.mark.parametrize("level", list(HOW_MANY))
def test_each_level_has_as_many_areas_as_a_city_of_this_size(areas, level):
    low, high = HOW_MANY[level]
    assert low <= (areas["level"] == level).sum() <= high


def test_codes_are_unique_and_as_long_as_their_level_asks_for(areas):
    assert areas["code"].is_unique
    assert areas["path"].is_unique
    assert (areas["code"].str.len() == areas["level"].map(DIGITS)).all()
    assert areas["code"].str.startswith("9901").all()  # no real division begins so


def test_a_path_names_every_area_around_by_its_code(areas):
    known = set(areas["path"])
    depth = areas["path"].str.count("/") - 1
    levels = [level.value for level in AreaLevel]
    assert (depth == areas["level"].map(levels.index) + 1).all()
    below = areas[areas["parent_path"].notna()]
    assert set(below["parent_path"]) <= known
    assert (areas["parent_path"].isna() == (areas["level"] == "city")).all()


def test_a_grid_is_contained_in_its_community_by_prefix(areas):
    grids = areas[areas["level"] == "grid"]
    parent = grids["parent_path"].str.split("/").str[-2]
    assert (grids["code"].str[:12] == parent).all()


def test_outlines_are_valid_single_pieces_and_no_rectangles(areas):
    assert areas.is_valid.all()
    grids = areas[areas["level"] == "grid"].geometry
    assert (grids.geom_type == "Polygon").all()
    assert shapely.get_num_coordinates(grids.to_numpy()).min() > 8


@pytest.mark.parametrize("level", ["district", "street", "community", "grid"])
def test_children_fill_their_parents_without_overlap(areas, level):
    outlines = areas.loc[areas["level"] == level].geometry
    assert shapely.coverage_is_valid(outlines.to_numpy())
    city = areas.geometry.iloc[0]
    assert shapely.equals(shapely.normalize(shapely.coverage_union_all(outlines)), city)


def test_the_river_parts_districts(world, areas):
    """Both banks of the main river belong to different districts nearly everywhere."""
    line = world.city.terrain.river
    at = np.arange(6000.0, line.length - 6000.0, 400.0)
    here = shapely.get_coordinates(shapely.line_interpolate_point(line, at))
    ahead = shapely.get_coordinates(shapely.line_interpolate_point(line, at + 5))
    way = ahead - here
    across = np.column_stack([-way[:, 1], way[:, 0]]) / np.hypot(*way.T)[:, None] * 450
    districts = areas[areas["level"] == "district"]
    left = assign(*to_degrees(here + across).T, districts)
    right = assign(*to_degrees(here - across).T, districts)
    both = left.notna() & right.notna()
    assert (left[both] != right[both]).mean() > 0.9


def test_people_are_counted_up_the_tree(areas):
    people = areas.set_index("path")["population"]
    for level in ("grid", "community", "street", "district"):
        mine = areas[areas["level"] == level]
        held = mine.groupby("parent_path")["population"].sum()
        assert (held == people[held.index]).all()


def test_drawn_layers_are_named_and_lie_in_or_by_the_city(world, areas):
    around = areas.geometry.iloc[0].buffer(0.02)
    for name in ("water", "roads", "rail", "places"):
        layer = world.city.layers[name]
        assert layer["name"].ne("").all()
        assert layer.intersects(around).all()


def test_every_address_lies_in_its_grid_and_on_land(world, areas):
    addresses = world.addresses
    paths = assign(addresses["lon"], addresses["lat"], areas)
    own = world.city.grids["path"].to_numpy()[addresses["grid"]]
    assert (paths == own).mean() > 0.999
    water = shapely.union_all(list(world.city.terrain.water.values()))
    wet = shapely.contains_xy(water, addresses["x"], addresses["y"])
    assert wet.mean() < 0.005
    assert set(addresses["grid"]) == set(range(len(world.city.grids)))


def test_every_unit_answers_for_an_area_and_every_category_has_a_unit(world, areas):
    units = world.units.table
    assert set(units["area_path"]) <= set(areas["path"])
    assert units["code"].is_unique
    assert units["name"].is_unique
    keys = np.array([c.key for c in world.taxonomy], dtype=object)
    for grid in (0, len(world.city.grids) - 1):
        found = world.units.unit_of(keys, np.full(len(keys), grid))
        assert set(found) <= set(units["code"])


def test_metres_and_degrees_are_inverse():
    xy = np.array([[1234.0, -5678.0], [-9000.0, 12000.0]])
    assert to_metres(to_degrees(xy)) == pytest.approx(xy, abs=0.2)


def test_the_same_seed_gives_the_same_city_and_another_seed_another(world):
    again = make_city(ROOT / "data", seed=world.seed)
    other = make_city(ROOT / "data", seed=world.seed + 1)
    same = [
        a.equals(b) for a, b in zip(again.areas.geometry, world.city.areas.geometry, strict=True)
    ]
    assert all(same)
    assert list(again.areas["name"]) == list(world.city.areas["name"])
    assert not other.areas.geometry.iloc[0].equals(world.city.areas.geometry.iloc[0])
