from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime

import pytest

from govdash.access import SYSTEM, User
from govdash.core.errors import Conflict, IllegalTransition, InputError, NotFound, Refused
from govdash.core.filters import Scope
from govdash.core.permissions import Permission
from govdash.core.vocab import CaseAction as A
from govdash.core.vocab import CaseState as S
from govdash.core.vocab import Clock, Disposition, Handling
from govdash.store import alerts as alert_rows
from govdash.store import cases as rows
from govdash.store import chain, journal
from govdash.store.models import Alert
from govdash.taxonomy import parse_limit
from govdash.workflow import alerts, board, cases, feedback
from govdash.workflow.cases import StepForm
from tests.workflow.conftest import (
    CATEGORY,
    DISTRICT,
    FORMS,
    GRID,
    HOUR,
    MAIN_ROAD,
    MINUTE,
    NEW,
    NINE,
    ON_BOTH,
    SHANGHAI,
)


@pytest.fixture
def alert_id(city, rule, finding, now) -> int:
    with city.write() as session:
        return alerts.raise_alert(session, finding(), rule, at=now).id


@ON_BOTH
def test_the_whole_road_from_an_alert_to_feedback(city, operator, walk, alert_id, now):
    with city.write() as session:
        alerts.acknowledge(session, alert_id, actor=operator, at=now)
    with city.write() as session:
        new = cases.suggest(session, session.get(Alert, alert_id), SYSTEM.scope)
        case = cases.open_from_alert(session, alert_id, new, actor=operator, at=now)
        case_id, number = case.id, case.number
        assert (new.category, new.unit_code, new.area_path) == (CATEGORY, "U-STREET", GRID)
        assert new.limit == rows_limit(session, CATEGORY)
        assert case.due_at is not None
    assert number == "AJ-20260610-0001"
    with city.read() as session:
        assert session.get(Alert, alert_id).handling is Handling.LINKED

    assert walk(case_id, *MAIN_ROAD, at=now)[0] is S.CLOSED
    with city.write() as session:
        feedback.record(
            session, case_id, solved=True, satisfaction=5, note="很快", actor=operator,
            at=now + 2 * HOUR,
        )  # fmt: skip

    with city.read() as session:
        alert = session.get(Alert, alert_id)
        assert (alert.handling, alert.disposition) == (Handling.CLOSED, Disposition.REAL_ACTED)
        life = board.case_life(session, case_id, operator.scope, at=now + 3 * HOUR)
        assert life.row["state"] == "closed"
        assert life.row["handler"] == "东关街道城管中队"
        assert life.row["verifier"] == operator.name
        assert life.row["result"] == "已清运"
        assert life.actions == (A.REOPEN,)
        assert list(life.steps["action_label"]) == ["登记"] + [a.label for a in MAIN_ROAD]
        assert set(life.steps["actor_name"]) == {"本机值班员"}
        assert [c.clock for c in life.clocks] == list(Clock)
        assert all(clock.stopped for clock in life.clocks)
        assert life.feedback["satisfaction"].tolist() == [5]
        did = [line.did for line in reversed(journal.lines(session))]
        assert did == [
            "rule.load",
            "alert.acknowledge",
            "case.open",
            *[f"case.{action.value}" for action in MAIN_ROAD],
            "feedback.record",
        ]
        assert chain.first_broken(session) is None
        assert list(alert_rows.steps(session, alert_id, SYSTEM.scope)["did"]) == [
            "raise",
            "acknowledge",
            "open_case",
            "close",
        ]


def rows_limit(session, key):
    from govdash.taxonomy import Limit

    category = rows.category(session, key)
    return Limit(category.limit_amount, category.limit_unit)


def test_the_deadline_counts_working_hours_from_the_opening(city, opened):
    with city.read() as session:
        case = rows.for_update(session, opened)
        assert case.due_at == NINE + 6 * HOUR  # 9–12 and 14–15


def test_a_hold_pauses_both_clocks_and_moves_the_deadline_by_its_working_time(
    city, operator, opened, walk
):
    walk(opened, A.ACCEPT, A.DISPATCH, A.START)  # until 9:30
    state, due, _ = walk(opened, A.HOLD, at=NINE + 50 * MINUTE)  # 10:00
    assert (state, due) == (S.ON_HOLD, None)
    with city.read() as session:
        life = board.case_life(session, opened, operator.scope, at=NINE + 20 * HOUR)
        assert life.row["remaining_seconds"] == 3 * 3600  # stands still
        assert [c.running for c in life.clocks if c.clock in {Clock.CASE, Clock.HANDLE}] == [
            False,
            False,
        ]
    state, due, _ = walk(opened, A.RESUME, at=NINE + 25 * HOUR - 10 * MINUTE)  # 10:00 next day
    assert state is S.IN_PROGRESS
    assert due == datetime(2026, 6, 11, 15, 0, tzinfo=SHANGHAI)  # 3 hours left: 10–12, 14–15


def test_a_case_is_held_once_and_not_when_late(opened, walk):
    walk(opened, A.ACCEPT, A.DISPATCH, A.START, A.HOLD, A.RESUME)
    with pytest.raises(Refused, match="已挂账过一次"):
        walk(opened, A.HOLD, at=NINE + 2 * HOUR)


def test_a_late_case_cannot_be_held(opened, walk):
    walk(opened, A.ACCEPT, A.DISPATCH, A.START)
    with pytest.raises(Refused, match="已超期"):
        walk(opened, A.HOLD, at=NINE + 24 * HOUR)


@ON_BOTH
def test_an_open_case_has_one_case_clock_and_one_stage_clock_and_an_ended_one_none(
    city, opened, walk
):
    road = [
        A.ACCEPT, A.DISPATCH, A.RETURN, A.DISPATCH, A.START, A.HOLD, A.RESUME, A.RESOLVE,
        A.SEND_BACK, A.START, A.RESOLVE, A.VERIFY, A.CLOSE,
    ]  # fmt: skip
    at = NINE
    for action in road:
        state, _, _ = walk(opened, action, at=at)
        at += 10 * MINUTE
        with city.read() as session:
            on = [i for i in rows.ledger(session, opened) if i.ended_at is None]
            clocks_on = {i.clock for i in on}
            if state is S.CLOSED:
                assert not on
            else:
                assert len(on) == 2
                assert Clock.CASE in clocks_on
                assert all(i.running is (state is not S.ON_HOLD) for i in on)


def test_rework_stays_with_the_unit_and_wants_the_result_anew(city, opened, walk):
    walk(opened, A.ACCEPT, A.DISPATCH, A.START, A.RESOLVE, A.SEND_BACK)
    with city.read() as session:
        case = rows.for_update(session, opened)
        assert (case.state, case.result, case.unit_code) == (S.REWORK, "", "U-STREET")


@pytest.mark.parametrize(
    ("road", "action", "missing"),
    [
        ([], A.ACCEPT, "立案条件"),
        ([], A.REJECT, "原因说明"),
        ([A.ACCEPT, A.DISPATCH], A.RETURN, "原因说明"),
        ([A.ACCEPT, A.DISPATCH, A.START], A.RESOLVE, "处置结果"),
        ([A.ACCEPT, A.DISPATCH, A.START, A.RESOLVE], A.SEND_BACK, "原因说明"),
        ([A.ACCEPT, A.DISPATCH, A.START, A.RESOLVE, A.VERIFY], A.CLOSE, "结案条件"),
    ],
)
def test_a_step_without_its_fields_is_refused_by_name_and_changes_nothing(
    city, operator, opened, walk, road, action, missing
):
    walk(opened, *road)
    with city.read() as session:
        before = rows.for_update(session, opened)
        told = (before.state, before.version, len(journal.lines(session)))
    with pytest.raises(InputError, match=missing), city.write() as session:
        cases.take_step(session, opened, action, actor=operator, at=NINE + 5 * HOUR)
    with city.read() as session:
        after = rows.for_update(session, opened)
        assert (after.state, after.version, len(journal.lines(session))) == told


def test_closing_a_case_from_an_alert_asks_what_the_alert_was(city, operator, walk, alert_id, now):
    with city.write() as session:
        new = replace(NEW, limit=None)
        case_id = cases.open_from_alert(session, alert_id, new, actor=operator, at=now).id
    walk(case_id, *MAIN_ROAD[:-1], at=now)
    form = StepForm(close_condition="现场已恢复")
    with pytest.raises(InputError, match="监测提示结论"), city.write() as session:
        cases.take_step(session, case_id, A.CLOSE, actor=operator, at=now + 2 * HOUR, form=form)


@pytest.mark.parametrize("action", [A.REJECT, A.CANCEL])
def test_a_case_that_ends_without_a_result_gives_its_alert_back(
    city, operator, walk, alert_id, now, action
):
    with city.write() as session:
        case_id = cases.open_from_alert(session, alert_id, NEW, actor=operator, at=now).id
    walk(case_id, *([A.ACCEPT] if action is A.CANCEL else []), action, at=now)
    with city.read() as session:
        alert = session.get(Alert, alert_id)
        assert (alert.handling, alert.disposition) == (Handling.NEW, None)
        assert (
            FORMS[action].note in alert_rows.steps(session, alert_id, SYSTEM.scope)["note"].iloc[-1]
        )


def test_the_verifier_is_not_the_handler(city, operator, opened, walk):
    walk(opened, A.ACCEPT, A.DISPATCH)
    with city.write() as session:
        form = StepForm(handler=operator.name)
        cases.take_step(session, opened, A.START, actor=operator, at=NINE + HOUR, form=form)
    walk(opened, A.RESOLVE, at=NINE + HOUR)
    with pytest.raises(Refused, match="核查人不能是处置人"):
        walk(opened, A.VERIFY, at=NINE + 2 * HOUR)
    with city.write() as session:
        form = StepForm(verifier="李核查")
        at = NINE + 2 * HOUR
        case = cases.take_step(session, opened, A.VERIFY, actor=operator, at=at, form=form)
        assert (case.handler, case.verifier) == (operator.name, "李核查")


@ON_BOTH
def test_a_form_filled_in_over_a_newer_version_is_a_conflict_and_overwrites_nothing(
    city, operator, opened, walk
):
    with city.read() as session:
        seen = rows.for_update(session, opened).version
    walk(opened, A.ACCEPT)
    with pytest.raises(Conflict, match="刚被他人更新为“已立案”"), city.write() as session:
        cases.take_step(
            session, opened, A.REJECT, actor=operator, at=NINE + HOUR, form=FORMS[A.REJECT],
            seen_version=seen,
        )  # fmt: skip


@ON_BOTH
def test_of_many_who_take_the_same_step_at_once_exactly_one_does(city, operator, opened):
    def accept(_) -> str:
        try:
            with city.write() as session:
                cases.take_step(
                    session, opened, A.ACCEPT, actor=operator, at=NINE + HOUR, form=FORMS[A.ACCEPT]
                )
        except IllegalTransition as refused:
            return refused.code
        return "done"

    with ThreadPoolExecutor(8) as pool:
        told = list(pool.map(accept, range(8)))
    assert sorted(told) == ["done"] + ["illegal_transition"] * 7
    with city.read() as session:
        assert len(rows.steps(session, opened, SYSTEM.scope)) == 2
        assert len([i for i in rows.ledger(session, opened) if i.ended_at is None]) == 2


def test_a_step_before_the_last_one_is_refused(opened, walk):
    walk(opened, A.ACCEPT)
    with pytest.raises(InputError, match="早于上一步"):
        walk(opened, A.DISPATCH, at=NINE - HOUR)


@ON_BOTH
def test_a_case_outside_the_scope_does_not_exist(city, opened, walk, local_user):
    with pytest.raises(NotFound):
        walk(opened, A.ACCEPT, actor=local_user)
    with city.read() as session:
        with pytest.raises(NotFound):
            board.case_life(session, opened, local_user.scope, at=NINE)
        assert board.cases(session, local_user.scope, at=NINE).empty


@ON_BOTH
def test_a_unit_sees_and_handles_its_cases_without_holding_the_area(city, operator, walk):
    with city.write() as session:
        new = replace(NEW, unit_code="U-CITY")
        opened = cases.open_case(session, new, actor=operator, at=NINE).id
    member = User(
        "zhao", "赵队", frozenset({Permission.CASE_HANDLE}), Scope(areas=(), units=("U-STREET",))
    )
    with pytest.raises(NotFound):
        walk(opened, A.ACCEPT, actor=member)
    walk(opened, A.ACCEPT, A.DISPATCH)
    assert walk(opened, A.START, actor=member, at=NINE + HOUR)[0] is S.IN_PROGRESS
    with city.read() as session:
        assert len(board.cases(session, member.scope, at=NINE)) == 1
    with pytest.raises(Refused):
        walk(opened, A.HOLD, actor=member, at=NINE + 2 * HOUR)


def test_a_step_needs_its_permission(city, opened, walk, operator):
    reader = replace(operator, permissions=frozenset({Permission.CASE_READ}))
    with pytest.raises(Refused, match="没有此项权限"):
        walk(opened, A.ACCEPT, actor=reader)


def test_the_category_lends_its_limit_to_a_case_without_one(city, operator):
    with city.write() as session:
        case = cases.open_case(session, replace(NEW, limit=None), actor=operator, at=NINE)
        assert (case.limit_amount, case.limit_unit) == (
            rows_limit(session, CATEGORY).amount,
            rows_limit(session, CATEGORY).unit,
        )


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"title": "  "}, "标题为空"),
        ({"category": "A-99999"}, "类别“A-99999”不存在"),
        ({"unit_code": "U-NONE"}, "单位“U-NONE”不存在"),
        ({"lon": 121.0}, "经度和纬度"),
    ],
)
def test_a_new_case_that_cannot_be_is_refused(city, operator, change, message):
    with pytest.raises(InputError, match=message), city.write() as session:
        cases.open_case(session, replace(NEW, **change), actor=operator, at=NINE)


def test_an_alert_about_a_channel_or_a_major_suggests_a_category_that_exists(
    city, rule, finding, operator, now
):
    with city.write() as session:
        for category, begins in (("@app", ""), ("A-09", "A-09"), ("*", "")):
            made = finding(category=category)
            alert = alerts.raise_alert(session, made, rule, at=now)
            new = cases.suggest(session, alert, SYSTEM.scope)
            assert rows.category(session, new.category) is not None
            assert new.category.startswith(begins)
            assert new.limit is not None


def test_an_alert_becomes_one_case_only(city, operator, alert_id, now):
    with city.write() as session:
        cases.open_from_alert(session, alert_id, NEW, actor=operator, at=now)
    with pytest.raises(IllegalTransition, match="已转案件"), city.write() as session:
        cases.open_from_alert(session, alert_id, NEW, actor=operator, at=now)


def test_numbers_count_up_within_the_local_day(city, operator):
    late = datetime(2026, 6, 10, 23, 59, tzinfo=SHANGHAI)
    with city.write() as session:
        numbers = [
            cases.open_case(session, NEW, actor=operator, at=at).number
            for at in (NINE, late, late + MINUTE)
        ]
    assert numbers == ["AJ-20260610-0001", "AJ-20260610-0002", "AJ-20260611-0001"]


@ON_BOTH
def test_the_board_lists_open_cases_by_deadline_and_knows_the_late_ones(city, operator, walk):
    with city.write() as session:
        slow = cases.open_case(
            session, replace(NEW, limit=parse_limit("3工作日")), actor=operator, at=NINE
        ).id
        quick = cases.open_case(session, NEW, actor=SYSTEM, at=NINE).id
        done = cases.open_case(session, NEW, actor=operator, at=NINE).id
    walk(done, A.REJECT)
    with city.read() as session:
        at = datetime(2026, 6, 11, 9, 0, tzinfo=SHANGHAI)  # 8 working hours later
        table = board.cases(session, operator.scope, at=at)
        assert table["id"].tolist() == [quick, slow, done]
        assert table["remaining_seconds"].tolist()[:2] == [-4 * 3600, 16 * 3600]
        assert table["lamp"].tolist()[:2] == ["red", "green"]
        assert table["area_name"].iloc[0] == "临江区·东关街道"
        assert table["limit"].tolist()[:2] == ["4工作时", "3工作日"]
        assert table["actions"].iloc[0] == ("accept", "reject", "merge")
        late = board.cases(session, operator.scope, at=at, overdue=True)
        assert late["id"].tolist() == [quick]
        assert board.cases(session, Scope(areas=(DISTRICT,)), at=at)["id"].size == 3
        assert board.cases(session, operator.scope, at=at, unit=["U-DIST"]).empty
        counted = rows.counted(session, operator.scope, at=at).set_index("state")
        assert counted.loc["received"].tolist() == [2, 1]
        assert counted.loc["rejected"].tolist() == [1, 0]


def test_feedback_waits_until_the_unit_says_that_it_is_done(city, operator, opened, walk):
    def call(**change):
        told = {"solved": True, "satisfaction": 4, "note": "", "actor": operator}
        with city.write() as session:
            feedback.record(session, opened, at=NINE + 8 * HOUR, **(told | change))

    with pytest.raises(Refused, match="处置完毕后才能回访"):
        call()
    walk(opened, *MAIN_ROAD[:4])
    call()
    with pytest.raises(InputError, match="1 到 5"):
        call(satisfaction=6)
    with pytest.raises(NotFound):
        call(actor=User("x", "某", frozenset(Permission), Scope(areas=("/990100/990102/",))))
