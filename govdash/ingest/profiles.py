"""Import profiles: how the columns of one source become the canonical ones."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any, Final, Literal, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import yaml
from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    field_validator,
    model_validator,
)

from govdash.core.errors import InputError, NotFound
from govdash.geo import Datum
from govdash.ingest import guess
from govdash.ingest.guess import FIELDS

SUFFIX: Final = ".yaml"
FOLDER: Final = "profiles"


def _tuple(value: object) -> object:
    return (value,) if isinstance(value, str) else value


Names = Annotated[tuple[str, ...], BeforeValidator(_tuple)]
CanonicalField = Annotated[str, Field(pattern=f"^(?:{'|'.join(FIELDS)})$")]


class Profile(BaseModel):
    """What one source's files look like. Frozen; stored as YAML."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(pattern=r"^[\w\-]{1,60}$")
    label: str = ""
    source: str = Field(default="", max_length=60)  # name of the source system; else `name`
    zone: str = ""  # of times that do not say theirs; else the city's
    encodings: Names = ("utf-8", "gb18030")
    delimiter: str | None = None  # else sniffed
    header: Names = ()  # column names of a file without a header line
    sheet: str | None = None  # else the one with the columns
    times: Names = ()  # formats, tried in this order
    day_first: bool = False
    columns: Mapping[CanonicalField, Names]  # several columns: the first that is not empty
    join: Mapping[CanonicalField, Names] = {}  # all columns, one after the other
    separator: str = "，"  # between joined texts
    constants: Mapping[CanonicalField, str] = {}
    codes: Mapping[CanonicalField, Mapping[str, str]] = {}  # what the source writes → our code
    crosswalk: str = ""  # name of a table in data/crosswalks
    area_names: Names = ()  # columns that name an area, the smallest first
    pad: Mapping[str, int] = {}  # codes that spreadsheets spoil: 2119.0 → 02119
    expect: Mapping[str, Names] = {}  # what a column may hold; anything else is a shifted row
    datum: Datum = Datum.WGS84
    point_order: Literal["lon_lat", "lat_lon"] = "lon_lat"  # of a column with both numbers
    bounds: tuple[float, float, float, float] | None = None  # west, south, east, north
    fallback_points: tuple[tuple[float, float], ...] = ()  # (lon, lat) that mean "unknown"
    guarded: bool = False  # written by our export: apostrophes before formulas are ours

    @field_validator("zone")
    @classmethod
    def _known_zone(cls, zone: str) -> str:
        if zone:
            try:
                ZoneInfo(zone)
            except (ZoneInfoNotFoundError, ValueError):
                raise ValueError(f"时区“{zone}”不存在") from None
        return zone

    @model_validator(mode="after")
    def _whole(self) -> Self:
        mapped = self.columns.keys() | self.join.keys() | self.constants.keys()
        if not mapped & {"source_id"}:
            raise ValueError("没有对应“编号”（source_id）列")
        if not mapped & {"reported_at", "occurred_at"}:
            raise ValueError("没有对应“上报时间”（reported_at）列")
        return self

    @property
    def source_name(self) -> str:
        """Name of the source system in the store."""
        return self.source or self.name

    @property
    def known_columns(self) -> frozenset[str]:
        """Every column name that the profile speaks of."""
        groups = [*self.columns.values(), *self.join.values(), self.area_names]
        return frozenset(name for group in groups for name in group) | set(self.expect)

    def missing(self, columns: Iterable[str]) -> list[str]:
        """Return what a file with these `columns` lacks of what every row needs, in words."""
        here = set(columns)

        def found(field: str) -> bool:
            named = (*self.columns.get(field, ()), *self.join.get(field, ()))
            return field in self.constants or not here.isdisjoint(named)

        lacking: list[str] = []
        if not found("source_id"):
            lacking.append("编号（" + self._names("source_id") + "）")
        if not (found("reported_at") or found("occurred_at")):
            lacking.append("上报时间（" + self._names("reported_at", "occurred_at") + "）")
        return lacking

    def _names(self, *fields: str) -> str:
        named = [n for f in fields for n in (*self.columns.get(f, ()), *self.join.get(f, ()))]
        return " / ".join(dict.fromkeys(named))

    @staticmethod
    def guess(columns: Iterable[str]) -> dict[str, str]:
        """Return the likely column for each canonical field."""
        return guess.guess_columns(columns)


def load_profile(data_dir: Path, name: str, *, var: Path | None = None) -> Profile:
    """Read a shipped profile, or one made here (`var`/profiles); a path to a YAML works too.

    Raises
    ------
    NotFound
        When there is none of that name; the message lists what there is.
    InputError
        When the file cannot be used.
    """
    if name.endswith((SUFFIX, ".yml")) and Path(name).is_file():
        return _read(Path(name))
    for folder in _folders(data_dir, var):
        file = folder / f"{name}{SUFFIX}"
        if file.parent == folder and file.is_file():
            return _read(file)
    known = "、".join(profile.name for profile in profiles(data_dir, var=var))
    raise NotFound(f"没有名为“{name}”的导入方案；可用：{known}。")


def profiles(data_dir: Path, *, var: Path | None = None) -> list[Profile]:
    """Return every profile, shipped ones first."""
    return [
        _read(file) for folder in _folders(data_dir, var) for file in sorted(folder.glob("*.yaml"))
    ]


def save_profile(var: Path, profile: Profile) -> Path:
    """Write a profile beside the run-time files, where `load_profile` finds it."""
    folder = var / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    told = profile.model_dump(mode="json", exclude_defaults=True)
    file = folder / f"{profile.name}{SUFFIX}"
    part = file.with_suffix(".part")
    part.write_text(yaml.safe_dump(told, allow_unicode=True, sort_keys=False), encoding="utf-8")
    part.replace(file)
    return file


def profile_from_mapping(
    name: str,
    mapping: Mapping[str, str],
    samples: Mapping[str, Iterable[str]],
    **settings: Any,  # noqa: ANN401  # further fields of `Profile`, checked there
) -> Profile:
    """Make a profile from columns matched by a person.

    Parameters
    ----------
    mapping : canonical field → column of the file
    samples : column → some of its texts; they tell whether slashed dates begin with the day
    settings : further fields of `Profile` (``zone``, ``datum``, ``source`` …)

    Raises
    ------
    InputError
        When a needed field is missing or a setting cannot be used.
    """
    times = [mapping[f] for f in guess.TIME_FIELDS if f in mapping]
    said = [text for column in times for text in samples.get(column, ())]
    told: dict[str, Any] = {
        "name": name,
        "columns": {field: column for field, column in mapping.items() if column},
        "day_first": guess.day_first(said),
    }
    return _made({**told, **settings}, f"导入方案“{name}”")


def match_profile(columns: Iterable[str], candidates: Iterable[Profile]) -> Profile | None:
    """Return the profile that the columns fit best; None when none has what a row needs."""
    here = set(columns)
    fits = [p for p in candidates if not p.header and not p.missing(here)]
    return max(fits, key=lambda p: len(p.known_columns & here), default=None)


def _folders(data_dir: Path, var: Path | None) -> list[Path]:
    return [folder / FOLDER for folder in (data_dir, var) if folder is not None]


def _read(file: Path) -> Profile:
    try:
        told = yaml.safe_load(file.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError):
        raise InputError(f"导入方案 {file} 不是有效的 YAML。") from None
    if not isinstance(told, dict):
        raise InputError(f"导入方案 {file} 是空的。")
    return _made({"name": file.stem, **told}, f"导入方案 {file}")


def _made(told: Mapping[str, Any], what: str) -> Profile:
    try:
        return Profile.model_validate(told)
    except ValidationError as error:
        wrong = [
            f"{'.'.join(map(str, e['loc'])) or '方案'}：{e['msg'].removeprefix('Value error, ')}"
            for e in error.errors()
        ]
        raise InputError(f"{what}不能使用：{'；'.join(wrong)}。") from None
