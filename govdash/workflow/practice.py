"""How a city works on its cases, in numbers: windows, ends, how often; read from its data."""

from datetime import timedelta
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Final, Self

import yaml
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from govdash.core.errors import InputError
from govdash.core.settings import Settings
from govdash.taxonomy import parse_limit

FILE: Final = "casework.yaml"


def _limit_text(text: str) -> str:
    parse_limit(text)
    return text


class Practice(BaseModel):
    """The numbers of ``casework.yaml``; each says there where it comes from."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    reopen_days: int = Field(gt=0)
    hold_days: int = Field(gt=0, le=366)
    extensions: int = Field(ge=0)
    appeal_days: int = Field(gt=0)
    duplicate_metres: float = Field(gt=0)
    duplicate_hours: float = Field(gt=0)
    urge_every_hours: float = Field(gt=0)
    files: int = Field(gt=0)
    file_megabytes: float = Field(gt=0, le=100)
    call_within: Annotated[str, AfterValidator(_limit_text)]

    @classmethod
    def load(cls, data_dir: Path) -> Self:
        """Read and check the file.

        Raises
        ------
        InputError
            When it is missing or a number in it cannot be.
        """
        path = data_dir / FILE
        try:
            return cls.model_validate(yaml.safe_load(path.read_text("utf-8")))
        except (OSError, yaml.YAMLError, ValidationError, InputError) as error:
            raise InputError(f"办案参数文件 {path} 不可用：{error}") from error

    @property
    def reopen_within(self) -> timedelta:
        """How long after its closing a dispatcher can take a case up again."""
        return timedelta(days=self.reopen_days)

    @property
    def longest_hold(self) -> timedelta:
        """How long a case can be put on hold."""
        return timedelta(days=self.hold_days)

    @property
    def appeal_within(self) -> timedelta:
        """How long after its closing a unit can appeal against a case's being late."""
        return timedelta(days=self.appeal_days)

    @property
    def duplicate_within(self) -> timedelta:
        """How far apart in time two reports of the same matter can be."""
        return timedelta(hours=self.duplicate_hours)

    @property
    def urge_every(self) -> timedelta:
        """How often a case can be urged."""
        return timedelta(hours=self.urge_every_hours)


def in_force() -> Practice:
    """Return that of the data folder in use (`GOVDASH_DATA`); read once for a process."""
    return _load(Settings.from_environment().data)


@lru_cache(maxsize=2)
def _load(data_dir: Path) -> Practice:
    return Practice.load(data_dir)
