"""Categories of city events: national codes, limits per city, crosswalks from sources."""

import csv
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Final, Self, TypeVar

from govdash.core.errors import InputError, NotFound
from govdash.core.vocab import Facet, Kind, LimitUnit

#: Leaf categories of GB/T 47678.5-2026; anything else means that the shipped file is damaged.
NATIONAL_COUNTS: Final = {Kind.PART: 153, Kind.AFFAIR: 250}
#: Limit row that answers for every category no other row speaks of.
ANY: Final = "*"
#: Local extensions get numbers that count down from here (99999, 99998 …).
LOCAL_MAJOR: Final = "L-99"
LOCAL_MAJOR_NAME: Final = "地方扩展"

_CODE_FORMS: Final = {
    Kind.PART: re.compile(r"0[1-5]\d{3}"),
    Kind.AFFAIR: re.compile(r"(0[1-9]|10)\d{3}"),
    Kind.EMERGENCY: re.compile(r"05\d{2}"),
    Kind.LOCAL: re.compile(r"2013\d{4}|\d{5}"),
}
_LIMIT_FORM: Final = re.compile(r"(\d+(?:\.\d+)?)\s*个?\s*([^\d\s]+)")
_LIMIT_WORDS: Final = MappingProxyType(
    {unit.label: unit for unit in LimitUnit}
    | {unit.value: unit for unit in LimitUnit}
    # "紧急工作日" runs through nights and holidays, as 紧急工作时 does: that is a calendar day.
    | {"紧急工作日": LimitUnit.CALENDAR_DAY, "紧急工作时制止": LimitUnit.URGENT_HOUR}
    | {"小时": LimitUnit.URGENT_HOUR, "天": LimitUnit.CALENDAR_DAY, "日": LimitUnit.CALENDAR_DAY}
)
C = TypeVar("C", bound=StrEnum)


@dataclass(frozen=True, slots=True)
class Category:
    """One category, national or local."""

    key: str  # "A-06010": kind letter and code
    code: str  # "06010"
    kind: Kind
    major_key: str  # "A-06"
    major: str  # "市容环境类"
    name: str  # "暴露垃圾"
    facet: Facet
    legacy: str  # key of 2013, "A-0110", or empty
    standard: str


@dataclass(frozen=True, slots=True)
class Limit:
    """A time limit: how much, and how the clock counts it."""

    amount: float
    unit: LimitUnit

    def __str__(self) -> str:
        """Chinese as people write it: ``2紧急工作时``."""
        return f"{self.amount:g}{self.unit.label}"


def parse_limit(text: str) -> Limit:
    """Read a limit such as ``2紧急工作时``, ``4工作时``, ``1工作日``, ``7自然日``.

    ``小时`` and ``天`` without a word before them count continuously. English codes
    (``4work_hour``) are read too.

    Raises
    ------
    InputError
        When the text is no limit, or the amount is not positive.
    """
    match = _LIMIT_FORM.fullmatch(text.strip())
    unit = _LIMIT_WORDS.get(match[2]) if match else None
    if match is None or unit is None or float(match[1]) <= 0:
        raise InputError(
            f"时限“{text}”无法识别；请写成 2紧急工作时、4工作时、1工作日 或 7自然日 这样的形式。"
        )
    return Limit(float(match[1]), unit)


@dataclass(frozen=True)
class Taxonomy:
    """All shipped categories with the limits of one city."""

    categories: tuple[Category, ...]
    limits: Mapping[str, Limit]  # by category key, major key, or "*"

    @cached_property
    def _by_key(self) -> Mapping[str, Category]:
        return {c.key: c for c in self.categories}

    @cached_property
    def _by_text(self) -> Mapping[str, Category]:
        once = Counter(c.name for c in self.categories)
        names = {c.name: c for c in self.categories if once[c.name] == 1}
        legacy = {c.legacy: c for c in self.categories if c.legacy}
        return names | legacy | dict(self._by_key)

    @classmethod
    def load(cls, data_dir: Path, *, profile: str = "default") -> Self:
        """Read the categories and the limits of the city `profile`, and check them.

        Raises
        ------
        InputError
            Naming the file, the line and what is wrong there.
        """
        file = data_dir / "taxonomy" / "categories.csv"
        categories = tuple(_category(row, file, n) for n, row in _rows(file, Category))
        _check_whole(categories, file)
        known = {c.key for c in categories} | {c.major_key for c in categories}
        limits = _limits(data_dir / "limits" / f"{profile}.csv", known | {ANY, LOCAL_MAJOR})
        return cls(categories, MappingProxyType(limits))

    def __iter__(self) -> Iterator[Category]:
        """Every category, in the order of the file."""
        return iter(self.categories)

    def get(self, key: str) -> Category:
        """Return the category with this key, or raise `NotFound`."""
        try:
            return self._by_key[key]
        except KeyError:
            raise NotFound(f"没有类别“{key}”；类别写作 A-06010、P-01001 这样的形式。") from None

    def find(self, text: str) -> Category | None:
        """Return the category named by a key, a 2013 key (``A-0110``) or an exact name."""
        return self._by_text.get(text.strip())

    def majors(self) -> Mapping[str, str]:
        """Return the Chinese name of each major by its key, in order."""
        return {c.major_key: c.major for c in self.categories} | {LOCAL_MAJOR: LOCAL_MAJOR_NAME}

    def name(self, key: str) -> str:
        """Return the Chinese name of a category or a major; the key itself when unknown."""
        category = self._by_key.get(key)
        return category.name if category else self.majors().get(key, key)

    def limit(self, key: str) -> Limit:
        """Return the limit of a category; its major's, or the city's general one, as fall-back."""
        for name in (key, key[:4], ANY):
            if name in self.limits:
                return self.limits[name]
        raise NotFound(f"类别“{key}”没有时限，时限表也没有通用行“{ANY}”。")

    @property
    def aliases(self) -> Mapping[str, str]:
        """Category key by its key of 2013."""
        return {c.legacy: c.key for c in self.categories if c.legacy}


@dataclass(frozen=True)
class Crosswalk:
    """What one source calls things, and which category that is here."""

    source: str
    keys: Mapping[str, str]  # by label as `_plain` writes it

    @classmethod
    def load(cls, data_dir: Path, source: str) -> Self:
        """Read ``data/crosswalks/<source>.csv`` (columns ``label``, ``key``).

        Raises
        ------
        InputError
            When the file is missing, names an unknown category, or one label twice.
        """
        file = data_dir / "crosswalks" / f"{source}.csv"
        known = {c.key for c in Taxonomy.load(data_dir)}
        keys: dict[str, str] = {}
        for n, row in _rows(file, ("label", "key")):
            label = _plain(row["label"])
            if row["key"] not in known:
                raise _wrong(file, n, f"类别“{row['key']}”不存在")
            if label in keys:
                raise _wrong(file, n, f"来源类别“{row['label']}”重复")
            keys[label] = row["key"]
        return cls(source, MappingProxyType(keys))

    def key_for(self, label: str) -> str | None:
        """Return the category of a source's label, whatever its case and spacing, or None."""
        return self.keys.get(_plain(label))


def _plain(label: str) -> str:
    return " ".join(label.split()).casefold()


def _rows(file: Path, columns: type | Sequence[str]) -> Iterator[tuple[int, dict[str, str]]]:
    """Line number and row of a CSV that ships, with its columns checked."""
    needed = list(columns.__dataclass_fields__) if isinstance(columns, type) else list(columns)
    try:
        text = file.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise InputError(f"找不到文件 {file}；请检查数据目录（GOVDASH_DATA）。") from None
    reader = csv.DictReader(text.splitlines())
    missing = [c for c in needed if c not in (reader.fieldnames or ())]
    if missing:
        raise _wrong(file, 1, f"缺少列 {'、'.join(missing)}")
    for row in reader:
        if None in row or None in row.values():
            raise _wrong(file, reader.line_num, "列数与表头不一致")
        yield reader.line_num, row


def _category(row: dict[str, str], file: Path, line: int) -> Category:
    kind = _coded(Kind, row["kind"], file, line)
    key = f"{kind.prefix}-{row['code']}"
    if not _CODE_FORMS[kind].fullmatch(row["code"]):
        raise _wrong(file, line, f"编码“{row['code']}”不是{kind.label}编码")
    if row["key"] != key or row["major_key"] != key[:4]:
        raise _wrong(file, line, f"键“{row['key']}”与编码不符，应为“{key}”，大类“{key[:4]}”")
    if not row["name"] or not row["major"]:
        raise _wrong(file, line, "名称为空")
    facet = _coded(Facet, row["facet"], file, line)
    return Category(
        key, row["code"], kind, key[:4], row["major"], row["name"], facet,
        row["legacy"], row["standard"],
    )  # fmt: skip


def _check_whole(categories: Sequence[Category], file: Path) -> None:
    """Check what only the whole table can show: uniqueness, counts, one name per major."""
    for what, values in (
        ("键", [c.key for c in categories]),
        ("2013 版编码", [c.legacy for c in categories if c.legacy]),
    ):
        twice = [value for value, n in Counter(values).items() if n > 1]
        if twice:
            raise InputError(f"{file}：{what}“{twice[0]}”重复。")
    counts = Counter(c.kind for c in categories)
    for kind, n in NATIONAL_COUNTS.items():
        if counts[kind] != n:
            raise InputError(f"{file}：{kind.label}应有 {n} 类，读到 {counts[kind]} 类。")
    majors: dict[str, str] = {}
    for c in categories:
        if majors.setdefault(c.major_key, c.major) != c.major:
            raise InputError(
                f"{file}：大类 {c.major_key} 有两个名称“{majors[c.major_key]}”“{c.major}”。"
            )


def _limits(file: Path, known: set[str]) -> dict[str, Limit]:
    limits: dict[str, Limit] = {}
    for n, row in _rows(file, ("key", "amount", "unit", "confidence")):
        if row["key"] not in known:
            raise _wrong(file, n, f"类别“{row['key']}”不存在")
        if row["key"] in limits:
            raise _wrong(file, n, f"类别“{row['key']}”重复")
        _coded(LimitUnit, row["unit"], file, n)
        try:
            limits[row["key"]] = parse_limit(row["amount"] + row["unit"])
        except InputError:
            raise _wrong(file, n, f"时限“{row['amount']}”应为大于 0 的数") from None
    return limits


def _coded(codes: type[C], value: str, file: Path, line: int) -> C:
    try:
        return codes(value)
    except ValueError:
        raise _wrong(file, line, f"“{value}”不在可用值 {'、'.join(codes)} 之中") from None


def _wrong(file: Path, line: int, what: str) -> InputError:
    return InputError(f"{file} 第 {line} 行：{what}。")
