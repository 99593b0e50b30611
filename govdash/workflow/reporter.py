"""Who reported a case: shown masked; in clear for one case, with a reason, and journalled."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from govdash.access import User
from govdash.core.errors import InputError, NotFound
from govdash.core.filters import Scope
from govdash.core.permissions import Permission
from govdash.language.fields import SHOWN
from govdash.store import Session, cases, journal, reporters
from govdash.store.persons import Person

DID: Final = "person.unmask"
#: What a field is called on the screen, in its order there.
LABELS: Final[Mapping[str, str]] = {
    "reporter_name": "姓名",
    "reporter_contact": "联系方式",
    "reporter_identity": "证件号",
    "reporter_address": "住址",
}
SHORTEST_REASON: Final = 4  # characters: "回访" alone says nothing
LONGEST_REASON: Final = 200


@dataclass(frozen=True, slots=True)
class Reporter:
    """What is shown of a person: the label and text of each field that there is."""

    fields: tuple[tuple[str, str], ...]
    #: The texts as they came, where the masker changed them.
    texts: tuple[tuple[str, str], ...] = ()


def masked(session: Session, case_id: int, scope: Scope) -> Reporter | None:
    """Return who reported a case, masked; None when nobody is known. `NotFound` out of scope."""
    person = reporters.of_case(session, case_id, scope)
    if person is None:
        return None
    told = [(label, SHOWN[name](text)) for name, label, text in _named(person)]
    return Reporter(tuple(told)) if told or _raw(person) else None


def unmask(session: Session, case_id: int, *, actor: User, reason: str, at: datetime) -> Reporter:
    """Return who reported a case, in clear, and write the journal line with the reason.

    Raises
    ------
    Refused
        When the actor may not, or not in the case's area.
    InputError
        When the reason says nothing.
    NotFound
        When there is no such case in the scope, or nobody is known.
    """
    actor.require_held(Permission.PERSON_UNMASK)
    told = " ".join(reason.split())
    if len(told) < SHORTEST_REASON or len(set(told)) < SHORTEST_REASON - 1:
        raise InputError(f"请写明查看个人信息的理由，至少 {SHORTEST_REASON} 个字。")
    if len(told) > LONGEST_REASON:
        raise InputError(f"理由太长（{len(told)} 字），请不超过 {LONGEST_REASON} 字。")
    case = cases.get(session, case_id, actor.scope)
    person = reporters.of_case(session, case_id, actor.scope)
    if case is None or person is None:
        raise NotFound("没有这个案件诉求人的信息。")
    journal.record(
        session,
        actor=actor.login,
        did=DID,
        subject=f"case:{case.number}",
        at=at,
        note=told,
        detail={"event": case.event_id, "fields": [name for name, _, _ in _named(person)]},
    )
    return Reporter(tuple((label, text) for _, label, text in _named(person)), _raw(person))


def _named(person: Person) -> list[tuple[str, str, str]]:
    found = [(name, label, str(getattr(person, name))) for name, label in LABELS.items()]
    return [one for one in found if one[2]]


def _raw(person: Person) -> tuple[tuple[str, str], ...]:
    texts = (("标题", person.raw_title), ("内容", person.raw_text), ("地址", person.raw_address))
    return tuple((label, text) for label, text in texts if text)
