"""Which unit a case goes to: rules as data by category, area and source, each answer explained."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final, Self

import yaml
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from govdash.core.errors import InputError
from govdash.core.vocab import Channel

FOLDER: Final = "dispatch"
#: The source of a case that was made from an alert; the others are channels of events.
FROM_ALERT: Final = "alert"


def _known_source(text: str) -> str:
    if text != FROM_ALERT and text not in set(Channel):
        known = "、".join([*Channel, FROM_ALERT])
        raise ValueError(f"来源“{text}”不存在；可用：{known}。")
    return text


class To(BaseModel):
    """The unit of a rule: one by its code, the nearest of a kind, or whoever answers for the area.

    `kind` is the end of a code after a hyphen: ``URBAN`` finds ``990101003-URBAN``, the unit of
    that kind with the smallest area around the case.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    unit: str = ""
    kind: str = ""
    covering: bool = False

    @model_validator(mode="after")
    def _one(self) -> Self:
        if sum(map(bool, (self.unit, self.kind, self.covering))) != 1:
            raise ValueError("to 须写明 unit、kind、covering 中的一个")
        return self


class Rule(BaseModel):
    """One rule. An empty list says nothing: any category, everywhere, whatever the source."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    code: str = Field(pattern=r"^[A-Z]+[0-9]+$")
    name: str = Field(min_length=1)
    categories: tuple[str, ...] = ()  # keys or majors
    areas: tuple[Annotated[str, Field(pattern=r"^/([0-9]+/)+$")], ...] = ()
    sources: tuple[Annotated[str, AfterValidator(_known_source)], ...] = ()
    to: To


@dataclass(frozen=True, slots=True)
class Facts:
    """What a rule looks at."""

    category: str
    area_path: str | None
    source: str | None


@dataclass(frozen=True, slots=True)
class Body:
    """A unit, as rules find it."""

    code: str
    name: str
    area_path: str | None


@dataclass(frozen=True, slots=True)
class Route:
    """Where a case goes and why: the rule and what of it held; no rule for the fallback."""

    unit_code: str | None
    rule: Rule | None
    held: tuple[
        tuple[str, str], ...
    ] = ()  # ("category", "A-09001"), ("area", "/…/"), ("source", …)
    passed_over: tuple[str, ...] = ()  # rules that held, but whose unit does not exist here

    @property
    def code(self) -> str:
        """The code of the rule, ``兜底`` without one."""
        return self.rule.code if self.rule else "兜底"


@dataclass(frozen=True)
class Book:
    """The rules in force, checked. The most specific one that holds decides."""

    rules: tuple[Rule, ...]

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read every file of a folder, or one file.

        Raises
        ------
        InputError
            When a file cannot be used, or two rules have one code.
        """
        files = sorted(folder.glob("*.yaml")) if folder.is_dir() else [folder]
        rules: list[Rule] = []
        for file in files:
            try:
                told = yaml.safe_load(file.read_text("utf-8"))
                rules += [Rule.model_validate(rule) for rule in told["rules"]]
            except (OSError, yaml.YAMLError, ValidationError, KeyError, TypeError) as error:
                raise InputError(f"路由规则文件 {file} 不可用：{error}") from error
        codes = [rule.code for rule in rules]
        if twice := sorted({code for code in codes if codes.count(code) > 1}):
            raise InputError(f"路由规则 {'、'.join(twice)} 重复；每条规则的代码须不同。")
        return cls(tuple(rules))


def route(book: Book, facts: Facts, bodies: Sequence[Body]) -> Route:
    """Return where a case goes.

    A rule for a category goes before one for its major, then the smaller area, then one that
    names the source, then the first in the book. A rule whose unit is not there is passed over.
    Without any, the case goes to whoever answers for the smallest area around it, else to the
    unit with the widest area: no case is without an owner as long as there is a unit.
    """
    holding = [(rule, held) for rule in book.rules if (held := _held(rule, facts)) is not None]
    holding.sort(key=lambda one: _specific(one[1]), reverse=True)  # stable: the book's order
    passed: list[str] = []
    for rule, held in holding:
        unit = _unit(rule.to, facts.area_path, bodies)
        if unit is not None:
            return Route(unit, rule, held, tuple(passed))
        passed.append(rule.code)
    return Route(_fallback(facts.area_path, bodies), None, (), tuple(passed))


def sentence(
    told: Route,
    *,
    areas: Mapping[str, str],
    categories: Mapping[str, str],
    units: Mapping[str, str],
) -> str:
    """Say it for people: ``路由规则 R12：占道经营 + 欧阳路街道 → 街道城管中队``."""
    unit = "（没有单位）" if told.unit_code is None else units.get(told.unit_code, told.unit_code)
    if told.rule is None:
        return f"没有路由规则适用，按属地兜底 → {unit}"
    words = {"category": categories, "area": areas, "source": SOURCES}
    held = " + ".join(words[what].get(code, code) for what, code in told.held) or "全部案件"
    return f"路由规则 {told.rule.code}：{held} → {unit}"


#: What the sources of cases are called on the screen.
SOURCES: Final[Mapping[str, str]] = {c.value: c.label for c in Channel} | {FROM_ALERT: "监测提示"}


def _held(rule: Rule, facts: Facts) -> tuple[tuple[str, str], ...] | None:
    """Return what of a rule holds for a case, its most specific words; None when it does not."""
    held: list[tuple[str, str]] = []
    if rule.categories:
        fitting = [key for key in rule.categories if _under(facts.category, key)]
        if not fitting:
            return None
        held.append(("category", max(fitting, key=len)))
    if rule.areas:
        inside = [path for path in rule.areas if (facts.area_path or "").startswith(path)]
        if not inside:
            return None
        held.append(("area", max(inside, key=len)))
    if rule.sources:
        if facts.source not in rule.sources:
            return None
        held.append(("source", facts.source or ""))
    return tuple(held)


def _under(category: str, key: str) -> bool:
    """Whether a category is the one of `key`, or under it as its major (``A-09``)."""
    return category == key or (len(key) == 4 and category.startswith(key))


def _specific(held: tuple[tuple[str, str], ...]) -> tuple[int, int, bool]:
    told = dict(held)
    return len(told.get("category", "")), len(told.get("area", "")), "source" in told


def _unit(to: To, area_path: str | None, bodies: Sequence[Body]) -> str | None:
    if to.unit:
        return to.unit if any(body.code == to.unit for body in bodies) else None
    if to.kind:
        bodies = [body for body in bodies if body.code.rpartition("-")[2] == to.kind]
    return _nearest(area_path, bodies)


def _nearest(area_path: str | None, bodies: Sequence[Body]) -> str | None:
    """Return the unit that answers for the smallest area around a place."""
    around = [
        (-len(body.area_path), body.code)
        for body in bodies
        if body.area_path and (area_path or "").startswith(body.area_path)
    ]
    return min(around)[1] if around else None


def _fallback(area_path: str | None, bodies: Sequence[Body]) -> str | None:
    widest = sorted(bodies, key=lambda body: (len(body.area_path or "~" * 200), body.code))
    return _nearest(area_path, bodies) or (widest[0].code if widest else None)
