"""A state as bytes (npz, no pickle): what a tick reads from where the last one left it."""

import io
import json
from dataclasses import asdict, fields
from datetime import date
from typing import Any, Final

import numpy as np
import pandas as pd

from govdash.core.errors import InputError
from govdash.detect.glm import Fit
from govdash.detect.native.calendar import Calendar
from govdash.detect.native.level import Level, LevelRule
from govdash.detect.native.parent import Parent
from govdash.detect.native.state import State

#: Raised when the arrays change their meaning; other versions are refused, and refitted.
VERSION: Final = 1


def to_bytes(state: State) -> bytes:
    """Return `state` as an npz file in memory."""
    parent = state.parent
    about = {
        "version": VERSION,
        "calendar": _calendar_out(parent.calendar),
        "rule": asdict(state.rule),
        "windows": [[length, weight] for length, weight in state.windows.items()],
        "learned_until": state.learned_until.isoformat(),
        "late_within": state.late_within,
        "at": [state.anchor.at, state.level.at],
    }
    arrays = {
        "about": np.array(json.dumps(about)),
        "series": np.array(state.series, dtype=np.str_),
        "coefficients": parent.fit.coefficients,
        "covariance": parent.fit.covariance,
        "phi": parent.phi,
        "hours": parent.hours,
        "hours_variance": parent.hours_variance,
        "since": state.since,
        "base_since": state.base_since,
        "p_since": state.p_since,
    }
    arrays |= {f"inflation_{length}": gain for length, gain in parent.inflation.items()}
    for name, level in (("anchor", state.anchor), ("level", state.level)):
        arrays |= {f"{name}_{part}": getattr(level, part) for part in _level_parts()}
    file = io.BytesIO()
    np.savez_compressed(file, allow_pickle=False, **arrays)
    return file.getvalue()


def from_bytes(stored: bytes) -> State:
    """Return the state that `to_bytes` stored.

    Raises
    ------
    InputError
        When it was stored by another version.
    """
    with np.load(io.BytesIO(stored), allow_pickle=False) as file:
        arrays = {name: file[name] for name in file.files}
    about = json.loads(str(arrays["about"]))
    if about["version"] != VERSION:
        raise InputError(f"检测状态的版本 {about['version']} 不是 {VERSION}；请重新学习基线。")
    windows = {int(length): float(weight) for length, weight in about["windows"]}
    parent = Parent(
        calendar=_calendar_in(about["calendar"]),
        fit=Fit(arrays["coefficients"], arrays["covariance"]),
        phi=arrays["phi"],
        inflation={length: arrays[f"inflation_{length}"] for length in windows},
        hours=arrays["hours"],
        hours_variance=arrays["hours_variance"],
    )
    anchor, level = (
        Level(at=at, **{part: arrays[f"{name}_{part}"] for part in _level_parts()})
        for name, at in zip(("anchor", "level"), about["at"], strict=True)
    )
    return State(
        series=tuple(str(key) for key in arrays["series"]),
        parent=parent,
        rule=LevelRule(**about["rule"]),
        windows=windows,
        learned_until=pd.Timestamp(about["learned_until"]),
        anchor=anchor,
        level=level,
        since=arrays["since"],
        base_since=arrays["base_since"],
        p_since=arrays["p_since"],
        late_within=about["late_within"],
    )


def _level_parts() -> list[str]:
    return [part.name for part in fields(Level) if part.name != "at"]


def _calendar_out(calendar: Calendar) -> dict[str, Any]:
    known = calendar.holidays
    return {
        "freq": calendar.freq,
        "first": calendar.first.isoformat(),
        "last": calendar.last.isoformat(),
        "weekdays": calendar.weekdays,
        "trend": calendar.trend,
        "harmonics": calendar.harmonics,
        "years": calendar.years,
        "holidays": None if known is None else {d.isoformat(): name for d, name in known.items()},
        "holiday_names": calendar.holiday_names,
        "workdays": sorted(day.isoformat() for day in calendar.workdays),
    }


def _calendar_in(stored: dict[str, Any]) -> Calendar:
    known = stored["holidays"]
    return Calendar(
        freq=stored["freq"],
        first=pd.Timestamp(stored["first"]),
        last=pd.Timestamp(stored["last"]),
        weekdays=stored["weekdays"],
        trend=stored["trend"],
        harmonics=stored["harmonics"],
        years=tuple(stored["years"]),
        holidays=None
        if known is None
        else {date.fromisoformat(day): name for day, name in known.items()},
        holiday_names=tuple(stored["holiday_names"]),
        workdays=frozenset(date.fromisoformat(day) for day in stored["workdays"]),
    )
