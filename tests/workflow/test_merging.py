"""合并: a cluster has one leading case; all reporters are kept and told; it can be undone."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from govdash.access import SYSTEM
from govdash.core.errors import GovDashError, InputError, NotFound, Refused
from govdash.core.vocab import CaseAction as A
from govdash.core.vocab import CaseState as S
from govdash.core.vocab import Clock, Disposition, Handling, WhyNot
from govdash.store import calls as tasks
from govdash.store import cases as rows
from govdash.store import journal
from govdash.store.models import Alert
from govdash.workflow import board, cases, feedback, signals
from govdash.workflow.notify import auditor
from tests.workflow.conftest import FORMS, HOUR, MAIN_ROAD, MINUTE, NEW, NINE, ON_BOTH


@pytest.fixture
def register(city, operator):
    """Register a case at a moment; return its id."""

    def at_(at: datetime) -> int:
        with city.write() as session:
            return cases.open_case(session, NEW, actor=operator, at=at).id

    return at_


@pytest.fixture
def merge(city, operator):
    """Merge a case into a leading one; with no leading one, take it out."""

    def step(case_id: int, leading: int | None, at: datetime) -> None:
        action = A.UNMERGE if leading is None else A.MERGE
        form = replace(FORMS[action], leading=leading)
        with city.write() as session:
            cases.take_step(session, case_id, action, actor=operator, at=at, form=form)

    return step


def case_of(city, case_id):
    with city.read() as session:
        case = rows.for_update(session, case_id)
        session.expunge(case)
        return case


def reading(city, case_id, operator, at):
    with city.read() as session:
        return board.case_life(session, case_id, operator.scope, at=at).clocks[0]


@ON_BOTH
def test_the_leading_case_counts_from_the_earliest_start_and_the_merged_one_rests(
    city, operator, register, merge
):
    """4 工作时. Reported at 9:00 and again at 10:00; merged at 10:30: due at 15:00, not 16:00."""
    first, second = register(NINE), register(NINE + HOUR)
    assert case_of(city, second).due_at == NINE + 7 * HOUR
    merge(first, second, NINE + 90 * MINUTE)
    leading, merged = case_of(city, second), case_of(city, first)
    assert leading.due_at == NINE + 6 * HOUR
    assert (merged.state, merged.leading_id) == (S.MERGED, second)
    clock = reading(city, second, operator, NINE + 2 * HOUR)
    assert (clock.started_at, clock.elapsed_seconds) == (NINE, 2 * 3600)
    with city.read() as session:
        assert [i for i in rows.ledger(session, first) if i.ended_at is None] == []
        (line, *_) = journal.lines(session, subject=f"case:{first}")
        assert (line.did, line.detail["leading"]) == ("case.merge", leading.number)


def test_a_later_report_merged_into_an_earlier_one_changes_no_clock(city, register, merge):
    first, second = register(NINE), register(NINE + HOUR)
    before = case_of(city, first).due_at
    merge(second, first, NINE + 2 * HOUR)
    assert case_of(city, first).due_at == before


def test_the_time_on_hold_of_the_earlier_case_is_taken_over_with_it(
    city, operator, register, merge, walk
):
    first = register(NINE)
    walk(first, A.ACCEPT, A.DISPATCH, A.START, A.HOLD)  # held from 9:40
    walk(first, A.RESUME, at=NINE + 2 * HOUR + 30 * MINUTE)  # until 11:40
    second = register(NINE + 2 * HOUR + 45 * MINUTE)  # 11:45
    merge(first, second, NINE + 2 * HOUR + 50 * MINUTE)
    clock = reading(city, second, operator, NINE + 3 * HOUR)  # 12:00
    assert clock.elapsed_seconds == 60 * 60  # 9:00–9:40 and 11:40–12:00


def test_taking_a_case_out_gives_its_time_back_and_begins_it_at_the_first_check(
    city, operator, register, merge
):
    first, second = register(NINE), register(NINE + HOUR)
    merge(first, second, NINE + 90 * MINUTE)
    merge(first, None, NINE + 2 * HOUR)  # 11:00
    out, led = case_of(city, first), case_of(city, second)
    assert (out.state, out.leading_id) == (S.RECEIVED, None)
    assert out.due_at == NINE + 6 * HOUR + 30 * MINUTE  # rested half an hour
    assert led.due_at == NINE + 7 * HOUR
    assert reading(city, second, operator, NINE + 2 * HOUR).started_at == NINE + HOUR


def test_of_three_the_start_of_whoever_is_still_in_counts(city, register, merge):
    a, b, c = register(NINE), register(NINE + HOUR), register(NINE + 2 * HOUR)
    merge(a, c, NINE + 2 * HOUR)
    merge(b, c, NINE + 2 * HOUR)
    assert case_of(city, c).due_at == NINE + 6 * HOUR
    merge(a, None, NINE + 2 * HOUR + MINUTE)
    assert case_of(city, c).due_at == NINE + 7 * HOUR
    merge(b, None, NINE + 2 * HOUR + MINUTE)
    assert case_of(city, c).due_at == NINE + 8 * HOUR


@ON_BOTH
def test_a_leading_case_brings_its_members_along(city, register, merge):
    a, b, c = register(NINE), register(NINE + HOUR), register(NINE + 2 * HOUR)
    merge(a, b, NINE + 2 * HOUR)
    merge(b, c, NINE + 2 * HOUR)
    assert [case_of(city, n).leading_id for n in (a, b, c)] == [c, c, None]
    assert case_of(city, c).due_at == NINE + 6 * HOUR
    with city.read() as session:
        assert all(i.lent_by is None for i in rows.ledger(session, b))


@ON_BOTH
def test_every_reporter_of_the_cluster_is_to_be_called_when_it_is_closed(
    city, operator, register, merge, walk
):
    a, b, c = register(NINE), register(NINE), register(NINE)
    merge(a, c, NINE + MINUTE)
    merge(b, c, NINE + MINUTE)
    walk(c, *MAIN_ROAD)
    with city.read() as session:
        told = tasks.listed(session, SYSTEM.scope)
        assert sorted(told["case_id"]) == [a, b, c]
        assert set(told["about_id"]) == {c}
    with city.write() as session:
        feedback.record(
            session, a, solved=True, satisfaction=5, note="", actor=operator, at=NINE + 5 * HOUR
        )
    with city.read() as session:
        assert sorted(tasks.listed(session, SYSTEM.scope)["case_id"]) == [b, c]


def test_one_reporter_who_says_unsolved_takes_the_leading_case_up_again(
    city, operator, register, merge, walk
):
    a, c = register(NINE), register(NINE)
    merge(a, c, NINE + MINUTE)
    walk(c, *MAIN_ROAD)
    with city.write() as session:
        feedback.record(
            session, a, solved=False, satisfaction=1, reason=WhyNot.AGAIN, note="", reopen=True,
            actor=operator, at=NINE + 5 * HOUR,
        )  # fmt: skip
    assert (case_of(city, c).state, case_of(city, a).state) == (S.REOPENED, S.MERGED)
    with city.read() as session:
        assert tasks.listed(session, SYSTEM.scope).empty  # told anew at the next closing
        assert rows.feedback(session, a, SYSTEM.scope)["reason"].tolist() == [WhyNot.AGAIN]


def test_a_merged_case_is_asked_about_only_when_its_leading_case_is_that_far(
    city, operator, register, merge
):
    a, c = register(NINE), register(NINE)
    merge(a, c, NINE + MINUTE)
    with pytest.raises(Refused, match="处置完毕后才能回访"), city.write() as session:
        feedback.record(
            session, a, solved=True, satisfaction=5, note="", actor=operator, at=NINE + HOUR
        )


def test_what_cannot_lead_is_refused(city, register, merge, walk, operator, local_user):
    a, b, ended = register(NINE), register(NINE), register(NINE)
    walk(ended, A.REJECT)
    with pytest.raises(InputError, match="不能并入自己"):
        merge(a, a, NINE + HOUR)
    with pytest.raises(Refused, match="不能作为主案件"):
        merge(a, ended, NINE + HOUR)
    with pytest.raises(InputError, match="主案件"), city.write() as session:
        cases.take_step(session, a, A.MERGE, actor=operator, at=NINE + HOUR)
    form = replace(FORMS[A.MERGE], leading=b)
    with pytest.raises(NotFound), city.write() as session:
        cases.take_step(session, a, A.MERGE, actor=local_user, at=NINE + HOUR, form=form)
    merge(a, b, NINE + HOUR)
    with pytest.raises(Refused, match="有案件并入"):
        walk(b, A.REJECT, at=NINE + HOUR)


def test_a_later_case_that_left_after_the_end_changes_nothing_of_what_was_closed(
    city, register, merge, walk
):
    a, b = register(NINE), register(NINE + HOUR)
    merge(a, b, NINE + HOUR)
    walk(b, *MAIN_ROAD, at=NINE + HOUR)
    before = (case_of(city, b).due_at, case_of(city, b).closed_at)
    merge(a, None, NINE + timedelta(days=1))
    assert (case_of(city, b).due_at, case_of(city, b).closed_at) == before
    with city.read() as session:
        assert tasks.listed(session, SYSTEM.scope)["case_id"].tolist() == [b]


@ON_BOTH
def test_two_who_merge_each_into_the_other_at_once_end_with_one_leading(city, operator, register):
    a, b = register(NINE), register(NINE)

    def merge(pair: tuple[int, int]) -> str:
        form = replace(FORMS[A.MERGE], leading=pair[1])
        try:
            with city.write() as session:
                cases.take_step(
                    session, pair[0], A.MERGE, actor=operator, at=NINE + HOUR, form=form
                )
        except GovDashError as error:
            return error.code
        return "done"

    with ThreadPoolExecutor(2) as pool:
        told = sorted(pool.map(merge, [(a, b), (b, a)]))
    assert told == ["done", "refused"]
    assert sorted([case_of(city, a).state, case_of(city, b).state]) == [S.MERGED, S.RECEIVED]


def test_merging_keeps_one_open_interval_for_each_clock(city, register, merge):
    a, b = register(NINE), register(NINE + HOUR)
    merge(a, b, NINE + HOUR)
    with city.read() as session:
        on = [i.clock for i in rows.ledger(session, b) if i.ended_at is None]
        assert sorted(on) == sorted([Clock.CASE, Clock.ACCEPT])


@ON_BOTH
def test_an_alert_put_to_an_open_case_waits_for_its_end_and_is_closed_with_it(
    city, operator, register, merge, walk, rule, finding, local_user
):
    leading = register(NINE)
    with city.write() as session:
        alert_id = signals.raise_alert(session, finding(), rule, at=NINE).id
    with city.write() as session:
        merged = cases.open_from_alert(
            session, alert_id, NEW, actor=operator, at=NINE + MINUTE, leading=leading
        )
        case_id = merged.id
        assert (merged.state, merged.leading_id) == (S.MERGED, leading)
        assert [line.did for line in journal.lines(session, subject=f"case:{case_id}")] == [
            "case.open"
        ]
    with city.read() as session:
        assert session.get(Alert, alert_id).handling is Handling.LINKED
        gaps = auditor.audit(session, SYSTEM.scope, at=NINE + 2 * MINUTE)
        assert "alert" not in {gap.kind for gap in gaps}
        life = board.case_life(session, leading, SYSTEM.scope, at=NINE + 2 * MINUTE)
        assert life.waits == ("JC-20260610-0001",)
    walk(leading, *MAIN_ROAD[:-1])
    form, at = replace(FORMS[A.CLOSE], disposition=None), NINE + 2 * HOUR
    with pytest.raises(InputError, match="监测提示结论"), city.write() as session:
        cases.take_step(session, leading, A.CLOSE, actor=operator, at=at, form=form)
    walk(leading, A.CLOSE, at=NINE + 2 * HOUR)
    with city.read() as session:
        alert = session.get(Alert, alert_id)
        assert (alert.handling, alert.disposition) == (Handling.CLOSED, Disposition.REAL_ACTED)


def test_an_alert_whose_case_was_taken_out_again_ends_with_its_own(
    city, operator, register, merge, walk, rule, finding
):
    leading = register(NINE)
    with city.write() as session:
        alert_id = signals.raise_alert(session, finding(), rule, at=NINE).id
        own = cases.open_from_alert(
            session, alert_id, NEW, actor=operator, at=NINE + MINUTE, leading=leading
        ).id
    merge(own, None, NINE + 2 * MINUTE)
    walk(leading, *MAIN_ROAD)
    with city.read() as session:
        assert session.get(Alert, alert_id).handling is Handling.LINKED
    walk(own, A.REJECT, at=NINE + 2 * HOUR)
    with city.read() as session:
        assert session.get(Alert, alert_id).handling is Handling.NEW
