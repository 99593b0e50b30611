"""Escalation chains as data: who is told when, as long as nobody has done anything."""

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any, Final, Literal, Self

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from govdash.core.errors import InputError
from govdash.core.settings import Settings
from govdash.core.vocab import Level
from govdash.taxonomy import Limit, parse_limit

When = Literal["waiting", "entered", "stage_amber", "stage_red", "case_amber", "case_red"]
#: Where an alert's rule names no chain, and for cases.
ALERT: Final = "alert"
CASE: Final = "case"


def _limit(told: Any) -> Any:  # noqa: ANN401  # whatever the file holds
    """Read ``0`` as no time at all, else a limit; what is none is left to be refused."""
    text = str(told).strip()
    if text in {"0", "None"}:
        return None
    try:
        return parse_limit(text)
    except InputError as error:
        raise ValueError(str(error)) from None


After = Annotated[Limit | None, BeforeValidator(_limit)]
Target = Annotated[
    str, Field(pattern=r"^(told|responsible|supervisor|hooks|role:[a-z_]+|hook:[a-z0-9-]+)$")
]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)


class ChainStep(_Strict):
    """One step: when, to whom, how."""

    when: When = "waiting"
    after: dict[Level, After] | After = None
    to: tuple[Target, ...] = Field(min_length=1)
    by: tuple[Literal["inbox", "email"], ...] = ("inbox",)

    def applies(self, level: Level | None) -> bool:
        """Whether an alert of this level takes the step."""
        return not isinstance(self.after, dict) or level in self.after

    def wait(self, level: Level | None) -> Limit | None:
        """Return how long after its moment the step is; None: at once."""
        if isinstance(self.after, dict):
            return self.after[level] if level is not None else None
        return self.after


class Chain(_Strict):
    """The steps of one kind of matter, in order."""

    code: str = Field(pattern=r"^[a-z][a-z0-9-]{0,39}$")
    name: str = Field(min_length=1)
    about: Literal["alert", "case"]
    steps: tuple[ChainStep, ...] = Field(min_length=1)
    repeat: dict[Level, After] | After = None

    @model_validator(mode="after")
    def _whole(self) -> Self:
        for step in self.steps:
            if (step.when == "waiting") != (self.about == "alert"):
                raise ValueError("steps: 监测提示的步骤不写 when，案件的步骤要写 when")
        if self.about == "alert":
            first = self.steps[0].after
            if not isinstance(first, dict) or set(first) != set(Level) or any(first.values()):
                raise ValueError("steps: 第一步对红、橙、黄、蓝四级都应是立即（'0'）")
            if not isinstance(self.repeat, dict) or set(self.repeat) != set(Level):
                raise ValueError("repeat: 红、橙、黄、蓝四级都要写，否则有的提示没有下一步")
        elif isinstance(self.repeat, dict) or self.repeat is None:
            raise ValueError("repeat: 写一个时限，否则有的案件没有下一步")
        return self

    def again(self, level: Level | None) -> Limit | None:
        """Return how long after the last step it is repeated."""
        if isinstance(self.repeat, dict):
            return self.repeat[level] if level is not None else None
        return self.repeat


def load(data: Path) -> Mapping[str, Chain]:
    """Read and check ``escalation/*.yaml``.

    Raises
    ------
    InputError
        When a file cannot be used, or one of the two chains that are always needed is missing.
    """
    chains: dict[str, Chain] = {}
    for path in sorted((data / "escalation").glob("*.yaml")):
        try:
            chain = Chain.model_validate(yaml.safe_load(path.read_text("utf-8")))
        except (OSError, UnicodeDecodeError, yaml.YAMLError, ValidationError) as error:
            raise InputError(f"升级链文件 {path.name} 写法不对：{error}") from error
        chains[chain.code] = chain
    for code, about in ((ALERT, "alert"), (CASE, "case")):
        if code not in chains or chains[code].about != about:
            raise InputError(f"升级链目录 {data / 'escalation'} 里缺少 {code}.yaml。")
    return chains


def in_force() -> Mapping[str, Chain]:
    """Return those of the data folder in use (`GOVDASH_DATA`); read once for a process."""
    return _load(Settings.from_environment().data)


@lru_cache(maxsize=2)
def _load(data: Path) -> Mapping[str, Chain]:
    return load(data)
