"""疑似重复: within 50 metres and 24 hours, of one category; merged at entry in one action."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from pyproj import Geod

from govdash.access import SYSTEM
from govdash.core.errors import NotFound, Refused
from govdash.core.permissions import Permission
from govdash.core.vocab import CaseAction as A
from govdash.core.vocab import CaseState as S
from govdash.store import cases as rows
from govdash.store import journal
from govdash.workflow import cases, duplicates
from tests.workflow.conftest import CATEGORY, HOUR, NEW, NINE, ON_BOTH

LON, LAT = 121.4873, 31.2621
HERE = replace(NEW, lon=LON, lat=LAT)
GEOD = Geod(ellps="WGS84")


def at_metres(metres: float, azimuth: float = 0.0) -> dict[str, float]:
    lon, lat, _ = GEOD.fwd(LON, LAT, azimuth, metres)
    return {"lon": lon, "lat": lat}


@pytest.fixture
def register(city, operator):
    def at_(at=NINE, **told) -> int:
        with city.write() as session:
            return cases.open_case(session, replace(HERE, **told), actor=operator, at=at).id

    return at_


@pytest.fixture
def near(city, operator):
    def look(at=NINE + HOUR, *, category=CATEGORY, scope=None, **place) -> list[int]:
        place = {"lon": LON, "lat": LAT} | place
        with city.read() as session:
            found = duplicates.near(
                session, scope or operator.scope, category=category, at=at, **place
            )
            return found["id"].tolist()

    return look


@ON_BOTH
@pytest.mark.parametrize("azimuth", [0, 90, 200])
def test_what_lies_within_fifty_metres_is_offered_the_nearest_first(register, near, azimuth):
    register(**at_metres(50.5, azimuth))
    far, close = register(**at_metres(49.5, azimuth)), register(**at_metres(10, azimuth))
    assert near() == [close, far]


def test_what_was_registered_more_than_a_day_away_is_not_offered(register, near):
    one = register(NINE)
    assert near(NINE + timedelta(hours=24)) == [one]
    assert near(NINE + timedelta(hours=24, seconds=1)) == []
    assert near(NINE - timedelta(hours=24)) == [one]  # entered late, from a list


def test_another_category_an_ended_case_and_no_place_offer_nothing(register, near, walk):
    one = register()
    assert near(category="A-09001") == []
    assert near(lon=None, lat=None) == []
    walk(one, A.REJECT)
    assert near() == []


def test_who_does_not_see_a_case_is_not_offered_it(register, near, local_user):
    register()
    assert near(scope=local_user.scope) == []


def test_the_distance_is_that_of_the_ellipsoid_within_half_a_percent():
    random = np.random.default_rng(3)
    lons, lats = LON + random.normal(0, 0.01, 200), LAT + random.normal(0, 0.01, 200)
    told = duplicates.distance(LON, LAT, lons, lats)
    _, _, true = GEOD.inv(np.full(200, LON), np.full(200, LAT), lons, lats)
    assert np.allclose(told, true, rtol=0.005)


@ON_BOTH
def test_one_more_report_is_registered_and_merged_in_one_action(city, operator, register):
    first = register()
    with city.write() as session:
        case = cases.open_case(session, HERE, actor=operator, at=NINE + HOUR, leading=first)
        second = case.id
        assert (case.state, case.leading_id) == (S.MERGED, first)
        lines = journal.lines(session, subject=f"case:{second}")
        assert [line.did for line in lines] == ["case.open"]
        assert lines[0].detail["leading"] == "AJ-20260610-0001"
        steps = rows.steps(session, second, SYSTEM.scope)
        assert steps["action"].tolist() == [None, A.MERGE]
        assert [i for i in rows.ledger(session, second) if i.ended_at is None] == []


def test_merging_at_entry_is_judged_like_any_merging(city, operator, register, local_user, walk):
    first = register()
    only = replace(operator, permissions=frozenset({Permission.CASE_CREATE}))
    with pytest.raises(Refused, match="没有此项权限"), city.write() as session:
        cases.open_case(session, HERE, actor=only, at=NINE, leading=first)
    with pytest.raises(NotFound), city.write() as session:
        cases.open_case(session, HERE, actor=local_user, at=NINE, leading=first)
    walk(first, A.REJECT)
    with pytest.raises(Refused, match="不能作为主案件"), city.write() as session:
        cases.open_case(session, HERE, actor=operator, at=NINE + HOUR, leading=first)
