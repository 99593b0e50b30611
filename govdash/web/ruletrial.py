"""The trial of a draft: a year replayed in the background, told beside the current version."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

import streamlit as st

from govdash.access import acts
from govdash.core.errors import Busy, GovDashError, InputError
from govdash.core.permissions import Permission
from govdash.core.settings import Settings
from govdash.core.vocab import Level
from govdash.lake import Lake
from govdash.store import Store, journal
from govdash.web import background, workparts
from govdash.web.background import Task
from govdash.web.page import Page
from govdash.web.parts import Html, card_title, el, empty, plain, show
from govdash.workflow import evaluation, trial
from govdash.workflow.rules import Rule

SAID: Final = "gu_trial_said"


@dataclass
class Desk:
    """The one trial of this process at a time, and the draft that it is of."""

    number: str = ""
    rule: Rule | None = None
    stopped: bool = False


@st.cache_resource(show_spinner=False)
def desk() -> Desk:
    """Return the desk of this process."""
    return Desk()


def start_button(page: Page, draft: Rule) -> None:
    """Draw the button that begins the trial of a draft."""
    if not page.user.may(Permission.DETECT_RUN, area=None):
        return
    running = _running()
    st.button(
        "用历史试算",
        key=f"gu_try_{draft.code}",
        icon=":material/play_arrow:",
        type="primary",
        disabled=running is not None,
        on_click=_start,
        args=(page, draft),
        help="把草稿当作已启用，回放最近一年；什么也不写入，约需一两分钟",
    )


def trial_panel(page: Page, draft: Rule) -> None:
    """Draw how far the trial is, or what it told."""
    if said := st.session_state.pop(SAID, ""):
        st.error(plain(said))
    if not page.user.scope.whole_city:
        show(workparts.paragraph("试算结果含全市各处的提示，只对管辖全市的账号开放。", cls="note"))
        return
    mine, running = desk(), _running()
    if running is not None:
        _watch(page, running.number)
        return
    task = background.tasks().get(mine.number)
    if task is None or mine.rule is None or mine.rule.code != draft.code:
        return
    if task.error:
        st.warning(f"试算没有完成：{plain(task.error)}")
    elif task.result is not None:
        _tell(task.result, same=_same(mine.rule, draft))


@st.fragment(run_every="1s")
def _watch(page: Page, number: str) -> None:
    with page.refresh() as fresh:
        task = background.tasks().get(number)
        if task is None or task.done:
            st.rerun()
        show(card_title(task.title, f"已用 {workparts.span(task.seconds)}；可以离开本页"))
        done = min(task.fraction or 0.0, 1.0)
        st.progress(done, text=f"{done:.0%}")
        if fresh.user.may(Permission.DETECT_RUN, area=None):
            st.button("停止", key="gu_trial_stop", on_click=_stop, disabled=desk().stopped)


def _running() -> Task | None:
    task = background.tasks().get(desk().number)
    return None if task is None or task.done else task


def _stop() -> None:
    desk().stopped = True


def _start(page: Page, draft: Rule) -> None:
    with page.refresh() as fresh:
        store, lake, settings, user = fresh.store, fresh.lake, fresh.settings, fresh.user
    subject = f"rule:{draft.code}"
    try:
        if _running() is not None:
            raise Busy("已有一次试算在进行；请等它结束，或先停止它。")
        at = datetime.now(UTC)
        with acts.act(store, user, did="rule.try", subject=subject, at=at) as session:
            acts.require(user, Permission.DETECT_RUN, "试算")
            journal.record(
                session,
                actor=user.login,
                did="rule.try",
                subject=subject,
                at=at,
                detail={"draft": draft.model_dump(mode="json")},
            )
    except GovDashError as error:
        st.session_state[SAID] = str(error)
        return
    mine = desk()
    mine.stopped, mine.rule = False, draft

    def work(task: Task) -> dict[str, Any]:
        return _try(task, store, lake, settings, draft)

    mine.number = background.tasks().start(f"试算：{draft.name}", work)


def _try(task: Task, store: Store, lake: Lake, settings: Settings, draft: Rule) -> dict[str, Any]:
    def progress(share: float) -> None:
        if desk().stopped:
            raise InputError("已按要求停止。")
        task.fraction = share

    labels = evaluation.find_labels(settings).table
    return trial.run(store, lake, settings, draft, labels, progress=progress).to_dict()


def _tell(told: dict[str, Any], *, same: bool) -> None:
    since = f"{told['first_day']} 至 {told['last_day']}"
    show(card_title("试算结果", since + ("" if same else "；草稿在试算之后又改过")))
    head = el("tr", *(el("th", t) for t in ("", "每周提示", "共", "已知事件发现", "漏检")))
    lines = [_side("草稿", told["after"])]
    if told["before"] is not None:
        lines.append(_side(f"现行第 {told['before']['version']} 版", told["before"]))
    show(el("table", head, *lines, cls="gw-table"))
    if told["after"]["missed"]:
        show(workparts.paragraph("漏检：" + "、".join(told["after"]["missed"]), cls="note"))
    examples = told["after"]["examples"]
    if not examples:
        show(empty("这一年里不会发出任何提示"))
        return
    show(card_title("会发出的提示", f"最严重的 {len(examples)} 条"))
    head = el("tr", *(el("th", text) for text in ("级别", "首日", "末日", "提示")))
    body = (
        el(
            "tr",
            el("td", _shaped(one["level"])),
            el("td", one["first_day"], cls="gd-num"),
            el("td", one["last_day"], cls="gd-num"),
            el("td", one["title"], title=one["sentence"]),
        )
        for one in examples
    )
    show(el("table", head, *body, cls="gw-table"))


def _shaped(label: str) -> str:
    """Put the shape and numeral of a level before its word; one without a level is a dash."""
    known = {level.label: level for level in Level}
    return f"{known[label].shape} {known[label].numeral} {label}" if label in known else "—"


def _side(name: str, one: dict[str, Any]) -> Html:
    known = len(one["found"]) + len(one["missed"])
    return el(
        "tr",
        el("td", name),
        el("td", f"{one['per_week']:.1f} 条", cls="gd-num"),
        el("td", f"{one['alerts']} 条", cls="gd-num"),
        el("td", f"{len(one['found'])}/{known}" if known else "没有标注", cls="gd-num"),
        el("td", len(one["missed"]) if known else "—", cls="gd-num"),
    )


def _same(tried: Rule, draft: Rule) -> bool:
    return tried.parameters == draft.parameters
