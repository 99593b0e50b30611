"""The small map: outlines in whole units, small enough to be sent each time a page is drawn."""

import geopandas as gpd
import numpy as np
import pytest
from shapely.geometry import Point, Polygon, box

from govdash.figures.sketch import sketch


def areas(*shapes, names=None):
    paths = names or [f"/1/{n}/" for n in range(len(shapes))]
    return gpd.GeoDataFrame({"path": paths}, geometry=list(shapes), crs="EPSG:4326")


def test_two_squares_on_the_equator_stand_side_by_side():
    """2° × 1° on 400 units with margins of 3: a degree is 197 units, y grows to the south."""
    made = sketch(areas(box(0, -0.5, 1, 0.5), box(1, -0.5, 2, 0.5)), areas(box(0, -0.5, 2, 0.5)))
    assert (made.width, made.height) == (400, 203)
    assert made.shapes["/1/0/"] == "M200 200l0-197-197 0 0 197z"
    assert made.centres == {"/1/0/": (102, 102), "/1/1/": (298, 102)}
    assert made.border.count("M") == 1


def test_a_place_lies_where_its_area_is_drawn():
    made = sketch(areas(box(0, -0.5, 1, 0.5), box(1, -0.5, 2, 0.5)), areas())
    assert made.place(0.0, 0.5) == pytest.approx((3, 3))
    assert made.place(0.5, 0.0) == pytest.approx((101.5, 101.5))
    assert made.place(2.0, -0.5) == pytest.approx((397, 200))


def test_degrees_of_longitude_are_narrower_in_the_north():
    made = sketch(areas(box(0, 59.9, 1, 60.1)), areas())
    assert (made.width, made.height) == (400, 164)  # 394 · 0.2 / cos 60° + 6


def test_holes_and_parts_are_kept():
    holed = Polygon(
        [(0, 0), (1, 0), (1, 1), (0, 1)], [[(0.4, 0.4), (0.6, 0.4), (0.6, 0.6), (0.4, 0.6)]]
    )
    both = holed.union(box(2, 0, 3, 1))
    made = sketch(areas(both), areas())
    assert made.shapes["/1/0/"].count("M") == 3


def test_a_city_of_ragged_cells_stays_within_its_size():
    random = np.random.default_rng(3)
    cells = [
        Point(x, y).buffer(0.5, quad_segs=40 + int(random.integers(20)))
        for x in range(30)
        for y in range(20)
    ]
    made = sketch(areas(*cells), areas(box(-1, -1, 31, 21)))
    assert len(made.shapes) == 600
    assert sum(map(len, made.shapes.values())) + len(made.border) <= 16_000
    assert all(made.shapes.values())


def test_no_areas_make_no_map():
    assert sketch(areas(), areas(box(0, 0, 1, 1))) is None
