"""Where exported rows come from: events streamed from the lake, alerts and cases at hand."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

import pandas as pd
import pyarrow as pa

from govdash.core.filters import EventQuery
from govdash.core.vocab import Channel, Facet, Kind, Sentiment, Urgency
from govdash.lake import Lake, queries
from govdash.report.export_table import BATCH_ROWS, Column, Export, Holds
from govdash.report.export_words import Names, in_words, span_of
from govdash.store import Session, areas, categories, units

EVENT_COLUMNS: Final = (
    Column("event_id", "事件编号"),
    Column("source", "来源系统"),
    Column("source_id", "来源编号"),
    Column("occurred_at", "发生时间", Holds.TIME),
    Column("reported_at", "上报时间", Holds.TIME),
    Column("received_at", "接收时间", Holds.TIME),
    Column("closed_at", "办结时间", Holds.TIME),
    Column("kind", "类型", codes=Kind),
    Column("category", "类别代码"),
    Column("category_name", "类别"),
    Column("area_path", "区域代码"),
    Column("area_name", "区域"),
    Column("lon", "经度", Holds.NUMBER),
    Column("lat", "纬度", Holds.NUMBER),
    Column("address", "地址"),
    Column("title", "标题"),
    Column("text", "内容"),
    Column("channel", "渠道", codes=Channel),
    Column("facet", "要素", codes=Facet),
    Column("asset_code", "部件编码"),
    Column("unit_code", "单位代码"),
    Column("unit_name", "处置单位"),
    Column("urgency", "紧急程度", codes=Urgency),
    Column("sentiment", "情绪", codes=Sentiment),
    Column("status_hint", "来源状态"),
    Column("version", "版本", Holds.COUNT),
    Column("recorded_at", "入库时间", Holds.TIME),
)


def names_of(session: Session) -> Names:
    """Read what areas, categories and units are called."""
    known = categories.categories(session)
    majors = dict(zip(known["major"], known["major_name"], strict=True))
    listed = units.units(session)
    return Names(
        areas=areas.names(session),
        categories=majors | dict(zip(known["key"], known["name"], strict=True)),
        units=dict(zip(listed["code"], listed["name"], strict=True)),
    )


def events(
    lake: Lake, query: EventQuery, names: Names, *, zone: ZoneInfo, as_of: datetime
) -> Export:
    """Return the events of `query`, in the order and with the versions that the screen shows."""

    def batches() -> Iterator[pa.RecordBatch]:
        for batch in queries.stream(lake, query, batch_rows=BATCH_ROWS):
            yield _named(batch, names)

    return Export(
        what="events",
        title="事件",
        columns=EVENT_COLUMNS,
        batches=batches,
        rows=queries.total(lake, query),
        zone=zone,
        as_of=as_of,
        words=in_words(query, names),
        params=query.filter.to_params(),
        span=span_of(query.filter),
        data_version=lake.data_version,
    )


def _named(batch: pa.RecordBatch, names: Names) -> pa.RecordBatch:
    def look_up(column: str, called: Mapping[Any, str]) -> pa.Array:
        codes = batch.column(column).dictionary_encode()
        said = [called.get(code) for code in codes.dictionary.to_pylist()]
        return pa.array(said, pa.string()).take(codes.indices)

    paths = batch.column("area_path").unique().to_pylist()
    extra = {
        "category_name": look_up("category", names.categories),
        "area_name": look_up("area_path", {path: names.area(path) for path in paths}),
        "unit_name": look_up("unit_code", names.units),
    }
    for name, values in extra.items():
        batch = batch.append_column(name, values)
    return batch


def of_frame(frame: pd.DataFrame, columns: tuple[Column, ...], *, about: Export) -> Export:
    """Return an export of rows that are already at hand (alerts, cases)."""

    def batches() -> Iterator[pa.RecordBatch]:
        shown = frame.reindex(columns=[column.code for column in columns])
        table = pa.Table.from_pandas(shown, preserve_index=False)
        yield from table.to_batches(max_chunksize=BATCH_ROWS)

    return replace(about, columns=columns, batches=batches, rows=len(frame))
