"""Tables of text as they come from files: which column is what, and what each cell says."""

import re
from collections.abc import Iterable, Sequence
from typing import Final

import numpy as np
import pandas as pd

from govdash.core.errors import InputError

#: Names of a column, small letters, best first.
NAMES: Final[dict[str, tuple[str, ...]]] = {
    "location": (
        "location", "location_id", "loc", "county", "area", "area_path", "cell", "grid", "region",
        "district", "zone", "place", "地点", "区域", "网格", "区县", "街道", "编号",
    ),
    "date": ("date", "day", "time", "month", "year", "日期", "时间", "月份", "年份", "年"),
    "count": ("count", "cases", "case", "observed", "n", "件数", "计数", "病例数", "数量"),
    "expected": ("expected", "baseline", "预期", "基线"),
    "population": ("population", "pop", "people", "人口"),
    "lon": ("lon", "long", "longitude", "lng", "经度"),
    "lat": ("lat", "latitude", "纬度"),
    "x": ("x", "x_m", "easting"),
    "y": ("y", "y_m", "northing"),
}  # fmt: skip

_YEAR: Final = re.compile(r"\d{2}(\d{2})?")
_MONTH: Final = re.compile(r"\d{4}[-/]\d{1,2}")


def find(table: pd.DataFrame, what: str) -> str | None:
    """Return the column of `table` that holds `what` (a key of `NAMES`), or None."""
    known = {str(name).strip().lower(): str(name) for name in table.columns}
    for name in NAMES[what]:
        if name in known:
            return known[name]
    if what in ("lon", "lat"):  # center_long, seat_lat: of several, the centre's
        ends = tuple(f"_{name}" for name in NAMES[what])
        several = [name for name in known if name.endswith(ends)]
        several.sort(key=lambda name: not name.startswith("cent"))
        return known[several[0]] if several else None
    return None


def need(table: pd.DataFrame, what: str, file: str) -> str:
    """Return the column that holds `what`; refuse a table without it."""
    found = find(table, what)
    if found is None:
        names = "、".join(NAMES[what][:5])
        has = "、".join(str(name) for name in table.columns)
        raise InputError(f"{file} 缺少 {what} 列（可写作 {names}）；现有的列：{has}。")
    return found


def refuse(bad: Iterable[bool], cells: pd.Series, what: str, *, file: str) -> None:
    """Refuse a column by its first bad cell, naming file, row (the header is row 1) and column."""
    at = np.flatnonzero(np.asarray(bad, dtype=bool))
    if len(at):
        said = what.format(cells.iloc[at[0]])
        raise InputError(f"{file} 第 {at[0] + 2} 行 {cells.name} 列：{said}。")


def numbers(cells: pd.Series, *, file: str, whole: bool, negative: bool = False) -> np.ndarray:
    """Return the numbers of a column of text."""
    values = pd.to_numeric(cells.str.strip(), errors="coerce").astype(float)
    refuse(~np.isfinite(values), cells, "“{}”不是数字", file=file)
    if not negative:
        refuse(values < 0, cells, "{} 是负数，不能小于 0", file=file)
    if whole:
        refuse(values % 1 != 0, cells, "{} 不是整数", file=file)
        refuse(values > 1e9, cells, "{} 大得不合理，请检查", file=file)
    return values.to_numpy()


def dates(cells: pd.Series, *, file: str, near: int | None = None) -> tuple[pd.Series, pd.Series]:
    """Return days and how exact each is.

    Parameters
    ----------
    near : int, optional
        Year that two-digit years are near (73 near 1980 is 1973); without it they are refused.

    Returns
    -------
    days : Series of datetime64
        First day of a year or month.
    units : Series of {"year", "month", "day"}
    """
    text = cells.str.strip().str.replace(r"\.0$", "", regex=True)
    year, month = (text.str.fullmatch(form.pattern) for form in (_YEAR, _MONTH))
    short = text.str.len() == 2
    refuse(year & short & (near is None), cells, "年份“{}”应写成四位", file=file)
    full = text.copy()
    if near is not None and short.any():
        late = text[year & short].astype(int)
        century = np.round((near - late) / 100.0).astype(int) * 100
        full[year & short] = (late + century).astype(str)
    full = full.mask(year, full + "-01-01")
    full = full.mask(month, full.str.replace("/", "-") + "-01")
    days = pd.to_datetime(full.str.replace("/", "-"), format="ISO8601", errors="coerce")
    if getattr(days.dt, "tz", None) is not None:
        raise InputError(f"{file} 的 {cells.name} 列带有时区；请写本地日期，例如 2026-01-31。")
    refuse(days.isna(), cells, "日期“{}”认不出，应写成 2026-01-31、2026-01 或 2026", file=file)
    units = pd.Series(np.where(year, "year", np.where(month, "month", "day")), index=cells.index)
    return days.dt.normalize(), units


def rows_of(names: Sequence[str], cells: pd.Series, *, file: str) -> np.ndarray:
    """Return the position in `names` of each location; letters' case and spaces don't matter.

    Raises
    ------
    InputError
        For a location that is not among the names, by row.
    """
    exact = {name: n for n, name in enumerate(names)}
    loose: dict[str, int] = {}
    for n, name in enumerate(names):
        key = _loose(name)
        loose[key] = -1 if key in loose else n
    text = cells.str.strip()
    found = [exact.get(name, loose.get(_loose(name), -1)) for name in text]
    at = np.asarray(found, dtype=np.int64)
    refuse(at < 0, text.rename(str(cells.name)), "地点“{}”不在地点文件（--geo）里", file=file)
    return at


def _loose(name: str) -> str:
    return re.sub(r"\s+", "", name).casefold()
