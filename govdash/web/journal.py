"""The pieces of 操作日志: the search, the list, one line with before and after, the chain."""

from collections.abc import Mapping
from datetime import date
from typing import Any, Final
from urllib.parse import urlencode

import streamlit as st

from govdash.access import acts
from govdash.api.journal import ROUTE
from govdash.core.actions import ACTIONS, label_of
from govdash.core.errors import InputError
from govdash.core.vocab import Result
from govdash.report import auditing, checkpoints, journal_table
from govdash.report.journal_table import via_words
from govdash.store import accounts, journal_search
from govdash.store.models import JournalLine
from govdash.web import acting, background, rows, workparts
from govdash.web.background import Task
from govdash.web.page import Page
from govdash.web.parts import Html, card_title, el, empty, plain, show

LINE: Final = "line"  # URL parameters: the line that is looked at, the place of the list, the check
BEFORE, AFTER, TASK = "before", "after", "check"
SEARCHED: Final = "gw_searched"  # the search that the journal knows of
SHOWN: Final = 50
SYSTEM: Final = {"system": "系统"}
COLUMNS: Final = "9.6rem minmax(5rem,.9fr) minmax(6rem,1fr) minmax(7rem,1.3fr) 3rem"


def say_state(page: Page) -> None:
    """Say beside the title whether the journal was whole when it was checked last."""
    proof = auditing.last_proof(page.session)
    if proof is None:
        page.say(el("span", "日志链还没有校验过", cls="gd-say"))
        return
    when = workparts.clock_time(proof.at, page.zone, now=page.now)
    said = f"日志链完好（{when} 校验）" if proof.whole else f"日志链异常：{proof.fault}"
    dot = el("i", cls="gd-dot" if proof.whole else "gd-dot bad")
    page.say(el("span", dot, said, cls="gd-say", title=said))


def search_bar(page: Page) -> dict[str, str]:
    """Draw the search, which lives in the URL; return the names of accounts by login."""
    names = SYSTEM | accounts.names(page.session)
    told = _params()
    try:
        journal_table.search_of(told, page.zone)
    except InputError as error:
        st.error(plain(error))
        st.button("清除查询条件", on_click=_clear)
        st.stop()
    with st.container(key="gw_search", horizontal=True, vertical_alignment="center", gap="small"):
        show(el("span", "从", cls="gd-say"), width="content")
        _day_box("since", "开始日期", told, page.today)
        show(el("span", "到", cls="gd-say"), width="content")
        _day_box("until", "结束日期", told, page.today)
        _pick("actor", "全部人员", names, told, width=170)
        _pick("did", "全部操作", ACTIONS, told, width=190)
        _pick("result", "全部结果", {code.value: code.label for code in Result}, told, width=120)
        _text("subject", "对象，如 case:12 或 case:*", told)
        _text("request", "请求编号", told)
        if told:
            st.button("清除", key="gw_search_clear", type="tertiary", on_click=_clear)
    if told and st.session_state.get(SEARCHED) != told:  # once a search, not once a refresh
        with acts.act(
            page.store, page.user, did=auditing.SEARCH, subject=auditing.SUBJECT, at=page.now
        ) as session:
            auditing.searched(session, told, actor=page.user, at=page.now)
        st.session_state[SEARCHED] = told
    return names


def line_list(page: Page, names: Mapping[str, str]) -> int | None:
    """Draw one page of what was found; return the line that is looked at."""
    found = journal_search.find(
        page.session,
        journal_table.search_of(_params(), page.zone),
        before=_number(BEFORE),
        after=_number(AFTER),
        limit=SHOWN,
    )
    show(card_title("日志", "最近的在前", f"本页 {len(found.lines)} 行"))
    if not found.lines:
        show(empty("没有符合条件的日志", "放宽时间、人员或对象再看看。"))
        return _number(LINE)
    chosen = _number(LINE) or found.lines[0].id
    listed = [
        rows.Row(str(line.id), _cells(page, line, names), chosen=line.id == chosen)
        for line in found.lines
    ]
    head = ("时间", "人员", "操作", "对象", "结果")
    opened = rows.draw(listed, key="gw_lines", columns=COLUMNS, head=head)
    if opened is not None and int(opened) != chosen:
        st.query_params[LINE] = opened
        st.rerun()
    with st.container(key="gw_turn", horizontal=True, gap="small"):
        first, last = found.lines[0].id, found.lines[-1].id
        _turn("最新", {}, enabled=found.newer, icon="first_page")
        _turn("较新", {AFTER: str(first)}, enabled=found.newer, icon="chevron_left")
        _turn("较早", {BEFORE: str(last)}, enabled=found.older, icon="chevron_right")
    return chosen


def line_panel(page: Page, line_id: int | None, names: Mapping[str, str]) -> None:
    """Draw everything that one line says, before and after side by side."""
    line = journal_search.line(page.session, line_id)
    if line is None:
        show(card_title("一行日志"))
        show(empty("没有选中日志", "点左侧的一行，查看全部内容。"))
        return
    show(card_title(f"第 {line.id:,} 行 · {label_of(line.did)}", line.did, line.result.label))
    show(
        workparts.facts(
            [
                ("时间", f"{line.at.astimezone(page.zone):%Y-%m-%d %H:%M:%S}"),
                ("人员", _who(line.actor, names)),
                ("对象", line.subject),
                ("结果", line.result.label),
                ("来源地址", line.address),
                ("入口", via_words(line.via)),
                ("请求编号", line.request_id),
            ]
        )
    )
    if line.note:
        show(workparts.paragraph(line.note))
    if line.before is not None or line.after is not None:
        show(_changes(line.before or {}, line.after or {}))
    if line.detail:
        show(_table(("明细", "内容"), [(key, _said(line.detail[key])) for key in line.detail]))
    show(
        workparts.facts(
            [("校验值", line.hash), ("上一行", line.prev_hash), ("封签", line.seal or "（无）")]
        )
    )


def chain_panel(page: Page, names: Mapping[str, str]) -> None:
    """Draw when the chain was proved last, the button that proves it now, and the export."""
    proof = auditing.last_proof(page.session)
    show(card_title("校验与导出", "逐行核对哈希链、封签、末行签名和检查点"))
    if proof is None:
        show(workparts.paragraph("还没有校验过。", cls="note"))
    else:
        lamp = workparts.lamp("green", "完好") if proof.whole else workparts.lamp("red", "异常")
        when = f"{proof.at.astimezone(page.zone):%Y-%m-%d %H:%M}"
        said = f" {when} 由{_who(proof.actor, names)}校验，{proof.lines:,} 行。{proof.fault}"
        show(workparts.paragraph(lamp, said))
    task = background.tasks().get(st.query_params.get(TASK, ""))
    running = task is not None and not task.done
    with st.container(key="gw_chain_row", horizontal=True, gap="small"):
        st.button(
            "校验",
            key="gw_verify",
            icon=":material/verified_user:",
            disabled=running,
            on_click=_start,
            args=(page,),
            help="在后台核对全部日志，可离开本页；结果记入日志",
        )
        show(el("div", *(_link(suffix) for suffix in journal_table.FORMATS), cls="gw-buttons"))
    if task is not None and not task.done:
        _watch(page, task.number)
    elif task is not None and task.error:
        st.error(f"校验没有完成：{task.error}")


def _start(page: Page) -> None:
    with page.refresh() as fresh:
        store, user, at, settings = fresh.store, fresh.user, fresh.now, fresh.settings
    size = journal_search.newest_id(page.session)

    def run(task: Task) -> str:
        def tell(lines: int) -> None:
            task.fraction = min(1.0, lines / size) if size else None

        with acts.refusals(store, user, did=auditing.VERIFY, subject=auditing.SUBJECT, at=at):
            kept = checkpoints.kept(settings)
            found = auditing.verify(store, actor=user, at=at, outside=kept, tell=tell)
            return auditing.fault(found)

    st.query_params[TASK] = background.tasks().start("校验操作日志", run)


@st.fragment(run_every="1s")
def _watch(page: Page, number: str) -> None:
    with page.refresh():
        task = background.tasks().get(number)
        if task is None or task.done:
            st.rerun()
        st.progress(task.fraction or 0.0, f"正在校验：{task.fraction or 0:.0%}")


def _params() -> dict[str, str]:
    return {key: st.query_params[key] for key in journal_table.KEYS if key in st.query_params}


def _number(key: str) -> int | None:
    return acting.number_in(st.query_params.get(key, ""))


def _put(key: str, value: str) -> None:
    """Write one part of the search into the URL; the list begins anew."""
    _go({})
    st.query_params.pop(LINE, None)
    if value:
        st.query_params[key] = value
    else:
        st.query_params.pop(key, None)


def _go(place: Mapping[str, str]) -> None:
    for key in (BEFORE, AFTER, LINE):
        st.query_params.pop(key, None)
    st.query_params.update(place)


def _clear() -> None:
    for key in journal_table.KEYS:
        st.query_params.pop(key, None)
    _go({})


def _turn(label: str, place: Mapping[str, str], *, enabled: bool, icon: str) -> None:
    st.button(
        label,
        key=f"gw_turn_{icon}",
        icon=f":material/{icon}:",
        disabled=not enabled,
        on_click=_go,
        args=(place,),
    )


def _day_box(key: str, label: str, told: Mapping[str, str], today: date) -> None:
    widget = f"gw_{key}"
    st.session_state[widget] = date.fromisoformat(told[key]) if told.get(key) else None

    def pick() -> None:
        day = st.session_state[widget]
        _put(key, day.isoformat() if day else "")

    st.date_input(
        label,
        key=widget,
        max_value=max(today, st.session_state[widget] or today),
        label_visibility="collapsed",
        help=label,
        on_change=pick,
        width=128,
    )


def _pick(
    key: str, nothing: str, options: Mapping[str, str], told: Mapping[str, str], *, width: int
) -> None:
    widget, now = f"gw_{key}", told.get(key)
    codes = [*options, *([now] if now and now not in options else [])]
    st.session_state[widget] = now
    st.selectbox(
        nothing,
        codes,
        key=widget,
        index=None,
        format_func=lambda code: options.get(code, code),
        placeholder=nothing,
        label_visibility="collapsed",
        on_change=lambda: _put(key, st.session_state[widget] or ""),
        width=width,
    )


def _text(key: str, hint: str, told: Mapping[str, str]) -> None:
    widget = f"gw_{key}"
    st.session_state[widget] = told.get(key, "")
    st.text_input(
        hint,
        key=widget,
        placeholder=hint,
        max_chars=journal_table.LONGEST,
        label_visibility="collapsed",
        on_change=lambda: _put(key, (st.session_state[widget] or "").strip()),
        width=200,
    )


def _link(suffix: str) -> Html:
    return el(
        "a",
        f"导出 {suffix.upper()}",
        cls="gw-button",
        href=f"{ROUTE.lstrip('/')}.{suffix}?{urlencode(_params())}",
        download="",
        title="按当前查询条件导出；导出本身也记入日志",
    )


def _cells(page: Page, line: JournalLine, names: Mapping[str, str]) -> list[rows.Cell]:
    refused = line.result is Result.REFUSED
    return [
        rows.text(f"{line.at.astimezone(page.zone):%Y-%m-%d %H:%M:%S}"),
        rows.text(names.get(line.actor, line.actor)),
        rows.text(label_of(line.did)),
        rows.text(line.subject),
        rows.text(line.result.label, tone="bad" if refused else ""),
    ]


def _who(login: str, names: Mapping[str, str]) -> str:
    return f"{names[login]}（{login}）" if login in names else login


def _changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> Html:
    """Write what was and what is, side by side; what changed stands out."""
    keys = list(dict.fromkeys([*before, *after]))
    lines = [(key, _said(before.get(key)), _said(after.get(key))) for key in keys]
    return _table(
        ("项目", "之前", "之后"), lines, marked={k for k, was, is_ in lines if was != is_}
    )


def _table(
    head: tuple[str, ...],
    lines: list[tuple[str, ...]],
    *,
    marked: frozenset[str] | set[str] = frozenset(),
) -> Html:
    return el(
        "table",
        el("tr", *(el("th", name) for name in head)),
        *(
            el(
                "tr",
                *(el("td", cell) for cell in line),
                cls="gw-changed" if line[0] in marked else "",
            )
            for line in lines
        ),
        cls="gw-table gw-wrap",
    )


def _said(value: Any) -> str:  # noqa: ANN401  # whatever JSON holds
    if value is None:
        return "—"
    return value if isinstance(value, str) else journal_table.json_text(value)
