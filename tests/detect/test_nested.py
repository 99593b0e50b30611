"""One thing that shows at several levels is told once."""

from datetime import date, timedelta

import pandas as pd
import pytest

from govdash.detect import Finding, SeriesKey, explain, reduce_nested

DAY = date(2024, 6, 10)


def finding(area, category, excess, p_value, *, expected=30.0, direction="high", day=DAY, days=1):
    key = SeriesKey(area, category)
    evidence = explain(
        series=str(key),
        window=(day - timedelta(days=days - 1), day),
        observed=int(expected) + excess,
        expected=expected,
        sd=1.2 * expected**0.5,
        interval=(80.0, 120.0),
        p_value=p_value,
        q_value=p_value,
        direction=direction,
        history=pd.Series(dtype="int64"),
    )
    return Finding(str(key), area, category, day, direction, 50.0, evidence)


def kept(*findings, **options):
    return [f.series for f in reduce_nested(findings, **options)]


def test_a_street_that_holds_most_of_the_excess_speaks_for_district_and_city():
    assert kept(
        finding("/1/", "A-06001", 30, 1e-3, expected=90),
        finding("/1/01/", "A-06001", 28, 1e-5, expected=30),
        finding("/1/01/001/", "A-06001", 25, 1e-9, expected=5),
    ) == ["/1/01/001/|A-06001"]


def test_a_district_that_holds_sixty_percent_is_enough_and_less_is_not():
    """The rest of the city, 20 or 21 over 70, is within 2.58 · 1.2 · sqrt(70) = 25.9."""
    city = finding("/1/", "A-06001", 50, 1e-6, expected=100)
    assert kept(city, finding("/1/01/", "A-06001", 30, 1e-4)) == ["/1/01/|A-06001"]
    assert kept(city, finding("/1/01/", "A-06001", 29, 1e-4)) == ["/1/|A-06001"]


def test_a_part_does_not_speak_for_a_whole_whose_rest_is_strange_too():
    """Everything silent: 70 of 100 lost in one category, but 30 of 30 in the rest as well."""
    city = finding("/1/", "*", -100, 1e-12, expected=100, direction="low")
    part = finding("/1/", "A-06", -70, 1e-8, expected=70, direction="low")
    assert kept(city, part) == ["/1/|*"]


def test_parts_of_something_wider_are_left_to_the_whole():
    city = finding("/1/", "A-06001", 60, 1e-12, expected=90)
    districts = [finding(f"/1/0{n}/", "A-06001", 20, 1e-4) for n in range(3)]
    assert kept(city, *districts) == ["/1/|A-06001"]


def test_a_part_that_is_stranger_than_the_whole_stays_beside_it():
    city = finding("/1/", "*", 60, 1e-3, expected=900)
    street = finding("/1/01/", "A-06001", 20, 1e-9, expected=2)
    assert kept(city, street) == ["/1/|*", "/1/01/|A-06001"]


def test_the_category_is_preferred_to_its_major():
    major, category = finding("/1/", "A-06", 30, 1e-6), finding("/1/", "A-06001", 29, 1e-6)
    assert kept(major, category) == ["/1/|A-06001"]


def test_a_rise_and_a_loss_are_two_things():
    up = finding("/1/", "*", 30, 1e-6)
    down = finding("/1/01/", "*", -30, 1e-6, direction="low")
    assert kept(up, down) == ["/1/|*", "/1/01/|*"]


def test_neighbours_stay_both():
    assert len(kept(finding("/1/01/", "*", 30, 1e-6), finding("/1/02/", "*", 30, 1e-6))) == 2


def test_windows_that_do_not_overlap_are_two_things():
    old = finding("/1/", "*", 30, 1e-6, day=DAY - timedelta(days=9))
    assert len(kept(old, finding("/1/01/", "*", 29, 1e-6))) == 2


def test_both_are_held_against_the_same_window_when_it_is_known():
    city = finding("/1/", "A-06001", 70, 1e-6, expected=200, days=7)
    street = finding("/1/01/", "A-06001", 20, 1e-4, expected=4)
    assert kept(city, street) == ["/1/|A-06001"]
    known = {("/1/01/|A-06001", 7): (88.0, 28.0)}
    assert kept(city, street, counts=known) == ["/1/01/|A-06001"]


@pytest.mark.parametrize("n", [0, 1])
def test_nothing_to_reduce_is_left_alone(n):
    findings = [finding("/1/", "*", 30, 1e-6)][:n]
    assert reduce_nested(findings) == findings
