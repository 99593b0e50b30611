"""催办 is a nudge, not too often; 督办 stands with reason and deadline until it is lifted."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from govdash.core.errors import InputError, NotFound, Refused
from govdash.core.permissions import Permission
from govdash.core.vocab import CaseAction as A
from govdash.core.vocab import Mark
from govdash.store import cases as rows
from govdash.store import casework, journal
from govdash.workflow import supervision
from tests.workflow.conftest import HOUR, MINUTE, NINE, ON_BOTH


@pytest.fixture
def put(city, operator):
    def mark(kind: Mark, case_id: int, *, at, actor=None, **told):
        with city.write() as session:
            did = getattr(supervision, kind.value)
            row = did(session, case_id, actor=actor or operator, at=at, **told)
            return row.kind

    return mark


def test_a_case_is_urged_with_one_line_and_again_only_after_a_while(city, opened, put, operator):
    version = version_of(city, opened)
    put(Mark.URGE, opened, at=NINE + HOUR, reason="居民多次来电")
    with pytest.raises(Refused, match="刚催办过；90 分钟后"):
        put(Mark.URGE, opened, at=NINE + 90 * MINUTE, reason="")
    put(Mark.URGE, opened, at=NINE + 3 * HOUR, reason="")
    with city.read() as session:
        lines = journal.lines(session, subject=f"case:{opened}")
        assert [line.did for line in lines] == ["case.urge", "case.urge", "case.open"]
        assert len(casework.marks(session, [opened], operator.scope)) == 2
    assert version_of(city, opened) == version  # whoever fills in a form is not disturbed


def version_of(city, case_id) -> int:
    with city.read() as session:
        return rows.for_update(session, case_id).version


@ON_BOTH
def test_a_supervised_case_stands_with_reason_and_deadline_until_it_is_lifted(
    city, opened, put, operator
):
    until = NINE + timedelta(days=2)
    put(Mark.SUPERVISE, opened, at=NINE, reason="市长批示", due_at=until)
    with city.read() as session:
        held = casework.supervised(session, operator.scope)
        assert held[["case_id", "by", "reason", "due_at"]].to_numpy().tolist() == [
            [opened, operator.login, "市长批示", until]
        ]
    with pytest.raises(Refused, match="已在督办中"):
        put(Mark.SUPERVISE, opened, at=NINE + HOUR, reason="再次", due_at=until)
    with pytest.raises(InputError, match="解除督办的理由"):
        put(Mark.LIFT, opened, at=NINE + HOUR, reason=" ")
    put(Mark.LIFT, opened, at=NINE + HOUR, reason="已安排处置")
    with city.read() as session:
        assert casework.supervised(session, operator.scope).empty
    with pytest.raises(Refused, match="没有在督办"):
        put(Mark.LIFT, opened, at=NINE + 2 * HOUR, reason="再次解除")
    put(Mark.SUPERVISE, opened, at=NINE + 2 * HOUR, reason="反弹", due_at=until)


@pytest.mark.parametrize(
    ("told", "message"),
    [
        ({"reason": " ", "due_at": NINE + HOUR}, "督办的理由"),
        ({"reason": "批示", "due_at": NINE}, "期限须晚于现在"),
    ],
)
def test_supervising_needs_a_reason_and_a_deadline_ahead(opened, put, told, message):
    with pytest.raises(InputError, match=message):
        put(Mark.SUPERVISE, opened, at=NINE, **told)


def test_what_has_ended_is_neither_urged_nor_supervised(opened, put, walk):
    walk(opened, A.REJECT)
    for kind, told in ((Mark.URGE, {}), (Mark.SUPERVISE, {"due_at": NINE + 9 * HOUR})):
        with pytest.raises(Refused, match="不需要"):
            put(kind, opened, at=NINE + HOUR, reason="批示", **told)


def test_each_mark_needs_its_permission_and_the_case_in_scope(opened, put, operator, local_user):
    urges = replace(operator, permissions=frozenset({Permission.CASE_URGE}))
    with pytest.raises(Refused, match="没有此项权限"):
        put(Mark.SUPERVISE, opened, at=NINE, reason="批示", due_at=NINE + HOUR, actor=urges)
    with pytest.raises(NotFound):
        put(Mark.URGE, opened, at=NINE, reason="", actor=local_user)
    put(Mark.URGE, opened, at=NINE, reason="", actor=urges)


@ON_BOTH
@pytest.mark.parametrize("verb", ["UPDATE case_marks SET reason = 'x'", "DELETE FROM case_marks"])
def test_the_database_itself_keeps_every_mark(city, opened, put, verb):
    put(Mark.URGE, opened, at=NINE, reason="")
    with pytest.raises(DBAPIError, match="append-only"), city.write() as session:
        session.execute(text(verb))
