"""Rules: which findings become alerts, and of which level. Thresholds live here, not in code."""

from datetime import datetime
from pathlib import Path
from typing import Any, Final, Literal, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from govdash.access import SYSTEM, User
from govdash.core.errors import Conflict, InputError, NotFound
from govdash.core.permissions import Permission
from govdash.core.vocab import AreaLevel, Level
from govdash.detect import DETECTORS, Finding
from govdash.store import Session, journal
from govdash.store import rules as rows
from govdash.store.models import Rule as Row
from govdash.store.underlying import CHANNEL

#: How long a 签收 counts while no case is made of the alert and nobody says what it was.
ACKNOWLEDGE_HOURS: Final = {Level.RED: 1.0, Level.ORANGE: 4.0, Level.YELLOW: 24.0, Level.BLUE: 72.0}


class LevelCut(BaseModel):
    """What a finding must reach to be of a level: all three."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    level: Level
    p_value: float = Field(gt=0, le=1)  # at most
    excess: float = Field(default=0, ge=0)  # at least, either way
    ratio: float = Field(default=1, ge=1)  # observed to expected, or the inverse on the low side

    def reached(self, finding: Finding) -> bool:
        """Whether `finding` reaches this level."""
        seen = finding.evidence
        return self.holds(seen.observed, seen.expected, seen.p_value)

    def holds(self, observed: float, expected: float, p_value: float) -> bool:
        """Whether these figures reach this level."""
        larger, smaller = max(observed, expected), min(observed, expected)
        return (
            p_value <= self.p_value
            and larger - smaller >= self.excess
            and larger >= self.ratio * smaller
        )


class Parameters(BaseModel):
    """The numbers of a rule."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    subject: Literal["category", "channel"] = "category"
    areas: tuple[AreaLevel, ...] = Field(min_length=1)
    categories: tuple[Literal["category", "major", "all"], ...] = ()
    direction: Literal["high", "low"] = "high"
    windows: tuple[int, ...] = Field(min_length=1)  # days
    fdr: float = Field(gt=0, lt=1)
    min_excess: float = Field(ge=0)
    min_observed: float = Field(default=0, ge=0)
    min_total: int = Field(default=1, ge=1)  # events in the history: quieter series are left out
    history_days: int = Field(default=730, ge=35)
    partial_day: bool = False  # today as well, once it is above the bound of a whole day
    cool_down_days: int = Field(default=3, ge=0)
    clear_after_days: int = Field(default=2, ge=1)
    confirm_hours: int = Field(default=0, ge=0)  # seen for so long before it is told to anybody
    acknowledge_hours: dict[Level, float] = ACKNOWLEDGE_HOURS  # then it waits for somebody again
    close_after_days: int = Field(default=3, ge=0)  # cleared and no work for anybody any more
    escalation: str = "alert"  # which chain of data/escalation tells people
    route: tuple[str, ...] = ()  # whom its first step tells, instead of whom the chain says
    levels: tuple[LevelCut, ...] = Field(min_length=1)
    detector_parameters: dict[str, Any] = {}

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.subject == "category" and not self.categories:
            raise ValueError("categories: 至少写一级（category、major 或 all）")
        ranks = [cut.level.rank for cut in self.levels]
        if ranks != sorted(set(ranks)):
            raise ValueError("levels: 应从红到蓝排列，每级一次")
        if set(self.acknowledge_hours) != set(Level) or min(self.acknowledge_hours.values()) <= 0:
            raise ValueError("acknowledge_hours: 红、橙、黄、蓝四级都要写，且大于 0")
        return self


class Rule(BaseModel):
    """One version of a rule."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    code: str = Field(pattern=r"^[a-z][a-z0-9-]{1,39}$")
    name: str = Field(min_length=1)
    detector: str = "native"
    enabled: bool = True
    parameters: Parameters
    version: int = 0  # 0: not stored yet

    @model_validator(mode="after")
    def _known(self) -> Self:
        if self.detector not in DETECTORS:
            raise ValueError(f"detector: 没有“{self.detector}”；可用：{'、'.join(DETECTORS)}")
        return self

    def level_of(self, finding: Finding) -> Level | None:
        """Return the highest level that `finding` reaches; None: no alert."""
        return next((cut.level for cut in self.parameters.levels if cut.reached(finding)), None)

    def watches(self, area_path: str, category: str) -> bool:
        """Whether the rule speaks about series of this area and category."""
        depth = area_path.strip("/").count("/") + 1
        if depth not in {list(AreaLevel).index(level) + 1 for level in self.parameters.areas}:
            return False
        if self.parameters.subject == "channel":
            return category.startswith(CHANNEL)
        return _category_level(category) in self.parameters.categories

    def could_find(self, category: str) -> bool:
        """Whether a matter of this category could be told by the rule: channels by channel rules.

        A category counts for rules over majors too, and the other way round.
        """
        return category.startswith(CHANNEL) == (self.parameters.subject == "channel")

    def speaks(self, finding: Finding) -> bool:
        """Whether `finding` is of a series, direction and level of this rule."""
        return (
            self.watches(finding.area_path, finding.category)
            and finding.direction == self.parameters.direction
            and self.level_of(finding) is not None
        )

    def takes(self, finding: Finding) -> bool:
        """Whether `finding` becomes an alert of this rule."""
        p, seen = self.parameters, finding.evidence
        return (
            self.speaks(finding)
            and seen.window_days in p.windows
            and seen.q_value <= p.fdr
            and abs(seen.excess) >= p.min_excess
            and max(seen.observed, seen.expected) >= p.min_observed
        )


def load_defaults(
    session: Session, data_dir: Path, *, at: datetime, actor: User = SYSTEM
) -> list[Rule]:
    """Write the rules of ``rules/*.yaml`` as new versions where they differ; return all current.

    Raises
    ------
    InputError
        When a file cannot be used; the message names file and field.
    """
    changed: list[str] = []
    for path in sorted((data_dir / "rules").glob("*.yaml")):
        rule = read(path)
        stored, new = _put(session, rule, actor=actor, at=at)
        if new:
            changed.append(f"{stored.code}@{stored.version}")
    if changed:
        journal.record(
            session,
            actor=actor.login,
            did="rule.load",
            subject="rules",
            at=at,
            detail={"versions": changed},
        )
    return current(session)


def change(
    session: Session,
    rule: Rule,
    *,
    actor: User,
    at: datetime,
    seen_version: int | None = None,
    because: str = "",
) -> Rule:
    """Make `rule` the current version of its code; its own version number is not read.

    Raises
    ------
    Refused
        When the actor may not change rules.
    Conflict
        When `seen_version` is not the current one any more (0: there was none); nothing was
        overwritten.
    """
    actor.require(Permission.RULE_EDIT, area=None)
    before = next((old for old in current(session) if old.code == rule.code), None)
    now = before.version if before else 0
    if seen_version is not None and seen_version != now:
        raise Conflict(
            f"规则 {rule.code} 已是第 {now} 版，您看到的是第 {seen_version} 版；"
            "请先看新的版本，您改的内容还在。"
        )
    stored, new = _put(session, rule, actor=actor, at=at)
    if new:
        journal.record(
            session,
            actor=actor.login,
            did="rule.change",
            subject=f"rule:{stored.code}",
            at=at,
            detail={"version": stored.version, "enabled": stored.enabled}
            | ({"because": because} if because else {}),
            before=before.model_dump(mode="json") if before else None,
            after=_rule(stored).model_dump(mode="json"),
        )
    return _rule(stored)


def read(path: Path) -> Rule:
    """Read a rule from a file as ``rules/*.yaml`` are, without storing it.

    Raises
    ------
    InputError
        When the file cannot be read or used; the message names file and field.
    """
    try:
        return Rule.model_validate(yaml.safe_load(path.read_text("utf-8")))
    except FileNotFoundError:
        raise InputError(f"找不到规则文件 {path}；请检查路径。") from None
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"规则文件 {path} 不是可读的 UTF-8 文本。") from error
    except (yaml.YAMLError, ValidationError) as error:
        raise InputError(f"规则文件 {path.name} 写法不对：{error}") from error


def current(session: Session) -> list[Rule]:
    """Return the current version of every rule, switched off ones included."""
    return [_rule(row) for row in rows.current(session)]


def versions(session: Session, code: str) -> list[tuple[Rule, str, datetime]]:
    """Return every version of a rule, newest first, with who made it (login) and when."""
    found = rows.versions(session, code)
    return [(_rule(row), row.changed_by, row.changed_at) for row in found]


def get(session: Session, code: str, version: int) -> Rule:
    """Return one version of a rule, or raise `NotFound`."""
    row = rows.get(session, code, version)
    if row is None:
        raise NotFound(f"没有规则 {code} 的第 {version} 版。")
    return _rule(row)


def _put(session: Session, rule: Rule, *, actor: User, at: datetime) -> tuple[Row, bool]:
    return rows.put_version(
        session,
        code=rule.code,
        name=rule.name,
        detector=rule.detector,
        parameters=rule.parameters.model_dump(mode="json"),
        enabled=rule.enabled,
        changed_by=actor.login,
        at=at,
    )


def _rule(row: Row) -> Rule:
    return Rule(
        code=row.code,
        name=row.name,
        detector=row.detector,
        enabled=row.enabled,
        parameters=Parameters.model_validate(row.parameters),
        version=row.version,
    )


def _category_level(category: str) -> str:
    if category == "*":
        return "all"
    if category.startswith(CHANNEL):  # "@app" is as long as a major
        return "channel"
    return "major" if len(category) == len("A-06") else "category"
