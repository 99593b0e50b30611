"""Classes of colour and payloads of the map."""

from datetime import date

import pandas as pd
import pytest
from pyproj import Geod

from govdash.core.filters import Box, EventFilter, Period
from govdash.core.shapes import EARTH_METRES, Circle
from govdash.figures import maps
from govdash.figures.palette import DARK, LIGHT


def test_classes_are_even_steps_of_the_square_root():
    """Most 36, six classes: roots 1…5, squares 1, 4, 9, 16, 25."""
    assert maps.breaks([0, 3, 36]) == [1, 4, 9, 16, 25]


def test_small_counts_have_fewer_classes_and_no_empty_ones():
    assert maps.breaks([0, 1, 2]) == [1, 2]
    assert maps.breaks([0, 0]) == []
    assert maps.breaks([]) == []


def test_the_legend_says_which_counts_a_colour_means():
    assert maps.legend([1, 4, 9]) == ["0", "1–3", "4–8", "9 以上"]
    assert maps.legend([1, 2]) == ["0", "1", "2 以上"]
    assert maps.legend([]) == ["0"]


def test_bins_carry_counts_and_single_events_their_titles():
    bins = maps.mark_layer(pd.DataFrame({"lon": [1.123456789], "lat": [2.0], "n": [7]}))
    assert bins == {"lon": [1.12346], "lat": [2.0], "n": [7]}
    one = pd.DataFrame({"lon": [1.0], "lat": [2.0], "event_id": ["e1"], "title": [None]})
    assert maps.mark_layer(one) == {"lon": [1.0], "lat": [2.0], "id": ["e1"], "title": [""]}


def test_both_themes_colour_every_class_and_level():
    for palette in (LIGHT, DARK):
        told = maps.colours(palette)
        assert len(told["ramp"]) == len(maps.breaks([10_000])) + 1
        assert set(told["levels"]) == {"red", "orange", "yellow", "blue"}


def test_shares_have_classes_of_their_own_and_what_is_not_known_is_no_zero():
    layer = maps.share_layer("u", {"/1/": 12.345}, label="未按时办结", steps=(6, 11))
    assert (layer["values"], layer["breaks"], layer["unit"]) == ({"/1/": 12.3}, [6, 11], "%")
    assert layer["none"] == "样本不足"


def test_the_corners_of_a_circle_lie_on_it_and_a_rectangle_has_its_own():
    period = Period(date(2026, 6, 1), date(2026, 6, 2))
    corners = maps.outline(EventFilter(period, shape=Circle(121.47, 31.23, 500)))
    globe = Geod(a=EARTH_METRES, b=EARTH_METRES)
    away = [globe.inv(121.47, 31.23, lon, lat)[2] for lon, lat in corners]
    assert len(corners) == 72
    assert away == pytest.approx([500] * 72, abs=0.2)  # six decimals are a decimetre
    box = EventFilter(period, box=Box(1.0, 2.0, 3.0, 4.0))
    assert maps.outline(box) == [(1.0, 2.0), (3.0, 2.0), (3.0, 4.0), (1.0, 4.0)]
    assert maps.outline(EventFilter(period)) == []
