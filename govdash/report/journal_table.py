"""Journal lines for people: a search read from a link, said in words, exported as a table."""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

import pyarrow as pa

from govdash.access import User
from govdash.core.actions import label_of
from govdash.core.errors import InputError
from govdash.core.permissions import Permission
from govdash.core.times import day_start
from govdash.core.vocab import Labelled, Result
from govdash.report.export import Format
from govdash.report.export_table import Column, Export, Holds, arrow_type
from govdash.store import Session, Store, accounts, journal, journal_search
from govdash.store.journal_search import Search
from govdash.store.models import JournalLine

DID: Final = "audit.export"
WHAT: Final = "journal"
FORMATS: Final = (Format.CSV, Format.XLSX)
#: URL parameters of a search. Days are days of the city, both included.
KEYS: Final = ("since", "until", "actor", "did", "result", "subject", "request")
PIECE: Final = 5_000  # lines read at once; a line with before and after is about 2 kB
LONGEST: Final = 120  # characters of a part of a search, as long as the longest column


class Via(Labelled):
    """The doors that an action comes through."""

    PAGE = "page", "页面"
    API = "api", "接口"
    CLI = "cli", "命令行"
    WORKER = "worker", "定时任务"


COLUMNS: Final = (
    Column("id", "行号", Holds.COUNT),
    Column("at", "时间", Holds.TIME),
    Column("actor", "账号"),
    Column("name", "姓名"),
    Column("did", "操作代码"),
    Column("label", "操作"),
    Column("subject", "对象"),
    Column("result", "结果", codes=Result),
    Column("note", "说明"),
    Column("address", "来源地址"),
    Column("via", "入口", codes=Via),
    Column("request_id", "请求编号"),
    Column("before", "之前"),
    Column("after", "之后"),
    Column("detail", "明细"),
    Column("hash", "校验值"),
)


def search_of(params: Mapping[str, str], zone: ZoneInfo) -> Search:
    """Read a search from URL parameters; unknown ones are left alone.

    Raises
    ------
    InputError
        When a day or the result cannot be read, or a part is too long.
    """
    told = {key: params.get(key, "").strip() for key in KEYS}
    if long := next((key for key, value in told.items() if len(value) > LONGEST), ""):
        raise InputError(f"查询条件 {long} 超过 {LONGEST} 个字符；请缩短。")
    first, last = _day(told["since"]), _day(told["until"])
    if first and last and first > last:
        raise InputError(f"开始日期 {first} 在结束日期 {last} 之后；请改正。")
    result = told["result"]
    if result and result not in set(Result):
        raise InputError(f"结果“{result}”无法识别；可用：done（成功）、refused（拒绝）。")
    return Search(
        since=day_start(first, zone) if first else None,
        until=day_start(last + timedelta(days=1), zone) if last else None,
        actor=told["actor"],
        did=told["did"],
        result=Result(result) if result else None,
        subject=told["subject"],
        request_id=told["request"],
    )


def in_words(params: Mapping[str, str], names: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """Say what is looked for; parts that mean "all" are said too."""
    told = {key: params.get(key, "").strip() for key in KEYS}
    actor, did, result = told["actor"], told["did"], told["result"]
    return (
        ("时间", f"{told['since'] or '最早'} 至 {told['until'] or '最近'}"),
        ("人员", f"{names.get(actor, actor)}（{actor}）" if actor else "全部"),
        ("操作", label_of(did) if did else "全部"),
        ("结果", Result(result).label if result in set(Result) else "全部"),
        ("对象", told["subject"] or "全部"),
        ("请求编号", told["request"] or "全部"),
    )


def via_words(via: str) -> str:
    """Name the door: ``页面``, ``接口（gdk_0123abcd）``; an unknown one keeps its code."""
    door, _, key = via.partition(":")
    name = Via(door).label if door in set(Via) else door
    return f"{name}（{key}）" if key else name


def json_text(value: object) -> str:
    """Write what a line holds as JSON that people can read."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True)


def export_of(
    store: Store,
    session: Session,
    params: Mapping[str, str],
    *,
    actor: User,
    zone: ZoneInfo,
    at: datetime,
) -> Export:
    """Return the table of a search: the lines that are there now, newest first.

    The lines are read from `store` piece by piece while they are sent; what is journalled
    meanwhile is not in it.

    Raises
    ------
    Refused
        When `actor` may not read the journal.
    """
    actor.require_held(Permission.JOURNAL_READ)
    wanted, names = search_of(params, zone), accounts.names(session)
    newest = next((line.id for line in journal_search.find(session, wanted, limit=1).lines), None)
    return Export(
        what=WHAT,
        title="操作日志",
        columns=COLUMNS,
        batches=lambda: _batches(store, wanted, newest, names),
        rows=journal_search.count(session, wanted),
        zone=zone,
        as_of=at,
        words=in_words(params, names),
        params={key: params[key] for key in KEYS if params.get(key)},
    )


def record(session: Session, table: Export, chosen: Format, *, actor: User, at: datetime) -> None:
    """Write the journal line of one export."""
    detail: dict[str, Any] = {
        "format": chosen.value,
        "rows": table.rows,
        "query": dict(table.params),
    }
    journal.record(session, actor=actor.login, did=DID, subject=WHAT, at=at, detail=detail)


def _batches(
    store: Store, wanted: Search, newest: int | None, names: Mapping[str, str]
) -> Iterator[pa.RecordBatch]:
    """Yield the line `newest` and those after it; each piece is a short read of its own."""
    if newest is None:
        return
    with store.read() as session:
        line = journal_search.line(session, newest)
        first = _batch([line] if line else [], names)
    yield first
    place: int | None = newest
    while place is not None:
        with store.read() as session:
            found = journal_search.find(session, wanted, before=place, limit=PIECE)
            batch = _batch(found.lines, names)
            place = found.lines[-1].id if found.older else None
        if batch.num_rows:
            yield batch


def _batch(lines: Sequence[JournalLine], names: Mapping[str, str]) -> pa.RecordBatch:
    rows = [_row(line, names) for line in lines]
    arrays = [pa.array([row[c.code] for row in rows], arrow_type(c)) for c in COLUMNS]
    return pa.RecordBatch.from_arrays(arrays, names=[c.code for c in COLUMNS])


def _row(line: JournalLine, names: Mapping[str, str]) -> dict[str, Any]:
    return {
        "id": line.id,
        "at": line.at,
        "actor": line.actor,
        "name": names.get(line.actor, ""),
        "did": line.did,
        "label": label_of(line.did),
        "subject": line.subject,
        "result": line.result.value,
        "note": line.note,
        "address": line.address,
        "via": line.via,
        "request_id": line.request_id,
        "before": _text(line.before),
        "after": _text(line.after),
        "detail": _text(line.detail or None),
        "hash": line.hash,
    }


def _text(told: dict[str, Any] | None) -> str | None:
    return None if told is None else json_text(told)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise InputError(f"日期“{text}”写法不对；应为 2026-06-10。") from None
