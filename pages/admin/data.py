"""数据汇聚: files in, past imports with their rejects, areas, and exports of the present filter."""

import streamlit as st

from govdash.core.permissions import Permission
from govdash.web import exports, importlist, imports, open_page, quality, releases, workparts
from govdash.web.acting import say_outcome

TABS = {
    "import": "导入事件",
    "history": "导入记录",
    "areas": "区域",
    "quality": "数据质量",
    "export": "导出",
    "personal": "个人信息导出",
}
FILTERED = {"export", "personal"}
BOTH = {  # what is drawn at the left and at the right
    "import": (imports.import_panel, imports.watch_panel),
    "areas": (importlist.areas_panel, importlist.area_counts),
    "quality": (quality.open_panel, quality.done_panel),
}

with open_page("数据汇聚", needs=Permission.EVENT_READ) as page:
    workparts.style()
    tab = st.segmented_control(
        "功能",
        [tab for tab in TABS if tab != "personal" or releases.may_ask(page)],
        default="import" if page.user.may(Permission.EVENT_IMPORT, area=None) else "export",
        required=True,
        key="tab",
        format_func=lambda tab: TABS[tab],
        label_visibility="collapsed",
        bind="query-params",
    )
    query = page.filters(default="30d") if tab in FILTERED else None
    say_outcome()
    if query is not None and tab == "export":
        for what in exports.TITLES:
            with st.container(key=f"card_export_{what}"):
                exports.export_panel(page, query, what)
    else:
        left, right = st.columns(2)
        with left, st.container(key="card_tasks"):
            chosen = None
            if query is not None:
                releases.ask_panel(page, query)
            elif tab == "history":
                chosen = importlist.history(page)
            else:
                BOTH[tab][0](page)
        with right, st.container(key="card_task"):
            if query is not None:
                releases.mine_panel(page)
            elif tab == "history":
                importlist.one_import(page, chosen)
            else:
                BOTH[tab][1](page)
