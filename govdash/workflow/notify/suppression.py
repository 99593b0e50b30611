"""Whether an alert is muted, by whom, why and until when. Derived; it mutes notifications only.

Red is never muted. A silence, maintenance or planned event covers areas, categories and rules; a
wider alert inhibits those inside of it for whoever sees the wider one; a signal that goes to and
fro is muted until it is steady. What clears meanwhile is told all the same (`alertsteps`), and what
still waits when the mute is over is told then (`unmuted`).
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from govdash.core.errors import InputError
from govdash.core.settings import Settings
from govdash.core.vocab import Level, Mute
from govdash.language.masking import mask
from govdash.store import Session, accounts, notifications
from govdash.store import suppressions as rows
from govdash.store.models import Alert, Suppression
from govdash.workflow.notify import alertsteps, planning
from govdash.workflow.notify.targets import People

Sees = Callable[[str | None], bool]


class Flapping(BaseModel):
    """How many changes of the signal in how many hours are to and fro."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    transitions: int = Field(ge=2)
    hours: float = Field(gt=0)


class Practice(BaseModel):
    """What the city says about muting."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    flapping: Flapping
    longest_days: dict[Mute, int]


@dataclass(frozen=True, slots=True)
class Muted:
    """Why an alert is muted: always with an owner, a reason and an end."""

    owner: str  # a name
    reason: str
    until: datetime | None  # None: as long as the `wider` alert lasts
    wider: str = ""  # number of the alert that speaks for it, until that one is over
    suppression_id: int | None = None

    def words(self, told: Callable[[datetime], str], *, names_wider: bool = True) -> str:
        """Say it in Chinese; `told` writes a moment.

        What others may read who need not see the wider alert does not name it.
        """
        wider = f"提示 {self.wider} " if names_wider else "那条提示"
        end = f"到 {told(self.until)}" if self.until else f"到{wider}消退或结束"
        return f"已静默：{self.owner}，{mask(self.reason)}，{end}"


def muted(
    session: Session, alert: Alert, *, at: datetime, sees: Sees, practice: Practice | None = None
) -> Muted | None:
    """Return why an alert is muted for somebody who `sees` some areas; None when it is not."""
    if alert.level is Level.RED:
        return None
    for one in rows.on(session, at=at):
        if covers(one, alert):
            name = accounts.names(session).get(one.owner, one.owner)
            what = f"{one.kind.label}“{one.name}”：" if one.name else f"{one.kind.label}："
            return Muted(name, what + one.reason, one.ends_at, suppression_id=one.id)
    for other in rows.wider(session, alert):
        if inhibits(other, alert) and sees(other.area_path):
            return Muted("系统", "由更大范围的提示代表", None, other.number)
    flapping = (practice or in_force()).flapping
    window = timedelta(hours=flapping.hours)
    changes = rows.signal_changes(session, alert.id, since=at - window)
    if len(changes) >= flapping.transitions:
        reason = f"信号在 {flapping.hours:g} 小时内变化 {len(changes)} 次（震荡）"
        return Muted("系统", reason, changes[-flapping.transitions] + window)
    return None


def covers(one: Suppression, alert: Alert) -> bool:
    """Whether a suppression is about an alert: its area, its category and its rule."""
    inside = one.area_path is None or (alert.area_path or "").startswith(one.area_path)
    kind = one.category is None or alert.category.startswith(one.category)
    return inside and kind and one.rule_code in {None, alert.rule_code}


def inhibits(wider: Alert, alert: Alert) -> bool:
    """Whether a wider alert speaks for one inside of it: no milder, of its category or all."""
    kind = wider.category == "*" or alert.category.startswith(wider.category)
    return kind and wider.level.rank <= alert.level.rank


def unmuted(session: Session, *, at: datetime) -> int:
    """Tell of alerts that still wait when what muted them is over; once for each recipient."""
    people = People(session)
    done: set[tuple[int, str, str]] = set()
    new = 0
    for row, alert in rows.held_back(session):
        who = (alert.id, row.recipient, row.channel)
        if who in done:
            continue
        done.add(who)
        if not alertsteps.waits(alert) or rows.said_since(session, row):
            continue
        if muted(session, alert, at=at, sees=sees_of(people, row.recipient)) is not None:
            continue
        told: dict[str, Any] = {
            name: getattr(row, name)
            for name in (
                "title", "link", "alert_id", "episode", "area_path", "recipient", "target",
                "channel",
            )
        }  # fmt: skip
        start = f"a{alert.id}:{row.episode}:after-{row.id}"
        why = "静默已结束，提示仍在等待处理"
        new += notifications.add(
            session,
            [
                told
                | {
                    "key": f"{start}:{row.recipient}:{row.channel}",
                    "topic": planning.STEP,
                    "why": why,
                    "body": f"{row.body}{why}。",
                    "level": alert.level,
                    "created_at": at,
                    "due_at": at,
                }
            ],
        )
    return new


def sees_of(people: People, login: str) -> Sees:
    """Return what a recipient sees; a group's robot is taken to see no wider alert."""
    person = people.audience.people.get(login)
    return lambda path: person is not None and person.sees(path)


def load(data: Path) -> Practice:
    """Read ``suppression.yaml``.

    Raises
    ------
    InputError
        When it cannot be used.
    """
    path = data / "suppression.yaml"
    try:
        return Practice.model_validate(yaml.safe_load(path.read_text("utf-8")))
    except (OSError, UnicodeDecodeError, yaml.YAMLError, ValidationError) as error:
        raise InputError(f"静默设置 {path.name} 写法不对：{error}") from error


def in_force() -> Practice:
    """Return that of the data folder in use (`GOVDASH_DATA`); read once for a process."""
    return _load(Settings.from_environment().data)


@lru_cache(maxsize=2)
def _load(data: Path) -> Practice:
    return load(data)
