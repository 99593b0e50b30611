"""Who hears of 延期 and 超时申诉: whoever may decide them, then who asked and who has the case."""

from collections.abc import Iterable
from datetime import datetime

from govdash.access.audience import Person
from govdash.core.permissions import Permission
from govdash.core.vocab import Asked, AskState
from govdash.store import Session
from govdash.store import escalations as rows
from govdash.store.models import Case, CaseRequest
from govdash.workflow.deadlines import in_force
from govdash.workflow.notify import planning, wording
from govdash.workflow.notify.targets import People

ASKED = "asked"  # begins the moments at which somebody is to decide


def stepped(session: Session, case: Case, request: CaseRequest, *, at: datetime) -> None:
    """Tell of a request as it stands now: that it waits for a decision, or how it was decided."""
    people = People(session)
    if request.state in {AskState.WAITING, AskState.ONCE}:
        moment, concerned = f"{ASKED}_{request.kind}", _deciders(case, request, people)
    else:
        moment, concerned = f"{request.state}_{request.kind}", _concerned(case, request, people)
    _tell(session, case, request, concerned, people, moment=moment, at=at)


def _deciders(case: Case, request: CaseRequest, people: People) -> list[tuple[Person, str]]:
    """Return who may decide now: not who asked, nor who has decided already."""
    able = people.audience.with_permission(
        Permission.CASE_APPROVE, Permission.CASE_READ, area=case.area_path
    )
    done = {request.asked_by, request.first_by}
    return [(person, "审批人") for person in able if person.user.login not in done]


def _concerned(case: Case, request: CaseRequest, people: People) -> list[tuple[Person, str]]:
    """Return who asked; of a new deadline also whoever works on the case."""
    asker = people.audience.people.get(request.asked_by)
    found = [(asker, "申请人")] if asker is not None else []
    if request.kind is Asked.EXTENSION and request.state is AskState.GRANTED and case.unit_code:
        workers = people.audience.of_unit(case.unit_code, Permission.CASE_HANDLE)
        unit = f"处置单位 {people.units[case.unit_code][0]}"
        found += [(one, unit) for one in workers if one.user.login != request.asked_by]
    return found


def _tell(
    session: Session,
    case: Case,
    request: CaseRequest,
    concerned: Iterable[tuple[Person, str]],
    people: People,
    *,
    moment: str,
    at: datetime,
) -> None:
    kept = rows.of_case(session, case.id)
    if kept is None:
        return
    told = [one for person, words in concerned for one in people.reach(person, words)]
    planning.tell_case(
        session, kept, case, told, people,
        moment=moment, mark=f"{request.state}-{request.id}", why=wording.CASE_MOMENTS[moment],
        due_at=at, at=at, deadlines=in_force(),
    )  # fmt: skip
