"""The pieces of 我的消息: one's own messages, read and unread, and the bell in the header."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

import streamlit as st
from streamlit.navigation.page import StreamlitPage

from govdash.access import acts
from govdash.core.errors import GovDashError
from govdash.core.permissions import Permission
from govdash.store import inbox, journal
from govdash.store.models import InboxMessage
from govdash.web import acting, resources, rows, signed, workparts
from govdash.web.page import Page
from govdash.web.parts import card_title, empty, level_badge, show
from govdash.web.registry import entry_of

KEY: Final = "message"  # URL parameter: the message that is looked at
READ: Final = "inbox.read"
LOOK_SECONDS: Final = 30
MOST: Final = 200


def page_of(url: str) -> StreamlitPage:
    """Return a page of the registry, for links to it."""
    entry = entry_of(url)
    return st.Page(entry.path, title=entry.title, url_path=entry.url)


@st.fragment(run_every=LOOK_SECONDS)
def bell() -> None:
    """Draw the way to one's messages with how many are unread; who may not open it gets none."""
    try:
        settings = resources.settings()
        with resources.store(settings).read() as session:
            user = signed.user_now(session, settings, at=datetime.now(UTC))
            if not user.holds(Permission.EVENT_READ):
                return
            unread = inbox.unread(session, user.scope, user.login)
    except GovDashError:
        return  # the page's own parts say what is wrong
    st.page_link(
        page_of("inbox"),
        label=f"消息 {unread}" if unread else "消息",
        icon=":material/notifications_unread:" if unread else ":material/notifications:",
    )


def bar(page: Page) -> Sequence[InboxMessage]:
    """Draw what can be chosen and done with all; return the messages chosen."""
    user = page.user
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        every = st.segmented_control(
            "消息",
            ["未读", "全部"],
            default="全部",
            required=True,
            key="inbox_tray",
            label_visibility="collapsed",
            bind="query-params",
            on_change=acting.look_at_first,
            args=(KEY,),
        )
        unread = inbox.unread(page.session, user.scope, user.login)
        if unread:
            st.button(
                f"全部标为已读（{unread}）",
                key="gi_all",
                icon=":material/done_all:",
                on_click=_read,
                args=(page, None),
            )
    return inbox.mine(page.session, user.scope, user.login, unread=every == "未读", limit=MOST)


def message_list(page: Page, messages: Sequence[InboxMessage]) -> InboxMessage | None:
    """Draw the messages, the newest first; return the one that is looked at."""
    show(card_title("消息", "最近的在前", f"{len(messages)} 条"))
    if not messages:
        show(empty("没有消息", "有提示等您签收、有案件等您办理时，会出现在这里。"))
        return None
    asked = acting.chosen_id(KEY)
    chosen = next((m for m in messages if m.id == asked), messages[0])
    told = [
        rows.Row(
            str(m.id),
            (
                rows.badge(m.level) if m.level else rows.tag("件"),
                rows.two(m.title, m.body),
                rows.text("" if m.read_at else "未读", tone="bad"),
                rows.num(workparts.clock_time(m.at, page.zone, now=page.now)),
            ),
            chosen=m.id == chosen.id,
        )
        for m in messages
    ]
    opened = rows.draw(told, key="gi_list", columns="4rem 1fr 2.8rem 6.4rem", opens=True)
    if opened is not None and opened != str(chosen.id):
        acting.look_at(KEY, int(opened))
        st.rerun()
    return chosen


def message_card(page: Page, message: InboxMessage | None) -> None:
    """Draw one message, and the way to what it is about."""
    if message is None:
        show(empty("没有选中消息"))
        return
    show(card_title("消息", workparts.clock_time(message.at, page.zone, now=page.now)))
    if message.level:
        show(level_badge(message.level))
    show(workparts.paragraph(message.title, cls="strong"))
    show(workparts.paragraph(message.body))
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        url, _, query = message.link.strip("/").partition("?")
        name, _, number = query.partition("=")
        if page.user.holds(entry_of(url).needs):
            st.page_link(
                page_of(url),
                label="打开" + ("提示" if url == "alerts" else "案件"),
                icon=":material/open_in_new:",
                query_params={name: number},
            )
        if message.read_at is None:
            st.button(
                "标为已读",
                key=f"gi_read_{message.id}",
                icon=":material/done:",
                type="primary",
                on_click=_read,
                args=(page, message.id),
            )
        else:
            st.caption(f"{workparts.clock_time(message.read_at, page.zone, now=page.now)} 已读")


def _read(page: Page, message_id: int | None) -> None:
    with (
        page.refresh() as fresh,
        acts.act(fresh.store, fresh.user, did=READ, subject="inbox", at=fresh.now) as session,
    ):
        user = fresh.user  # what they do not see at present stays unread
        unread = inbox.unread(session, user.scope, user.login)
        seen = inbox.mine(session, user.scope, user.login, unread=True, limit=unread)
        ids = [one.id for one in seen if message_id in {None, one.id}]
        n = inbox.mark_read(session, user.login, at=fresh.now, ids=ids)
        if n:
            journal.record(
                session, actor=user.login, did=READ, subject="inbox", at=fresh.now,
                detail={"messages": n},
            )  # fmt: skip
