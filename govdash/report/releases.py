"""Exports with personal data: asked for with a reason, decided by another, counted, watermarked.

The file holds what was known when it was asked for, in the scope of who asked, so that what was
approved is what is taken.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import pyarrow as pa

from govdash.access import User, kept_scope, query_for
from govdash.core.errors import InputError, NotFound, Refused
from govdash.core.filters import EventFilter, EventQuery, Period, Scope
from govdash.core.permissions import Permission
from govdash.core.times import local_day
from govdash.core.vocab import ReleaseState
from govdash.lake import Lake
from govdash.language.masking import mask
from govdash.report import export_sources
from govdash.report.export import Format
from govdash.report.export_table import Column, Export
from govdash.store import Session, Store, journal, persons, releases
from govdash.store.models import Release
from govdash.workflow.naming import day_number

#: Only formats that people open: both show the watermark in every line.
FORMATS: Final = (Format.XLSX, Format.CSV)
HOURS: Final = 72
MOST_HOURS: Final = 168
DOWNLOADS: Final = 1
MOST_DOWNLOADS: Final = 5
#: More rows than a person can have a reason for; the platform itself is the place to work on them.
MOST_ROWS: Final = 50_000
_REASON: Final = (6, 500)  # characters
BRIEF: Final = "BG-"  # begins the numbers of reports
PERSON: Final = (
    Column("reporter_name", "诉求人"),
    Column("reporter_contact", "联系方式"),
    Column("reporter_identity", "证件号码"),
    Column("reporter_address", "诉求人住址"),
    Column("raw_title", "原标题"),
    Column("raw_text", "原内容"),
    Column("raw_address", "原地址"),
)
MARK: Final = Column("watermark", "水印")


@dataclass(frozen=True, slots=True)
class Taken:
    """One download: the table with its watermark, and what is left of the permission."""

    export: Export
    format: Format
    left: int


def ask(  # the words of a form
    session: Session,
    lake: Lake,
    chosen: EventFilter,
    wanted: Format,
    *,
    reason: str,
    actor: User,
    at: datetime,
    zone: ZoneInfo,
) -> Release:
    """Ask for the events of a choice with their person data; another person decides.

    Raises
    ------
    Refused
        When the actor may not ask.
    InputError
        Without a reason, for a format that shows no watermark, for no rows or too many.
    """
    _may_take(actor)
    low, high = _REASON
    if not low <= len(reason.strip()) <= high:
        raise InputError(f"请写明用途（{low} 至 {high} 个字）：给谁、办什么事、用完怎么处理。")
    if wanted not in FORMATS:
        raise InputError("含个人信息的导出只有 XLSX 和 CSV：每一行都带水印编号。")
    query = query_for(actor, chosen, needs=Permission.EXPORT_PERSONAL)
    plain = _events(session, lake, query, zone=zone, as_of=at)
    if not 0 < plain.rows <= MOST_ROWS:
        raise InputError(
            "所选条件下没有事件；请先调整筛选条件。"
            if not plain.rows
            else f"共 {plain.rows:,} 行，一次最多申请 {MOST_ROWS:,} 行；请缩小范围。"
        )
    release = Release(
        number=day_number(session, "DC", at=at, zone=zone),
        format=wanted.value,
        params=chosen.to_params(),
        words=[list(pair) for pair in plain.words],
        areas=list(actor.scope.areas),
        units=list(actor.scope.units),
        whole_city=actor.scope.whole_city,
        rows=plain.rows,
        reason=reason.strip(),
        asked_by=actor.login,
        asked_at=at,
        state=ReleaseState.ASKED,
    )
    releases.add(session, release)
    _log(session, actor, "release.ask", release, at, rows=release.rows, reason=mask(release.reason))
    return release


def approve(
    session: Session,
    number: str,
    *,
    actor: User,
    at: datetime,
    note: str = "",
    hours: int = HOURS,
    downloads: int = DOWNLOADS,
) -> Release:
    """Allow a request of somebody else, for some hours and some downloads.

    Raises
    ------
    Refused
        When the actor may not decide, asked for it himself, or doesn't see all that it holds.
    InputError
        When it waits no longer, or the limits are out of bounds.
    """
    release = _to_decide(session, number, actor)
    if not 1 <= hours <= MOST_HOURS or not 1 <= downloads <= MOST_DOWNLOADS:
        raise InputError(f"有效期为 1 至 {MOST_HOURS} 小时，下载 1 至 {MOST_DOWNLOADS} 次。")
    release.state, release.decided_by, release.decided_at = ReleaseState.APPROVED, actor.login, at
    release.note, release.allowed = note.strip(), downloads
    release.expires_at = at + timedelta(hours=hours)
    session.flush()
    _log(session, actor, "release.approve", release, at, hours=hours, downloads=downloads)
    return release


def refuse(session: Session, number: str, *, note: str, actor: User, at: datetime) -> Release:
    """Turn down a request of somebody else, saying why."""
    release = _to_decide(session, number, actor)
    if not note.strip():
        raise InputError("请写明不批准的理由，申请人会看到。")
    release.state, release.decided_by, release.decided_at = ReleaseState.REFUSED, actor.login, at
    release.note = note.strip()
    session.flush()
    _log(session, actor, "release.refuse", release, at, note=mask(release.note))
    return release


def withdraw(session: Session, number: str, *, actor: User, at: datetime) -> Release:
    """Take one's own request back while nobody has decided."""
    actor.require_held(Permission.EXPORT_PERSONAL)
    release = _own(session, number, actor)
    if release.state is not ReleaseState.ASKED:
        raise InputError(f"申请 {number} {release.state.label}，不能撤回。")
    release.state = ReleaseState.WITHDRAWN
    session.flush()
    _log(session, actor, "release.withdraw", release, at)
    return release


def take(
    session: Session,
    store: Store,
    lake: Lake,
    number: str,
    *,
    actor: User,
    at: datetime,
    zone: ZoneInfo,
) -> Taken:
    """Count one download of an approved request and return its rows, marked with its number.

    `store` is read again while the rows are streamed.

    Raises
    ------
    NotFound
        When the actor asked for no such thing.
    Refused
        When it isn't approved, is over, is used up, or the actor's scope is another one now.
    """
    _may_take(actor)
    release = _own(session, number, actor)
    if actor.scope != _scope(release):
        raise Refused(f"您的管辖范围在申请 {number} 之后有变化；请重新申请。")
    turn = releases.take_one(session, release, at=at)
    if turn is None:
        raise Refused(f"申请 {number} {standing(release, at=at)}，不能下载；需要时请重新申请。")
    watermark = f"{number}-{turn}"
    today = local_day(at, zone)
    chosen = EventFilter.from_params(dict(release.params), default=Period(today, today, zone.key))
    query = query_for(actor, chosen, needs=Permission.EXPORT_PERSONAL)
    plain = _events(session, lake, query, zone=zone, as_of=release.asked_at)
    _log(session, actor, "release.take", release, at, watermark=watermark, rows=plain.rows)
    marked = replace(
        plain,
        title="事件（含个人信息）",
        columns=(MARK, *plain.columns, *PERSON),
        batches=_with_persons(store, plain.batches, actor.scope, watermark),
        watermark=watermark,
        marked_for=f"{actor.name}　{at.astimezone(zone):%Y-%m-%d %H:%M}",
    )
    return Taken(marked, Format(release.format), release.allowed - release.taken)


def mine(session: Session, actor: User) -> Sequence[Release]:
    """Return what the actor asked for, the newest first."""
    return releases.asked_by(session, actor.login)


def to_decide(session: Session, actor: User) -> Sequence[Release]:
    """Return what others asked for inside the actor's scope: what waits first.

    Raises
    ------
    Refused
        When the actor may not decide.
    """
    actor.require_held(Permission.EXPORT_APPROVE)
    theirs = releases.of_others(session, actor.login)
    return [release for release in theirs if actor.scope.holds(_scope(release))]


def standing(release: Release, *, at: datetime) -> str:
    """Say where a request stands, the end of a permission included."""
    if release.state is ReleaseState.APPROVED:
        if release.taken >= release.allowed:
            return "下载次数已用完"
        if release.expires_at is not None and release.expires_at <= at:
            return "已过期"
    return release.state.label


def ready(release: Release, *, at: datetime) -> bool:
    """Whether the asker can download now."""
    return (
        release.state is ReleaseState.APPROVED
        and release.expires_at is not None
        and release.expires_at > at
        and release.taken < release.allowed
    )


@dataclass(frozen=True, slots=True)
class Trace:
    """What became of one request, as the journal tells it; oldest first."""

    number: str
    lines: tuple[tuple[datetime, str, str, str], ...]  # (at, who, did, watermark)


def trace(session: Session, watermark: str, *, actor: User, at: datetime) -> Trace:
    """Return from the journal who asked for, decided on and took the file of a watermark.

    Of an export with personal data, or of a report.

    Raises
    ------
    Refused
        When the actor may not read the journal.
    NotFound
        When no file was ever marked so.
    """
    actor.require_held(Permission.JOURNAL_READ)
    number = "-".join(watermark.strip().split("-")[:3])
    subject = f"{'brief' if number.startswith(BRIEF) else 'release'}:{number}"
    found = journal.lines(session, subject=subject, limit=1000)
    lines = tuple(
        (line.at, line.actor, line.did, str(line.detail.get("watermark", "")))
        for line in reversed(found)
        if line.did != "release.trace"
    )
    if not lines or (watermark.strip() not in {number, *(line[3] for line in lines)}):
        raise NotFound(
            f"没有水印为“{watermark}”的文件；应写成 DC-20260610-0001-1（导出）"
            "或 BG-20260610-0001-1（报告）这样。"
        )
    journal.record(
        session,
        actor=actor.login,
        did="release.trace",
        subject=subject,
        at=at,
        detail={"watermark": watermark.strip()},
    )
    return Trace(number, lines)


def _may_take(actor: User) -> None:
    actor.require_held(Permission.EVENT_EXPORT)
    actor.require_held(Permission.EXPORT_PERSONAL)


def _own(session: Session, number: str, actor: User) -> Release:
    release = releases.for_update(session, number)
    if release is None or release.asked_by != actor.login:
        raise NotFound(f"您没有编号为“{number}”的申请；请从列表中选择。")
    return release


def _to_decide(session: Session, number: str, actor: User) -> Release:
    actor.require_held(Permission.EXPORT_APPROVE)
    release = releases.for_update(session, number)
    if release is None or not actor.scope.holds(_scope(release)):
        raise NotFound(f"没有编号为“{number}”的申请，或不在您的管辖范围内。")
    if release.asked_by == actor.login:
        raise Refused("自己的申请要由另一个人审批。")
    if release.state is not ReleaseState.ASKED:
        raise InputError(f"申请 {number} {release.state.label}，不能再审批；请刷新列表。")
    return release


def _scope(release: Release) -> Scope:
    return kept_scope(release.areas, release.units, whole_city=release.whole_city)


def _events(
    session: Session, lake: Lake, query: EventQuery, *, zone: ZoneInfo, as_of: datetime
) -> Export:
    names = export_sources.names_of(session)
    return export_sources.events(lake, query, names, zone=zone, as_of=as_of, known_at=as_of)


def _with_persons(
    store: Store, batches: Callable[[], Iterator[pa.RecordBatch]], scope: Scope, watermark: str
) -> Callable[[], Iterator[pa.RecordBatch]]:
    """Add the person data and the watermark to each batch."""

    def joined() -> Iterator[pa.RecordBatch]:
        for plain in batches():
            batch = plain
            ids = batch.column("event_id").to_pylist()
            versions = batch.column("version").to_pylist()
            keys = list(zip(ids, versions, strict=True))
            with store.read() as session:
                found = persons.of_events(session, keys, scope)
            for column in PERSON:
                known = (getattr(found.get(key), column.code, "") for key in keys)
                texts = [text or None for text in known]
                batch = batch.append_column(column.code, pa.array(texts, pa.string()))
            yield batch.append_column(
                MARK.code, pa.array([watermark] * batch.num_rows, pa.string())
            )

    return joined


def _log(
    session: Session, actor: User, did: str, release: Release, at: datetime, **detail: object
) -> None:
    journal.record(
        session,
        actor=actor.login,
        did=did,
        subject=f"release:{release.number}",
        at=at,
        detail={"asked_by": release.asked_by, **detail},
    )
