"""Taking personal data out: the form of who asks, what became of it, the counted download."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

import streamlit as st

from govdash.access import User
from govdash.api import takings
from govdash.core.errors import GovDashError
from govdash.core.filters import EventQuery
from govdash.core.permissions import Permission
from govdash.core.vocab import ReleaseState
from govdash.language.masking import mask
from govdash.report import export_sources, releases
from govdash.report.export import Format
from govdash.store import Session, accounts
from govdash.store.models import Release
from govdash.web import acting, workparts
from govdash.web.page import Page
from govdash.web.parts import Html, card_title, el, empty, show

_HELP: Final = "给谁、办什么事、用完怎么处理；审批人和操作日志都能看到。"
TONES: Final = {ReleaseState.APPROVED: "good", ReleaseState.REFUSED: "bad"}


def ask_panel(page: Page, query: EventQuery) -> None:
    """Draw the form of a request for what the filter bar says."""
    names = export_sources.names_of(page.session)
    table = export_sources.events(
        page.lake, query, names, zone=page.zone, as_of=page.now, known_at=page.now
    )
    show(
        card_title(
            "申请导出含个人信息的事件", "由另一个人审批后限时、限次下载", f"{table.rows:,} 行"
        )
    )
    said = " · ".join(f"{label}：{text}" for label, text in table.words)
    show(workparts.paragraph(said, cls="note"))
    show(
        workparts.paragraph(
            "文件比普通导出多：诉求人、联系方式、证件号码、住址、原标题、原内容、原地址；每一行都带水印编号。",
            cls="note",
        )
    )
    with st.form("gr_ask", border=False):
        wanted = st.radio(
            "格式",
            list(releases.FORMATS),
            format_func=lambda chosen: f"{chosen.value.upper()}（{chosen.hint}）",
            horizontal=True,
            key="gr_format",
        )
        reason = st.text_area("用途", key="gr_reason", placeholder=_HELP, max_chars=500, height=96)
        sent = st.form_submit_button("提交申请", type="primary")
    if sent:
        _ask(page, query, Format(wanted), reason)


def _ask(page: Page, query: EventQuery, wanted: Format, reason: str) -> None:
    def act(session: Session, user: User, at: datetime) -> str:
        release = releases.ask(
            session, page.lake, query.filter, wanted,
            reason=reason, actor=user, at=at, zone=page.zone,
        )  # fmt: skip
        return f"已提交申请 {release.number}，等待审批。"

    acting.finish(page, act, did="release.ask", subject="events")


@st.fragment(run_every="10s")
def mine_panel(page: Page) -> None:
    """Draw one's own requests as they stand now, each with what can be done with it."""
    with page.refresh() as fresh:
        acting.say_outcome()
        _mine(fresh)


def _mine(page: Page) -> None:
    mine = releases.mine(page.session, page.user)
    show(card_title("我的申请", "最近的在前", f"{len(mine)} 件"))
    if not mine:
        show(empty("还没有申请过", "左侧按当前筛选条件提交；批准后在这里下载。"))
    for release in mine:
        with st.container(key=f"gr_one_{release.id}", border=True):
            show(about(page, release))
            if release.note:
                show(workparts.paragraph(f"审批意见：{mask(release.note)}", cls="note"))
            _buttons(page, release)


def about(page: Page, release: Release, *, asker: str = "") -> Html:
    """Say in a few lines what was asked for, for what, and where it stands."""
    state = releases.standing(release, at=page.now)
    tone = TONES.get(release.state, "") if state == release.state.label else ""
    left = ""
    if releases.ready(release, at=page.now) and release.expires_at is not None:
        until = workparts.clock_time(release.expires_at, page.zone, now=page.now)
        left = f"还可下载 {release.allowed - release.taken} 次，{until} 前"
    pairs: list[tuple[str, object]] = [
        ("状态", el("b", state, cls=f"gd-{tone}" if tone else "")),
        ("行数", f"{release.rows:,} 行（{release.format.upper()}）"),
    ]
    if asker:
        pairs.insert(0, ("申请人", asker))
    when = workparts.clock_time(release.asked_at, page.zone, now=page.now)
    asked_for = " · ".join(f"{label}：{text}" for label, text in release.words)
    whole = [f"用途：{mask(release.reason)}", f"条件：{mask(asked_for)}", left]
    return el(
        "div",
        card_title(release.number, f"{when} 提交"),
        workparts.facts(pairs),
        *(workparts.paragraph(said) for said in whole if said),
    )


def _buttons(page: Page, release: Release) -> None:
    number = release.number
    if release.state is ReleaseState.ASKED:
        st.button("撤回申请", key=f"gr_withdraw_{number}", on_click=_withdraw, args=(page, number))
    elif releases.ready(release, at=page.now):
        href = takings.RELEASES.replace("{number}", number).lstrip("/")
        show(
            el(
                "div",
                el(
                    "a",
                    "下载（计一次）",
                    cls="gw-button primary",
                    href=href,
                    download="",
                    title="每次下载都重新核对权限、计一次；每一行都带水印编号，可追查到您。",
                ),
                cls="gw-buttons",
            )
        )


def _withdraw(page: Page, number: str) -> None:
    def act(session: Session, user: User, at: datetime) -> str:
        releases.withdraw(session, number, actor=user, at=at)
        return f"已撤回申请 {number}。"

    acting.perform(page, act, did="release.withdraw", subject=f"release:{number}")


def decide_panel(page: Page) -> None:
    """Draw what others asked for: what waits with its form, then what was decided."""
    try:
        theirs = releases.to_decide(page.session, page.user)
    except GovDashError as error:
        show(empty("不能审批", str(error)))
        return
    waiting = [one for one in theirs if one.state is ReleaseState.ASKED]
    left, right = st.columns(2)
    with left, st.container(key="card_tasks"):
        show(card_title("待审批", "申请人看到的范围和您看到的一样，或更小", f"{len(waiting)} 件"))
        if not waiting:
            show(empty("没有待审批的申请", "有人申请导出个人信息时出现在这里。"))
        for release in waiting:
            with st.container(key=f"gr_wait_{release.id}", border=True):
                show(about(page, release, asker=_name(page, release.asked_by)))
                _form(page, release)
    with right, st.container(key="card_task"):
        _decided(page, [one for one in theirs if one.state is not ReleaseState.ASKED])


def _decided(page: Page, ended: Sequence[Release]) -> None:
    show(card_title("已处理", "最近的在前", f"{len(ended)} 件"))
    if not ended:
        show(empty("还没有处理过的申请", "批准、不批准和撤回的申请会留在这里。"))
    for release in ended:
        with st.container(key=f"gr_done_{release.id}", border=True):
            show(about(page, release, asker=_name(page, release.asked_by)))
            if release.decided_by:
                by = _name(page, release.decided_by)
                taken = f"，已下载 {release.taken}/{release.allowed} 次" if release.allowed else ""
                show(workparts.paragraph(f"审批人：{by}{taken}　{mask(release.note)}", cls="note"))


def _form(page: Page, release: Release) -> None:
    number = release.number
    with st.form(f"gr_decide_{number}", border=False):
        note = st.text_input("意见", key=f"gr_note_{number}", placeholder="不批准时必填")
        one, two = st.columns(2)
        hours = one.number_input(
            "有效期（小时）", 1, releases.MOST_HOURS, releases.HOURS, key=f"gr_hours_{number}"
        )
        downloads = two.number_input(
            "下载次数", 1, releases.MOST_DOWNLOADS, releases.DOWNLOADS, key=f"gr_times_{number}"
        )
        with st.container(horizontal=True):
            yes = st.form_submit_button("批准", type="primary")
            no = st.form_submit_button("不批准")

    def act(session: Session, user: User, at: datetime) -> str:
        if no:
            releases.refuse(session, number, note=note, actor=user, at=at)
            return f"未批准 {number}，申请人会看到理由。"
        releases.approve(
            session,
            number,
            note=note,
            actor=user,
            at=at,
            hours=int(hours),
            downloads=int(downloads),
        )
        return f"已批准 {number}：{hours} 小时内可下载 {downloads} 次。"

    if yes or no:
        did = "release.approve" if yes else "release.refuse"
        acting.finish(page, act, did=did, subject=f"release:{number}")


def _name(page: Page, login: str) -> str:
    return accounts.names(page.session).get(login, login)


def may_ask(page: Page) -> bool:
    """Whether the viewer may ask for personal data at all."""
    return page.user.holds(Permission.EXPORT_PERSONAL)
