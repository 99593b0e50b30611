"""A matter of two districts tells who sees one of them nothing of the other."""

from dataclasses import replace

import pytest

from govdash.access import User
from govdash.core.errors import NotFound, Refused
from govdash.core.filters import Scope
from govdash.core.permissions import Permission
from govdash.core.vocab import Asked, WhyNot
from govdash.core.vocab import CaseAction as A
from govdash.core.vocab import CaseState as S
from govdash.store import calls as tasks
from govdash.workflow import asking, beside, board, cases, feedback, signals
from tests.workflow.conftest import (
    CITY,
    DISTRICT,
    FORMS,
    HOUR,
    MAIN_ROAD,
    MINUTE,
    NEW,
    NINE,
    OTHER,
    STREET,
)

HERE = User("li", "李敏", frozenset(Permission), Scope(areas=(DISTRICT,)))
THERE = replace(NEW, title="望岭区暴露垃圾", area_path=OTHER)


@pytest.fixture
def cluster(city, operator, walk) -> tuple[int, int]:
    """A case here, and one there that somebody of the whole city has merged into it."""
    with city.write() as session:
        leading = cases.open_case(session, NEW, actor=operator, at=NINE).id
        member = cases.open_case(session, THERE, actor=operator, at=NINE).id
        form = replace(FORMS[A.MERGE], leading=leading)
        cases.take_step(session, member, A.MERGE, actor=operator, at=NINE + MINUTE, form=form)
    return leading, member


def number_of(city, operator, case_id):
    with city.read() as session:
        return board.case_life(session, case_id, operator.scope, at=NINE + 4 * HOUR).row["number"]


def test_the_card_of_a_merged_case_does_not_name_the_leading_one(
    city, operator, cluster, local_user
):
    leading, member = cluster
    hidden = number_of(city, operator, leading)
    with city.read() as session:
        life = board.case_life(session, member, local_user.scope, at=NINE + HOUR)
        around = beside.of(session, member, local_user, at=NINE + HOUR)
        whole = board.case_life(session, member, operator.scope, at=NINE + HOUR)
    assert hidden not in str(life.row) + life.steps.to_string() + around.cluster.to_string()
    assert around.cluster.empty
    assert hidden in str(whole.steps["detail"].iloc[-1])


def test_the_leading_case_does_not_tell_how_many_were_merged_from_elsewhere(city, cluster, walk):
    leading, _ = cluster
    with pytest.raises(Refused) as told, city.write() as session:
        cases.take_step(
            session, leading, A.REJECT, actor=HERE, at=NINE + HOUR, form=FORMS[A.REJECT]
        )
    assert "1 件" not in str(told.value)


def test_a_call_is_for_who_sees_the_reporter_and_what_was_done(
    city, operator, cluster, walk, local_user
):
    leading, member = cluster
    walk(leading, *MAIN_ROAD, at=NINE + HOUR)
    with city.read() as session:
        assert tasks.listed(session, HERE.scope)["case_id"].tolist() == [leading]
        assert tasks.listed(session, local_user.scope).empty
        assert set(tasks.listed(session, operator.scope)["case_id"]) == {leading, member}
    hidden = number_of(city, operator, leading)
    for at in (NINE + 2 * MINUTE, NINE + 3 * HOUR):
        with pytest.raises(Refused, match="不在您的管辖范围内") as told, city.write() as session:
            feedback.record(
                session, member, solved=False, reason=WhyNot.AGAIN, satisfaction=1,
                note="", reopen=True, actor=local_user, at=at,
            )  # fmt: skip
        assert hidden not in str(told.value)
        assert S.CLOSED.label not in str(told.value)


def test_an_alert_that_ends_with_a_case_elsewhere_does_not_quote_it(
    city, operator, walk, rule, finding, local_user
):
    with city.write() as session:
        leading = cases.open_case(session, NEW, actor=operator, at=NINE).id
        alert_id = signals.raise_alert(session, finding(area_path=OTHER), rule, at=NINE).id
        cases.open_from_alert(
            session, alert_id, THERE, actor=operator, at=NINE + MINUTE, leading=leading
        )
    walk(leading, *MAIN_ROAD)
    hidden = number_of(city, operator, leading)
    with city.read() as session:
        life = board.alert_life(session, alert_id, local_user.scope)
    assert life.row["handling"] == "closed"
    told = str(life.row) + life.log.to_string()
    assert hidden not in told
    assert FORMS[A.RESOLVE].result not in told


def test_a_case_does_not_name_an_alert_of_a_wider_area(city, operator, rule, finding):
    with city.write() as session:
        alert = signals.raise_alert(session, finding(area_path=CITY), rule, at=NINE)
        number = alert.number
        case_id = cases.open_from_alert(session, alert.id, NEW, actor=operator, at=NINE + MINUTE).id
    street = Scope(areas=(STREET,))
    with city.read() as session:
        mine = board.case_life(session, case_id, street, at=NINE + HOUR)
        whole = board.case_life(session, case_id, operator.scope, at=NINE + HOUR)
        listed = board.cases(session, street, at=NINE + HOUR)
    assert mine.row["alert_number"] is None
    assert number not in listed.to_string()
    assert whole.row["alert_number"] == number
    assert (mine.waits, mine.judged) == ((), True)  # who closes it says what the alert was


def test_a_request_out_of_scope_is_told_as_one_that_is_not_there(
    city, operator, opened, walk, local_user
):
    walk(opened, A.ACCEPT, A.DISPATCH, A.START)
    with city.write() as session:
        asked = asking.ask(
            session, opened, Asked.EXTENSION, reason="等待配件到货", actor=HERE, at=NINE + HOUR
        ).id
    told = []
    for request in (asked, 999):
        with pytest.raises(NotFound) as error, city.write() as session:
            asking.decide(session, request, grant=True, note="", actor=local_user, at=NINE + HOUR)
        told.append(str(error.value).replace(str(request), "N"))
    assert told[0] == told[1]
