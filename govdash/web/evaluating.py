"""A new evaluation from the page: what to ask for, how far it is, stopping it."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final

import streamlit as st

from govdash.access import User, acts
from govdash.core.errors import Busy, GovDashError, InputError
from govdash.core.permissions import Permission
from govdash.core.settings import Settings
from govdash.lake import Lake
from govdash.store import Store, journal
from govdash.web import background, uploads, workparts
from govdash.web.background import Task
from govdash.web.evaluation import RUN
from govdash.web.page import Page
from govdash.web.parts import card_title, el, show
from govdash.workflow import backtest, evaluation, evaluations
from govdash.workflow.evaluation import Labels, Wish

#: What a session keeps: the sentence of an evaluation that could not be started.
SAID: Final = "ge_said"
_FORMAT: Final = (
    "CSV（UTF-8）：incident_id,category,area_path,start_day,end_day[,name,direction]；"
    "不上传时用演示城市的标注，没有则不计检出率。"
)


@dataclass
class Desk:
    """The one evaluation of this process: more at a time would only wait for each other."""

    number: str = ""
    stopped: bool = False


@st.cache_resource(show_spinner=False)
def desk() -> Desk:
    """Return the desk of this process."""
    return Desk()


def begin_button(page: Page) -> None:
    """Draw the button and the form behind it, for those who may run detection."""
    if not page.user.may(Permission.DETECT_RUN, area=None):
        return
    with page.bar or st.container():
        opened = st.popover("新的评测", icon=":material/play_arrow:", disabled=_task() is not None)
    with opened, st.form("ge_form", border=False):
        last = _last_day(page)
        usual = (last - timedelta(days=evaluation.DAYS - 1), last)
        st.date_input("回放时段", usual, max_value=last, key="ge_period")
        st.number_input(
            "注入突发（次）",
            0,
            500,
            evaluation.BURSTS,
            step=20,
            key="ge_bursts",
            help="只加在计数的副本里，不写入数据；大小已知，所以没有标注也能算检出率",
        )
        st.number_input("随机种子", 0, 10**6, evaluation.SEED, key="ge_seed")
        st.file_uploader("标注文件（可不选）", type="csv", key="ge_labels", help=_FORMAT)
        st.form_submit_button(
            "开始评测", type="primary", on_click=_start, args=(page,), width="stretch"
        )


def _last_day(page: Page) -> date:
    """Return the last day that the data hold whole; yesterday while there are none."""
    try:
        return backtest.last_complete_day(page.lake, page.zone)
    except InputError:
        return page.today - timedelta(days=1)


def progress_panel(page: Page) -> None:
    """Draw how far the running evaluation is, or what became of the last one."""
    said = st.session_state.pop(SAID, "")
    if said:
        st.error(said)
    task = _task()
    if task is not None:
        with st.container(key="card_evaluating"):
            _running(page, task.number)
        return
    ended = background.tasks().get(desk().number)
    if ended is not None and ended.error:
        st.warning(f"上一次评测没有完成：{ended.error}")


@st.fragment(run_every="1s")
def _running(page: Page, number: str) -> None:
    with page.refresh() as fresh:
        task = background.tasks().get(number)
        if task is None or task.done:
            if task is not None and task.result:
                st.query_params[RUN] = task.result
            st.rerun()
        show(card_title(task.title, f"已用 {workparts.span(task.seconds)}"))
        done = min(task.fraction or 0.0, 1.0)
        st.progress(done, text=f"{done:.0%}")
        with st.container(horizontal=True, vertical_alignment="center"):
            if fresh.user.may(Permission.DETECT_RUN, area=None):
                st.button("停止", key="ge_stop", on_click=_stop, disabled=desk().stopped)
            show(el("span", "可以离开本页，评测会继续；结果会出现在列表里。", cls="gd-say"))


def _task() -> Task | None:
    """Return the evaluation that runs now."""
    task = background.tasks().get(desk().number)
    return None if task is None or task.done else task


def _stop() -> None:
    desk().stopped = True


def _start(page: Page) -> None:
    with page.refresh() as fresh:
        store, lake, settings, user = fresh.store, fresh.lake, fresh.settings, fresh.user
    try:
        with acts.refusals(
            store, user, did="evaluation.run", subject="platform", at=datetime.now(UTC)
        ):
            acts.require(user, Permission.DETECT_RUN, "评测")
        if _task() is not None:
            raise Busy("已有一次评测在进行；请等它结束，或先停止它。")
        wish, labels = _wish(), _labels(settings)
    except GovDashError as error:
        st.session_state[SAID] = str(error)
        return
    mine = desk()
    mine.stopped = False

    def work(task: Task) -> str:
        return _evaluate(task, store, lake, settings, user, labels, wish)

    mine.number = background.tasks().start("评测", work)


def _wish() -> Wish:
    chosen: tuple[date, ...] = st.session_state["ge_period"]
    if len(chosen) != 2:
        raise InputError("请选择回放时段的首日和末日。")
    return Wish(
        first=chosen[0],
        last=chosen[1],
        bursts=int(st.session_state["ge_bursts"]),
        seed=int(st.session_state["ge_seed"]),
    )


def _labels(settings: Settings) -> Labels:
    uploaded = st.session_state.get("ge_labels")
    if uploaded is None:
        return evaluation.find_labels(settings)
    chosen = uploads.keep(settings, uploaded)
    try:
        return evaluation.find_labels(settings, chosen)
    except InputError as error:  # where it lies on the server is nobody's business
        raise InputError(str(error).replace(str(chosen), f"“{uploaded.name}”")) from error


def _evaluate(
    task: Task,
    store: Store,
    lake: Lake,
    settings: Settings,
    user: User,
    labels: Labels,
    wish: Wish,
) -> str:
    def progress(stage: str, share: float) -> None:
        if desk().stopped:
            raise InputError("已按要求停止，没有保存结果。")
        task.title, task.fraction = f"评测：{stage}", share

    at = datetime.now(UTC)
    result = evaluation.run(
        store, lake, settings, labels, wish, at=at, actor=user.name, progress=progress
    )
    evaluations.save(settings, result)
    with store.write() as session:
        journal.record(
            session,
            actor=user.login,
            did="evaluation.run",
            subject=f"evaluation:{result['number']}",
            at=at,
            detail={"first": result["first_day"], "last": result["last_day"]},
        )
    return str(result["number"])
