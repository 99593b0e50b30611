"""Whom a step of a chain means: people and group robots, by role, unit and the table of cases."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

from govdash.access.audience import Audience, Person
from govdash.core.permissions import Permission
from govdash.core.vocab import CaseState, Party
from govdash.store import Session, inbox, units
from govdash.store.models import Alert, Case
from govdash.workflow.flow import CASE_FLOW
from govdash.workflow.notify import config, email
from govdash.workflow.notify.chains import ChainStep
from govdash.workflow.notify.config import HOOK, ChannelsConfig
from govdash.workflow.notify.inbox import CODE as INBOX

#: Who is asked instead where there is no unit above, or nobody works for it.
_SUPERVISOR: Final = "manager"
#: What each party of the table of cases does, by which its people are known.
_DOES: Final = {
    Party.DUTY: Permission.CASE_ACCEPT,
    Party.DISPATCHER: Permission.CASE_DISPATCH,
    Party.UNIT: Permission.CASE_HANDLE,
    Party.VERIFIER: Permission.CASE_VERIFY,
}


@dataclass(frozen=True, slots=True)
class Recipient:
    """One recipient over one channel, and as whom."""

    login: str  # empty for a group's robot
    channel: str
    words: str


@dataclass
class People:
    """Everybody who can be told something, and by which channels; read when it is first asked."""

    session: Session
    parties: tuple[Party, ...] = ()  # whom the table of cases tells of the step that is taken
    known: ChannelsConfig = field(default_factory=config.in_force)

    @cached_property
    def audience(self) -> Audience:
        """The active accounts."""
        return Audience.load(self.session)

    @cached_property
    def emails(self) -> frozenset[str]:
        """Who has an address of e-mail, where e-mail is set up."""
        return inbox.with_email(self.session) if self.known.email else frozenset()

    @cached_property
    def units(self) -> Mapping[str, tuple[str, str | None]]:
        """The name of each unit and the code of the one above."""
        table = units.units(self.session)
        return {
            str(row["code"]): (str(row["name"]), row["parent_code"])
            for row in table.to_dict("records")
        }

    def of(self, step: ChainStep, subject: Alert | Case) -> list[Recipient]:
        """Return whom a step about an alert or a case reaches, each channel of each person once."""
        found: dict[tuple[str, str], Recipient] = {}
        for target in step.to:
            for one in self._meant(target, step, subject):
                found.setdefault((one.login, one.channel), one)
        return list(found.values())

    def reach(
        self, person: Person, words: str, *, by: Collection[str] = (INBOX, email.CODE)
    ) -> Iterator[Recipient]:
        """Yield somebody once for each of the channels that they have; always for one."""
        login = person.user.login
        if INBOX in by or login not in self.emails:
            yield Recipient(login, INBOX, words)
        if email.CODE in by and login in self.emails:
            yield Recipient(login, email.CODE, words)

    def words(self, step: ChainStep) -> str:
        """Say in Chinese whom a step means."""
        return "、".join(self._word(target) for target in step.to)

    def _word(self, target: str) -> str:
        kind, _, code = target.partition(":")
        if kind == "role":
            return self.audience.role_names.get(code, code)
        plain = {
            "told": "流程表写明的人",
            "responsible": "承办人",
            "supervisor": "主管单位",
            "hooks": "群机器人",
        }
        return plain.get(target, code)

    def _meant(self, target: str, step: ChainStep, subject: Alert | Case) -> Iterator[Recipient]:
        kind, _, code = target.partition(":")
        if kind in {"hook", "hooks"}:
            for hook in self.known.hooks:
                if hook.takes(subject.area_path) and code in {"", hook.code}:
                    yield Recipient("", HOOK + hook.code, hook.name)
            return
        people, words = self._people(kind, code, subject)
        for person in people:
            yield from self.reach(person, words, by=step.by)

    def _people(self, kind: str, code: str, subject: Alert | Case) -> tuple[list[Person], str]:
        needs = Permission.CASE_READ if isinstance(subject, Case) else Permission.ALERT_READ
        unit = subject.unit_code if isinstance(subject, Case) else None
        area = subject.area_path
        if kind == "role":
            return self.audience.with_role(code, needs, area=area, unit=unit), self._word(
                f"role:{code}"
            )
        if kind == "supervisor":
            above = self.units.get(unit or "", ("", None))[1]
            over = self.audience.of_unit(above, needs) if above else []
            # who works for the unit above sees this case only where its area is theirs
            if above and (found := [person for person in over if person.sees(area, unit)]):
                return found, f"主管单位 {self.units[above][0]}"
            name = self._word(f"role:{_SUPERVISOR}")
            return self.audience.with_role(_SUPERVISOR, needs, area=area), f"{name}（代主管单位）"
        if kind == "told" and isinstance(subject, Case):
            return self._told(subject, needs)
        if isinstance(subject, Alert):
            return self.audience.with_permission(
                needs, Permission.ALERT_HANDLE, area=area
            ), "承办人"
        return self._responsible(subject, needs)

    def _told(self, case: Case, needs: Permission) -> tuple[list[Person], str]:
        """Return the parties of a step, each by what it does; reporters are called by people."""
        found: dict[str, Person] = {}
        for party in self.parties:
            wanted = _DOES.get(party)
            if wanted is None:
                continue
            if party is Party.UNIT and case.unit_code:
                people = self.audience.of_unit(case.unit_code, wanted)
            else:
                people = self.audience.with_permission(wanted, needs, area=case.area_path)
            found |= {person.user.login: person for person in people}
        words = "、".join(party.label for party in self.parties if party in _DOES)
        return list(found.values()), words

    def _responsible(self, case: Case, needs: Permission) -> tuple[list[Person], str]:
        """Return who can take the next step of a case: people of its unit, else of its area."""
        wanted = permission_of(case.state)
        if wanted is None:
            return [], "承办人"
        if wanted is Permission.CASE_HANDLE and case.unit_code:
            people = self.audience.of_unit(case.unit_code, wanted)
            if people:
                return people, f"处置单位 {self.units[case.unit_code][0]}"
        return self.audience.with_permission(wanted, needs, area=case.area_path), "承办人"


def permission_of(state: CaseState) -> Permission | None:
    """Return what the usual next step from a state needs (the first of the table), if any."""
    return next((step.needs for (origin, _), step in CASE_FLOW.items() if origin is state), None)
