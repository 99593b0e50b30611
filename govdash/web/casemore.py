"""Beside a case: who else reported it, 督办, requests waiting, and the drawers for all of these."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

import streamlit as st

from govdash.access import User
from govdash.core.vocab import Asked, AskState, Mark
from govdash.store import Session
from govdash.web import acting, workparts
from govdash.web.page import Page
from govdash.web.parts import el, show
from govdash.workflow import asking, supervision
from govdash.workflow.beside import Beside

CASE: Final = "case"
ICONS: Final = {
    Mark.URGE: ":material/notifications_active:",
    Mark.SUPERVISE: ":material/visibility:",
    Mark.LIFT: ":material/visibility_off:",
}
HINTS: Final = {
    Asked.EXTENSION: "同意后时限再加一个原时限，从原到期接着算。",
    Asked.APPEAL: "两人评审同意后，统计中不计此件超期；超期的事实不变。",
}


def notices(page: Page, row: Mapping[str, Any], beside: Beside) -> None:
    """Draw what whoever opens the case must see first: 督办, its cluster, requests."""
    if (watched := beside.watched) is not None:
        due = workparts.clock_time(watched["due_at"], page.zone, now=page.now)
        late = "，已过期" if watched["due_at"] < page.now else ""
        show(
            workparts.paragraph(
                el("b", "督办"),
                f" {watched['by_name']}，期限 {due}{late}：{watched['reason']}",
                cls="watched",
            )
        )
    for request in workparts.records(beside.requests):
        if request["state"] in {AskState.WAITING, AskState.ONCE}:
            _request(page, row, request, decides=request["id"] in beside.decides)
    if not beside.cluster.empty:
        _cluster(row, beside)


def buttons(row: Mapping[str, Any], beside: Beside) -> None:
    """Draw the buttons of what can be asked for and put on the case now."""
    for kind in beside.asks:
        _button(f"申请{kind.label}" if kind is Asked.EXTENSION else kind.label, f"ask_{kind}", row)
    for mark in beside.puts:
        _button(mark.label, mark.value, row, icon=ICONS[mark])


def drawers(page: Page, row: Mapping[str, Any], beside: Beside) -> None:
    """Open the drawer that the URL names, when it is possible now."""
    for kind in beside.asks:
        if acting.drawer_open(f"case_ask_{kind}"):
            _drawer(f"申请{kind.label}", _ask_form, page, row, kind)
    for mark in beside.puts:
        if acting.drawer_open(f"case_{mark}"):
            _drawer(mark.label, _mark_form, page, row, mark)
    for request in workparts.records(beside.requests):
        for grant in (True, False):
            name = _decision(request, grant=grant)
            if request["id"] in beside.decides and acting.drawer_open(name):
                title = f"{'同意' if grant else '不同意'}{request['kind'].label}"
                _drawer(title, _decide_form, page, row, (request, grant))


def entries(beside: Beside) -> list[workparts.Entry]:
    """Return requests and marks as lines of the case's log."""
    told = [
        workparts.Entry(mark["at"], mark["by_name"], mark["kind"].label, mark["reason"])
        for mark in workparts.records(beside.marks)
    ]
    for request in workparts.records(beside.requests):
        label = request["kind"].label
        told.append(
            workparts.Entry(
                request["asked_at"], request["asked_by_name"], f"申请{label}", request["reason"]
            )
        )
        decided = [who for who in ("first", "second") if request[f"{who}_by"]]
        for who in decided:
            denied = request["state"] is AskState.DENIED and who == decided[-1]
            told.append(
                workparts.Entry(
                    request[f"{who}_at"],
                    request[f"{who}_by_name"],
                    f"{'不同意' if denied else '同意'}{label}",
                    request[f"{who}_note"],
                )
            )
    return told


def _request(
    page: Page, row: Mapping[str, Any], request: Mapping[str, Any], *, decides: bool
) -> None:
    when = workparts.clock_time(request["asked_at"], page.zone, now=page.now)
    first = f"；{request['first_by_name']}已同意" if request["first_by"] else ""
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        show(
            workparts.paragraph(
                el("b", f"{request['kind'].label}申请 · {request['state'].label}"),
                f" {request['asked_by_name']} {when}：{request['reason']}{first}",
            )
        )
        if decides:
            for grant in (True, False):
                _button(
                    "同意" if grant else "不同意",
                    _decision(request, grant=grant).removeprefix("case_"),
                    row,
                )


def _cluster(row: Mapping[str, Any], beside: Beside) -> None:
    led = row["leading_id"] is not None
    others = workparts.records(beside.cluster)
    head = "已并入主案件" if led else f"同一件事的反映另有 {len(others)} 件"
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        show(workparts.paragraph(el("b", head)), width="content")
        for other in others:
            leads = other["id"] == row["leading_id"]
            st.button(
                f"{other['number']}（{'主案件，' if leads else ''}{other['state'].label}）",
                key=f"gw_cluster_{row['id']}_{other['id']}",
                type="tertiary",
                on_click=acting.look_at,
                args=(CASE, other["id"]),
            )


def _button(label: str, name: str, row: Mapping[str, Any], *, icon: str | None = None) -> None:
    st.button(
        label,
        key=f"gw_more_{name}_{row['id']}_{row['version']}",
        icon=icon,
        on_click=acting.open_drawer,
        args=(f"case_{name}", row["version"], CASE, row["id"]),
    )


def _decision(request: Mapping[str, Any], *, grant: bool) -> str:
    return f"case_{'grant' if grant else 'deny'}_{request['id']}"


def _drawer(title: str, form: Callable[..., None], page: Page, *told: object) -> None:
    st.dialog(title, position="right", width="medium", on_dismiss=acting.close_drawer)(form)(
        page, *told
    )


def _ask_form(page: Page, row: Mapping[str, Any], kind: Asked) -> None:
    show(workparts.paragraph(el("b", row["number"]), " ", row["title"]))
    st.caption(HINTS[kind])
    reason = _reason(f"gw_ask_{kind}_{row['id']}", "理由", f"提交{kind.label}申请")
    if reason is None:
        return

    def act(session: Session, user: User, at: datetime) -> str:
        asking.ask(session, row["id"], kind, reason=reason, actor=user, at=at)
        return f"已为案件 {row['number']} 申请{kind.label}，等待审批。"

    acting.finish(page, act, did=f"case.ask_{kind.value}", subject=f"case:{row['id']}")


def _decide_form(page: Page, row: Mapping[str, Any], told: tuple[Mapping[str, Any], bool]) -> None:
    request, grant = told
    word = "同意" if grant else "不同意"
    show(workparts.paragraph(el("b", row["number"]), " ", row["title"]))
    show(workparts.paragraph(el("b", "申请理由："), request["reason"]))
    label = "意见（可不填）" if grant else "不同意的理由"
    note = _reason(f"gw_decide_{grant}_{request['id']}", label, f"确认{word}")
    if note is None:
        return

    def act(session: Session, user: User, at: datetime) -> str:
        done = asking.decide(session, request["id"], grant=grant, note=note, actor=user, at=at)
        return f"{request['kind'].label}申请：{word}，现为“{done.state.label}”。"

    did = f"case.{'grant' if grant else 'deny'}_{request['kind'].value}"
    acting.finish(page, act, did=did, subject=f"case:{row['id']}")


def _mark_form(page: Page, row: Mapping[str, Any], mark: Mark) -> None:
    show(workparts.paragraph(el("b", row["number"]), " ", row["title"]))
    key, due = f"gw_mark_{mark}_{row['id']}", None
    if mark is Mark.SUPERVISE:
        due = supervision_due(page, key)
    label = "说明（可不填）" if mark is Mark.URGE else "理由"
    reason = _reason(key, label, f"确认{mark.label}")
    if reason is None:
        return
    if mark is Mark.SUPERVISE and due is None:
        st.error("请选择督办期限。")
        return

    def act(session: Session, user: User, at: datetime) -> str:
        put(session, row["id"], mark, reason=reason, due_at=due, actor=user, at=at)
        return f"案件 {row['number']}：{mark.label}已记录。"

    acting.finish(page, act, did=f"case.{mark.value}", subject=f"case:{row['id']}")


def put(
    session: Session,
    case_id: int,
    mark: Mark,
    *,
    reason: str,
    due_at: datetime | None,
    actor: User,
    at: datetime,
) -> None:
    """Put a mark on a case."""
    if mark is Mark.SUPERVISE:
        supervision.supervise(
            session, case_id, reason=reason, due_at=due_at or at, actor=actor, at=at
        )
    elif mark is Mark.LIFT:
        supervision.lift(session, case_id, reason=reason, actor=actor, at=at)
    else:
        supervision.urge(session, case_id, reason=reason, actor=actor, at=at)


def supervision_due(page: Page, key: str) -> datetime | None:
    """Ask by when a supervised case is to be done: the end of a day."""
    day = st.date_input(
        "督办期限（至当日 18:00）",
        value=None,
        min_value=page.today,
        format="YYYY-MM-DD",
        key=f"{key}_due",
    )
    if day is None:
        return None
    return datetime(day.year, day.month, day.day, 18, tzinfo=page.zone)


def _reason(key: str, label: str, send: str) -> str | None:
    """Draw a text and a button; the text when it was sent."""
    with st.form(key, border=False):
        text = st.text_area(label, key=f"{key}_reason", max_chars=500, height=90)
        sent = st.form_submit_button(send, type="primary")
    return text if sent else None
