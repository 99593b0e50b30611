"""Files and emergency reports on the card of a case: pictures, downloads, what can be added."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from math import ceil
from typing import Any, Final

import streamlit as st

from govdash.access import User
from govdash.core.vocab import ReportKind, Shown
from govdash.report import emergency as paper
from govdash.store import Session
from govdash.store import cases as case_rows
from govdash.store.models import CaseFile, CaseReport
from govdash.web import acting
from govdash.web.page import Page
from govdash.web.parts import card_title, el, show
from govdash.workflow import attachments, emergency, practice

KINDS: Final = ("jpg", "jpeg", "png", "webp", "pdf", "docx", "xlsx")


def card(page: Page, row: Mapping[str, Any]) -> None:
    """Draw the files and reports of a case, and what can be added; a wall display shows none."""
    if page.user.is_display:
        return
    files = attachments.files(page.session, row["id"], page.user.scope)
    reports = emergency.reports(page.session, row["id"], page.user)
    may_add = any(page.user.holds(permission) for permission in attachments.MAY_ADD)
    makes = _makes(page, row)
    if not (files or reports or may_add or makes):
        return
    show(card_title("附件和信息报告", f"{len(files)} 个文件，{len(reports)} 份报告"))
    if files:
        _pictures(files)
        _others(files)
    for report in reports:
        _report(page, report)
    with st.container(horizontal=True, gap="small", key=f"gw_evidence_{row['id']}"):
        if may_add:
            _upload(page, row)
        for kind in makes:
            st.button(
                f"出{kind.label}",
                key=f"gw_report_{kind}_{row['id']}_{len(reports)}",
                icon=":material/description:",
                help="按案件现有的事实生成信息报告；平台不知道的标“待核”。",
                on_click=_make,
                args=(page, row["id"], kind),
            )


def pictures(page: Page, case_id: int) -> None:
    """Draw the small pictures of a case, for whoever has to know what it looked like."""
    _pictures(attachments.files(page.session, case_id, page.user.scope))


def _pictures(files: Sequence[CaseFile]) -> None:
    """Draw the small pictures, those before at the left; each leads to its file."""
    order = list(Shown)
    pictures = [one for one in files if one.mime in attachments.PICTURES]
    if not pictures:
        return
    show(
        el(
            "div",
            *(
                el(
                    "a",
                    el(
                        "img",
                        src=f"/api/v1/cases/files/{one.id}/thumb",
                        alt=attachments.name_of(one),
                    ),
                    el("span", one.shown.label),
                    href=f"/api/v1/cases/files/{one.id}",
                    title=f"{attachments.name_of(one)}（下载原文件）",
                    target="_self",
                )
                for one in sorted(pictures, key=lambda one: (order.index(one.shown), one.id))
            ),
            cls="gw-pictures",
        )
    )


def _others(files: Sequence[CaseFile]) -> None:
    for one in files:
        if one.mime not in attachments.PICTURES:
            size = f"{one.size / 1e6:.1f} MB" if one.size >= 100_000 else f"{one.size / 1e3:.0f} kB"
            _line(
                f"{one.shown.label} · {attachments.name_of(one)}（{size}）",
                f"/api/v1/cases/files/{one.id}",
            )


def _report(page: Page, report: CaseReport) -> None:
    when = report.made_at.astimezone(page.zone)
    words = f"{report.kind.label} {report.number}（{when:%m-%d %H:%M}）"
    _line(words, f"/api/v1/cases/reports/{report.id}", title=paper.file_name(report))


def _line(words: str, href: str, *, title: str = "") -> None:
    show(el("p", el("a", words, href=href, title=title, target="_self"), cls="gw-text"))


def _makes(page: Page, row: Mapping[str, Any]) -> tuple[ReportKind, ...]:
    if not page.user.may(emergency.NEEDS, area=row["area_path"]):
        return ()
    case = case_rows.get(page.session, row["id"], page.user.scope)
    return emergency.next_kinds(page.session, case) if case else ()


def _make(page: Page, case_id: int, kind: ReportKind) -> None:
    def act(session: Session, user: User, at: datetime) -> str:
        made = emergency.make(session, case_id, kind, actor=user, at=at)
        return f"已生成{kind.label} {made.number}，可在案件的附件处下载。"

    acting.perform(page, act, did="case.report", subject=f"case:{case_id}")


def _upload(page: Page, row: Mapping[str, Any]) -> None:
    key = f"gw_upload_{row['id']}"
    with (
        st.popover("添加文件", icon=":material/attach_file:"),
        st.form(key, border=False, clear_on_submit=True),
    ):
        shown = st.segmented_control(
            "内容", list(Shown), default=Shown.BEFORE, format_func=lambda code: code.label,
            key=f"{key}_shown",
        )  # fmt: skip
        given = st.file_uploader(
            "照片或文件（JPG、PNG、WebP、PDF、DOCX、XLSX）",
            type=list(KINDS),
            key=f"{key}_file",
            max_upload_size=ceil(practice.in_force().file_megabytes),
        )
        sent = st.form_submit_button("添加", type="primary")
    if not sent:
        return
    if given is None or shown is None:
        st.error("请选择文件，并写明是处置前还是处置后。")
        return
    content, name = given.getvalue(), given.name

    def act(session: Session, user: User, at: datetime) -> str:
        row_ = attachments.attach(
            session, page.settings.evidence, row["id"],
            shown=shown, name=name, content=content, actor=user, at=at,
        )  # fmt: skip
        return f"案件 {row['number']}：已添加{shown.label}文件“{attachments.name_of(row_)}”。"

    acting.perform(page, act, did="case.attach", subject=f"case:{row['id']}")
    st.rerun()
