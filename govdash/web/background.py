"""Long work in threads of the server: it goes on when the page is left, and tells how far it is."""

import logging
import secrets
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import streamlit as st

from govdash.core.errors import GovDashError
from govdash.store.imports import Progress

AT_ONCE = 2  # the machine also serves pages; imports of a city come one after the other anyway
KEPT = 100  # finished tasks that can still be looked at
log = logging.getLogger(__name__)


@dataclass
class Task:
    """One piece of long work: how far it is, and what came of it."""

    title: str
    by: str = ""  # whose it is; empty: of whoever may see its page
    number: str = field(default_factory=lambda: secrets.token_hex(6))
    started: float = field(default_factory=time.monotonic)
    ended: float | None = None
    progress: Progress | None = None
    fraction: float | None = None  # of the file; None where nobody knows
    result: Any = None
    error: str = ""

    @property
    def done(self) -> bool:
        """Whether it has ended, well or not."""
        return self.ended is not None

    @property
    def seconds(self) -> float:
        """How long it has taken so far."""
        return (self.ended or time.monotonic()) - self.started

    def tell(self, progress: Progress, fraction: float | None) -> None:
        """Note how far the work is."""
        self.progress, self.fraction = progress, fraction


class Tasks:
    """The tasks of this process, newest last."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="govdash-task")
        self._known: dict[str, Task] = {}
        self._lock = threading.Lock()

    def start(self, title: str, work: Callable[[Task], Any], *, by: str = "") -> str:
        """Begin `work` in a thread; return the number by which it is found again."""
        task = Task(title, by)
        with self._lock:
            self._known[task.number] = task
            for old in [n for n, t in self._known.items() if t.done][:-KEPT]:
                del self._known[old]
        future = self._pool.submit(_carry_out, task, work)
        future.add_done_callback(lambda ended: _end(task, ended))
        return task.number

    def get(self, number: str) -> Task | None:
        """Return a task; None when it is not known (any more)."""
        return self._known.get(number)


@st.cache_resource(show_spinner=False)
def tasks() -> Tasks:
    """Return the tasks of this process."""
    return Tasks()


def _carry_out(task: Task, work: Callable[[Task], Any]) -> None:
    try:
        task.result = work(task)
    except GovDashError as error:
        task.error = str(error)


def _end(task: Task, ended: Future[None]) -> None:
    """Note the end, and an error that nobody foresaw; the thread's own would go unseen."""
    error = ended.exception()
    if error is not None:
        task.error = f"内部错误 {type(error).__name__}，详见日志。"
        log.error("%s failed", task.title, exc_info=error)
    task.ended = time.monotonic()
