"""Times as sources write them: several formats in one column, local to the source's zone."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
from numpy.typing import NDArray

ISO: Final = "iso"
EXCEL: Final = "excel"  # days since 1899-12-30
EPOCH: Final = {"epoch_s": 1, "epoch_ms": 1000}

_ISO_SHAPE: Final = r"\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:[.,]\d{1,9})?)?)?"
_OFFSET: Final = r"\s?(?:Z|[+-]\d{2}:?\d{2})"
_YEAR_FIRST: Final = (
    "%Y-%m-%d %H:%M:%S",
    "%Y-%m-%d %H:%M",
    "%Y-%m-%d",
    "%Y%m%d%H%M%S",
    "%Y%m%d %H%M%S",
    "%Y%m%d",
    "%Y-%m-%d %I:%M:%S %p",
    "%Y-%m-%d %I:%M %p",
)
_SLASHED: Final = (" %H:%M:%S", " %H:%M", "", " %I:%M:%S %p", " %I:%M %p")
_NOON: Final = r"(上午|下午|凌晨|晚上|中午|早上)\s*(\d{1,2}:\d{2}(?::\d{2})?)"
_AFTERNOON: Final = {"下午": "PM", "晚上": "PM", "中午": "PM"}


@dataclass(frozen=True, slots=True)
class Reading:
    """Times read from a column."""

    times: "pd.Series[pd.Timestamp]"  # UTC; NaT where empty or unreadable
    unreadable: NDArray[np.bool_]  # there was something, but no time
    in_gap: NDArray[np.bool_]  # a wall clock that summer time skipped


def read_times(
    texts: "pd.Series[str]",
    formats: Sequence[str],
    zone: ZoneInfo,
    *,
    day_first: bool = False,
    later: bool = False,
) -> Reading:
    """Read times, trying each of `formats` in turn, then what is common in Chinese and ISO exports.

    Parameters
    ----------
    texts : Series of str, "" where empty
    formats : strptime formats, or ``iso``, ``excel``, ``epoch_s``, ``epoch_ms``
        The order settles what is ambiguous: the first that fits wins.
    zone : ZoneInfo
        Of times that do not say theirs.
    day_first : bool
        Whether ``03/04/2026`` is 3 April; for slashed dates that no format names.
    later : bool
        Which of the two hours is meant when summer time ends: False the first, as an opening
        time, True the second, as a closing time, so that no case closes before it opens.
    """
    plain = texts.fillna("").astype("str").str.strip()
    times = pd.Series(pd.NaT, index=texts.index).dt.tz_localize("UTC").astype("datetime64[us, UTC]")
    in_gap = np.zeros(len(texts), dtype=bool)
    open_ = plain != ""
    tries = [*formats, ISO]
    for step in (tries, None):
        if step is None:
            if not open_.any():
                break
            plain = _plainer(plain)
            step = [*_YEAR_FIRST, *_slashed(day_first=day_first), ISO]  # noqa: PLW2901
        for form in step:
            if not open_.any():
                break
            found, gap = _read(plain[open_], form, zone, later=later)
            in_gap[np.flatnonzero(open_.to_numpy())[gap]] = True
            hit = found.notna()
            times.loc[found.index[hit]] = found[hit]
            open_.loc[found.index[hit]] = False
    return Reading(times, open_.to_numpy(dtype=bool), in_gap)


def _read(
    texts: "pd.Series[str]", form: str, zone: ZoneInfo, *, later: bool
) -> "tuple[pd.Series[Any], NDArray[np.bool_]]":
    if form == ISO:
        return _read_iso(texts, zone, later=later)
    if form == EXCEL or form in EPOCH:
        numbers = pd.to_numeric(texts, errors="coerce")
        if form == EXCEL:
            numbers = numbers.where(numbers.between(20_000, 80_000))  # 1954 to 2119
            naive = (
                pd.to_datetime(numbers, unit="D", origin="1899-12-30", errors="coerce")
                .dt.round("s")
                .astype("datetime64[us]")
            )
            return _localize(naive, zone, later=later)
        seconds = numbers / EPOCH[form]
        seconds = seconds.where(seconds.between(0, 4.2e9))  # 1970 to 2103
        aware = pd.to_datetime(seconds, unit="s", utc=True, errors="coerce").dt.round("ms")
        return aware.astype("datetime64[us, UTC]"), np.zeros(len(texts), dtype=bool)
    if "%z" in form:
        aware = pd.to_datetime(texts, format=form, errors="coerce", utc=True)
        return aware.astype("datetime64[us, UTC]"), np.zeros(len(texts), dtype=bool)
    naive = pd.to_datetime(texts, format=form, errors="coerce").astype("datetime64[us]")
    return _localize(naive, zone, later=later)


def _read_iso(
    texts: "pd.Series[str]", zone: ZoneInfo, *, later: bool
) -> "tuple[pd.Series[Any], NDArray[np.bool_]]":
    naive = pd.to_datetime(
        texts.where(texts.str.fullmatch(_ISO_SHAPE)), format="ISO8601", errors="coerce"
    ).astype("datetime64[us]")
    times, gap = _localize(naive, zone, later=later)
    offset = texts.where(texts.str.fullmatch(_ISO_SHAPE + _OFFSET))
    if offset.notna().any():
        tidy = offset.str.replace(r"\s(?=[+-]\d{2}:?\d{2}$|Z$)", "", regex=True)
        aware = pd.to_datetime(tidy, format="ISO8601", errors="coerce", utc=True)
        times = times.fillna(aware.astype("datetime64[us, UTC]"))
    return times, gap


def _localize(
    naive: "pd.Series[Any]", zone: ZoneInfo, *, later: bool
) -> "tuple[pd.Series[Any], NDArray[np.bool_]]":
    """Put wall clocks into `zone`; one that summer time skipped moves to the next real hour."""
    first = np.full(len(naive), not later)
    strict = naive.dt.tz_localize(zone, ambiguous=first, nonexistent="NaT")
    gap = (naive.notna() & strict.isna()).to_numpy(dtype=bool)
    if gap.any():
        strict = naive.dt.tz_localize(zone, ambiguous=first, nonexistent="shift_forward")
    return strict.dt.tz_convert("UTC").astype("datetime64[us, UTC]"), gap


def _noon(match: re.Match[str]) -> str:
    half = _AFTERNOON.get(match[1], "AM")
    return match[2] if int(match[2].split(":")[0]) > 12 else f"{match[2]} {half}"


def _slashed(*, day_first: bool) -> list[str]:
    day, month = ("%d/%m/%Y", "%m/%d/%Y")
    order = (day, month) if day_first else (month, day)
    return [date + clock for date in order for clock in _SLASHED]


def _plainer(texts: "pd.Series[str]") -> "pd.Series[str]":
    """Write Chinese, full-width, dotted and slashed dates as ``2026-06-10 10:30``."""
    told = texts.str.normalize("NFKC")
    told = told.str.replace(r"\s*年\s*|\s*月\s*", "-", regex=True)
    told = told.str.replace(r"\s*[日号]\s*", " ", regex=True)
    told = told.str.replace(r"(?<=\d)\s*[时点]\s*(?=\d)", ":", regex=True)
    told = told.str.replace(r"(?<=\d)\s*[时点]整?\s*$", ":00", regex=True)
    told = told.str.replace(r"(?<=\d)\s*分\s*(?=\d)", ":", regex=True)
    told = told.str.replace(r"[分秒整]\s*$", "", regex=True)
    told = told.str.replace(r"(?:星期|周)[一二三四五六日天]", " ", regex=True)
    told = told.str.replace(r"^(\d{4})[/.](\d{1,2})[/.](\d{1,2})", r"\1-\2-\3", regex=True)
    told = told.str.replace(r"(?<=\d)T(?=\d)", " ", regex=True)
    told = told.str.replace(r"(:\d{2})\.\d+", r"\1", regex=True)
    told = told.str.replace(_NOON, _noon, regex=True)
    return told.str.replace(r"\s+", " ", regex=True).str.strip()
