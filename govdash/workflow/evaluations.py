"""Evaluations that were made: kept as JSON files below ``var``, newest first."""

import json
import os
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final, cast

from govdash.core.errors import NotFound
from govdash.core.filters import Scope
from govdash.core.settings import Settings
from govdash.workflow.evaluation import FORMAT

FOLDER: Final = "evaluations"
#: Evaluations that are kept: one a week for two years.
KEPT: Final = 100


@dataclass(frozen=True, slots=True)
class Made:
    """One line of the list."""

    number: str
    made_at: datetime
    made_by: str
    first: date
    last: date
    data_version: int
    rules: str  # which versions, short


def save(settings: Settings, result: dict[str, Any]) -> Path:
    """Write a result whole or not at all; the oldest beyond `KEPT` go."""
    folder = settings.var / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{result['number']}.json"
    part = folder / f".{result['number']}.{os.getpid()}.part"
    with part.open("w", encoding="utf-8") as file:
        json.dump(result, file, ensure_ascii=False, allow_nan=False)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)
    for old in _files(settings)[KEPT:]:
        old.unlink(missing_ok=True)
    return path


def listed(settings: Settings, scope: Scope) -> list[Made]:
    """Return what was made, newest first; nothing for who doesn't see the whole city.

    An evaluation names findings of every area.
    """
    if not scope.whole_city:
        return []
    made: list[Made] = []
    for path in _files(settings):
        result = _load(path)
        if result is not None:
            made.append(
                Made(
                    number=result["number"],
                    made_at=datetime.fromisoformat(result["made_at"]),
                    made_by=result["made_by"],
                    first=date.fromisoformat(result["first_day"]),
                    last=date.fromisoformat(result["last_day"]),
                    data_version=result["data_version"],
                    rules="、".join(f"{r['code']}@{r['version']}" for r in result["rules"]),
                )
            )
    return made


def read(settings: Settings, number: str, scope: Scope) -> dict[str, Any]:
    """Return one result to who sees the whole city, or raise `NotFound`."""
    for path in _files(settings) if scope.whole_city else []:
        if path.stem == number and (result := _load(path)) is not None:
            return result
    raise NotFound(f"没有编号为“{number}”的评测；请从列表中选择。")


def _files(settings: Settings) -> list[Path]:
    return sorted((settings.var / FOLDER).glob("*.json"), reverse=True)


def _load(path: Path) -> dict[str, Any] | None:
    """Return what a file holds; None when it is not of this format or was cut off by hand."""
    try:
        loaded: Any = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    if not isinstance(loaded, dict):
        return None
    result = cast("dict[str, Any]", loaded)
    return result if result.get("format") == FORMAT else None
