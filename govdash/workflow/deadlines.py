"""How a city counts time: its working calendar and the limits of each stage of a case."""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Self

from govdash.core.errors import InputError
from govdash.core.settings import Settings
from govdash.core.vocab import Clock
from govdash.taxonomy import Limit, parse_limit
from govdash.workflow.calendar import WorkCalendar


@dataclass(frozen=True)
class Deadlines:
    """A calendar and the limit of each stage clock.

    Handling has the limit of the case itself (its category's), so it is not among `stages`.
    """

    calendar: WorkCalendar
    stages: Mapping[Clock, Limit]

    @classmethod
    def load(cls, data_dir: Path, *, calendar: str = "cn") -> Self:
        """Read ``calendars/<calendar>.yaml`` and ``limits/stages.csv``."""
        path = data_dir / "limits" / "stages.csv"
        try:
            with path.open(encoding="utf-8-sig", newline="") as file:
                stages = {
                    Clock(row["clock"]): parse_limit(row["amount"] + row["unit"])
                    for row in csv.DictReader(file)
                }
        except (OSError, KeyError, ValueError) as error:
            raise InputError(f"环节时限文件 {path} 不可用：{error}") from error
        return cls(WorkCalendar.load(data_dir, calendar), stages)

    def limit_of(self, clock: Clock, case_limit: Limit | None) -> Limit | None:
        """Return the limit of a clock of a case whose own limit is `case_limit`."""
        return self.stages.get(clock, case_limit)


def in_force() -> Deadlines:
    """Return those of the data folder in use (`GOVDASH_DATA`); read once for a process."""
    return _load(Settings.from_environment().data)


@lru_cache(maxsize=2)
def _load(data_dir: Path) -> Deadlines:
    return Deadlines.load(data_dir)
