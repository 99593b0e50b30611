"""The pieces of 研判报告 at the right: one report with its text, exhibits, files and signature."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

import streamlit as st

from govdash.access import SYSTEM, User
from govdash.api import briefs as address
from govdash.core.permissions import Permission
from govdash.core.vocab import BriefState
from govdash.report.brief import checking, desk, wording
from govdash.report.brief.desk import BriefFormat
from govdash.report.brief.document import Chart, Document, Section, Table
from govdash.store import Session, accounts
from govdash.store.models import Brief
from govdash.web import acting, workparts
from govdash.web.page import Page
from govdash.web.parts import Html, el, empty, join, plain, show

_HINTS: Final = {
    BriefFormat.PDF: "打印、归档",
    BriefFormat.DOCX: "Word、WPS",
    BriefFormat.XLSX: "表格可筛选",
    BriefFormat.HTML: "浏览器",
}
_EDIT, _ISSUE, _DROP = "brief-edit-", "brief-issue", "brief-drop"


@dataclass(frozen=True, slots=True)
class Told:
    """What a drawer knows of the report that it is about."""

    id: int
    number: str
    version: int


def one(page: Page, brief_id: int | None) -> None:
    """Draw a report, or say what to do without one."""
    if brief_id is None:
        show(empty("没有选中报告", "从左侧选择，或新建一份。"))
        return
    brief = desk.opened(page.session, brief_id, page.user)
    document = Document.load(brief.document)
    strange = checking.unfounded(document)
    _head(page, brief, document)
    if strange and brief.state is BriefState.DRAFT:
        listed = "、".join(dict.fromkeys(one.number for one in strange))
        st.warning(
            f"文中的 {plain(listed)} 在本报告的表格里查不到，签发前请核对。",
            icon=":material/rule:",
        )
    editable = brief.state is BriefState.DRAFT and page.user.holds(Permission.BRIEF_WRITE)
    with st.container(key="gw_brief_body"):
        for section in document.sections:
            _section(brief, section, editable=editable)
        show(el("h3", "数据与口径", cls="gw-brief-h"))
        show(join(el("p", text, cls="gw-brief-basis") for text in document.basis))
    told = Told(brief.id, brief.number, brief.version)  # a drawer outlives the run's session
    if acting.drawer_open(_ISSUE):
        _issue(page, told, doubtful=bool(strange))
    if acting.drawer_open(_DROP):
        _drop(page, told)
    for section in document.sections:
        if editable and acting.drawer_open(_EDIT + section.code):
            _edit(page, told, section)


def _head(page: Page, brief: Brief, document: Document) -> None:
    state = el("small", f"{brief.state.label}　{brief.official or brief.number}")
    show(el("div", el("b", document.title), state, cls="gw-head"))
    names = accounts.names(page.session) | {SYSTEM.login: SYSTEM.name}
    written = workparts.clock_time(brief.written_at, page.zone, now=page.now)
    show(workparts.paragraph(f"{document.subtitle}　{wording.footer(document)}", cls="note"))
    pairs: list[tuple[str, object]] = [
        (
            "拟稿",
            f"{names.get(brief.written_by, brief.written_by)}　{written}"
            + ("　（文字经人工修改）" if document.edited else ""),
        ),
    ]
    if brief.settled_at is not None:
        when = workparts.clock_time(brief.settled_at, page.zone, now=page.now)
        signed = (
            f"{names.get(brief.signed_by, brief.signed_by)}　{when}"
            if brief.signed_by
            else f"按计划自动发布，未经人工签发　{when}"
        )
        label = "签发" if brief.state is BriefState.ISSUED else "作废"
        pairs.append(
            (label, signed if brief.state is BriefState.ISSUED else f"{when}　{brief.note}")
        )
    if brief.note and brief.state is not BriefState.DROPPED:
        pairs.append(("说明", brief.note))
    show(workparts.facts(pairs))
    links = [
        el(
            "a",
            wanted.value.upper(),
            el("small", hint),
            cls="gw-button",
            href=address.address(brief.id, wanted).lstrip("/"),
            download="",
            title="每次下载都带水印编号并记入操作日志",
        )
        for wanted, hint in _HINTS.items()
    ]
    with st.container(
        horizontal=True, vertical_alignment="center", gap="small", key="gw_brief_bar"
    ):
        show(el("div", *links, cls="gw-buttons"), width="content")
        if brief.state is not BriefState.DRAFT:
            return
        if page.user.holds(Permission.BRIEF_SIGN):
            own = brief.written_by == page.user.login
            st.button(
                "签发",
                type="primary",
                key="gw_brief_issue",
                disabled=own,
                help="自己拟的报告要由另一个人签发。" if own else None,
                on_click=acting.open_drawer,
                args=(_ISSUE, brief.version),
            )
        if page.user.holds(Permission.BRIEF_WRITE):
            st.button(
                "作废",
                key="gw_brief_drop",
                on_click=acting.open_drawer,
                args=(_DROP, brief.version),
            )


def _section(brief: Brief, section: Section, *, editable: bool) -> None:
    with st.container(horizontal=True, vertical_alignment="center", key=f"gw_bs_{section.code}"):
        show(el("h3", section.title, cls="gw-brief-h"))
        if editable:
            st.button(
                "改文字",
                key=f"gw_brief_edit_{section.code}",
                icon=":material/edit:",
                type="tertiary",
                on_click=acting.open_drawer,
                args=(_EDIT + section.code, brief.version),
            )
    show(join(el("p", text, cls="gw-brief-p") for text in section.paragraphs))
    for chart in section.charts:
        _chart(chart)
    for table in section.tables:
        show(table_html(table))


def _chart(chart: Chart) -> None:
    show(el("div", chart.title, cls="gw-brief-cap"))
    st.image(chart.svg, width="stretch")
    show(el("div", chart.note, cls="gw-brief-note", title=chart.words))


def table_html(table: Table) -> Html:
    """Write a table; the first cell of a row leads to the rows behind it."""
    head = el(
        "tr",
        *(
            el("th", column.label, cls="r" if column.kind.is_number else "", scope="col")
            for column in table.columns
        ),
    )
    lines = [
        el(
            "tr",
            *(
                el(
                    "td",
                    el("a", text, href=link, target="_self", title="查看背后的明细")
                    if at == 0 and (link := table.link(line))
                    else text,
                    cls="r" if column.kind.is_number else "",
                )
                for at, (text, column) in enumerate(zip(texts, table.columns, strict=True))
            ),
        )
        for line, texts in enumerate(table.texts())
    ]
    body = join(lines) if lines else el("tr", el("td", "本期没有。", colspan=len(table.columns)))
    return el(
        "div",
        el("div", table.title, cls="gw-brief-cap"),
        el("table", el("thead", head), el("tbody", body)),
        el("div", table.note, cls="gw-brief-note") if table.note else None,
        cls="gw-brief-table",
    )


@st.dialog("修改文字", width="large", on_dismiss=acting.close_drawer, position="right")
def _edit(page: Page, brief: Told, section: Section) -> None:
    acting.say_outcome()
    version = acting.seen_version(_EDIT + section.code, brief.version)
    text = st.text_area(
        section.title,
        value="\n".join(section.paragraphs),
        height=360,
        max_chars=desk.LONGEST,
        key=f"gw_brief_text_{brief.id}_{section.code}",
        help="一行一段。数字请与表格一致：保存后，表格里查不到的数字会列出来。",
    )
    if not st.button("保存", type="primary", key="gw_brief_save"):
        return

    def act(session: Session, user: User, at: datetime) -> str:
        strange = desk.edit(
            session, brief.id, section.code, text, version=version, actor=user, at=at
        )
        listed = "、".join(dict.fromkeys(one.number for one in strange))
        return f"已保存“{section.title}”。" + (f"表格里查不到：{listed}。" if strange else "")

    acting.finish(page, act, did="brief.edit", subject=f"brief:{brief.number}")


@st.dialog("签发报告", width="small", on_dismiss=acting.close_drawer, position="right")
def _issue(page: Page, brief: Told, *, doubtful: bool) -> None:
    acting.say_outcome()
    show(workparts.paragraph("签发后编号归档，文字和数字不能再改。"))
    anyway = doubtful and st.checkbox("文中有表格查不到的数字，已核对", key="gw_brief_anyway")
    if not st.button("确认签发", type="primary", key="gw_brief_sign"):
        return

    def act(session: Session, user: User, at: datetime) -> str:
        issued = desk.issue(session, brief.id, actor=user, at=at, anyway=bool(anyway))
        return f"已签发 {issued.official}。"

    acting.finish(page, act, did="brief.issue", subject=f"brief:{brief.number}")


@st.dialog("作废草稿", width="small", on_dismiss=acting.close_drawer, position="right")
def _drop(page: Page, brief: Told) -> None:
    acting.say_outcome()
    reason = st.text_input("原因", key="gw_brief_reason", max_chars=200)
    if not st.button("确认作废", type="primary", key="gw_brief_drop_yes"):
        return

    def act(session: Session, user: User, at: datetime) -> str:
        desk.drop(session, brief.id, reason=reason, actor=user, at=at)
        return f"草稿 {brief.number} 已作废，仍列在左侧。"

    acting.finish(page, act, did="brief.drop", subject=f"brief:{brief.number}")
