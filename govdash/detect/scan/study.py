"""A study from tables: cases, places and people read, checked and laid out for a scan."""

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
import pandas as pd

from govdash.core.errors import InputError
from govdash.detect.scan.columns import dates, find, need, numbers, refuse, rows_of
from govdash.detect.scan.population import person_days, standardised
from govdash.detect.scan.zones import Geometry

TimeUnit = Literal["day", "week", "month", "year"]

#: Strata for each case beyond which a column is no covariate but a name or a text.
_TOO_FINE: Final = 0.5

#: Dates from which their rhythm says something.
_RHYTHM_FROM: Final = 4

#: Buckets of a study; 30 years of days.
_MOST_BUCKETS: Final = 11_000


@dataclass(frozen=True)
class Places:
    """Locations, in order of their names, so that the order of a file changes nothing.

    Attributes
    ----------
    points : array (locations, 2)
        (lon, lat) or (x, y).
    note : str
        What the reader should know, in Chinese; empty for nothing.
    """

    names: tuple[str, ...]
    points: np.ndarray
    geometry: Geometry
    note: str = ""


@dataclass(frozen=True)
class Study:
    """Cases by stratum, location and bucket.

    Attributes
    ----------
    strata : array of int64 (strata, locations, T)
    edges : DatetimeIndex (T + 1,)
        First day of each bucket, and the day after the last.
    exposure : array (strata, locations, T) or None
        Person-days.
    given : array (locations, T) or None
        Expected cases as the file of cases gives them.
    covariates : tuple of str
        Columns that make the strata.
    """

    places: Places
    strata: np.ndarray
    edges: pd.DatetimeIndex
    unit: TimeUnit
    exposure: np.ndarray | None
    given: np.ndarray | None
    covariates: tuple[str, ...]

    def expected_by_population(self, *, until: int) -> np.ndarray:
        """Return the cases (locations, T) to expect at the strata's rates before bucket `until`.

        Raises
        ------
        InputError
            Without a population, or for a location with cases but no people.
        """
        if self.exposure is None:
            raise InputError("这一模型需要人口：请给出 --population 人口文件。")
        bare = (self.exposure.sum(axis=(0, 2)) <= 0) & (self.strata.sum(axis=(0, 2)) > 0)
        if bare.any():
            name = self.places.names[int(np.flatnonzero(bare)[0])]
            raise InputError(f"地点“{name}”有事件却没有人口；请补全人口文件。")
        return standardised(self.strata, self.exposure, until=until)


def read_places(geo: pd.DataFrame, *, file: str = "地点文件") -> Places:
    """Read locations with coordinates: lon/lat in degrees, or x/y in any unit.

    Columns named lon/lat whose numbers are no degrees are taken as plane coordinates, and a note
    says so.
    """
    if geo.empty:
        raise InputError(f"{file} 没有数据行。")
    name = geo[need(geo, "location", file)].str.strip()
    refuse(name == "", name, "地点名称为空", file=file)
    refuse(name.duplicated(), name, "地点“{}”重复，每个地点只能有一行", file=file)
    pairs = [(find(geo, a), find(geo, b)) for a, b in (("lon", "lat"), ("x", "y"))]
    degrees, plane = pairs
    geometry: Geometry = "sphere" if None not in degrees else "plane"
    first, second = degrees if geometry == "sphere" else plane
    if first is None or second is None:
        has = "、".join(str(column) for column in geo.columns)
        raise InputError(f"{file} 没有坐标列：应有 lon,lat（经纬度）或 x,y；现有的列：{has}。")
    a, b = (numbers(geo[c], file=file, whole=False, negative=True) for c in (first, second))
    note = ""
    if geometry == "sphere" and (np.abs(b).max() > 90 or np.abs(a).max() > 180):
        geometry = "plane"
        note = f"{file} 的 {second}、{first} 列超出经纬度的范围，按平面坐标处理。"
    if len(geo) < 2:
        raise InputError(f"{file} 只有一个地点“{name.iloc[0]}”；空间扫描至少需要两个。")
    order = np.argsort(name.to_numpy(dtype=str), kind="stable")
    return Places(tuple(name.iloc[order]), np.column_stack([a, b])[order], geometry, note)


def read_study(
    cases: pd.DataFrame,
    places: Places,
    population: pd.DataFrame | None = None,
    *,
    files: tuple[str, str] = ("病例文件", "人口文件"),
    unit: TimeUnit | None = None,
    covariates: tuple[str, ...] | None = None,
    span: tuple[pd.Timestamp | None, pd.Timestamp | None] = (None, None),
) -> Study:
    """Lay cases (and people) out by stratum, location and bucket.

    Parameters
    ----------
    cases : DataFrame of text
        Location, date (or year), count (1 a row when there is none), expected (optional), and
        covariates: every further column that the population has too, or, without a population,
        every further column.
    population : DataFrame of text, optional
        Location, date or year (none: constant), population, and covariates. Without it, a
        column of population in `cases` is taken.
    files : names for messages
    unit : {"day", "week", "month", "year"}, optional
        Bucket; as exact as the dates are unless given.
    covariates : tuple of str, optional
        Columns to take as covariates; () for none.
    span : first and last day of the study; those of the cases unless given.
    """
    if cases.empty:
        raise InputError(f"{files[0]} 没有数据行；没有事件就无从扫描。")
    at = rows_of(places.names, cases[need(cases, "location", files[0])], file=files[0])
    days, exact = dates(cases[need(cases, "date", files[0])], file=files[0])
    count_column = find(cases, "count")
    if count_column is None:
        count = np.ones(len(cases))
    else:
        count = numbers(cases[count_column], file=files[0], whole=True)
    step: TimeUnit = unit or _coarsest(days, exact)
    edges = _edges(days, step, span)
    bucket = np.searchsorted(edges.to_numpy(), days.to_numpy(), side="right") - 1
    inside = (bucket >= 0) & (bucket < len(edges) - 1)
    if not count[inside].sum():
        raise InputError(f"{files[0]} 在研究期内没有事件；请检查日期和件数。")
    people, people_file = population, files[1]
    if people is None and find(cases, "population") is not None:
        people, people_file = cases, files[0]
    names = _covariates(cases, people, covariates)
    stratum, levels = _strata(cases, names)
    if len(levels) > max(_TOO_FINE * count.sum(), 1):
        raise InputError(
            f"按 {'、'.join(names)} 分出 {len(levels)} 层，比件数的一半还多；"
            "它们不像协变量。请用 --covariates 指明（不要协变量请用 --covariates none）。"
        )
    shape = (len(levels), len(places.names), len(edges) - 1)
    table = np.zeros(shape, dtype=np.int64)
    np.add.at(table, (stratum[inside], at[inside], bucket[inside]), count[inside].astype(np.int64))
    given = None
    column = find(cases, "expected")
    if column is not None:
        given = np.zeros(shape[1:])
        due = numbers(cases[column], file=files[0], whole=False)
        np.add.at(given, (at[inside], bucket[inside]), due[inside])
    exposure = None
    if people is not None:
        near = int(edges[0].year + edges[-1].year) // 2
        exposure = _exposure(people, people_file, places, names, levels, edges, near=near)
    return Study(places, table, edges, step, exposure, given, names)


def _coarsest(days: pd.Series, exact: pd.Series) -> TimeUnit:
    """Return the longest bucket that tells all dates apart: dates a week apart are weeks."""
    if (exact == "year").all():
        return "year"
    if (exact == "month").all():
        return "month"
    if days.nunique() < _RHYTHM_FROM:  # too few to say
        return "day"
    if (days.dt.day_of_year == 1).all():
        return "year"
    if (days.dt.day == 1).all():
        return "month"
    return "week" if _weekly(days) else "day"


def _weekly(days: pd.Series) -> bool:
    return bool(((days - days.min()).dt.days % 7 == 0).all())


def _edges(
    days: pd.Series, unit: TimeUnit, span: tuple[pd.Timestamp | None, pd.Timestamp | None]
) -> pd.DatetimeIndex:
    first = days.min() if span[0] is None else span[0]
    last = days.max() if span[1] is None else span[1]
    if last < first:
        raise InputError(f"研究期的末日 {last:%Y-%m-%d} 早于首日 {first:%Y-%m-%d}。")
    if unit == "week":
        n = (last - first).days // 7 + 1
        # a date a week stands for the week that it begins; else the last week ends with the data
        end = last + pd.Timedelta(days=7 if _weekly(days) else 1)
        edges = pd.date_range(end=end, periods=n + 1, freq="7D")
    elif unit == "day":
        edges = pd.date_range(first, last + pd.Timedelta(days=1))
    else:
        code = "Y" if unit == "year" else "M"
        periods = pd.period_range(first, last, freq=code)
        edges = pd.PeriodIndex([*periods, periods[-1] + 1]).to_timestamp()
    if len(edges) - 1 > _MOST_BUCKETS:
        raise InputError(
            f"研究期有 {len(edges) - 1} 个时段，太多；请用 --time-unit 选更长的时段，"
            "或检查日期是否写错。"
        )
    return pd.DatetimeIndex(edges)


def _covariates(
    cases: pd.DataFrame, people: pd.DataFrame | None, asked: tuple[str, ...] | None
) -> tuple[str, ...]:
    known = {find(cases, what) for what in ("location", "date", "count", "expected", "population")}
    left = [str(c) for c in cases.columns if c not in known]
    if people is cases:
        left = []
    elif people is not None:
        left = [c for c in left if c in people.columns]
    if asked is None:
        return tuple(left)
    missing = [c for c in asked if c not in left]
    if missing:
        raise InputError(f"没有协变量列“{missing[0]}”；可用：{'、'.join(left) or '无'}。")
    return asked


def _strata(table: pd.DataFrame, names: tuple[str, ...]) -> tuple[np.ndarray, list[str]]:
    """Return the stratum of each row, and the strata by name."""
    if not names:
        return np.zeros(len(table), dtype=np.int64), [""]
    joined = table[list(names)].apply(lambda column: column.str.strip()).agg("\x1f".join, axis=1)
    levels = sorted(joined.unique())
    return pd.Categorical(joined, categories=levels).codes.astype(np.int64), levels


def _exposure(
    people: pd.DataFrame,
    file: str,
    places: Places,
    names: tuple[str, ...],
    levels: list[str],
    edges: pd.DatetimeIndex,
    *,
    near: int,
) -> np.ndarray:
    """Return the person-days (strata, locations, T); strata without a case are left out."""
    if people.empty:
        raise InputError(f"{file} 没有数据行。")
    at = rows_of(places.names, people[need(people, "location", file)], file=file)
    heads = numbers(people[need(people, "population", file)], file=file, whole=False)
    column = find(people, "date")
    if column is None:
        dated = np.zeros(len(people))
    else:
        days, exact = dates(people[column], file=file, near=near)
        # known by year or month alone: the middle of it
        dated = days.mask(exact == "year", days + pd.DateOffset(months=6))
        dated = dated.mask(exact == "month", days + pd.Timedelta(days=14))
        dated = dated.to_numpy().astype("datetime64[D]").astype(float)
    stratum, own = _strata(people, names)
    where = {level: n for n, level in enumerate(levels)}
    stratum = np.asarray([where.get(level, -1) for level in own])[stratum]
    bounds = edges.to_numpy().astype("datetime64[D]").astype(float)
    out = np.zeros((len(levels), len(places.names), len(edges) - 1))
    for place in range(len(places.names)):
        mine = at == place
        census, when = np.unique(dated[mine], return_inverse=True)
        if not len(census):
            continue
        sizes = np.zeros((len(levels) + 1, len(census)))
        np.add.at(sizes, (stratum[mine], when), heads[mine])  # the last row is of other strata
        out[:, place] = person_days(sizes[:-1], census, bounds)
    return out
