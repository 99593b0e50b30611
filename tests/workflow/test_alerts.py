from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta

import pytest
from sqlalchemy import func, select

from govdash.access import SYSTEM, User
from govdash.core.errors import Conflict, IllegalTransition, NotFound, Refused
from govdash.core.filters import Scope
from govdash.core.permissions import Permission
from govdash.core.vocab import Disposition, Handling, Level, Signal
from govdash.store import alerts as rows
from govdash.store import journal
from govdash.store.models import Alert
from govdash.workflow import alerts, board, signals
from govdash.workflow.alerts import raise_alert
from tests.workflow.conftest import CATEGORY, CITY, ON_BOTH, OTHER, STREET

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
WORSE = {"observed": 60, "p_value": 1e-12}


@pytest.fixture
def raised(city, rule, finding, now) -> int:
    with city.write() as session:
        return raise_alert(session, finding(), rule, at=now).id


def did(city, alert_id) -> list[str]:
    with city.read() as session:
        return list(rows.steps(session, alert_id, SYSTEM.scope)["did"])


def test_an_alert_says_what_where_and_how_bad(city, rule, raised):
    with city.read() as session:
        alert = session.get(Alert, raised)
        assert alert.number == "JC-20260610-0001"
        assert alert.title == "临江区·东关街道 暴露垃圾异常偏高"
        assert (alert.level, alert.signal, alert.handling) == (
            Level.YELLOW,
            Signal.FIRING,
            Handling.NEW,
        )
        assert (alert.rule_code, alert.rule_version) == (rule.code, rule.version)


@ON_BOTH
def test_the_same_finding_again_changes_nothing_and_a_newer_one_updates_the_open_alert(
    city, rule, finding, raised, now
):
    with city.write() as session:
        version = session.get(Alert, raised).version
        assert raise_alert(session, finding(), rule, at=now).id == raised
    assert did(city, raised) == ["raise"]
    with city.write() as session:
        newer = finding(observed=25, day=date(2026, 6, 10))
        alert = raise_alert(session, newer, rule, at=now + DAY)
        assert (alert.id, alert.observed, alert.last_seen_at) == (raised, 25, now + DAY)
        assert alert.version == version  # a person who looks at it keeps the right to act
    assert did(city, raised) == ["raise", "update"]


def test_a_late_older_finding_never_overwrites_what_is_known(city, rule, finding, raised, now):
    with city.write() as session:
        raise_alert(session, finding(observed=30), rule, at=now + DAY)
    with city.write() as session:
        alert = raise_alert(session, finding(observed=9), rule, at=now + HOUR)
        assert (alert.observed, alert.last_seen_at) == (30, now + DAY)


def test_what_people_wrote_survives_every_signal(city, rule, finding, operator, raised, now):
    with city.write() as session:
        alerts.acknowledge(session, raised, actor=operator, at=now, note="已电话核实")
    with city.write() as session:
        alert = raise_alert(session, finding(observed=24), rule, at=now + DAY)
        signals.advance_signal(session, alert, at=now + 5 * DAY, clear_after_days=2)
        assert (alert.handling, alert.note, alert.handler) == (
            Handling.ACKNOWLEDGED,
            "已电话核实",
            operator.name,
        )
        assert alert.signal is Signal.CLEARED


def test_worsening_brings_an_acknowledged_alert_back_with_the_reason(
    city, rule, finding, operator, raised, now
):
    with city.write() as session:
        alerts.acknowledge(session, raised, actor=operator, at=now)
    with city.write() as session:
        alert = raise_alert(session, finding(**WORSE), rule, at=now + HOUR)
        assert (alert.level, alert.handling) == (Level.RED, Handling.NEW)
    with city.read() as session:
        assert "升级为红色" in rows.steps(session, raised, SYSTEM.scope)["note"].iloc[-1]


def test_a_linked_alert_stays_with_its_case_when_it_worsens(
    city, rule, finding, operator, raised, now
):
    with city.write() as session:
        alerts.link(session, raised, actor=operator, at=now)
        alert = raise_alert(session, finding(**WORSE), rule, at=now + HOUR)
        assert (alert.level, alert.handling) == (Level.RED, Handling.LINKED)


def test_a_signal_fades_by_time_and_comes_back_with_the_next_finding(
    city, rule, finding, raised, now
):
    def advance(at):
        with city.write() as session:
            alert = session.get(Alert, raised)
            changed = signals.advance_signal(session, alert, at=at, clear_after_days=2)
            return alert.signal, changed

    assert advance(now) == (Signal.FIRING, False)
    assert advance(now + HOUR) == (Signal.CLEARING, True)
    assert advance(now + HOUR) == (Signal.CLEARING, False)
    assert advance(now + 2 * DAY) == (Signal.CLEARED, True)
    with city.write() as session:
        alert = raise_alert(session, finding(), rule, at=now + 3 * DAY)
        assert (alert.id, alert.signal, alert.cleared_at) == (raised, Signal.FIRING, None)
    assert did(city, raised) == ["raise", "signal", "signal", "update"]


@ON_BOTH
def test_within_the_cool_down_a_matter_said_to_be_nothing_is_noted_and_comes_back_when_it_is_worse(
    city, rule, finding, operator, raised, now
):
    with city.write() as session:
        alerts.dismiss(
            session, raised, Disposition.EXPECTED_EVENT, note="集市", actor=operator, at=now
        )
    with city.write() as session:
        again = raise_alert(session, finding(day=date(2026, 6, 10)), rule, at=now + DAY)
        assert (again.id, again.handling) == (raised, Handling.DISMISSED)
    assert did(city, raised)[-1] == "seen_again"
    with city.write() as session:
        worse = raise_alert(session, finding(**WORSE), rule, at=now + DAY + HOUR)
        assert (worse.id, worse.handling, worse.disposition) == (raised, Handling.NEW, None)
    assert did(city, raised)[-2:] == ["update", "regress"]


def test_after_the_cool_down_a_new_alert_knows_its_predecessor(
    city, rule, finding, operator, raised, now
):
    with city.write() as session:
        alerts.dismiss(session, raised, Disposition.FALSE_ALARM, note="", actor=operator, at=now)
    with city.write() as session:
        next_one = raise_alert(session, finding(), rule, at=now + 4 * DAY)
        assert (next_one.predecessor_id, next_one.number) == (raised, "JC-20260614-0001")


def test_another_category_area_or_direction_is_another_alert(city, rule, finding, raised, now):
    with city.write() as session:
        ids = {
            raise_alert(session, other, rule, at=now).id
            for other in (
                finding(category="A-06001"),
                finding(area_path=CITY),
                finding(direction="low", observed=0, expected=12.0),
            )
        }
    assert len(ids | {raised}) == 4


@ON_BOTH
def test_fifty_identical_signals_at_once_make_one_alert_and_nobody_gets_an_error(
    city, rule, finding, now
):
    same = finding()

    def one(_) -> int:
        with city.write() as session:
            return raise_alert(session, same, rule, at=now).id

    with ThreadPoolExecutor(50) as pool:
        ids = list(pool.map(one, range(50)))
    assert len(set(ids)) == 1
    with city.read() as session:
        assert session.scalar(select(func.count()).select_from(Alert)) == 1
    assert did(city, ids[0]) == ["raise"]


@ON_BOTH
def test_different_signals_at_once_get_different_numbers(city, rule, finding, now):
    kinds = [f"A-06{n:03d}" for n in range(1, 11)]
    made = [finding(category=kind, area_path=path) for kind in kinds for path in (STREET, CITY)]

    def one(some) -> str:
        with city.write() as session:
            return raise_alert(session, some, rule, at=now).number

    with ThreadPoolExecutor(20) as pool:
        numbers = sorted(pool.map(one, made))
    assert numbers == [f"JC-20260610-{n:04d}" for n in range(1, 21)]


@ON_BOTH
def test_two_operators_cannot_both_handle_an_alert(city, operator, raised, now):
    with city.read() as session:
        seen = session.get(Alert, raised).version

    def dismiss(at):
        try:
            with city.write() as session:
                alerts.dismiss(
                    session, raised, Disposition.FALSE_ALARM, note="", actor=operator, at=at,
                    seen_version=seen,
                )  # fmt: skip
        except Conflict as conflict:
            return str(conflict)
        return "done"

    with ThreadPoolExecutor(8) as pool:
        told = list(pool.map(dismiss, [now + n * HOUR for n in range(8)]))
    assert told.count("done") == 1
    assert all("已排除" in message for message in told if message != "done")
    assert did(city, raised) == ["raise", "dismiss"]


def test_each_action_of_a_person_writes_one_line_in_log_and_journal(city, operator, raised, now):
    with city.write() as session:
        alerts.acknowledge(session, raised, actor=operator, at=now)
    with city.write() as session:
        alerts.dismiss(
            session, raised, Disposition.DATA_ERROR, note="重复上报", actor=operator, at=now
        )
    assert did(city, raised) == ["raise", "acknowledge", "dismiss"]
    with city.read() as session:
        lines = journal.lines(session, subject=f"alert:{raised}")
        assert [line.did for line in lines] == ["alert.dismiss", "alert.acknowledge"]
        assert lines[0].detail["disposition"] == "data_error"


def test_a_dismissed_alert_cannot_be_handled_again(city, operator, raised, now):
    with city.write() as session:
        alerts.dismiss(session, raised, Disposition.FALSE_ALARM, note="", actor=operator, at=now)
    with pytest.raises(IllegalTransition, match="流程已结束"), city.write() as session:
        alerts.acknowledge(session, raised, actor=operator, at=now)


@ON_BOTH
def test_an_alert_outside_the_scope_does_not_exist_and_one_inside_needs_permission(
    city, operator, raised, local_user, now
):
    with pytest.raises(NotFound), city.write() as session:
        alerts.acknowledge(session, raised, actor=local_user, at=now)
    reader = User("li", "李读", frozenset({Permission.ALERT_READ}), Scope(areas=(STREET,)))
    with pytest.raises(Refused), city.write() as session:
        alerts.acknowledge(session, raised, actor=reader, at=now)
    with city.read() as session:
        assert board.alerts(session, local_user.scope).empty
        assert len(board.alerts(session, reader.scope)) == 1
        with pytest.raises(NotFound):
            board.alert_life(session, raised, local_user.scope)


@ON_BOTH
def test_the_board_shows_waiting_alerts_first_and_the_worst_of_them_on_top(
    city, rule, finding, operator, raised, now
):
    with city.write() as session:
        red = raise_alert(session, finding(category="A-06001", **WORSE), rule, at=now).id
        ended = raise_alert(session, finding(category="A-06002", **WORSE), rule, at=now).id
        alerts.dismiss(session, ended, Disposition.FALSE_ALARM, note="", actor=operator, at=now)
    with city.read() as session:
        table = board.alerts(session, operator.scope)
        assert list(table.columns) == list(board.ALERT_COLUMNS)
        assert table["id"].tolist() == [red, raised, ended]
        assert table["level_label"].tolist() == ["红", "黄", "红"]
        assert table["actions"].tolist()[1:] == [("acknowledge", "open_case", "dismiss"), ()]
        assert table["category_name"].iloc[1] == "暴露垃圾"
        assert table["sentence"].iloc[1].startswith("6月9日 22 件")
        waiting = board.alerts(session, operator.scope, handling=[Handling.NEW])
        assert waiting["id"].tolist() == [red, raised]
        assert board.alerts(session, operator.scope, level=[Level.YELLOW])["id"].tolist() == [
            raised
        ]
        assert board.alerts(session, operator.scope, until=now).empty


@ON_BOTH
def test_area_and_category_are_chosen_before_the_list_is_cut(
    city, rule, finding, operator, raised, now
):
    with city.write() as session:
        for category in ("A-06001", "A-06002"):
            raise_alert(session, finding(category=category, **WORSE), rule, at=now)
    with city.read() as session:
        scope = operator.scope
        assert board.alerts(session, scope, limit=1)["category"].tolist() != ["A-06010"]
        kind = board.alerts(session, scope, categories=["A-06010"], limit=1)
        assert kind["id"].tolist() == [raised]
        assert len(board.alerts(session, scope, categories=["A-06"])) == 3
        assert len(board.alerts(session, scope, areas=[STREET, OTHER])) == 3
        assert board.alerts(session, scope, areas=[OTHER]).empty


def test_one_alert_shows_evidence_log_and_what_became_of_those_like_it(
    city, rule, finding, operator, raised, now
):
    with city.write() as session:
        alerts.dismiss(session, raised, Disposition.FALSE_ALARM, note="", actor=operator, at=now)
    with city.write() as session:
        later = raise_alert(session, finding(), rule, at=now + 10 * DAY).id
    with city.read() as session:
        life = board.alert_life(session, later, operator.scope)
        assert life.evidence == finding().evidence
        assert life.row["category"] == CATEGORY
        assert life.log["did_label"].tolist() == ["发出提示"]
        assert life.log["actor_name"].tolist() == ["系统"]
        assert life.similar["disposition_label"].tolist() == ["误报"]
        assert [action.label for action in life.actions] == ["签收", "转案件", "排除"]
