"""What an import says of itself: while it runs, when it is done, and the rows it could not take."""

from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote

import streamlit as st

from govdash.api import takings
from govdash.core.permissions import Permission
from govdash.ingest import in_words
from govdash.ingest.importing import ImportReport
from govdash.report import rejected as reject_files
from govdash.web import workparts
from govdash.web.background import Task
from govdash.web.page import Page
from govdash.web.parts import Html, card_title, el, number, plain, show


def running(task: Task) -> None:
    """Draw how far it is, how fast, and where the rows went so far."""
    show(card_title(task.title, f"已用 {workparts.span(task.seconds)}"))
    told = task.progress
    done = min(task.fraction or 0.0, 1.0)
    st.progress(done, text=f"{done:.0%}" if task.fraction is not None else "正在读取…")
    if told is not None:
        rate = told.read / task.seconds if task.seconds else 0
        show(_tiles(told.read, told.accepted, told.rejected, told.duplicate, f"{rate:,.0f} 行/秒"))
    st.caption("可以离开本页，导入会继续；回到“导入记录”可看结果。")


def outcome(page: Page, task: Task) -> None:
    """Draw the report of a task that has ended."""
    show(card_title(task.title, f"用时 {workparts.span(task.seconds)}"))
    if task.error:
        st.error(plain(task.error))
        return
    report: ImportReport = task.result
    note = "试运行：没有写入任何数据" if report.dry_run else f"导入编号 {report.import_id}"
    if report.rejected:
        st.warning(f"{note}；有 {report.rejected:,} 行被拒，可下载改正后再导入。")
    else:
        st.success(f"{note}；没有被拒的行。")
    new = f"新增 {report.new:,}，更正 {report.corrected:,}"
    show(_tiles(report.read, report.accepted, report.rejected, report.duplicate, new))
    reasons(report.reasons, report.warnings)
    if report.reject_file:
        reject_button(page, report.reject_file)


def reasons(rejected: Mapping[str, int], repaired: Mapping[str, int]) -> None:
    """Draw why rows were rejected, and what was repaired in those that came in."""
    if rejected:
        show(card_title("被拒原因", "一行可有多个原因"))
        show(_table(rejected))
    if repaired:
        show(card_title("提醒", "这些行可用，但请留意"))
        show(_table(repaired))


def reject_button(page: Page, reject_file: str) -> None:
    """Offer the rejected rows; they hold raw texts, so each download is judged and journalled."""
    name = Path(reject_file).name
    if reject_files.path_of(page.settings, name) is None:
        st.caption("被拒行的文件已不在服务器上。")
        return
    if not page.user.may(Permission.EVENT_IMPORT, area=None):
        return
    show(
        el(
            "div",
            el(
                "a",
                "下载被拒的行",
                cls="gw-button",
                href=takings.REJECTS.replace("{name}", quote(name)).lstrip("/"),
                download="",
                title="含原文，可能有个人信息，请妥善保管；改正后可直接再导入。每次下载记一行日志。",
            ),
            cls="gw-buttons",
        )
    )


def _tiles(read: int, accepted: int, rejected: int, duplicate: int, note: str) -> Html:
    return workparts.figures(
        (
            ("读取（行）", number(read), "= 入库 + 被拒 + 重复"),
            ("入库", number(accepted), note),
            ("被拒", number(rejected), _share(rejected, read)),
            ("重复", number(duplicate), "与已有版本相同"),
        )
    )


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.1%}" if whole else ""


def _table(counts: Mapping[str, int]) -> Html:
    ordered = sorted(counts.items(), key=lambda item: -item[1])
    return el(
        "table",
        *(
            el("tr", el("td", in_words(code)), el("td", number(n), cls="r gd-num"))
            for code, n in ordered
        ),
        cls="gw-table",
    )
