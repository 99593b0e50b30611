"""Alerts that belong together are one: the most severe leads, and is handled with the others."""

from collections.abc import Callable
from datetime import date, datetime, timedelta

import geopandas as gpd
import pytest
from shapely.geometry import box

from govdash.access import SYSTEM, User
from govdash.core.filters import Scope
from govdash.core.permissions import Permission
from govdash.core.vocab import Disposition, Handling, Level, Signal
from govdash.store import Store, areas, journal
from govdash.store import alerts as rows
from govdash.store.models import Alert
from govdash.workflow import alertlog, alerts, board, cases, grouping, signals
from govdash.workflow.alertlog import PROJECTED
from govdash.workflow.rules import Rule
from tests.workflow.conftest import CATEGORY, DISTRICT, ON_BOTH, OTHER, STREET

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
NEXT = f"{DISTRICT}990101004/"  # touches STREET
ACROSS = f"{OTHER}990102001/"  # touches NEXT, in the other district
FAR = f"{OTHER}990102009/"
WORSE = {"observed": 60, "p_value": 1e-12}

Raise = Callable[..., int]


@pytest.fixture
def raised(city: Store, rule: Rule, finding, now: datetime) -> Raise:
    """Raise an alert in an area, and bring the groups up to date as a tick does."""
    tree = [
        (NEXT, "长桥街道", box(1, 0, 2, 1)),
        (ACROSS, "望岭街道", box(2, 0, 3, 1)),
        (FAR, "西山街道", box(3.5, 3.5, 4, 4)),
    ]
    with city.write() as session:
        frame = gpd.GeoDataFrame(
            {
                "path": [path for path, *_ in tree],
                "code": [path.strip("/").split("/")[-1] for path, *_ in tree],
                "level": "street",
                "name": [name for _, name, _ in tree],
            },
            geometry=[shape for *_, shape in tree],
            crs="EPSG:4326",
        )
        areas.put_areas(session, frame)

    def make(area_path: str, *, at: datetime = now, **told: object) -> int:
        with city.write() as session:
            found = finding(area_path=area_path, **told)
            alert = signals.raise_alert(session, found, rule, at=at)
            grouping.regroup(session, at=at)
            return alert.id

    return make


def leader(city: Store, alert_id: int) -> int | None:
    with city.read() as session:
        return session.get_one(Alert, alert_id).leader_id


def handling(city: Store, *ids: int) -> list[Handling]:
    with city.read() as session:
        return [session.get_one(Alert, alert_id).handling for alert_id in ids]


def on_board(city: Store, scope: Scope, **chosen: object) -> list[int]:
    with city.read() as session:
        return list(board.alerts(session, scope, folded=True, **chosen)["id"])


def test_neighbouring_areas_of_one_category_are_one_alert_with_members(city, operator, raised, now):
    one = raised(STREET)
    two = raised(NEXT, at=now + HOUR)
    assert (leader(city, one), leader(city, two)) == (None, one)
    assert on_board(city, operator.scope) == [one]
    with city.read() as session:
        table = board.alerts(session, operator.scope, folded=True)
        assert list(table["n_members"]) == [1]
        life = board.alert_life(session, two, operator.scope)
        assert list(life.group["id"]) == [one]


def test_a_major_and_its_category_next_door_are_one_matter(city, raised):
    one = raised(STREET, category="A-06")
    assert leader(city, raised(NEXT)) == one


@pytest.mark.parametrize(
    ("area", "told"),
    [
        (FAR, {}),
        (NEXT, {"category": "P-02001"}),
        (NEXT, {"direction": "low", "observed": 1}),
        (NEXT, {"day": date(2026, 5, 1)}),
    ],
    ids=["far away", "another category", "the other direction", "other days"],
)
def test_what_is_of_another_place_kind_side_or_time_stands_alone(city, raised, area, told):
    raised(STREET)
    assert leader(city, raised(area, **told)) is None


def test_the_most_severe_leads_whenever_it_comes(city, operator, raised, now):
    mild = raised(STREET)
    severe = raised(NEXT, at=now + HOUR, **WORSE)
    assert (leader(city, mild), leader(city, severe)) == (severe, None)
    with city.read() as session:
        assert session.get_one(Alert, severe).level.rank < session.get_one(Alert, mild).level.rank
    third = raised(ACROSS, at=now + 2 * HOUR)
    assert leader(city, third) == severe
    assert on_board(city, operator.scope) == [severe]


def test_a_member_that_gets_worse_than_its_leader_leads(city, raised, now):
    first = raised(STREET)
    second = raised(NEXT, at=now + HOUR)
    assert leader(city, second) == first
    raised(NEXT, at=now + 2 * HOUR, **WORSE)
    assert (leader(city, first), leader(city, second)) == (second, None)


@ON_BOTH
def test_what_is_done_with_the_leader_is_done_with_its_members_in_one_line(
    city, operator, raised, now
):
    one = raised(STREET)
    two = raised(NEXT, at=now + HOUR)
    with city.write() as session:
        alerts.acknowledge(session, one, actor=operator, at=now + 2 * HOUR)
    assert handling(city, one, two) == [Handling.ACKNOWLEDGED] * 2
    with city.write() as session:
        alerts.dismiss(
            session, one, Disposition.EXPECTED_EVENT,
            note="集市日", actor=operator, at=now + 3 * HOUR,
        )  # fmt: skip
    assert handling(city, one, two) == [Handling.DISMISSED] * 2
    with city.read() as session:
        line = journal.lines(session, limit=1)[0]
        number = session.get_one(Alert, two).number
        assert (line.did, line.detail["members"]) == ("alert.dismiss", [number])
        last = rows.steps(session, two, SYSTEM.scope).iloc[-1]
        assert last["note"] == alerts.WITH_LEADER


def test_a_case_of_the_leader_is_the_case_of_its_members_to_the_end(city, operator, raised, now):
    one = raised(STREET)
    two = raised(NEXT, at=now + HOUR)
    with city.write() as session:
        case = cases.open_from_alert(
            session, one, cases.NewCase(title="沿街垃圾", category=CATEGORY),
            actor=operator, at=now + 2 * HOUR,
        )  # fmt: skip
        number = case.number
    assert handling(city, one, two) == [Handling.LINKED] * 2
    with city.read() as session:
        assert board.alert_life(session, two, operator.scope).row["case_number"] == number
    with city.write() as session:
        alerts.release(session, one, reason="案件作废", actor=operator, at=now + 3 * HOUR)
    assert handling(city, one, two) == [Handling.NEW] * 2


def test_what_joins_an_acknowledged_leader_brings_it_back_because_it_has_spread(
    city, operator, raised, now
):
    one = raised(STREET)
    two = raised(NEXT, at=now)
    with city.write() as session:
        alerts.acknowledge(session, one, actor=operator, at=now + HOUR, note="已派人")
    three = raised(ACROSS, at=now + 2 * HOUR)
    assert leader(city, three) == one
    assert handling(city, one, two, three) == [Handling.NEW] * 3
    with city.read() as session:
        last = rows.steps(session, one, SYSTEM.scope).iloc[-1]
        assert last["did"] == "spread"
        assert "扩展" in last["note"]
        assert session.get_one(Alert, one).note == "已派人"


def test_an_alert_beside_one_with_a_case_stands_alone(city, operator, raised, now):
    one = raised(STREET)
    with city.write() as session:
        alerts.link(session, one, actor=operator, at=now)
    two = raised(NEXT, at=now + HOUR)
    assert leader(city, two) is None
    assert on_board(city, operator.scope, handling=[Handling.NEW]) == [two]


def test_who_sees_only_the_members_area_sees_the_member_and_handles_it_alone(
    city, operator, raised, now
):
    one = raised(NEXT)
    two = raised(ACROSS, at=now + HOUR)
    assert leader(city, two) == one
    neighbour = User("wang", "王明", frozenset(Permission), Scope(areas=(OTHER,)))
    assert on_board(city, neighbour.scope) == [two]
    with city.read() as session:
        life = board.alert_life(session, two, neighbour.scope)
        assert life.group.empty
    with city.write() as session:
        alerts.acknowledge(session, two, actor=neighbour, at=now + 2 * HOUR)
    assert handling(city, one, two) == [Handling.NEW, Handling.ACKNOWLEDGED]
    here = User("li", "李敏", frozenset(Permission), Scope(areas=(DISTRICT,)))
    with city.write() as session:
        alerts.dismiss(
            session, one, Disposition.FALSE_ALARM, note="误报", actor=here, at=now + 3 * HOUR
        )
    assert handling(city, one, two) == [Handling.DISMISSED, Handling.ACKNOWLEDGED]


def test_who_does_not_see_the_leader_reads_nothing_of_it_in_the_members_log_or_case(
    city, operator, raised, now
):
    one = raised(NEXT)
    two = raised(ACROSS, at=now + HOUR)
    with city.write() as session:
        alerts.acknowledge(session, one, actor=operator, at=now + 2 * HOUR, note="长桥街道已派人")
    three = raised(STREET, at=now + 3 * HOUR)  # spreads: all are back
    assert leader(city, three) == leader(city, two) == one
    with city.write() as session:
        case = cases.open_from_alert(
            session, one, cases.NewCase(title="沿街垃圾", category=CATEGORY),
            actor=operator, at=now + 4 * HOUR,
        )  # fmt: skip
        number = case.number
        alerts.release(
            session, one, reason=f"案件 {number} 作废", actor=operator, at=now + 5 * HOUR
        )
    neighbour = Scope(areas=(OTHER,))
    with city.read() as session:
        life = board.alert_life(session, two, neighbour)
        leading = session.get_one(Alert, one).number
    told = " ".join([*life.log["note"], *(str(d) for d in life.log["detail"]), str(life.row)])
    for words in (leading, "长桥", number, "已派人"):
        assert words not in told
    assert {"acknowledge", "spread", "open_case", "release"} <= set(life.log["did"])


def test_the_choice_of_the_members_area_alone_shows_the_member(city, operator, raised, now):
    one = raised(NEXT)
    two = raised(ACROSS, at=now + HOUR)
    assert on_board(city, operator.scope) == [one]
    assert on_board(city, operator.scope, areas=[OTHER]) == [two]


def test_a_member_whose_leader_is_over_while_it_goes_on_stands_for_itself(city, raised, now):
    one = raised(STREET)
    two = raised(NEXT, at=now + HOUR)
    with city.write() as session:
        first = session.get_one(Alert, one)
        signals.advance_signal(session, first, at=now + 3 * DAY, clear_after_days=2)
        assert first.signal is Signal.CLEARED
        grouping.regroup(session, at=now + 3 * DAY)
    assert leader(city, two) is None


@ON_BOTH
def test_the_same_moment_twice_changes_nothing_and_the_log_makes_the_row_anew(
    city, operator, raised, now
):
    ids = [raised(STREET), raised(NEXT, **WORSE), raised(ACROSS), raised(FAR)]
    with city.write() as session:
        alerts.acknowledge(session, ids[1], actor=operator, at=now + HOUR)
    with city.write() as session:
        grouping.regroup(session, at=now + 2 * HOUR)
    with city.write() as session:
        assert grouping.regroup(session, at=now + 2 * HOUR) == 0
    with city.read() as session:
        for alert_id in ids:
            alert = session.get_one(Alert, alert_id)
            log = rows.steps(session, alert_id, SYSTEM.scope).to_dict("records")
            again = alertlog.rebuild(log)
            assert again == {name: getattr(alert, name) for name in PROJECTED}
            assert alert.level in set(Level)
