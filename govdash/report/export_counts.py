"""Counts instead of rows: events by time, area and category, fit to be given to others."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

import pandas as pd
import pyarrow as pa

from govdash.aggregate.suppress import LEAST, hidden_cells
from govdash.core.errors import InputError
from govdash.core.filters import EventQuery
from govdash.lake import Lake, queries
from govdash.lake.conditions import MAJOR_LENGTH
from govdash.report.export_table import BATCH_ROWS, Column, Export, Holds, arrow_type
from govdash.report.export_words import Names, in_words, span_of

COLUMNS: Final = (
    Column("bucket", "时间段首日", Holds.DATE),
    Column("area_path", "区域代码"),
    Column("area_name", "区域"),
    Column("category", "类别代码"),
    Column("category_name", "类别"),
    Column("n", "事件数", Holds.COUNT),
    Column("note", "说明"),
)
LEVELS: Final[Mapping[str, str]] = {
    "city": "全市", "district": "区", "street": "街道", "community": "社区",
}  # fmt: skip
KINDS: Final[Mapping[str, str]] = {"major": "大类", "category": "类别"}
GRAINS: Final[Mapping[str, str]] = {"month": "月", "week": "周", "day": "日"}
HIDDEN: Final = f"小于 {LEAST} 或可由合计推出，已隐去"
#: The next larger time that a smaller one adds up to; weeks do not fit into months.
_WIDER: Final = {"day": "M", "week": "Y", "month": "Y"}


@dataclass(frozen=True, slots=True)
class Grouping:
    """What is counted by what, and whether the table leaves the house."""

    area: str = "street"  # one of LEVELS
    kind: str = "major"  # one of KINDS
    grain: str = "month"  # one of GRAINS
    outside: bool = False  # hide small counts

    def __post_init__(self) -> None:
        """Refuse what cannot be counted by."""
        for given, known, what in (
            (self.area, LEVELS, "区域层级"),
            (self.kind, KINDS, "类别层级"),
            (self.grain, GRAINS, "时间粒度"),
        ):
            if given not in known:
                listed = "、".join(f"{code}（{name}）" for code, name in known.items())
                raise InputError(f"{what}“{given}”不认识；可用：{listed}。")

    @classmethod
    def from_params(cls, params: Mapping[str, str]) -> "Grouping":
        """Read a grouping from URL parameters.

        Raises
        ------
        InputError
            When a part is unknown; the message names it.
        """
        plain = cls()
        return cls(
            params.get("level", plain.area),
            params.get("by", plain.kind),
            params.get("grain", plain.grain),
            params.get("outside", "") == "1",
        )

    def to_params(self) -> dict[str, str]:
        """Write the grouping as URL parameters."""
        params = {"level": self.area, "by": self.kind, "grain": self.grain}
        return params | ({"outside": "1"} if self.outside else {})

    def in_words(self) -> tuple[tuple[str, str], ...]:
        """Say the grouping to a person."""
        by = f"{LEVELS[self.area]} × {KINDS[self.kind]} × {GRAINS[self.grain]}"
        use = f"对外提供：小于 {LEAST} 的计数已隐去" if self.outside else "内部使用：未隐去小计数"
        return ("统计口径", by), ("用途", use)


def counts(
    lake: Lake,
    query: EventQuery,
    names: Names,
    grouping: Grouping,
    *,
    zone: ZoneInfo,
    as_of: datetime,
) -> Export:
    """Count the events of `query`; groups without events have no row.

    Events that lie above the chosen area level, or in no area, are counted under 未落格; those
    are seen with the whole city only. For outside use the hidden counts are empty and say so.
    """
    table = counted(lake, query, grouping)

    def batches() -> Iterator[pa.RecordBatch]:
        said = table.assign(
            area_name=[names.area(path) for path in table["area_path"]],
            category_name=[names.categories.get(code, code) for code in table["category"]],
        )
        arrays = [
            pa.array(said[column.code].tolist(), arrow_type(column), from_pandas=True)
            for column in COLUMNS
        ]
        yield from pa.table(arrays, names=[c.code for c in COLUMNS]).to_batches(BATCH_ROWS)

    return Export(
        what="counts",
        title="统计",
        columns=COLUMNS,
        batches=batches,
        rows=len(table),
        zone=zone,
        as_of=as_of,
        words=(*in_words(query, names), *grouping.in_words()),
        params=query.filter.to_params() | grouping.to_params(),
        span=span_of(query.filter),
        data_version=lake.data_version,
    )


def counted(lake: Lake, query: EventQuery, grouping: Grouping) -> pd.DataFrame:
    """Return the cells.

    Returns
    -------
    DataFrame
        ``bucket`` (date: first local day), ``area_path`` (None: 未落格), ``category``, ``n``
        (nullable; missing where hidden), ``note``; sorted.
    """
    told = queries.counts(lake, query, by=[grouping.area, grouping.kind], grain=grouping.grain)
    table = told.rename(columns={grouping.area: "area_path", grouping.kind: "category"})
    table = table.assign(area_path=table["area_path"].astype(object), n=table["n"].astype("Int64"))
    table["area_path"] = table["area_path"].where(table["area_path"].notna(), None)
    table["note"] = ""
    if grouping.outside and not table.empty:
        hidden = hidden_cells(_with_sums(table, grouping.grain), _LINES)
        table.loc[hidden, "n"] = pd.NA
        table.loc[hidden, "note"] = HIDDEN
    return table.assign(bucket=table["bucket"].dt.date)


#: A cell is part of these sums: all areas and its area's parent, all categories and its major,
#: the whole period and its month or year.
_LINES: Final = (
    ("bucket", "category"),
    ("bucket", "category", "parent"),
    ("bucket", "area_path"),
    ("bucket", "area_path", "group"),
    ("area_path", "category"),
    ("area_path", "category", "wider"),
)


def _with_sums(table: pd.DataFrame, grain: str) -> pd.DataFrame:
    """Name for each cell the sums it belongs to."""
    paths = table["area_path"].fillna("")
    return table.assign(
        area_path=paths,
        parent=paths.str.replace(r"[^/]+/$", "", regex=True),
        group=table["category"].str[:MAJOR_LENGTH],
        wider=table["bucket"].dt.to_period(_WIDER[grain]).astype(str),
    )
