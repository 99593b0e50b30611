"""Where exported rows come from: events streamed from the lake, alerts and cases at hand."""

from collections.abc import Iterator
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

import pandas as pd
import pyarrow as pa

from govdash.core.filters import EventQuery
from govdash.core.vocab import (
    CaseState,
    Channel,
    Disposition,
    Facet,
    Handling,
    Kind,
    Level,
    Sentiment,
    Signal,
    Urgency,
)
from govdash.lake import Lake, queries
from govdash.report.export_counts import Grouping, counts
from govdash.report.export_table import BATCH_ROWS, Column, Export, Holds, frame_batches
from govdash.report.export_words import Names, in_words, span_of
from govdash.store import Session, areas, categories, units
from govdash.workflow import board

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


ALERT_COLUMNS: Final = (
    Column("number", "编号"),
    Column("title", "监测提示"),
    Column("level", "级别", codes=Level),
    Column("category", "类别代码"),
    Column("category_name", "类别"),
    Column("area_path", "区域代码"),
    Column("area_name", "区域"),
    Column("window_first", "窗口首日", Holds.DATE),
    Column("window_last", "窗口末日", Holds.DATE),
    Column("observed", "实测", Holds.NUMBER),
    Column("expected", "预期", Holds.NUMBER),
    Column("p_value", "P值", Holds.NUMBER),
    Column("sentence", "说明"),
    Column("signal", "信号", codes=Signal),
    Column("handling", "处置状态", codes=Handling),
    Column("disposition", "判定", codes=Disposition),
    Column("handler", "处理人"),
    Column("handled_at", "处理时间", Holds.TIME),
    Column("note", "备注"),
    Column("first_seen_at", "首次发现", Holds.TIME),
    Column("last_seen_at", "最近发现", Holds.TIME),
    Column("cleared_at", "消退时间", Holds.TIME),
    Column("rule_code", "规则代码"),
    Column("rule_version", "规则版本", Holds.COUNT),
    Column("rule_name", "规则"),
    Column("case_number", "案件编号"),
)
CASE_COLUMNS: Final = (
    Column("number", "案件编号"),
    Column("title", "标题"),
    Column("description", "情况说明"),
    Column("category", "类别代码"),
    Column("category_name", "类别"),
    Column("area_path", "区域代码"),
    Column("area_name", "区域"),
    Column("address", "地址"),
    Column("lon", "经度", Holds.NUMBER),
    Column("lat", "纬度", Holds.NUMBER),
    Column("unit_code", "单位代码"),
    Column("unit_name", "处置单位"),
    Column("urgency", "紧急程度", codes=Urgency),
    Column("state", "状态", codes=CaseState),
    Column("limit", "时限"),
    Column("opened_at", "登记时间", Holds.TIME),
    Column("due_at", "到期时间", Holds.TIME),
    Column("closed_at", "结案时间", Holds.TIME),
    Column("lamp_label", "时限灯"),
    Column("register_condition", "立案条件"),
    Column("close_condition", "结案条件"),
    Column("result", "处置结果"),
    Column("handler", "处置人"),
    Column("verifier", "核查人"),
    Column("alert_number", "监测提示编号"),
)
SOURCES: Final = ("events", "alerts", "cases", "counts")
EVERY: Final = 1_000_000  # alerts and cases of many years; a board's own limit is for screens


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
    lake: Lake,
    query: EventQuery,
    names: Names,
    *,
    zone: ZoneInfo,
    as_of: datetime,
    known_at: datetime | None = None,
) -> Export:
    """Return the events of `query`, in the order and with the versions that the screen shows.

    `known_at`: with the versions that were known then.
    """

    def batches() -> Iterator[pa.RecordBatch]:
        for batch in queries.stream(lake, query, batch_rows=BATCH_ROWS, as_of=known_at):
            yield _named(batch, names)

    return Export(
        what="events",
        title="事件",
        columns=EVENT_COLUMNS,
        batches=batches,
        rows=queries.total(lake, query, as_of=known_at),
        zone=zone,
        as_of=as_of,
        words=in_words(query, names),
        params=query.filter.to_params(),
        span=span_of(query.filter),
        data_version=lake.data_version,
    )


def _named(batch: pa.RecordBatch, names: Names) -> pa.RecordBatch:
    """Add what categories, areas and units are called."""
    paths = batch.column("area_path").to_pylist()
    places = {path: names.area(path) for path in set(paths)}
    extra = {
        "category_name": [names.categories.get(c) for c in batch.column("category").to_pylist()],
        "area_name": [places[path] for path in paths],
        "unit_name": [names.units.get(code) for code in batch.column("unit_code").to_pylist()],
    }
    for name, said in extra.items():
        batch = batch.append_column(name, pa.array(said, pa.string()))
    return batch


def alerts(
    session: Session, query: EventQuery, names: Names, *, zone: ZoneInfo, as_of: datetime
) -> Export:
    """Return the alerts first seen in the query's period, in its areas and categories."""
    period = query.filter.period
    shown = board.alerts(
        session,
        query.scope,
        since=period.start,
        until=period.end,
        areas=query.filter.areas,
        categories=query.filter.categories,
        limit=EVERY,
    )
    return _of_frame("alerts", "监测提示", shown, ALERT_COLUMNS, query, names, zone, as_of)


def cases(
    session: Session, query: EventQuery, names: Names, *, zone: ZoneInfo, as_of: datetime
) -> Export:
    """Return the cases opened in the query's period, in its areas, categories and units."""
    chosen = query.filter
    shown = board.cases(
        session,
        query.scope,
        at=as_of,
        unit=chosen.units,
        since=chosen.period.start,
        until=chosen.period.end,
        areas=chosen.areas,
        categories=chosen.categories,
        limit=EVERY,
    )
    return _of_frame("cases", "案件", shown, CASE_COLUMNS, query, names, zone, as_of)


def of(
    what: str,
    session: Session,
    lake: Lake,
    query: EventQuery,
    *,
    zone: ZoneInfo,
    as_of: datetime,
    grouping: Grouping | None = None,
) -> Export:
    """Return the export of one of `SOURCES`; `grouping` is for the counts alone."""
    names = names_of(session)
    if what == "events":
        return events(lake, query, names, zone=zone, as_of=as_of)
    if what == "counts":
        return counts(lake, query, names, grouping or Grouping(), zone=zone, as_of=as_of)
    source = {"alerts": alerts, "cases": cases}[what]
    return source(session, query, names, zone=zone, as_of=as_of)


def _of_frame(
    what: str,
    title: str,
    frame: pd.DataFrame,
    columns: tuple[Column, ...],
    query: EventQuery,
    names: Names,
    zone: ZoneInfo,
    as_of: datetime,
) -> Export:
    return Export(
        what=what,
        title=title,
        columns=columns,
        batches=lambda: frame_batches(frame, columns),
        rows=len(frame),
        zone=zone,
        as_of=as_of,
        words=in_words(query, names),
        params=query.filter.to_params(),
        span=span_of(query.filter),
    )
