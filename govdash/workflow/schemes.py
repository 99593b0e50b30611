"""考核方案: a city's weights, targets and terms of assessment, in versions with a first day."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any, Final

import yaml
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from govdash.access import User
from govdash.aggregate.indicators import Table
from govdash.core.errors import Conflict, InputError, NotFound
from govdash.core.permissions import Permission
from govdash.language.masking import mask
from govdash.store import Session, journal, schemes
from govdash.taxonomy import parse_limit
from govdash.workflow.retelling import Terms

#: The version that holds until a city has written one: the shipped file.
SHIPPED: Final = 0
_WHOLE: Final = 100.0  # what the weights of a score add up to


def _limit_text(text: str) -> str:
    parse_limit(text)
    return text


class Score(BaseModel):
    """A composite: weights of rates that add up to 100."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(min_length=1, max_length=20)
    weights: dict[str, Annotated[float, Field(gt=0, le=_WHOLE)]] = Field(min_length=1)


class Body(BaseModel):
    """What a version lays down, as ``data/kpi/scheme.yaml`` does."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    scores: dict[str, Score] = Field(min_length=1)
    ranked_by: str
    response: Annotated[str, AfterValidator(_limit_text)]
    content_from: int = Field(ge=1, le=5)
    least: int = Field(ge=1, le=1000)
    targets: dict[str, tuple[float, float]] = {}

    @property
    def terms(self) -> Terms:
        """Return what the counts themselves go by."""
        return Terms(parse_limit(self.response), self.content_from)


@dataclass(frozen=True, slots=True)
class Scheme:
    """One version, ready to score by."""

    version: int  # `SHIPPED`: the file
    valid_from: date | None
    body: Body
    note: str = ""
    made_by: str = ""
    made_at: datetime | None = None

    @property
    def label(self) -> str:
        """Name it on a screen."""
        return f"方案第 {self.version} 版" if self.version else "自带方案"


def read(told: Mapping[str, Any], table: Table) -> Body:
    """Check what a version lays down.

    Raises
    ------
    InputError
        When something is missing or cannot be; the message says what.
    """
    try:
        body = Body.model_validate(told)
    except (ValidationError, InputError) as error:
        raise InputError(f"考核方案写法不对：{error}") from error
    rates = {row.code: row for row in table.rates}
    for key, score in body.scores.items():
        if strange := [code for code in score.weights if code not in rates]:
            raise InputError(f"“{score.name}”里的指标 {'、'.join(strange)} 不能计算，不能给权重。")
        if abs((total := sum(score.weights.values())) - _WHOLE) > 1e-6:
            raise InputError(f"“{score.name}”（{key}）的权重合计 {total:g}，应为 100。")
    if body.ranked_by not in body.scores:
        raise InputError(f"排名依据“{body.ranked_by}”不在分数里；可用：{'、'.join(body.scores)}。")
    for code, (target, warn) in body.targets.items():
        row = table.of(code)
        good = target >= warn if row.direction == "up" else target <= warn
        if not good or not (0 <= min(target, warn) <= max(target, warn) <= _WHOLE):
            raise InputError(f"{row.name}的达标线 {target:g} 和预警线 {warn:g} 颠倒或超出范围。")
    return body


def shipped(data_dir: Path, table: Table) -> Scheme:
    """Return the scheme of the data folder."""
    path = data_dir / "kpi" / "scheme.yaml"
    try:
        told = yaml.safe_load(path.read_text("utf-8"))
    except (OSError, yaml.YAMLError) as error:
        raise InputError(f"考核方案文件 {path} 不可用：{error}") from error
    return Scheme(SHIPPED, None, read(told, table))


def scheme_for(
    session: Session,
    day: date,
    *,
    table: Table,
    data_dir: Path,
    known_at: datetime,
    version: int | None = None,
) -> Scheme:
    """Return the version that holds for a period ending on `day`, or the one that is named.

    Raises
    ------
    NotFound
        When there is no such version.
    """
    if version == SHIPPED:
        return shipped(data_dir, table)
    if version is not None:
        found = schemes.get(session, version)
        if found is None:
            raise NotFound(f"没有第 {version} 版考核方案。")
    else:
        found = schemes.valid(session, day, known_at=known_at)
    if found is None:
        return shipped(data_dir, table)
    return Scheme(
        found.version, found.valid_from, read(found.body, table),
        note=found.note, made_by=found.made_by, made_at=found.made_at,
    )  # fmt: skip


def save(
    session: Session,
    body: Body,
    *,
    valid_from: date,
    note: str,
    seen: int,
    table: Table,
    actor: User,
    at: datetime,
) -> int:
    """Make a new version; what was scored by earlier ones stays as it was. Return its number.

    Raises
    ------
    Refused
        When the actor may not lay down how the city assesses.
    Conflict
        When somebody made a version since the one that was `seen`.
    InputError
        When the body cannot be, or nothing says why it changed.
    """
    actor.require_held(Permission.KPI_EDIT)
    said = mask(note.strip())
    if len(said) < 4:
        raise InputError("请写明为什么修改考核方案，至少 4 个字。")
    checked = read(body.model_dump(), table)
    newest = next(iter(schemes.versions(session)), None)
    if (newest.version if newest else SHIPPED) != seen:
        raise Conflict("考核方案刚被他人修改；请刷新后再改，您填写的内容没有丢失。")
    told = {
        **checked.model_dump(mode="json"),
        "scores": {
            key: {"name": mask(score.name), "weights": dict(score.weights)}
            for key, score in checked.scores.items()
        },
    }
    made = schemes.add(session, valid_from=valid_from, body=told, note=said, by=actor.login, at=at)
    journal.record(
        session, actor=actor.login, did="scheme.save", subject=f"scheme:{made.version}", at=at,
        note=said, detail={"valid_from": valid_from.isoformat(), **told},
    )  # fmt: skip
    return made.version
