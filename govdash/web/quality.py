"""数据质量: what alerts showed to be wrong at the sources, and what was done about it."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

import streamlit as st

from govdash.access import User
from govdash.core.permissions import Permission
from govdash.language.masking import mask
from govdash.report import triage
from govdash.store import Session, accounts
from govdash.store import quality as rows
from govdash.store.models import QualityTask
from govdash.web import acting, cache, workparts
from govdash.web.page import Page
from govdash.web.parts import card_title, empty, show
from govdash.workflow import quality
from govdash.workflow.naming import Names

UNKNOWN: Final = "来源不明"


def open_panel(page: Page) -> None:
    """Draw the tasks that wait, each with the form that ends it."""
    waiting = rows.listed(page.session, page.user.scope)
    show(card_title("待办的数据质量任务", "判定为“数据错误”的提示开出", f"{len(waiting)} 件"))
    if not waiting:
        show(empty("没有待办的数据质量任务", "在预警中心把提示排除为“数据错误”时开出。"))
    told = _Words.of(page)
    for task, alert in waiting:
        with st.container(key=f"gq_task_{task.id}", border=True):
            told.show(task, alert)
            if page.user.may(Permission.EVENT_IMPORT, area=task.area_path):
                _form(page, task)


def done_panel(page: Page) -> None:
    """Draw the tasks that are over."""
    over = rows.listed(page.session, page.user.scope, done=True, limit=50)
    show(card_title("已办结", "最近的在前，至多 50 件", f"{len(over)} 件"))
    if not over:
        show(empty("还没有办结的任务"))
    told = _Words.of(page)
    for task, alert in over:
        with st.container(key=f"gq_done_{task.id}", border=True):
            told.show(task, alert)


class _Words:
    """What tasks are said with: names of areas, categories, sources and people."""

    def __init__(self, page: Page, sources: Mapping[str, str], people: Mapping[str, str]) -> None:
        self._page, self._sources, self._people = page, sources, people
        self._names = Names.load(page.session)

    @classmethod
    def of(cls, page: Page) -> "_Words":
        return cls(page, cache.source_names(page.settings), accounts.names(page.session))

    def show(self, task: QualityTask, alert: str) -> None:
        """Write one task."""
        source = self._sources.get(task.source, task.source) or UNKNOWN
        window = triage.window_words(task.window_first, task.window_last)
        show(card_title(f"{source} · {self._names.category(task.category)}", task.number))
        facts: Sequence[tuple[str, object]] = [
            ("区域", self._names.whole_area(task.area_path)),
            ("时段", window),
            ("依据", f"{alert}" + (f" 等 {task.seen} 条提示" if task.seen > 1 else "")),
            ("提出", self._by(task.opened_by, task.opened_at)),
        ]
        if task.done_by is not None:
            facts = [*facts, ("办结", self._by(task.done_by, task.done_at))]
        show(workparts.facts(facts))
        show(workparts.paragraph(mask(task.said), cls="note"))
        if task.result:
            show(workparts.paragraph(mask(task.result)))

    def _by(self, login: str, at: datetime | None) -> str:
        when = workparts.clock_time(at, self._page.zone, now=self._page.now)
        return f"{self._people.get(login, login)}，{when}"


def _form(page: Page, task: QualityTask) -> None:
    with st.form(f"gq_form_{task.id}", border=False):
        result = st.text_input(
            "处理结果",
            key=f"gq_result_{task.id}",
            placeholder="查到什么、怎样处理",
            max_chars=300,
            label_visibility="collapsed",
        )
        sent = st.form_submit_button("办结", icon=":material/task_alt:")

    def act(session: Session, user: User, at: datetime) -> str:
        done = quality.finish(session, task.id, result=result, actor=user, at=at)
        return f"数据质量任务 {done.number} 已办结。"

    if sent:
        acting.finish(page, act, did="quality.finish", subject=f"quality:{task.id}")
