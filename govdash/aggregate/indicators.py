"""The indicators of 绩效考核 as rows, and what they come to on the occasions of a case log."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Final, Self

import pandas as pd
import yaml

from govdash.aggregate.interval import wilson
from govdash.core.errors import InputError

#: What a row of occasions has beside its flags (`OCCASION_COLUMNS`).
OCCASION_COLUMNS: Final = (
    "basis", "at", "case_id", "area_path", "unit_code", "category", "person",
)  # fmt: skip
#: Of several calls about one case in a period, the last one counts.
ONCE_A_CASE: Final = frozenset({"called"})
ALL: Final = "全部"


@dataclass(frozen=True, slots=True)
class Indicator:
    """One row of the table of indicators."""

    code: str
    name: str
    direction: str  # "up": more is better; "down"
    judges: tuple[str, ...]  # area, unit, post, inspector
    confidence: str  # high, medium, low: of the definition
    source: str
    unit: str = "%"
    numerator_name: str = ""
    denominator_name: str = ""
    basis: str = ""
    numerator: str = ""  # a flag
    excluding: tuple[str, ...] = ()  # flags
    needs: str = ""  # what our data lack
    score: str = ""  # the composite of a scheme
    target: float | None = None
    warn: float | None = None

    @property
    def is_rate(self) -> bool:
        """Whether it is a share of occasions that can be counted."""
        return bool(self.basis)

    @property
    def formula(self) -> str:
        """How it is worked out, in words."""
        if self.score:
            return "Σ 权重 × 达标方向的率"
        return f"{self.numerator_name} ÷ {self.denominator_name}"


@dataclass(frozen=True, slots=True)
class Table:
    """Every indicator, with the words for bases and flags."""

    indicators: tuple[Indicator, ...]
    bases: Mapping[str, Mapping[str, str]] = field(repr=False)
    flags: Mapping[str, str] = field(repr=False)

    @classmethod
    def load(cls, data_dir: Path) -> Self:
        """Read ``kpi/indicators.yaml``.

        Raises
        ------
        InputError
            When it cannot be read, or a row names a basis or a flag that is not there.
        """
        path = data_dir / "kpi" / "indicators.yaml"
        try:
            told = yaml.safe_load(path.read_text("utf-8"))
            rows = tuple(_indicator(row) for row in told["indicators"])
            table = cls(rows, told["bases"], told["flags"])
        except (OSError, yaml.YAMLError, KeyError, TypeError) as error:
            raise InputError(f"指标文件 {path} 不可用：{error}") from error
        for row in rows:
            strange = {row.numerator, *row.excluding} - {"", *table.flags}
            strange |= {row.basis} - {"", *table.bases}
            if strange or not (row.basis or row.needs or row.score):
                raise InputError(
                    f"指标 {row.code} 写法不对：{'、'.join(sorted(strange)) or '空'}。"
                )
        return table

    def of(self, code: str) -> Indicator:
        """Return one by its code.

        Raises
        ------
        InputError
            When there is none.
        """
        for row in self.indicators:
            if row.code == code:
                return row
        known = "、".join(row.code for row in self.indicators)
        raise InputError(f"没有指标“{code}”；可用：{known}。")

    @property
    def rates(self) -> tuple[Indicator, ...]:
        """Those that can be counted."""
        return tuple(row for row in self.indicators if row.is_rate)


def _indicator(row: Mapping[str, Any]) -> Indicator:
    lists = {name: tuple(row.get(name, ())) for name in ("judges", "excluding")}
    return Indicator(**{**row, **lists})


def within(occasions: pd.DataFrame, start: datetime, end: datetime) -> pd.DataFrame:
    """Return the occasions of a half-open period, one call for each case."""
    chosen = occasions[(occasions["at"] >= start) & (occasions["at"] < end)]
    calls = chosen["basis"].isin(ONCE_A_CASE)
    last = chosen[calls].sort_values("at", kind="stable").drop_duplicates(
        ["basis", "case_id"], keep="last"
    )  # fmt: skip
    return chosen.loc[chosen.index[~calls].union(last.index)]


def counted(occasions: pd.DataFrame, indicator: Indicator) -> pd.DataFrame:
    """Return the occasions that an indicator counts, with ``hit``: whether in the numerator too.

    The rows behind a figure: drilling down shows these.
    """
    mine = occasions[occasions["basis"] == indicator.basis]
    for flag in indicator.excluding:
        mine = mine[~mine[flag].astype(bool)]
    return mine.assign(hit=mine[indicator.numerator].astype(bool))


def measure(
    occasions: pd.DataFrame, indicators: Sequence[Indicator], *, by: str | None = None
) -> pd.DataFrame:
    """Work out rates of the occasions of a period (`within`), for each group or for all.

    Example: of 972 cases due to be closed 911 were closed and 737 of them in time: 结案率 =
    911 / 972 = 93.72 %, 按期结案率 = 737 / 972 = 75.82 %.

    Parameters
    ----------
    occasions : DataFrame
        `OCCASION_COLUMNS` and a boolean column for each flag that `indicators` name.
    by : str, optional
        A column; rows without a value in it belong to no group.

    Returns
    -------
    DataFrame
        ``group`` (`ALL` without `by`), ``code``, ``numerator``, ``denominator`` (ints), ``value``
        (a share; NaN: nothing to count), ``low``, ``high`` (95 %, Wilson). Groups without
        occasions of an indicator have no row for it.
    """
    rows: list[tuple[object, ...]] = []
    for indicator in indicators:
        if not indicator.is_rate:
            continue
        mine = counted(occasions, indicator)
        groups = mine[by] if by else pd.Series(ALL, index=mine.index)
        sums = mine["hit"].groupby(groups).agg(["sum", "count"])
        if by is None and sums.empty:
            sums.loc[ALL] = 0
        for group, hits, n in sums.itertuples():
            share, low, high = wilson(int(hits), int(n))
            rows.append((group, indicator.code, int(hits), int(n), share, low, high))
    names = ["group", "code", "numerator", "denominator", "value", "low", "high"]
    told = pd.DataFrame(rows, columns=names)
    return told.astype({"value": float, "low": float, "high": float})


def score(
    values: Mapping[str, float | None], weights: Mapping[str, float], table: Table
) -> float | None:
    """Return a composite: Σ weight × rate, the rate turned round where less is better.

    Example (one district's published formula): 处置率 0.96 × 30 + 按期处置率 0.9 × 20 +
    (1 - 返工率 0.05) × 20 + (1 - 超期待处置率 0.02) × 20 + (1 - 延期率 0.1) × 10
    = 28.8 + 18 + 19 + 19.6 + 9 = 94.4. None when one of the rates is missing: a made-up part
    would make the whole up.
    """
    total = 0.0
    for code, weight in weights.items():
        value = values.get(code)
        if value is None or value != value:  # NaN is the one value unlike itself
            return None
        total += weight * (value if table.of(code).direction == "up" else 1 - value)
    return total


def ranks(values: pd.Series, denominators: pd.Series, *, direction: str, least: int) -> pd.Series:
    """Return ranks from 1 (best), ties sharing the better one; too few occasions have none.

    Example: 90 %, 80 %, 90 % with 20, 20 and 3 occasions, `least` 10: ranks 1, 2, none.
    """
    enough = values.notna() & (denominators >= least)
    ranked = values.where(enough).rank(method="min", ascending=direction == "down")
    return ranked.astype("Int64")


def lamp(value: float | None, indicator: Indicator) -> str:
    """Return ``green``, ``yellow`` or ``red`` by target and warning line; ``off`` without."""
    if value is None or value != value or indicator.target is None or indicator.warn is None:
        return "off"
    sign = 1 if indicator.direction == "up" else -1
    if sign * value >= sign * indicator.target:
        return "green"
    return "yellow" if sign * value >= sign * indicator.warn else "red"
