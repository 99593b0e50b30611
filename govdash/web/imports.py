"""The import of a file in the browser: upload, profile or columns by hand, rehearsal, import."""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import pandas as pd
import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from govdash.access import User, acts
from govdash.core.errors import Busy, GovDashError
from govdash.core.permissions import Permission
from govdash.core.settings import Settings
from govdash.ingest import (
    Preview,
    Profile,
    import_file,
    load_profile,
    match_profile,
    preview,
    profiles,
)
from govdash.ingest.importing import ImportReport
from govdash.lake import Lake
from govdash.language.masking import mask
from govdash.store import Store
from govdash.sync import sync
from govdash.web import background, importreport, matching, uploads
from govdash.web.background import Task
from govdash.web.page import Page
from govdash.web.parts import card_title, empty, plain, show

BY_HAND: Final = "（手动匹配各列）"
KEPT: Final = "gi_kept"  # session: (upload, path), part of the half-filled form
TASK: Final = "task"  # URL parameter: the import that is watched
KINDS: Final = "CSV、TSV、XLSX、JSON、GeoJSON、Parquet"
SHOWN_ROWS: Final = 5  # enough to see what stands in the columns


@dataclass(frozen=True, slots=True)
class Chosen:
    """A file that can be imported: where it lies, what it was called, by which profile."""

    path: Path
    name: str
    profile: Profile


def import_panel(page: Page) -> None:
    """Draw the left side: the file, how to read it, the two buttons."""
    show(card_title("导入事件", f"支持 {KINDS}；编码、分隔符自动识别"))
    if not page.user.may(Permission.EVENT_IMPORT, area=None):
        show(empty("您没有导入权限", "导入需要全市范围的导入权限；请联系管理员授权。"))
        return
    uploaded = st.file_uploader(
        "选择文件",
        key="gi_file",
        label_visibility="collapsed",
        help=f"支持 {KINDS}",
        on_change=_forget_result,
    )
    if uploaded is None:
        show(
            empty(
                "还没有选择文件", "把文件拖到上方，或点击选择；同一文件可重复导入，不会重复入库。"
            )
        )
        return
    try:
        path = _kept(page.settings, uploaded)
        seen = _preview(str(path))
        known = profiles(page.settings.data, var=page.settings.var)
    except GovDashError as error:
        st.error(plain(error))
        return
    profile = _pick_profile(page, path, seen, known)
    if profile is None:
        return
    _buttons(page, Chosen(path, uploaded.name, profile))


def _pick_profile(page: Page, path: Path, seen: Preview, known: list[Profile]) -> Profile | None:
    guessed = match_profile(seen.columns, known)
    names = [profile.name for profile in known]
    labels = {profile.name: profile.label or profile.name for profile in known}
    labels[BY_HAND] = BY_HAND
    options = [*names, BY_HAND]
    chosen = st.selectbox(
        "导入方案",
        options,
        index=options.index(guessed.name if guessed else BY_HAND),
        format_func=lambda name: labels[name],
        key=f"gi_profile_{path.parent.name}",
        help="方案说明各列对应什么；没有合适的，就手动匹配并保存为新方案。",
    )
    said = "已按列名选出方案" if guessed else "没有合适的方案，请手动匹配"
    st.caption(f"{len(seen.columns)} 列；{said}。")
    if chosen == BY_HAND:
        _sample(seen)
        return matching.match_columns(page, path, seen)
    try:
        profile = load_profile(page.settings.data, str(chosen), var=page.settings.var)
        if profile.header:  # a file without a header line: show it as the profile reads it
            seen = _preview(str(path), ",".join(profile.header), profile)
        lacking = profile.missing(seen.columns)
    except GovDashError as error:
        st.error(plain(error))
        return None
    _sample(seen)
    if lacking:
        told = f"文件缺少方案“{profile.label or profile.name}”需要的列：{'；'.join(lacking)}。"
        st.warning(plain(told))
        return None
    return profile


def _kept(settings: Settings, uploaded: UploadedFile) -> Path:
    """Return where the upload lies; a file is written once, not at every run of the page."""
    known = st.session_state.get(KEPT)
    if known is None or known[0] != uploaded.file_id or not known[1].is_file():
        known = (uploaded.file_id, uploads.keep(settings, uploaded))
        st.session_state[KEPT] = known
    return known[1]


@st.cache_data(max_entries=32, show_spinner=False)
def _preview(path: str, header: str = "", _profile: Profile | None = None) -> Preview:
    del header  # part of the key: the same file reads differently with names of its own
    # The path holds the hash of the content; a large file takes a second to look through.
    return preview(Path(path), _profile)


def _sample(seen: Preview) -> None:
    rows = [list(row)[: len(seen.columns)] for row in seen.rows[:SHOWN_ROWS]]
    padded = [row + [""] * (len(seen.columns) - len(row)) for row in rows]
    with st.expander(f"前 {len(rows)} 行", expanded=True):
        st.dataframe(pd.DataFrame(padded, columns=_distinct(seen.columns)), hide_index=True)


def _distinct(names: tuple[str, ...]) -> list[str]:
    seen: dict[str, int] = {}
    out: list[str] = []
    for name in names:
        seen[name] = seen.get(name, 0) + 1
        out.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return out


def _buttons(page: Page, chosen: Chosen) -> None:
    with st.container(horizontal=True, gap="small"):
        st.button(
            "试运行",
            key="gi_rehearse",
            on_click=_start,
            args=(page, chosen),
            kwargs={"dry_run": True},
            help="只检查和计数，不写入",
        )
        st.button(
            "导入",
            key="gi_import",
            type="primary",
            on_click=_start,
            args=(page, chosen),
            kwargs={"dry_run": False},
            help="写入数据库；可随时离开本页",
        )


def _start(page: Page, chosen: Chosen, *, dry_run: bool) -> None:
    with page.refresh() as fresh:
        store, lake, settings, user = fresh.store, fresh.lake, fresh.settings, fresh.user
    title = f"{'试运行' if dry_run else '导入'} {mask(chosen.name)}"

    def work(task: Task) -> ImportReport:
        return _import(task, store, lake, settings, user, chosen, dry_run=dry_run)

    st.query_params[TASK] = background.tasks().start(title, work, by=user.login)


def _import(
    task: Task,
    store: Store,
    lake: Lake,
    settings: Settings,
    user: User,
    chosen: Chosen,
    *,
    dry_run: bool,
) -> ImportReport:
    at, subject = datetime.now(UTC), f"file:{mask(chosen.name)}"[:120]
    with acts.refusals(store, user, did="import", subject=subject, at=at):
        report = import_file(
            store,
            settings,
            chosen.path,
            profile=chosen.profile,
            actor=user,
            at=at,
            dry_run=dry_run,
            progress=task.tell,
            name=chosen.name,
        )
    if report.accepted and not dry_run:
        try:
            sync(store, lake, wait=False)
        except Busy:
            task.error = ""  # the timed job is at it; it takes the new rows along
    return report


def _forget_result() -> None:
    """Take what came of another file off the page."""
    st.query_params.pop(TASK, None)


def watch_panel(page: Page) -> None:
    """Draw the right side: how far the import is, and what came of it."""
    number = st.query_params.get(TASK, "")
    task = background.tasks().get(number)
    if task is None or task.by != page.user.login:
        show(card_title("结果"))
        show(empty("还没有导入", "选好文件和方案后，先“试运行”看看，再“导入”。"))
        return
    if task.done:
        importreport.outcome(page, task)
    else:
        _running(page, number)


@st.fragment(run_every="1s")
def _running(page: Page, number: str) -> None:
    with page.refresh():
        task = background.tasks().get(number)
        if task is None or task.done:
            st.rerun()
        importreport.running(task)
