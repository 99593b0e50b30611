"""Every state × action × permission on a real row: the table decides, and nothing else."""

from dataclasses import replace
from datetime import timedelta

import pytest

from govdash.access import User
from govdash.core.errors import GovDashError, IllegalTransition, Refused
from govdash.core.permissions import Permission
from govdash.core.vocab import CaseAction as A
from govdash.core.vocab import CaseState as S
from govdash.store import Session
from govdash.store.models import Case, Feedback
from govdash.workflow import cases
from govdash.workflow.flow import CASE_FLOW, STAGE
from tests.workflow.conftest import CATEGORY, FORMS, HOUR, NINE, STREET

#: Permissions that some step needs, and one that none does.
OF_STEPS = sorted({step.needs for step in CASE_FLOW.values()} | {Permission.CASE_READ})


def standing(session: Session, state: S, number: str = "AJ-1") -> Case:
    """Write a case that stands in a state."""
    leading = None if state is not S.MERGED else standing(session, S.ACCEPTED, "AJ-0").id
    case = Case(
        number=number, title="暴露垃圾", category=CATEGORY, area_path=STREET, unit_code="U-STREET",
        state=state, opened_at=NINE, result="已清运", handler="甲",
        closed_at=NINE + HOUR if state is S.CLOSED else None, leading_id=leading,
        hold_until=NINE + timedelta(days=9) if state is S.ON_HOLD else None,
    )  # fmt: skip
    session.add(case)
    session.flush()
    if state is S.CLOSED:
        session.add(
            Feedback(
                case_id=case.id, solved=False, satisfaction=1, called_by="白", note="",
                called_at=NINE + 2 * HOUR,
            )
        )  # fmt: skip
    return case


@pytest.mark.parametrize("state", S)
def test_each_step_is_taken_with_its_permission_alone_and_refused_without(city, operator, state):
    told: dict[tuple[A, Permission], str] = {}
    expected: dict[tuple[A, Permission], str] = {}
    with city.write() as session:
        case_id = standing(session, state).id
        leading = standing(session, S.ACCEPTED, "AJ-2").id
        session.flush()
        for action in A:
            step = CASE_FLOW.get((state, action))
            form = replace(FORMS[action], leading=leading if action is A.MERGE else None)
            for held in OF_STEPS:
                actor = replace(operator, permissions=frozenset({held}))
                told[action, held] = attempt(session, case_id, action, actor, form)
                if step is None:
                    expected[action, held] = IllegalTransition.code
                else:
                    expected[action, held] = step.to if held is step.needs else Refused.code
    assert told == expected


def attempt(session: Session, case_id: int, action: A, actor: User, form: cases.StepForm) -> str:
    """Take a step and take it back; say where it led, or the code of the refusal."""
    point = session.begin_nested()
    try:
        at = NINE + 5 * HOUR
        case = cases.take_step(session, case_id, action, actor=actor, at=at, form=form)
        on = [i for i in cases.rows.ledger(session, case_id) if i.ended_at is None]
        assert len(on) == (2 if case.state in STAGE else 0)
    except GovDashError as error:
        return error.code
    else:
        return case.state
    finally:
        point.rollback()
        session.expire_all()
