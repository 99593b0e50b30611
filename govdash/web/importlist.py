"""Past imports: what came in when, by whom, and what was rejected; areas from a file."""

from collections.abc import Sequence
from typing import Final

import pandas as pd
import streamlit as st

from govdash.access import acts
from govdash.core.errors import GovDashError
from govdash.core.permissions import Permission
from govdash.core.vocab import AreaLevel, ImportState
from govdash.geo import Datum
from govdash.ingest import in_words
from govdash.ingest.guess import guess_columns
from govdash.ingest.outlines import OutlinesReport, import_outlines
from govdash.language import fields as personal
from govdash.language.masking import mask
from govdash.store import accounts, imports
from govdash.store.models import Import
from govdash.web import acting, importreport, matching, rows, uploads, workparts
from govdash.web.page import Page
from govdash.web.parts import card_title, empty, number, plain, show

KEY: Final = "import"  # URL parameter: the import that is looked at
SHOWN: Final = 100  # a quarter of weekly imports of eight sources
SHOWN_REJECTS: Final = 50
TONES: Final = {ImportState.DONE: "good", ImportState.RUNNING: ""}


def history(page: Page) -> int | None:
    """Draw the list of imports; return the one that is looked at."""
    runs = imports.runs(page.session, page.user.scope, by=page.user.login, limit=SHOWN)
    show(card_title(f"导入记录 {len(runs)} 次", "最近的在前"))
    if not runs:
        show(empty("还没有导入过", "到“导入事件”选择一个文件开始。"))
        return None
    chosen = acting.chosen_id(KEY) or runs[0].id
    listed = [rows.Row(str(run.id), _cells(page, run), chosen=run.id == chosen) for run in runs]
    opened = rows.draw(listed, key="gi_runs", columns="3.4rem 1fr auto", look="cards")
    if opened is not None and int(opened) != chosen:
        st.query_params[KEY] = opened
        st.rerun()
    return chosen


def one_import(page: Page, import_id: int | None) -> None:
    """Draw one import: its numbers, reasons, first rejected rows, and their file."""
    if import_id is None:
        show(empty("没有选中导入记录", "左侧选择一次导入，查看结果和被拒的行。"))
        return
    run = imports.get(page.session, import_id, page.user.scope, by=page.user.login)
    show(card_title(mask(run.file_name), f"导入编号 {run.id}", run.state.label))
    if run.message:
        st.warning(plain(run.message))
    show(
        workparts.figures(
            (
                ("读取（行）", number(run.n_read), "= 入库 + 被拒 + 重复"),
                ("入库", number(run.n_accepted), ""),
                ("被拒", number(run.n_rejected), ""),
                ("重复", number(run.n_duplicate), ""),
            )
        )
    )
    show(
        workparts.facts(
            [
                ("方案", run.profile),
                ("导入人", accounts.names(page.session).get(run.started_by, run.started_by)),
                ("开始", workparts.clock_time(run.started_at, page.zone, now=page.now)),
                ("结束", workparts.clock_time(run.finished_at, page.zone, now=page.now)),
                ("文件指纹", run.file_sha256[:16]),
            ]
        )
    )
    importreport.reasons(run.reasons, run.warnings)
    if run.n_rejected:
        _rejects(page, run)


def areas_panel(page: Page) -> None:
    """Draw the import of area outlines: the file, its datum, its level, its parent."""
    show(card_title("导入区域", "GeoJSON 边界；须说明坐标基准和级别"))
    if not page.user.holds(Permission.AREA_EDIT):
        show(empty("您没有修改区域的权限", "请联系管理员授权。"))
        return
    with st.form("gi_areas", border=False):
        uploaded = st.file_uploader(
            "边界文件（GeoJSON）", key="gi_areas_file", type=["geojson", "json"]
        )
        left, right = st.columns(2)
        datum = left.selectbox(
            "坐标基准",
            list(Datum),
            index=None,
            placeholder="请选择",
            format_func=lambda datum: matching.DATUMS[datum],
            key="gi_areas_datum",
        )
        level = right.selectbox(
            "级别",
            list(AreaLevel),
            index=None,
            placeholder="请选择",
            format_func=lambda level: level.label,
            key="gi_areas_level",
        )
        parent = left.text_input("上级区域路径", key="gi_areas_parent", placeholder="如 /310000/")
        city = right.text_input("市名（还没有市时填写）", key="gi_areas_city")
        name = left.text_input("名称所在字段", key="gi_areas_name", placeholder="留空自动识别")
        code = right.text_input("编码所在字段", key="gi_areas_code", placeholder="留空自动识别")
        sent = st.form_submit_button("导入区域", type="primary")
    if not sent:
        return
    if uploaded is None or datum is None or level is None:
        st.error("请选择文件、坐标基准和级别；基准选错会偏几百米。")
        return
    try:
        path = uploads.keep(page.settings, uploaded)
        with (
            page.refresh() as fresh,
            acts.act(
                fresh.store, fresh.user, did="import_areas", subject="areas", at=fresh.now
            ) as session,
        ):
            told = import_outlines(
                session,
                path,
                datum=datum,
                level=level,
                parent_path=parent.strip() or None,
                actor=fresh.user,
                at=fresh.now,
                city_name=city.strip(),
                name_field=name.strip() or None,
                code_field=code.strip() or None,
            )
    except GovDashError as error:
        st.error(plain(error))
        return
    _areas_done(told)


def area_counts(page: Page) -> None:
    """Draw how many areas there are of each level."""
    names = page.area_names()
    show(card_title("现有区域", f"共 {len(names):,} 个"))
    if not names:
        show(empty("还没有区域", "导入边界后，有坐标的事件会自动落入区域。"))
        return
    depth = pd.Series([path.count("/") - 1 for path in names]).value_counts()
    levels = list(AreaLevel)
    show(
        workparts.figures(
            (level.label, number(int(depth.get(n, 0))), "个") for n, level in enumerate(levels, 1)
        )
    )


def _areas_done(told: OutlinesReport) -> None:
    st.success(f"已导入{AreaLevel(told.level).label}级区域 {told.areas} 个。")
    for note in told.notes:
        st.caption(note)
    if told.unplaced_events:
        st.info(
            f"有 {told.unplaced_events:,} 件事件有坐标但未落格；"
            "把原文件再导入一次，它们就会落入新的区域。"
        )


def _cells(page: Page, run: Import) -> Sequence[rows.Cell]:
    told = (
        f"读取 {run.n_read:,} · 入库 {run.n_accepted:,}"
        f" · 被拒 {run.n_rejected:,} · 重复 {run.n_duplicate:,}"
    )
    when = workparts.clock_time(run.started_at, page.zone, now=page.now)
    return [
        rows.text(run.state.label, tone=TONES.get(run.state, "bad")),
        rows.two(mask(run.file_name), told),
        rows.right(when, run.profile),
    ]


def _rejects(page: Page, run: Import) -> None:
    kept = imports.rejected_rows(
        page.session, run.id, page.user.scope, by=page.user.login, limit=SHOWN_REJECTS
    )
    show(card_title("被拒的行", f"前 {len(kept)} 行，已脱敏；全部原文在下载文件里"))
    if page.user.may(Permission.EVENT_IMPORT, area=None):
        fields = {
            column: field
            for field, column in guess_columns({name for row in kept for name in row.raw}).items()
        }
        table = pd.DataFrame(
            [
                {
                    "行号": row.row_number,
                    "原因": "；".join(in_words(code) for code in row.reasons),
                    **{
                        name: personal.shown(fields.get(name, ""), text)
                        for name, text in row.raw.items()
                    },
                }
                for row in kept
            ]
        )
        st.dataframe(table.fillna(""), hide_index=True)
    if run.reject_file:
        importreport.reject_button(page, run.reject_file)
