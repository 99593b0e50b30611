"""The desk of reports: drafts, edited, signed by another person, numbered, kept, taken out."""

import hashlib
import json
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Final
from zoneinfo import ZoneInfo

from govdash.access import User
from govdash.core.errors import Conflict, InputError, NotFound, Refused
from govdash.core.permissions import Permission
from govdash.core.vocab import BriefKind, BriefState
from govdash.language.masking import mask
from govdash.report.brief import checking, docx, html, pdf, telling, xlsx
from govdash.report.brief.checking import Unfounded
from govdash.report.brief.document import Document, Mark
from govdash.report.brief.making import Making
from govdash.store import Session, briefs, counters, journal
from govdash.store.models import Brief
from govdash.workflow.naming import day_number

LONGEST: Final = 4000  # characters of one section's sentences
_REASON: Final = (2, 200)


class BriefFormat(StrEnum):
    """A file format; the value is the suffix."""

    PDF = "pdf"
    DOCX = "docx"
    XLSX = "xlsx"
    HTML = "html"

    @property
    def mime(self) -> str:
        """Media type for HTTP."""
        office = "application/vnd.openxmlformats-officedocument"
        return {
            "pdf": "application/pdf",
            "docx": f"{office}.wordprocessingml.document",
            "xlsx": f"{office}.spreadsheetml.sheet",
            "html": "text/html; charset=utf-8",
        }[self.value]


@dataclass(frozen=True, slots=True)
class Copy:
    """One copy of a report as a file, with its watermark."""

    name: str
    content: bytes
    mark: Mark


def draft(
    session: Session,
    document: Document,
    of: Making,
    *,
    actor: User,
    occasion: str | None = None,
    note: str = "",
) -> Brief:
    """Keep a report (of `making.make`) as a draft, with its journal line.

    It was made in another transaction: counting takes longer than anybody should wait to write.

    Raises
    ------
    Refused
        When the actor may not write reports, or the area isn't all theirs.
    """
    may_write(actor, of.area)
    period = of.query.filter.period
    brief = Brief(
        number=day_number(session, "BG", at=of.made_at, zone=of.zone),
        occasion=occasion,
        kind=of.kind,
        area_path=of.area,
        categories=list(of.query.filter.categories),
        first_day=period.first,
        last_day=period.last,
        as_of=of.as_of,
        state=BriefState.DRAFT,
        document=document.dump(),
        note=note,
        written_by=actor.login,
        written_at=of.made_at,
    )
    briefs.add(session, brief)
    _log(session, "brief.make", brief, actor, of.made_at, kind=of.kind.value, area=of.area)
    return brief


def may_write(actor: User, area: str | None) -> None:
    """Raise `Refused` unless the actor may write reports of an area (None: the whole city)."""
    actor.require_held(Permission.BRIEF_WRITE)
    if not actor.scope.covers(area):
        whole = "全市" if area is None else "这个区域"
        raise Refused(f"{whole}不都在{actor.name}的管辖范围内；请选自己范围内的区域。")


def edit(
    session: Session,
    brief_id: int,
    code: str,
    text: str,
    *,
    version: int,
    actor: User,
    at: datetime,
) -> list[Unfounded]:
    """Change the sentences of one section of a draft; return numbers that no table holds.

    One line is one paragraph. What people type is masked.

    Raises
    ------
    Conflict
        When somebody else has changed the report since `version`.
    InputError
        When there is no such section, or the text is too long.
    """
    brief = _draft_of(session, brief_id, actor, Permission.BRIEF_WRITE)
    if brief.version != version:
        raise Conflict(f"报告 {brief.number} 刚被别人修改过；您的文字还在，请核对后再保存。")
    if len(text) > LONGEST:
        raise InputError(f"一节文字最多 {LONGEST} 字，现在 {len(text)} 字。")
    document = Document.load(brief.document)
    if code not in {section.code for section in document.sections}:
        raise InputError(f"报告里没有“{code}”这一节。")
    lines = tuple(mask(line.strip()) for line in text.splitlines() if line.strip())
    before = next(s.paragraphs for s in document.sections if s.code == code)
    changed = document.with_paragraphs(code, lines)
    brief.document, brief.written_by, brief.written_at = changed.dump(), actor.login, at
    session.flush()
    _log(
        session, "brief.edit", brief, actor, at,
        section=code, before=list(before), after=list(lines),
    )  # fmt: skip
    return [one for one in checking.unfounded(changed) if one.sentence in lines]


def issue(
    session: Session, brief_id: int, *, actor: User, at: datetime, anyway: bool = False
) -> Brief:
    """Sign a draft of another person: it gets its number and is changed no more.

    One that a plan made goes to its readers then.

    Raises
    ------
    Refused
        When the actor may not sign, or wrote it.
    InputError
        When a sentence holds a number that no table holds, and not `anyway`.
    """
    brief = _draft_of(session, brief_id, actor, Permission.BRIEF_SIGN)
    if brief.written_by == actor.login:
        raise Refused("自己拟的报告要由另一个人签发。")
    document = Document.load(brief.document)
    strange = checking.unfounded(document)
    if strange and not anyway:
        listed = "、".join(dict.fromkeys(one.number for one in strange))
        raise InputError(f"文中的 {listed} 在表格里查不到；请核对修改，或勾选“已核对”后签发。")
    return _issue(session, brief, document, actor=actor, at=at, signed=True)


def issue_unsigned(session: Session, brief: Brief, *, actor: User, at: datetime) -> Brief:
    """Give a report of a schedule its number, as its plan says; it says that nobody signed."""
    return _issue(session, brief, Document.load(brief.document), actor=actor, at=at, signed=False)


def drop(session: Session, brief_id: int, *, reason: str, actor: User, at: datetime) -> Brief:
    """Give up a draft, with the reason; it stays in the list.

    Raises
    ------
    InputError
        Without a reason.
    """
    brief = _draft_of(session, brief_id, actor, Permission.BRIEF_WRITE)
    low, high = _REASON
    if not low <= len(reason.strip()) <= high:
        raise InputError(f"请写明作废的原因（{low} 至 {high} 个字）。")
    brief.state, brief.settled_at, brief.note = BriefState.DROPPED, at, mask(reason.strip())
    session.flush()
    _log(session, "brief.drop", brief, actor, at, reason=brief.note)
    return brief


def take(
    session: Session, brief_id: int, wanted: BriefFormat, *, actor: User, at: datetime
) -> Copy:
    """Give a copy out: marked with a number of its own, whose it is and since when, journalled.

    Raises
    ------
    NotFound
        When there is no such report in the actor's scope.
    Refused
        When the actor may not read reports, or is a wall display.
    """
    actor.require_held(Permission.BRIEF_READ)
    actor.require_person()
    brief = opened(session, brief_id, actor)
    document = Document.load(brief.document)
    turn = briefs.take_copy(session, brief.id)
    when = at.astimezone(ZoneInfo(document.zone))
    mark = Mark(f"{brief.number}-{turn}", f"{actor.name}　{when:%Y-%m-%d %H:%M}")
    content = written(document, wanted, mark)
    _log(
        session, "brief.take", brief, actor, at,
        watermark=mark.number, format=wanted.value, sha256=hashlib.sha256(content).hexdigest(),
    )  # fmt: skip
    days = f"{brief.first_day:%Y%m%d}-{brief.last_day:%Y%m%d}"
    state = "" if brief.state is BriefState.ISSUED else f"（{brief.state.label}）"
    return Copy(f"{document.title}_{days}{state}.{wanted}", content, mark)


def written(document: Document, wanted: BriefFormat, mark: Mark | None = None) -> bytes:
    """Write a report in a format."""
    match wanted:
        case BriefFormat.PDF:
            return pdf.pdf(document, mark)
        case BriefFormat.DOCX:
            return docx.docx(document, mark)
        case BriefFormat.XLSX:
            return xlsx.xlsx(document, mark)
        case BriefFormat.HTML:
            return html.html(document, mark).encode()


def opened(session: Session, brief_id: int, viewer: User) -> Brief:
    """Return a report in the viewer's scope; `NotFound` outside of it."""
    viewer.require_held(Permission.BRIEF_READ)
    brief = briefs.get(session, brief_id, viewer.scope)
    if brief is None:
        raise NotFound(f"没有编号为 {brief_id} 的报告，或不在您的管辖范围内。")
    return brief


def _draft_of(session: Session, brief_id: int, actor: User, needs: Permission) -> Brief:
    actor.require_held(needs)
    brief = briefs.for_update(session, brief_id)
    if brief is None or not actor.scope.covers(brief.area_path):
        raise NotFound(f"没有编号为 {brief_id} 的报告，或不在您的管辖范围内。")
    if brief.state is not BriefState.DRAFT:
        raise Refused(f"报告 {brief.number} {brief.state.label}，不能再改；需要时请另做一份。")
    return brief


def _issue(
    session: Session, brief: Brief, document: Document, *, actor: User, at: datetime, signed: bool
) -> Brief:
    official = _official(session, brief.kind, brief.last_day.year)
    kept = replace(
        document,
        number=official,
        signed_by=actor.name if signed else "",
    )
    brief.document, brief.official = kept.dump(), official
    brief.state, brief.settled_at = BriefState.ISSUED, at
    brief.signed_by = actor.login if signed else None
    session.flush()
    whole = json.dumps(brief.document, ensure_ascii=False, sort_keys=True).encode()
    _log(
        session, "brief.issue", brief, actor, at,
        official=official, signed=signed, sha256=hashlib.sha256(whole).hexdigest(),
    )  # fmt: skip
    if brief.occasion is not None:
        telling.tell(session, brief, at=at)
    return brief


def _official(session: Session, kind: BriefKind, year: int) -> str:
    """Return the next number of a kind and year: ``城运日报〔2026〕第12期``."""
    n = counters.take(session, f"brief:{kind.value}:{year}")
    return f"城运{kind.label}〔{year}〕第{n}期"


def _log(
    session: Session,
    did: str,
    brief: Brief,
    actor: User,
    at: datetime,
    **detail: Any,  # noqa: ANN401 - JSON
) -> None:
    journal.record(
        session, actor=actor.login, did=did, subject=f"brief:{brief.number}", at=at, detail=detail
    )
