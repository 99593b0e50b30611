"""The pieces of 通知: the ledger with its filters, one notification with its attempts, gaps."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

import pandas as pd
import streamlit as st

from govdash.access import User
from govdash.core.permissions import Permission
from govdash.core.vocab import Attempted, NoticeState
from govdash.language.masking import mask
from govdash.store import Session, accounts
from govdash.store import notifications as ledger
from govdash.web import acting, rows, workparts
from govdash.web.inboxes import page_of
from govdash.web.page import Page
from govdash.web.parts import card_title, el, empty, level_badge, show
from govdash.web.registry import entry_of
from govdash.workflow.notify import auditor, channels, config, resending
from govdash.workflow.notify.config import HOOK

KEY: Final = "notice"  # URL parameter: the notification that is looked at
MOST: Final = 300
SHOWN_GAPS: Final = 20
CHANNELS: Final = {"inbox": "站内信", "email": "电子邮件", HOOK.rstrip(":"): "Webhook 与群机器人"}
TONES: Final = {
    NoticeState.SENT: "good", NoticeState.FAILED: "bad", NoticeState.PENDING: "",
    NoticeState.SUPPRESSED: "faint", NoticeState.EXPIRED: "faint",
}  # fmt: skip


def bar(page: Page) -> pd.DataFrame:
    """Draw the filters; return the notifications chosen."""
    names = accounts.names(page.session)
    week = page.now - timedelta(days=7)
    counted = ledger.counted(page.session, page.user.scope, since=week)
    n = {row["state"]: row["n"] for row in workparts.records(counted)}
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        state = st.segmented_control(
            "状态",
            list(NoticeState),
            key="notice_state",
            format_func=lambda code: f"{code.label} {n.get(code, 0)}",
            label_visibility="collapsed",
            bind="query-params",
            on_change=acting.look_at_first,
            args=(KEY,),
        )
        channel = st.selectbox(
            "渠道",
            list(CHANNELS),
            index=None,
            key="gn_channel",
            format_func=lambda code: CHANNELS[code],
            placeholder="全部渠道",
            label_visibility="collapsed",
            width=170,
        )
        days = st.selectbox(
            "时间",
            [1, 7, 30, 180],
            index=1,
            key="gn_days",
            format_func=lambda days: f"近 {days} 天",
            label_visibility="collapsed",
            width=110,
        )
        who = st.text_input(
            "收件人", key="gn_who", placeholder="收件人姓名或登录名", label_visibility="collapsed",
            width=180, max_chars=60,
        ).strip()  # fmt: skip
    logins = [login for login, name in names.items() if who in {login, name}]
    table = ledger.listed(
        page.session,
        page.user.scope,
        states=[NoticeState(state)] if state else (),
        channels=[channel] if channel else (),
        recipient=(logins[0] if logins else who) if who else "",
        since=page.now - timedelta(days=int(days or 7)),
        limit=MOST,
    )
    table["name"] = [names.get(login, login) for login in table["recipient"]]
    return table


def notice_list(page: Page, table: pd.DataFrame) -> Mapping[str, Any] | None:
    """Draw the ledger; return the notification that is looked at."""
    cut = f"，只列最近 {MOST} 条" if len(table) >= MOST else ""
    show(card_title("通知台账", f"应发时间最近的在前{cut}", f"{len(table)} 条"))
    if table.empty:
        show(empty("没有符合条件的通知", "换个状态、渠道或时间；要告诉谁什么，都写在这里。"))
        return None
    told = workparts.records(table)
    asked = acting.chosen_id(KEY)
    chosen = next((row for row in told if row["id"] == asked), told[0])
    known = config.in_force()
    listed = [
        rows.Row(
            str(row["id"]),
            (
                rows.two(row["title"], row["why"]),
                rows.two(
                    row["name"] or "群机器人",
                    f"{row['target']} · {channels.label(row['channel'], known)}",
                ),
                rows.text(row["state"].label, tone=TONES[row["state"]]),
                rows.num(workparts.clock_time(row["due_at"], page.zone, now=page.now)),
            ),
            chosen=row["id"] == chosen["id"],
        )
        for row in told
    ]
    opened = rows.draw(
        listed,
        key="gn_list",
        columns="1.6fr 1fr 5.2rem 6.4rem",
        head=("通知与原因", "给谁", "状态", "应发时间"),
    )
    if opened is not None and opened != str(chosen["id"]):
        acting.look_at(KEY, int(opened))
        st.rerun()
    return chosen


def notice_card(page: Page, row: Mapping[str, Any] | None) -> None:
    """Draw one notification: what, why, to whom, each attempt; a failed one can be resent."""
    if row is None:
        show(empty("没有选中通知"))
        return
    known = config.in_force()
    show(card_title("通知", f"编号 {row['id']}", row["state"].label))
    if row["level"]:
        show(level_badge(row["level"]))
    show(workparts.paragraph(row["title"], cls="strong"))
    show(workparts.paragraph(row["body"]))
    clock = workparts.clock_time
    show(
        workparts.facts(
            [
                ("原因", row["why"]),
                ("收件人", row["name"] or "群机器人"),
                ("身份", row["target"]),
                ("渠道", channels.label(row["channel"], known)),
                ("应发", clock(row["due_at"], page.zone, now=page.now)),
                ("送达", clock(row["sent_at"], page.zone, now=page.now)),
                ("已试", f"{row['tries']} 次"),
                ("下次不早于", _next(page, row)),
            ]
        )
    )
    with st.expander("去重标识"):
        st.caption("接收方据此认出重复的通知；与对方核对时提供。")
        st.code(row["key"], language=None)
    _attempts(page, int(row["id"]))
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        about = ("alerts", "alert", row["alert_id"]), ("cases", "case", row["case_id"])
        for url, name, number in about:
            if not pd.isna(number) and page.user.holds(entry_of(url).needs):
                st.page_link(
                    page_of(url),
                    label="打开提示" if name == "alert" else "打开案件",
                    icon=":material/open_in_new:",
                    query_params={name: str(int(number))},
                )
        if row["state"] is NoticeState.FAILED and page.user.holds(Permission.NOTICE_RESEND):
            st.button(
                "重发",
                key=f"gn_again_{row['id']}_{row['tries']}",
                type="primary",
                icon=":material/send:",
                on_click=_resend,
                args=(page, int(row["id"])),
                help="用同一个编号再发，接收方据此去重",
            )


def _next(page: Page, row: Mapping[str, Any]) -> str:
    if row["state"] is not NoticeState.PENDING:
        return "—"
    return workparts.clock_time(row["next_at"], page.zone, now=page.now)


def _attempts(page: Page, notification_id: int) -> None:
    table = ledger.attempts(page.session, notification_id, page.user.scope)
    show(card_title("每次尝试", "最近的在前", f"{len(table)} 次"))
    if table.empty:
        show(empty("还没有尝试过", "到了应发时间，几秒内发出。"))
        return
    names = accounts.names(page.session)
    show(
        workparts.log(
            (
                workparts.Entry(
                    row["at"],
                    names.get(row["worker"], "系统"),
                    Attempted(row["result"]).label,
                    mask(row["detail"]),
                )
                for row in workparts.records(table)
            ),
            page.zone,
        )
    )


def _resend(page: Page, notification_id: int) -> None:
    def act(session: Session, user: User, at: datetime) -> str:
        resending.resend(session, notification_id, actor=user, at=at)
        return "已放回待发，几秒内再试。"

    acting.perform(page, act, did="notice.resend", subject=f"notice:{notification_id}")


def gaps_panel(page: Page) -> None:
    """Look, when asked to, whether every living alert and case has a valid next step."""
    show(card_title("下一步核对", "每条在办的提示和案件都应有下一步、有人可通知"))
    if not st.button("开始核对", key="gn_audit", icon=":material/fact_check:"):
        return
    gaps = auditor.audit(page.session, page.user.scope, at=page.now)
    if not gaps:
        show(empty("全部有下一步", "范围内没有缺口。"))
        return
    head = el("tr", *(el("th", text) for text in ("编号", "标题", "缺什么")))
    lines = [
        el("tr", el("td", el("a", g.number, href=g.link, target="_self", cls="gd-link")),
           el("td", g.title), el("td", g.why))
        for g in gaps[:SHOWN_GAPS]
    ]  # fmt: skip
    more = f"，只列前 {SHOWN_GAPS} 处" if len(gaps) > SHOWN_GAPS else ""
    show(workparts.paragraph(f"发现 {len(gaps)} 处缺口{more}。"))
    show(el("table", head, *lines, cls="gw-table"))
