"""The pieces of 系统状态: checks, sources, jobs, and the two buttons that run a job now."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final

import pandas as pd
import streamlit as st

from govdash.access import User, acts
from govdash.core.permissions import Permission
from govdash.core.settings import Settings
from govdash.core.vocab import Channel
from govdash.lake import Lake
from govdash.report import status
from govdash.report.status import Check, State
from govdash.report.triage import age_words
from govdash.store import Store, jobs, journal
from govdash.sync import sync
from govdash.web import background, workparts
from govdash.web.background import Task
from govdash.web.page import Page
from govdash.web.parts import Html, card_title, el, empty, number, show
from govdash.worker.leader import LEASE
from govdash.workflow.tick import run_tick

TASK: Final = "run"  # URL parameter: the job that was started by hand
TONES: Final = {State.GOOD: "green", State.WARN: "yellow", State.BAD: "red"}

Work = Callable[[Store, Lake, Settings], str]


@st.fragment(run_every="10s")
def checks_panel(page: Page) -> None:
    """Draw the quick checks; looked at again every ten seconds."""
    with page.refresh() as fresh:
        found = status.quick_checks(
            fresh.store,
            fresh.session,
            fresh.lake,
            fresh.settings,
            at=fresh.now,
            figures=fresh.user.scope.whole_city,
        )
        holder = jobs.lease_holder(fresh.session, LEASE, fresh.now)
        found.append(
            Check("任务进程", State.GOOD, _who(holder))
            if holder
            else Check(
                "任务进程",
                State.WARN,
                "没有进程在运行定时任务",
                "启动服务，或运行 govdash worker。",
            )
        )
        show(card_title("运行检查", "每 10 秒自动刷新", f"截至 {fresh.clock(fresh.now)}"))
        show(_table(found))


def _who(holder: str) -> str:
    """Say which process runs the jobs: the lease knows ``host:process:key``."""
    host, process, *_ = [*holder.split(":"), "?"]
    return f"运行中（主机 {host}，进程号 {process}）"


def deep_panel(page: Page) -> None:
    """Compare every event and every journal line, when asked to."""
    show(card_title("全面核验", "逐月比对数据库与数据湖，核验操作日志链；数据多时需要几秒"))
    if not page.user.scope.whole_city:
        show(empty("仅限管辖全市的账号", "核验涉及全市的事件数；请联系系统管理员。"))
        return
    if not st.button("开始核验", key="gs_deep"):
        return
    with st.spinner("正在核验…"):
        found = status.deep_checks(page.store, page.lake, page.settings)
        found.append(status.next_steps(page.session, page.user.scope, at=page.now))
        show(_table(found))


def jobs_panel(page: Page) -> None:
    """Draw the last run of each timed job and the buttons that run one now."""
    show(card_title("定时任务", "最近一次运行"))
    table = status.job_table(page.session, figures=page.user.scope.whole_city)
    if table.empty:
        show(empty("定时任务还没有运行过", "服务启动后会自动运行。"))
    else:
        show(_jobs(page, table))
    with st.container(horizontal=True, gap="small"):
        st.button(
            "立即同步",
            key="gs_sync",
            icon=":material/sync:",
            on_click=_start,
            args=(page, "立即同步", "lake.sync", Permission.STATUS_READ, _sync),
            help="把数据库的新变更写入数据湖",
        )
        if page.user.holds(Permission.DETECT_RUN):
            st.button(
                "立即检测",
                key="gs_detect",
                icon=":material/troubleshoot:",
                on_click=_start,
                args=(page, "立即检测", "detect.run", Permission.DETECT_RUN, _detect),
                help="按现有规则检测一次，新发现会进入预警中心",
            )
    task = background.tasks().get(st.query_params.get(TASK, ""))
    if task is not None and not task.done:
        _watch(page, task.number)
    elif task is not None:
        _ended(task)


def sources_panel(page: Page) -> None:
    """Draw when each source last brought something."""
    table = status.freshness(page.lake, page.user.scope, page.settings, at=page.now)
    show(card_title("数据来源", "最久没有新数据的在前", f"{len(table)} 个"))
    if table.empty:
        show(empty("还没有数据", "到“数据汇聚”导入，或接入来源系统。"))
        return
    head = el(
        "tr", *(el("th", text) for text in ("来源", "渠道", "最近上报", "最近接收", "事件数"))
    )
    show(
        el(
            "table",
            head,
            *(
                el(
                    "tr",
                    el("td", row["source_name"]),
                    el("td", Channel(row["channel"]).label),
                    el("td", _moment(page, row["last_reported_at"]), cls="gd-num"),
                    el("td", age_words(row["last_received_at"], page.now), cls="gd-num"),
                    el("td", number(row["n"]), cls="r gd-num"),
                )
                for row in workparts.records(table)
            ),
            cls="gw-table",
        )
    )


def _table(found: list[Check]) -> Html:
    return el(
        "table",
        *(
            el(
                "tr",
                el("td", workparts.lamp(TONES[check.state], check.state.label)),
                el("td", el("b", check.name)),
                el(
                    "td",
                    check.said,
                    el("div", check.advice, cls="gw-advice") if check.advice else "",
                ),
            )
            for check in found
        ),
        cls="gw-table",
    )


def _jobs(page: Page, table: pd.DataFrame) -> Html:
    head = el("tr", *(el("th", text) for text in ("任务", "开始", "用时", "最近成功", "结果")))
    return el(
        "table",
        head,
        *(
            el(
                "tr",
                el("td", status.job_label(str(row["name"]))),
                el("td", _moment(page, row["started_at"]), cls="gd-num"),
                el("td", _length(row["started_at"], row["finished_at"]), cls="gd-num"),
                el("td", _moment(page, row["succeeded_at"]), cls="gd-num"),
                el("td", row["message"] or "—"),
            )
            for row in workparts.records(table)
        ),
        cls="gw-table",
    )


def _moment(page: Page, value: Any) -> str:  # noqa: ANN401  # a cell: Timestamp or NaT
    return workparts.clock_time(None if pd.isna(value) else value, page.zone, now=page.now)


def _length(started: Any, finished: Any) -> str:  # noqa: ANN401  # cells
    if pd.isna(finished):
        return "进行中"
    return f"{(finished - started).total_seconds():.1f} 秒"


def _start(page: Page, title: str, did: str, needs: Permission, work: Work) -> None:
    with page.refresh() as fresh:
        with acts.refusals(fresh.store, fresh.user, did=did, subject="platform", at=fresh.now):
            acts.require(fresh.user, needs, title)
        store, lake, settings, user = fresh.store, fresh.lake, fresh.settings, fresh.user
    whole = user.scope.whole_city

    def run(_task: Task) -> str:
        said = work(store, lake, settings)
        _record(store, user, did, said)
        return said if whole else ""  # what was counted is the whole city's

    st.query_params[TASK] = background.tasks().start(title, run)


def _record(store: Store, user: User, did: str, said: str) -> None:
    with store.write() as session:
        journal.record(
            session, actor=user.login, did=did, subject="platform", at=datetime.now(UTC), note=said
        )


def _sync(store: Store, lake: Lake, _settings: Settings) -> str:
    told = sync(store, lake)
    again = "（已全部重写）" if told.rebuilt else ""
    return f"同步 {told.n_rows:,} 条变更{again}，数据湖现为第 {told.data_version:,} 号变更。"


def _detect(store: Store, lake: Lake, settings: Settings) -> str:
    return f"{run_tick(store, lake, settings, at=datetime.now(UTC))}。"


@st.fragment(run_every="1s")
def _watch(page: Page, number_: str) -> None:
    with page.refresh():
        task = background.tasks().get(number_)
        if task is None or task.done:
            st.rerun()
        st.status(f"{task.title}：已用 {task.seconds:.0f} 秒…", state="running")


def _ended(task: Task) -> None:
    if task.error:
        st.error(f"{task.title}没有完成：{task.error}")
    else:
        st.success(f"{task.title}完成，用时 {task.seconds:.1f} 秒。{task.result}")
